"""A new password in writing: who is known by his answers, and what ends with the old one."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from abonent.core.models import AuditEntry
from abonent.flows import issue_letter
from abonent.flows.issue_letter import Asked
from abonent.identity.models import User
from abonent.notifications.models import Notice
from abonent.subscribers import contacts
from abonent.subscribers.models import Contract
from tests.stories.sign_in_people import NOON, browser, contract_shown, post, present, signed_in

THREE = (Asked.NAME, Asked.PHONE, Asked.TARIFF)


@pytest.fixture(autouse=True)
def people(db: None) -> Iterator[None]:
    with present():
        with transaction.atomic():
            contacts.add_phone(contract().customer_id, "+79161234567")
        yield


def contract() -> Contract:
    return Contract.objects.get(number="100001")


def issue(*answered: Asked) -> issue_letter.Letter:
    return issue_letter.issue(
        contract_id=contract().pk, answered=answered, actor="support", why="request 1183", address=None, at=NOON
    )


def test_what_is_asked_has_its_answer_beside_it() -> None:
    found = {one.asked: one.answer for one in issue_letter.questions(contract().pk)}
    assert found[Asked.NAME] == "Соколова Анна Сергеевна"
    assert found[Asked.PHONE] == "+7\u00a0916\u00a0123-45-67"
    assert found[Asked.SIGNED_ON] == "2026-11-10"
    assert Asked.LAST_PAYMENT not in found  # she has paid nothing yet: nobody can be asked of it


@pytest.mark.parametrize("answered", [THREE, (Asked.DOCUMENT,)])
def test_the_letter_signs_in_and_the_old_password_and_its_sessions_end(answered: tuple[Asked, ...]) -> None:
    open_one = signed_in()
    letter = issue(*answered)
    assert (letter.number, letter.full_name) == ("100001", "Соколова Анна Сергеевна")
    assert contract_shown(open_one) is None
    assert post(browser(), "100001", "demo-anna").status_code == 200
    anna = browser()
    assert post(anna, "100001", letter.password).status_code == 302
    assert anna.get("/cabinet/")["Location"] == "/cabinet/password/"  # the profile wants her own
    entry = AuditEntry.objects.get(action="identity.issue_password")
    assert (entry.actor, entry.why, entry.new) == ("support", "request 1183", {"answered": sorted(answered)})
    assert letter.password not in f"{entry.__dict__}"
    assert Notice.objects.get(kind="security_changed").params == {"what": "password_issued"}


@pytest.mark.parametrize("answered", [(), THREE[:2], (*THREE[:2], Asked.LAST_PAYMENT)])
def test_who_is_not_identified_gets_nothing(answered: tuple[Asked, ...]) -> None:
    with pytest.raises(issue_letter.NotIdentified):
        issue(*answered)
    assert User.objects.get(username="100001").check_password("demo-anna")


def test_a_closed_contract_gets_no_letter() -> None:
    User.objects.filter(username="100001").update(is_active=False)
    with pytest.raises(issue_letter.NoSignIn):
        issue(*THREE)
