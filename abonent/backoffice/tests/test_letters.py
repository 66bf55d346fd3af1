"""A new password by staff: who is asked what, the password once, the letter, and what its owner reads of it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.conversations import talks
from abonent.conversations.models import Kind, Topic
from abonent.core.models import AuditEntry
from abonent.identity.models import User
from abonent.subscribers import contacts
from abonent.subscribers.models import Contract
from tests.stories.sign_in_people import NOON, browser, post, present

PAGE, PAPER = "/staff/contracts/100001/password/", "/staff/contracts/100001/password.pdf"
THREE = ["name", "phone", "tariff"]


@pytest.fixture(autouse=True)
def people(db: None) -> Iterator[None]:
    with present():
        with transaction.atomic():
            contacts.add_phone(Contract.objects.get(number="100001").customer_id, "+79161234567")
        yield


def ticket(desk: Client) -> str:
    found = re.search(r'name="ticket" value="([^"]+)"', desk.get(PAGE).content.decode())
    assert found is not None
    return found[1]


def send(desk: Client, **said: Any) -> Any:
    return desk.post(PAGE, {"ticket": ticket(desk), "answered": THREE, "why": "call", **said})


def shown(answer: Any) -> str:
    found = re.search(r'id="password">([^<]+)<', answer.content.decode())
    return found[1] if found else ""


def test_who_answers_rightly_gets_a_letter_and_reads_of_it_in_his_own_log(staff: StaffBrowser) -> None:
    contract = Contract.objects.get(number="100001")
    opening = talks.Opening("t", Kind.REQUEST, Topic.GENERAL, "", subject="Password", contract_id=contract.pk)
    with transaction.atomic():
        talk = talks.begin(opening, at=NOON, answer_by=None, place=0)[0]
    desk = staff("support")
    card = desk.get(f"/staff/contracts/100001/?talk={talk.pk}").content.decode()
    assert f"{PAGE}?talk={talk.pk}" in card
    page = desk.get(f"{PAGE}?talk={talk.pk}").content.decode()
    assert "Соколова Анна Сергеевна" in page
    assert "10\u00a0November\u00a02026" in page  # when she has signed
    answer = send(desk, why="", talk=talk.pk)
    plain = shown(answer)
    assert User.objects.get(username="100001").check_password(plain)
    assert desk.post(PAPER, {"password": plain}).content[:5] == b"%PDF-"
    assert desk.post(PAPER, {"password": "another"}).status_code == 404
    assert desk.get(PAPER).status_code == 405

    anna = browser()
    assert post(anna, "100001", plain).status_code == 302
    own = {"old_password": plain, "new_password": "anna-vesna-19-lipa"}
    assert anna.post("/cabinet/password/", own).status_code in (200, 302)
    log = anna.get("/cabinet/security/log/").content.decode()
    assert log.count(f"conversation No. {talk.pk}") == 3  # opened, asked the questions of, given a password
    assert "Our staff issued a new password" in log
    assert AuditEntry.objects.filter(action="backoffice.print_letter").count() == 1


def test_another_persons_talk_is_no_reason(staff: StaffBrowser) -> None:
    other = Contract.objects.get(number="100006")
    opening = talks.Opening("t", Kind.REQUEST, Topic.GENERAL, "", subject="Mine", contract_id=other.pk)
    with transaction.atomic():
        talk = talks.begin(opening, at=NOON, answer_by=None, place=0)[0]
    staff("support").get(f"/staff/contracts/100001/?talk={talk.pk}")
    assert AuditEntry.objects.get(action="backoffice.look").why == ""


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"answered": ["name", "phone"]}, "Three right answers at least"),
        ({"answered": [*THREE[:2], "last_payment"]}, "Three right answers at least"),
        ({"why": " "}, "Write who asked and how"),
        ({"ticket": "forged"}, "The form has grown old"),
    ],
)
def test_what_is_missing_is_said_and_the_password_stays(
    staff: StaffBrowser, said: dict[str, Any], problem: str
) -> None:
    answer = send(staff("support"), **said)
    assert answer.status_code == 422
    assert problem in answer.content.decode()
    assert User.objects.get(username="100001").check_password("demo-anna")


def test_a_second_click_shows_the_same_password_and_a_colleague_who_was_slower_is_told(staff: StaffBrowser) -> None:
    desk, other = staff("support"), staff("admin")
    given = {"ticket": ticket(desk), "answered": THREE, "why": "call"}
    late = {**given, "ticket": ticket(other)}
    first, second = desk.post(PAGE, given), desk.post(PAGE, given)
    assert shown(first) == shown(second) != ""
    answer = other.post(PAGE, late)
    assert (answer.status_code, shown(answer)) == (422, "")
    assert "The password has been changed meanwhile" in answer.content.decode()
    assert AuditEntry.objects.filter(action="identity.issue_password").count() == 1


def test_a_ticket_of_another_contract_and_a_role_without_the_right_open_nothing(staff: StaffBrowser) -> None:
    desk = staff("support")
    given = {"ticket": ticket(desk), "answered": ["document"], "why": "at the office"}
    assert desk.post("/staff/contracts/100006/password/", given).status_code == 422
    assert staff("engineer").get(PAGE).status_code == 403
    assert staff("engineer").post(PAPER, {"password": "demo-anna"}).status_code == 403
    assert desk.get("/staff/contracts/999999/password/").status_code == 404
