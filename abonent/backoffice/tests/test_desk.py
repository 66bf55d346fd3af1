"""The operator's desk through its pages: who may, what he does, what stands in the log."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.conversations import queries
from abonent.conversations.models import Conversation, Kind, State, Topic
from abonent.core import clock
from abonent.core.models import AuditEntry
from abonent.portal.tests.reading import words
from abonent.subscribers import queries as subscribers
from abonent.subscribers.models import Contract
from abonent.support import talking
from tests.world import Subscriber, World


def begun(who: Subscriber | None, name: str = "", contact: str = "") -> Conversation:
    contract = None
    if who is not None:
        user_id = Contract.objects.get(number=who.contract).customer.user_id
        assert user_id is not None
        contract = subscribers.contracts_of(user_id)[0]
    wish = talking.Wish(
        f"form-{who.name if who else 'guest'}-0001",
        Kind.CHAT,
        Topic.TECHNICAL,
        "Нет интернета",
        contract=contract,
        guest_name=name,
        guest_contact=contact,
    )
    return talking.begin(wish, clock.now()).conversation


def at(found: Conversation, what: str = "") -> str:
    return f"/staff/desk/{found.pk}/{what}"


def test_an_operator_takes_answers_and_closes_with_the_subscriber_beside(world: World, staff: StaffBrowser) -> None:
    found = begun(world.boris)
    support = staff("support")
    page = words(support.get("/staff/desk/"))
    assert "Лебедев Борис Ильич" in page
    assert "Technical topic" in page
    opened = words(support.get(at(found)))
    assert "Contract 100002" in opened
    assert "suspended" in opened
    support.post(at(found, "take/"))
    support.post(at(found, "say/"), {"text": "Смотрю", "client_id": "aaaaaaaaaaaaaaaaaaaa"})
    support.post(at(found, "say/"), {"text": "Смотрю", "client_id": "aaaaaaaaaaaaaaaaaaaa"})
    support.post(at(found, "say/"), {"text": "долг с октября", "verb": "note", "client_id": "bbbbbbbbbbbbbbbbbbbb"})
    assert [one.text for one in queries.messages(found.pk)] == ["Нет интернета", "joined", "Смотрю"]
    assert "долг с октября" in words(support.get(at(found)))
    support.post(at(found, "say/"), {"text": "<script>alert(1)</script>", "client_id": "cccccccccccccccccccc"})
    raw = support.get(at(found)).content.decode()
    assert "&lt;script&gt;alert(1)" in raw
    assert "<script>alert" not in raw
    support.post(at(found, "close/"))
    found.refresh_from_db()
    assert found.state == State.CLOSED
    actions = AuditEntry.objects.filter(subject=f"conversation:{found.pk}").order_by("id")
    assert [one.action for one in actions] == ["support.look", "support.take", "support.close"]


def test_a_prepared_answer_knows_the_balance_only_for_who_may_see_money(world: World, staff: StaffBrowser) -> None:
    found = begun(world.boris)
    balance = words(staff("support").get(at(found)))
    assert "Balance of" not in balance or "₽" in balance
    assert "₽" in balance
    assert "₽" not in words(staff("engineer").get(at(found)))


def test_a_guest_is_not_taken_for_the_subscriber_he_names(world: World, staff: StaffBrowser) -> None:
    found = begun(None, "Анна", "+79160000001")
    page = words(staff("support").get(at(found)))
    assert "who he is, is not proven" in page
    assert "Contract 100001" in page
    assert "₽" not in page


@pytest.mark.parametrize("role", ["cashier", "accountant"])
def test_a_role_without_the_right_sees_no_conversation(world: World, staff: StaffBrowser, role: str) -> None:
    found = begun(world.anna)
    browser = staff(role)
    for path in ("/staff/desk/", "/staff/desk/lists/", at(found), at(found, "after/")):
        assert browser.get(path).status_code == 403, path
    for what in ("say", "take", "close", "hand-over", "seen", "typing"):
        assert browser.post(at(found, f"{what}/"), {"text": "a"}).status_code == 403, what
    assert Client().get(at(found)).status_code == 302
    assert len(queries.messages(found.pk)) == 1


def test_another_operators_talk_is_read_and_noted_but_not_answered(world: World, staff: StaffBrowser) -> None:
    found = begun(world.anna)
    staff("support").post(at(found, "take/"))
    other = staff("manager")
    refused = other.post(at(found, "say/"), {"text": "И я"})
    assert refused.status_code == 422
    assert "Another operator talks here" in words(refused)
    assert other.post(at(found, "hand-over/"), {"to": ""}).status_code == 302  # a colleague may move it on
    found.refresh_from_db()
    assert (found.state, found.owner_id) == (State.WAITING, None)


def test_a_notice_and_nothing_are_not_conversations_of_the_desk(world: World, staff: StaffBrowser) -> None:
    notice = Conversation.objects.filter(kind=Kind.NOTICE).first()
    assert notice is not None
    assert staff("support").get(at(notice)).status_code == 404
    assert staff("support").get("/staff/desk/999999/").status_code == 404


def test_files_go_both_ways(world: World, staff: StaffBrowser) -> None:
    found = begun(world.anna)
    support = staff("support")
    sent = SimpleUploadedFile("схема.pdf", b"%PDF-1.7 ...")
    support.post(at(found, "say/"), {"text": "", "files": sent, "client_id": "cccccccccccccccccccc"})
    attached = queries.messages(found.pk)[-1].attachments.get()
    assert support.get(at(found, f"file/{attached.pk}/")).content == b"%PDF-1.7 ..."


def test_the_supervisor_sees_load_and_times(world: World, staff: StaffBrowser) -> None:
    found = begun(world.anna)
    support = staff("support")
    support.post("/staff/desk/state/", {"state": "on"})
    support.post(at(found, "take/"))
    assert support.get("/staff/desk/load/").status_code == 403
    page = words(staff("manager").get("/staff/desk/load/"))
    assert "Operators" in page
    assert "I take chats" in page
