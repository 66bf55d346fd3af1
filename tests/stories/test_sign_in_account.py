"""What is behind the sign-in: moving between one's own contracts, strangers' contracts, the password."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from abonent.core import profile
from abonent.core.models import AuditEntry
from abonent.identity import users
from abonent.identity.models import User
from abonent.notifications.models import Notice
from tests.stories.sign_in_people import PASSWORD_PAGE, browser, contract_shown, masked, post, present, signed_in

NEW_PASSWORD = "wide-river-in-may"

pytestmark = pytest.mark.usefixtures("people")


@pytest.fixture
def people(db: None) -> Iterator[None]:
    with present():
        yield


# --- several contracts ----------------------------------------------------------------------------------------------


def test_moving_between_ones_own_contracts() -> None:
    daria = signed_in("100007", "demo-daria")
    response = daria.post("/cabinet/contract/", {"contract": "100007", "next": "/cabinet/history/"})
    assert (response.status_code, response["Location"]) == (302, "/cabinet/history/")
    assert contract_shown(daria) == "100007"
    daria.post("/cabinet/contract/", {"contract": "100006"})
    assert contract_shown(daria) == "100006"


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/logout/", ""])
def test_moving_leads_to_a_page_of_the_account(wanted: str) -> None:
    daria = signed_in("100007", "demo-daria")
    assert daria.post("/cabinet/contract/", {"contract": "100007", "next": wanted})["Location"] == "/cabinet/"


def test_a_strangers_contract_is_answered_like_one_that_nobody_has() -> None:
    daria = signed_in("100006", "demo-daria")
    strangers = daria.post("/cabinet/contract/", {"contract": "100001"})
    nobodys = daria.post("/cabinet/contract/", {"contract": "999999"})
    assert strangers.status_code == nobodys.status_code == 404
    assert masked(strangers) == masked(nobodys)
    assert contract_shown(daria) == "100006"


def test_the_chosen_contract_is_looked_up_anew_on_each_request() -> None:
    daria = signed_in("100006", "demo-daria")
    for number in ("100001", "999999", 100007, None):
        session = daria.session
        session["contract_number"] = number
        session.save()
        assert contract_shown(daria) == "100006"


def test_one_moves_by_a_form_only() -> None:
    assert signed_in("100006", "demo-daria").get("/cabinet/contract/?contract=100007").status_code == 405


def test_one_of_the_staff_has_no_account_page() -> None:
    staff = browser()
    staff.force_login(User.objects.get(username="support"))
    assert staff.get(PASSWORD_PAGE).status_code == 404


def test_who_and_whose_cost_two_queries() -> None:
    anna = signed_in()
    with CaptureQueriesContext(connection) as captured:
        anna.get(PASSWORD_PAGE)
    assert len(captured) == 2  # the session; the user with his contracts


# --- the password ---------------------------------------------------------------------------------------------------


def change(who: Client, old: str, new: str) -> HttpResponse:
    return who.post(PASSWORD_PAGE, {"old_password": old, "new_password": new})  # type: ignore[return-value]


def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one() -> None:
    here, there = signed_in(), signed_in()
    response = change(here, "demo-anna", NEW_PASSWORD)
    assert (response.status_code, response["Location"]) == (302, PASSWORD_PAGE)
    assert "The password is changed." in here.get(PASSWORD_PAGE).content.decode()
    assert contract_shown(here) == "100001"  # told once; then the form is back
    assert contract_shown(there) is None
    assert post(there, "100001", "demo-anna").status_code == 200
    assert post(there, "100001", NEW_PASSWORD).status_code == 302


def test_a_changed_password_is_logged_and_told_without_itself() -> None:
    change(signed_in(), "demo-anna", NEW_PASSWORD)
    entry = AuditEntry.objects.get(action="identity.change_password")
    assert (entry.actor, entry.address) == ("100001", "127.0.0.1")
    assert NEW_PASSWORD not in f"{entry.__dict__}"
    notice = Notice.objects.get()
    assert (notice.kind, notice.params, notice.contract.number) == ("password_changed", {}, "100001")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("wrong", NEW_PASSWORD, "That is not the password you sign in with now."),
        ("", NEW_PASSWORD, "Type the password you sign in with now."),
        ("demo-anna", "", "Type the password you will sign in with from now on."),
        ("demo-anna", "demo-anna", "That is the password you have."),
        ("demo-anna", "short", "at least 10 characters"),
        ("demo-anna", "847362958473", "entirely numeric"),
        ("demo-anna", "password123", "too common"),
        ("demo-anna", "100001-1000", "too similar"),
    ],
)
def test_a_password_that_does_not_do_is_refused_beside_its_field(old: str, new: str, said: str) -> None:
    anna = signed_in()
    response = change(anna, old, new)
    assert response.status_code == 200
    assert said in response.content.decode()
    assert User.objects.get(username="100001").check_password("demo-anna")
    assert not AuditEntry.objects.filter(action="identity.change_password").exists()


def test_guessing_the_old_password_in_an_open_session_is_limited_too() -> None:
    anna = signed_in()
    for _ in range(10):
        change(anna, "wrong", NEW_PASSWORD)
    page = change(anna, "demo-anna", NEW_PASSWORD).content.decode()
    assert "Wait 60 minutes" in page
    assert User.objects.get(username="100001").check_password("demo-anna")
    assert post(browser(), "100001", "demo-anna").status_code == 302


def test_an_issued_password_is_changed_before_anything_else() -> None:
    plain = users.issue_new_password(User.objects.get(username="100001"), "support", "passport")
    anna = signed_in("100001", plain)
    for address in ("/cabinet/", "/cabinet/pay/", "/cabinet/history/"):
        response = anna.get(address)
        assert (response.status_code, response["Location"]) == (302, PASSWORD_PAGE)
    assert anna.post("/cabinet/contract/", {"contract": "100001"})["Location"] == PASSWORD_PAGE
    assert "was issued by us" in anna.get(PASSWORD_PAGE).content.decode()
    change(anna, plain, NEW_PASSWORD)
    assert anna.get("/cabinet/").status_code == 200


@pytest.mark.parametrize(("name", "words"), [("skynet", "Send a one-time password"), ("spnet", "Come to the office")])
def test_who_forgot_his_password_is_told_what_his_operator_does(settings: Settings, name: str, words: str) -> None:
    settings.PROFILE = profile.load(name)
    page = browser().get("/password/forgot/").content.decode()
    assert words in page
    assert settings.PROFILE.contacts.support_phone in page


def test_a_part_of_the_page_where_the_password_is_changed_does_not_send_it_to_itself() -> None:
    User.objects.filter(username="100001").update(password_must_change=True)
    answer = signed_in().get("/mail/unread/", headers={"HX-Request": "true"})
    assert (answer.status_code, "HX-Redirect" in answer.headers) == (200, False)
