"""The staff's second factor: offered or required, asked for after the password, never lost where it is required."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client

from abonent.identity import signed_in
from tests.stories.sign_in_people import browser, present

SECURITY = "/staff/security/"


@pytest.fixture(autouse=True)
def people(db: None) -> Iterator[None]:
    with present():
        yield


@pytest.fixture
def required(settings: Any) -> None:
    settings.PROFILE = settings.PROFILE.model_copy(update={"staff_two_factor": "required"})


def enter(who: Client) -> Any:
    return who.post("/staff/login/", {"login": "support", "password": "demo-staff"})


def code_of(secret: str, half_minutes: int = 0) -> str:
    code: str = totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + half_minutes))
    return code


def switch_on(who: Client) -> str:
    found = re.search(r"<code[^>]*>([A-Z2-7 ]+)</code>", who.get(SECURITY).content.decode())
    assert found is not None
    secret = found[1].replace(" ", "")
    page = who.post(SECURITY, {"do": "app_on", "code": code_of(secret)}).content.decode()
    assert len(re.findall(r"<code>\d{4} \d{4}</code>", page)) == 10
    return secret


def test_where_it_is_offered_the_workplace_opens_without_it() -> None:
    support = browser()
    assert enter(support)["Location"] == "/staff/"
    assert support.get("/staff/").status_code == 200


def test_where_it_is_required_nothing_opens_before_it_is_set_up(required: None) -> None:
    support = browser()
    enter(support)
    for address in ("/staff/", "/staff/search/?q=100001", "/staff/contracts/100001/"):
        assert support.get(address)["Location"] == SECURITY
    assert support.post("/staff/logout/").status_code == 302
    enter(support)
    switch_on(support)
    assert support.get("/staff/").status_code == 200


def test_after_the_password_the_code_is_asked_for(required: None) -> None:
    first = browser()
    enter(first)
    secret = switch_on(first)
    support = browser()
    assert enter(support)["Location"] == "/login/code/"
    assert support.get("/staff/").status_code == 302
    assert support.post("/login/code/", {"code": "000000"}).status_code == 200
    assert support.post("/login/code/", {"code": code_of(secret, 1)})["Location"] == "/staff/"
    assert support.get("/staff/").status_code == 200


def test_the_last_second_factor_stays_where_it_is_required(required: None) -> None:
    support = browser()
    enter(support)
    switch_on(support)
    response = support.post(SECURITY, {"do": "app_off"})
    assert response.status_code == 422
    assert Authenticator.objects.filter(type="totp").exists()


def test_where_it_is_offered_it_may_be_switched_off() -> None:
    support = browser()
    enter(support)
    switch_on(support)
    assert support.post(SECURITY, {"do": "app_off"}).status_code == 303
    assert not Authenticator.objects.exists()


def test_a_session_left_open_changes_nothing() -> None:
    support = browser()
    enter(support)
    session = support.session
    session[signed_in.CONFIRMED_KEY] = 0
    session.save()
    response = support.post(SECURITY, {"do": "app_on", "code": "123456"})
    assert response["Location"] == "/staff/login/?next=/staff/security/"
    assert support.get("/staff/").status_code == 302


def test_a_subscriber_has_no_such_page() -> None:
    anna = browser()
    anna.post("/login/", {"login": "100001", "password": "demo-anna"})
    assert anna.get(SECURITY).status_code == 403
