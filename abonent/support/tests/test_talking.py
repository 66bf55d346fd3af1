"""A conversation from both sides: queue, answer, hand-over, end; each message once and in order."""

import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction

from abonent.conversations import queries, talks
from abonent.conversations.models import Author, Conversation, Kind, Message, State, Topic
from abonent.core import alarms, jobs
from abonent.core.models import AuditEntry
from abonent.support import answering, answers, desks, letters, operators, shown, talking, waiting
from abonent.support.models import Operator, OperatorState
from abonent.support.tests.conftest import AT, operator

MINUTE = timedelta(minutes=1)


def chat(name: str = "Пётр", text: str = "Нет интернета", contact: str = "", at_minute: int = 0) -> Conversation:
    wish = talking.Wish(
        client_id=f"form-{name}-{at_minute:04d}-0000",
        kind=Kind.CHAT,
        topic=Topic.TECHNICAL,
        text=text,
        guest_name=name,
        guest_contact=contact,
    )
    return talking.begin(wish, AT + at_minute * MINUTE).conversation


def say(conversation: Conversation, text: str, client_id: str, minute: int = 1) -> tuple[Message, bool]:
    return talking.say(conversation, client_id=client_id, text=text, sent=(), name="Пётр", at=AT + minute * MINUTE)


def texts(conversation: Conversation, *, notes: bool = False) -> list[tuple[int, str, str]]:
    return [(one.sequence, one.author, one.text) for one in queries.messages(conversation.pk, notes=notes)]


def test_a_chat_is_talked_to_its_end(maria: Operator) -> None:
    found = chat()
    assert (found.state, found.department, found.place_at_start) == (State.WAITING, "private", 1)
    assert found.answer_by == AT + timedelta(minutes=10)
    answering.take(found.pk, maria, AT + MINUTE)
    answering.say(found, maria, client_id="desk:1", text="Смотрю", at=AT + 2 * MINUTE)
    answering.note(found.pk, maria, client_id="desk:2", text="порт без линка", at=AT + 2 * MINUTE)
    say(found, "Спасибо", "page:2", 3)
    answering.close(found.pk, maria, AT + 4 * MINUTE)
    talking.give_mark(found, 5)
    assert texts(found) == [
        (1, "visitor", "Нет интернета"),
        (2, "system", "joined"),
        (3, "staff", "Смотрю"),
        (5, "visitor", "Спасибо"),
        (6, "system", "closed"),
    ]
    assert texts(found, notes=True)[3] == (4, "staff", "порт без линка")
    found.refresh_from_db()
    assert (found.state, found.mark, found.waiting_since) == (State.CLOSED, 5, None)
    assert found.taken_at == AT + MINUTE
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == ["support.take", "support.close"]


def test_a_form_sent_twice_is_one_chat_and_a_message_sent_again_one_message(maria: Operator) -> None:
    first, second = chat(), chat()
    assert first.pk == second.pk
    assert say(first, "Алло", "page:1")[1] is True
    assert say(first, "Алло", "page:1", 5)[1] is False
    assert texts(first) == [(1, "visitor", "Нет интернета"), (2, "visitor", "Алло")]


def test_a_word_after_the_end_opens_it_again_for_anybody(maria: Operator, oleg: Operator) -> None:
    found = chat()
    answering.say(found, maria, client_id="desk:1", text="Готово", at=AT + MINUTE)
    answering.close(found.pk, maria, AT + 2 * MINUTE)
    say(found, "Опять не работает", "page:9", 30)
    found.refresh_from_db()
    assert (found.state, found.owner_id, found.mark) == (State.WAITING, None, None)
    assert found.answer_by == AT + timedelta(minutes=40)
    answering.say(found, oleg, client_id="desk:2", text="Смотрю", at=AT + 31 * MINUTE)
    found.refresh_from_db()
    assert found.owner_id == oleg.user_id


def test_anothers_talk_takes_notes_but_no_answers(maria: Operator, oleg: Operator) -> None:
    found = chat()
    answering.take(found.pk, maria, AT)
    with pytest.raises(talks.Taken):
        answering.take(found.pk, oleg, AT)
    with pytest.raises(talks.Taken):
        answering.say(found, oleg, client_id="desk:1", text="И я", at=AT)
    answering.note(found.pk, oleg, client_id="desk:2", text="знаю его", at=AT)
    assert [text for _, author, text in texts(found) if author == "staff"] == []


def test_a_talk_is_handed_to_a_colleague_and_back_into_the_queue(maria: Operator, oleg: Operator) -> None:
    found = chat()
    with pytest.raises(talks.NotOpen):
        answering.hand_over(found.pk, maria, to=oleg.user, department="private", topic="finance", at=AT)
    answering.take(found.pk, maria, AT)
    answering.hand_over(found.pk, maria, to=oleg.user, department="private", topic="finance", at=AT)
    found.refresh_from_db()
    assert (found.owner_id, found.topic, found.state) == (oleg.user_id, "finance", State.OPEN)
    answering.hand_over(found.pk, oleg, to=None, department="business", topic="finance", at=AT)
    found.refresh_from_db()
    assert (found.owner_id, found.department, found.state) == (None, "business", State.WAITING)


