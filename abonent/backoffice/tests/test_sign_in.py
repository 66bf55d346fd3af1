"""The staff's door: who gets in, where to, and who stays outside."""

from typing import Any

import pytest
from django.test import Client

from abonent.identity.models import User
from tests.stories import sign_in_people

pytestmark = pytest.mark.usefixtures("people")


@pytest.fixture
def people(db: None) -> Any:
    with sign_in_people.present():
        yield


def knock(who: Client, name: str, password: str, **said: str) -> Any:
    return who.post("/staff/login/", {"login": name, "password": password, **said})


def test_one_of_the_staff_signs_in_by_name_and_comes_to_his_first_page() -> None:
    browser = sign_in_people.browser()
    answer = knock(browser, " Support ", "demo-staff")
    assert (answer.status_code, answer["Location"]) == (302, "/staff/")
    page = browser.get("/staff/").content.decode()
    assert "What waits for you" in page
    assert browser.session.get_expiry_age() == 12 * 3600


@pytest.mark.parametrize(
    ("name", "password"),
    [("support", "demo-staf"), ("100001", "demo-anna"), ("nobody", "demo-staff"), ("", "demo-staff"), ("support", "")],
)
def test_everybody_else_stays_outside(name: str, password: str) -> None:
    browser = sign_in_people.browser()
    assert knock(browser, name, password).status_code == 200
    assert browser.get("/staff/").status_code == 302


def test_the_same_words_for_a_wrong_name_and_a_wrong_password() -> None:
    said = [knock(sign_in_people.browser(), name, "wrong") for name in ("support", "nobody")]
    assert [b"The name or the password does not fit" in one.content for one in said] == [True, True]


def test_wrong_tries_are_counted_and_the_eleventh_is_not_looked_at() -> None:
    browser = sign_in_people.browser()
    assert [knock(browser, "support", "wrong").status_code for _ in range(10)] == [200] * 10
    refused = knock(browser, "support", "demo-staff")
    assert (refused.status_code, refused["Retry-After"]) == (429, "3600")


def test_one_who_has_left_the_company_is_let_in_no_more() -> None:
    browser = sign_in_people.browser()
    knock(browser, "support", "demo-staff")
    User.objects.filter(username="support").update(is_active=False)
    assert browser.get("/staff/")["Location"] == "/staff/login/?next=/staff/"
    assert knock(sign_in_people.browser(), "support", "demo-staff").status_code == 200


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/staff/search/?q=anna", "/staff/search/?q=anna"),
        ("/cabinet/", "/staff/"),
        ("https://evil.example/staff/", "/staff/"),
        ("//evil.example/staff/", "/staff/"),
    ],
)
def test_sign_in_leads_back_to_a_page_of_the_workplace_only(wanted: str, led_to: str) -> None:
    assert knock(sign_in_people.browser(), "support", "demo-staff", next=wanted)["Location"] == led_to


def test_a_subscribers_session_ends_where_one_of_the_staff_signs_in_over_it() -> None:
    browser = sign_in_people.signed_in()
    assert browser.get("/staff/login/").status_code == 200
    assert browser.get("/cabinet/").status_code == 200  # looking at the form has ended nothing
    knock(browser, "support", "demo-staff")
    assert browser.get("/staff/").status_code == 200
    assert browser.get("/cabinet/").status_code == 404


def test_signing_out_is_a_form_and_ends_the_session() -> None:
    browser = sign_in_people.browser()
    knock(browser, "support", "demo-staff")
    assert browser.get("/staff/logout/").status_code == 405
    assert browser.post("/staff/logout/")["Location"] == "/staff/login/"
    assert browser.get("/staff/").status_code == 302


def test_the_demos_staff_stand_beside_the_form() -> None:
    page = sign_in_people.browser().get("/staff/login/?as=manager").content.decode()
    assert 'value="manager"' in page
