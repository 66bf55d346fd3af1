"""Signing in and out: who gets in, where to, forged forms, and a stranger's wrong tries."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from abonent.core import clock
from abonent.identity.models import KnownDevice, User, WrongTry
from abonent.portal import sign_in
from tests.stories.sign_in_people import NOON, PASSWORD_PAGE, browser, contract_shown, masked, post, present, signed_in

pytestmark = pytest.mark.usefixtures("people")


@pytest.fixture
def people(db: None) -> Iterator[None]:
    with present():
        yield


# --- names and passwords --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "password", "shown"),
    [
        ("100001", "demo-anna", "100001"),
        (" 100 001 ", "demo-anna", "100001"),
        ("100006", "demo-daria", "100006"),
        ("100007", "demo-daria", "100006"),  # any number of a person; the first contract is shown
        ("100001", "demo-daria", None),
        ("100001", "Demo-anna", None),
        ("100001", " demo-anna", None),
        ("100002", "demo-anna", None),
        ("support", "demo-staff", None),  # staff have a door of their own
        ("", "demo-anna", None),
        ("100001", "", None),
        ("1" * 65, "demo-anna", None),
        ("100001", "x" * 257, None),
        ("100001\x00", "demo-anna", None),
        ("100001", "demo-anna\x00", None),
        ("' or 1=1 --", "demo-anna", None),
    ],
)
def test_who_gets_in(typed: str, password: str, shown: str | None) -> None:
    anybody = browser()
    response = post(anybody, typed, password)
    assert response.status_code == (200 if shown is None else 302)
    assert contract_shown(anybody) == shown


def test_a_wrong_password_and_an_unknown_number_get_the_same_answer_after_the_same_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hashed: list[str] = []
    true_encode = MD5PasswordHasher.encode

    def encode(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return true_encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)
    answers, queries = [], []
    for number in ("100001", "999999", "support"):
        with CaptureQueriesContext(connection) as captured:
            answers.append(masked(post(browser(), number, "wrong")))
        queries.append(len(captured))
        assert hashed == ["wrong"]
        hashed.clear()
    pages = [page.replace("999999", "100001").replace("support", "100001") for _, _, page in answers]
    assert pages[1] == pages[0]
    assert [answer[:2] for answer in answers[1:]] == [answers[0][:2]] * 2
    assert queries == [queries[0]] * 3


def test_a_closed_sign_in_is_answered_like_an_unknown_number() -> None:
    User.objects.filter(username="100001").update(is_active=False)
    closed = masked(post(browser(), "100001", "demo-anna"))
    assert closed[2] == masked(post(browser(), "999999", "demo-anna"))[2].replace("999999", "100001")


def test_what_was_typed_stays_in_the_form_but_not_the_password() -> None:
    page = post(browser(), "100001", "my-wrong-secret").content.decode()
    assert 'value="100001"' in page
    assert "my-wrong-secret" not in page
    assert "does not fit" in page


def test_signing_in_gives_a_new_session_key() -> None:
    anybody = browser()
    session = anybody.session
    session["planted"] = True
    session.save()
    before = session.session_key
    post(anybody, "100001", "demo-anna")
    assert anybody.session.session_key != before


def test_one_who_is_signed_in_is_not_asked_again() -> None:
    response = signed_in().get("/login/")
    assert (response.status_code, response["Location"]) == (302, "/cabinet/")


def test_there_is_no_sign_up() -> None:
    for address in ("/signup/", "/login/signup/", "/accounts/signup/"):
        assert browser().get(address).status_code == 404


# --- where to, afterwards -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/cabinet/history/?month=2026-11", "/cabinet/history/?month=2026-11"),
        ("", "/cabinet/"),
        ("//evil.example/", "/cabinet/"),
        ("///evil.example/", "/cabinet/"),
        ("/\\evil.example/", "/cabinet/"),
        ("\\\\evil.example/", "/cabinet/"),
        ("https://evil.example/", "/cabinet/"),
        ("http://testserver@evil.example/", "/cabinet/"),
        ("http:///evil.example/", "/cabinet/"),
        ("javascript:alert(1)", "/cabinet/"),
        ("evil.example", "/cabinet/"),
        ("\t//evil.example/", "/cabinet/"),
        ("http://localhost/cabinet/", "/cabinet/"),
    ],
)
def test_after_signing_in_one_stays_on_this_site(wanted: str, reached: str) -> None:
    response = post(browser(), "100001", "demo-anna", next=wanted)
    assert (response.status_code, response["Location"]) == (302, reached)
    page = browser().get("/login/", {"next": wanted}).content.decode()
    assert all(
        kept == reached or kept.startswith("/login/") for kept in re.findall(r'name="next" value="([^"]*)"', page)
    )


def test_a_page_of_the_account_sends_to_sign_in_and_back() -> None:
    anybody = browser()
    response = anybody.get(f"{PASSWORD_PAGE}?a=1&b=2")
    assert response["Location"] == "/login/?next=/cabinet/password/%3Fa%3D1%26b%3D2"
    page = anybody.get(response["Location"]).content.decode()
    assert "Sign in to open that page." in page
    assert 'name="next" value="/cabinet/password/?a=1&amp;b=2"' in page


def test_an_ended_session_is_told_kindly_and_leads_back_to_the_form() -> None:
    anna = signed_in()
    anna.cookies.pop("sessionid")
    response = anna.post(
        PASSWORD_PAGE, {"old_password": "x"}, headers={"Referer": "http://testserver/cabinet/services/?a=1"}
    )
    assert response["Location"] == "/login/?next=/cabinet/services/%3Fa%3D1"
    assert "You were signed out after a long time." in anna.get(response["Location"]).content.decode()


@pytest.mark.parametrize("referer", ["https://evil.example/cabinet/", "", "rubbish"])
def test_a_form_from_elsewhere_leads_back_to_the_first_screen(referer: str) -> None:
    response = browser().post(PASSWORD_PAGE, headers={"Referer": referer})
    assert response["Location"] == "/login/?next=/cabinet/"


def test_a_part_asked_for_by_htmx_moves_the_whole_page_to_sign_in() -> None:
    headers = {"HX-Request": "true", "Referer": "http://testserver/cabinet/"}
    response = browser().get("/cabinet/password/", headers=headers)
    assert (response.status_code, response["HX-Redirect"]) == (200, "/login/?next=/cabinet/")


# --- forged forms, signing out --------------------------------------------------------------------------------------


def test_every_form_wants_its_token() -> None:
    anna = browser(enforce_csrf_checks=True)
    assert post(anna, "100001", "demo-anna").status_code == 403
    page = anna.get("/login/").content.decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found is not None
    assert post(anna, "100001", "demo-anna", csrfmiddlewaretoken=found[1]).status_code == 302
    assert (
        anna.post(PASSWORD_PAGE, {"old_password": "demo-anna", "new_password": "wide-river-in-may"}).status_code == 403
    )
    assert anna.post("/logout/").status_code == 403
    assert anna.post("/cabinet/contract/", {"contract": "100001"}).status_code == 403
    assert contract_shown(anna) == "100001"


def test_one_signs_out_by_a_form_only() -> None:
    anna = signed_in()
    assert anna.get("/logout/").status_code == 405
    assert contract_shown(anna) == "100001"
    response = anna.post("/logout/")
    assert (response.status_code, response["Location"]) == (302, "/")
    assert contract_shown(anna) is None


def test_no_page_of_the_account_is_kept_by_a_browser_or_a_proxy() -> None:
    for response in (signed_in().get(PASSWORD_PAGE), browser().get("/login/")):
        assert "no-store" in response["Cache-Control"]
        assert "private" in response["Cache-Control"]


# --- wrong tries ----------------------------------------------------------------------------------------------------


def test_after_ten_wrong_tries_an_unknown_browser_waits_even_with_the_right_password() -> None:
    for _ in range(10):
        assert post(browser(), "100001", "wrong").status_code == 200
    response = post(browser(), "100001", "demo-anna")
    assert response.status_code == 429
    assert response["Retry-After"] == "3600"
    page = response.content.decode()
    assert "Wait 60 minutes" in page
    assert settings.PROFILE.contacts.support_phone in page
    with clock.frozen(NOON + timedelta(minutes=59)):
        assert "Wait 1 minute," in post(browser(), "100001", "demo-anna").content.decode()
    with clock.frozen(NOON + timedelta(minutes=60)):
        assert post(browser(), "100001", "demo-anna").status_code == 302


def test_an_unknown_number_is_limited_in_the_same_words() -> None:
    answers = []
    for number in ("100001", "999999"):
        for _ in range(10):
            post(browser(), number, "wrong")
        answers.append(masked(post(browser(), number, "wrong")))
    assert answers[0][0] == 429
    assert (*answers[1][:2], answers[1][2].replace("999999", "100001")) == answers[0]


def test_all_numbers_of_a_person_have_one_budget() -> None:
    for number in ("100006", "100007") * 5:
        post(browser(), number, "wrong")
    assert post(browser(), "100006", "demo-daria").status_code == 429
    assert post(browser(), "100001", "demo-anna").status_code == 302


def test_a_thousand_guesses_of_a_stranger_lock_nobody_out_of_a_known_browser() -> None:
    anna, daria = signed_in(), signed_in("100006", "demo-daria")
    anna.post("/logout/")
    daria.post("/logout/")
    stranger = browser()
    refused = sum(post(stranger, "100001", f"guess-{n}").status_code == 429 for n in range(1000))
    assert refused == 990
    assert post(anna, "100001", "demo-anna").status_code == 302
    assert post(daria, "100007", "demo-daria").status_code == 302
    assert contract_shown(stranger) is None


def test_guesses_over_many_numbers_use_up_the_address_but_no_known_browser() -> None:
    anna = signed_in()
    anna.post("/logout/")
    statuses = [post(browser(), f"5{n:05d}", "wrong").status_code for n in range(310)]
    assert statuses == [200] * 300 + [429] * 10
    assert post(browser(), "100006", "demo-daria").status_code == 429
    assert post(anna, "100001", "demo-anna").status_code == 302


def test_a_known_browser_has_ten_tries_of_its_own() -> None:
    anna = signed_in()
    anna.post("/logout/")
    for _ in range(10):
        assert post(anna, "100001", "wrong").status_code == 200
    assert post(anna, "100001", "demo-anna").status_code == 429
    assert post(browser(), "100001", "demo-anna").status_code == 302  # others are not its budget


def test_a_right_password_costs_no_try() -> None:
    for _ in range(12):
        signed_in()
    assert not WrongTry.objects.exists()


def test_the_cookie_of_a_known_browser_is_kept_long_and_out_of_reach(settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = True
    cookie = post(browser(), "100001", "demo-anna").cookies[sign_in.DEVICE_COOKIE]
    assert (cookie["max-age"], cookie["httponly"], cookie["secure"], cookie["samesite"]) == (
        400 * 24 * 3600, True, True, "Lax",
    )  # fmt: skip
    assert len(cookie.value) == 43
    assert KnownDevice.objects.count() == 1


def test_behind_no_proxy_a_header_does_not_change_the_address() -> None:
    browser().post("/login/", {"login": "1", "password": "2"}, headers={"X-Forwarded-For": "192.0.2.99"})
    assert WrongTry.objects.filter(key="address:127.0.0.1").count() == 1