def test_the_queue_tells_an_honest_place_and_time(maria: Operator) -> None:
    waited = [chat(f"был{n}", at_minute=0) for n in range(3)]
    assert [waiting.place(one) for one in waited] == [1, 2, 3]
    assert waiting.minutes("private", 1, AT) is None  # nobody was taken yet: nothing is known
    for number, one in enumerate(waited, 1):  # two minutes a place
        answering.take(one.pk, maria, AT + number * 2 * MINUTE)
    late = [chat(f"ждёт{n}", at_minute=7 + n) for n in range(2)]
    assert [waiting.place(one) for one in late] == [1, 2]
    assert waiting.minutes("private", 2, AT + 8 * MINUTE) == 4


def test_a_promise_that_runs_out_alarms_once(maria: Operator) -> None:
    found = chat()
    assert waiting.tell_late(AT + 4 * MINUTE) == 0
    assert waiting.tell_late(AT + 6 * MINUTE) == 1
    assert waiting.tell_late(AT + 11 * MINUTE) == 1
    assert len([one for one in alarms.open_alarms() if one.key.startswith(f"talk:{found.pk}:")]) == 1
    answering.say(found, maria, client_id="desk:1", text="Я здесь", at=AT + 12 * MINUTE)
    assert waiting.tell_late(AT + 13 * MINUTE) == 0


def test_a_card_number_is_masked_before_it_is_kept(maria: Operator) -> None:
    found = chat(text="карта 4111 1111 1111 1111, не проходит")
    assert texts(found)[0][2] == "карта •••• 1111, не проходит"


def test_nothing_and_too_much_are_refused(maria: Operator) -> None:
    found = chat()
    with pytest.raises(talks.NothingSaid):
        say(found, "  \n ", "page:3")
    with pytest.raises(talks.TooLong):
        say(found, "я" * 4001, "page:4")
    assert len(texts(found)) == 1


def test_read_marks_go_forward_only_and_never_beyond(maria: Operator) -> None:
    found = chat()
    answering.say(found, maria, client_id="desk:1", text="Здравствуйте", at=AT)
    talking.see(found, 99, AT)
    talking.see(found, 1, AT)
    answering.see(found.pk, 1, AT)
    found.refresh_from_db()
    assert (found.read_by_visitor, found.read_by_staff, found.last_sequence) == (3, 3, 3)
    lines = shown.lines(queries.messages(found.pk), found, to_staff=True)
    assert [(one.side, one.is_read) for one in lines] == [("theirs", False), ("system", False), ("mine", True)]


def test_legal_entities_and_departments_are_found_by_the_profile(db: None) -> None:
    assert desks.department_of("finance", is_legal=False).key == "private"
    assert desks.department_of("finance", is_legal=True).key == "business"
    assert desks.department("gone").key == "private"
    business = desks.department("business")
    assert desks.promised(business, AT, chat=True).live
    evening = AT + timedelta(hours=9)  # 21:00 of Monday: the next morning is Tuesday's
    promise = desks.promised(business, evening, chat=True)
    assert not promise.live
    assert promise.answer_by.isoformat() == "2026-11-18T09:00:00+03:00"


def test_prepared_answers_are_filled_in_and_leave_gaps_for_what_is_not_known(db: None) -> None:
    ready = answers.ready("finance", "ru", {"name": "Анна", "balance": "12,00 ₽", "operator": "Мария"})
    assert ready[0].text == "Здравствуйте, Анна! Меня зовут Мария. Сейчас посмотрю."
    assert [one.title for one in ready][:3] == ["Здравствуйте", "Баланс и сколько не хватает", "Откуда списание"]
    assert "на …" in ready[1].text


def test_who_is_present_takes_chats_and_has_his_desk_open(maria: Operator, oleg: Operator) -> None:
    assert operators.present(AT + MINUTE) == 2
    with transaction.atomic():
        operators.set_state(oleg.user, OperatorState.AWAY, AT)
    assert operators.present(AT + MINUTE) == 1
    assert operators.present(AT + 10 * MINUTE) == 0


def test_an_answer_nobody_has_read_is_sent_out_after_a_minute(maria: Operator) -> None:
    found = chat(contact="petr@example.test")
    answering.say(found, maria, client_id="desk:1", text="Готово", at=AT)
    assert jobs.run_due() == 0
    assert jobs.run_due(ahead_seconds=letters.UNREAD_SECONDS) == 1


@pytest.mark.committing
def test_many_at_once_are_numbered_without_gaps_or_doubles(own_database: str) -> None:
    maria = operator("maria")
    found = chat()
    start = threading.Barrier(8)

    def talk(who: int) -> None:
        try:
            start.wait(10)
            for number in range(5):
                for _ in range(2):  # each twice, as after a lost network
                    say(found, f"{who}.{number}", f"page:{who}:{number}")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=talk, args=(who,)) for who in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    kept = texts(found)
    assert [number for number, _, _ in kept] == list(range(1, 42))
    assert len({text for _, _, text in kept}) == 41
    for who in range(8):
        assert [text for _, _, text in kept if text.startswith(f"{who}.")] == [f"{who}.{n}" for n in range(5)]
    assert maria.shown_name == "maria"
    assert Author.VISITOR in {author for _, author, _ in kept}
