"""Letters out and in: an answer goes out once, its reply finds the conversation, robots and forgers get nowhere."""

from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.conf import settings
from pytest_django.fixtures import Settings

from abonent.conversations import queries
from abonent.conversations.models import Conversation, Kind, State, Topic
from abonent.core import clock
from abonent.notifications import delivery
from abonent.notifications.channels import message as channels
from abonent.support import answering, letters, letters_in, talking
from abonent.support.models import Operator
from abonent.support.tests.conftest import AT

PETR = "petr@example.test"
SUPPORT = "support@skynet.example"


def letter(text: str = "Не работает телефон", *, to: str = SUPPORT, sender: str = PETR, **headers: str) -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = f"Пётр <{sender}>", to, "Телефон"
    made["Message-ID"] = headers.pop("message_id", "<1@example.test>")
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_bytes()


def take(raw: bytes, to: str = SUPPORT, sender: str = PETR) -> letters_in.Taken:
    return letters_in.take(raw, sender=sender, recipient=to, at=AT)


def begun() -> Conversation:
    wish = talking.Wish("form-of-petr-0001", Kind.CHAT, Topic.GENERAL, "Вопрос", guest_name="Пётр", guest_contact=PETR)
    return talking.begin(wish, AT).conversation


def said(conversation: Conversation) -> list[tuple[str, str, bool]]:
    return [(one.author, one.text, one.unverified) for one in queries.messages(conversation.pk)]


def test_a_letter_to_a_department_opens_one_conversation(db: None) -> None:
    first, again = take(letter()), take(letter())
    assert first.what == "opened"
    assert again.conversation_id == first.conversation_id
    found = Conversation.objects.get()
    assert (found.kind, found.department, found.subject, found.state) == ("mail", "private", "Телефон", State.WAITING)
    assert (found.guest_name, found.guest_contact, found.contract_id) == ("Пётр", PETR, None)
    assert said(found) == [("visitor", "Не работает телефон", False)]


def test_the_whole_of_it_goes_to_its_visitor_once_and_without_notes(maria: Operator) -> None:
    found = begun()
    answering.say(found, maria, client_id="desk:1", text="Проверьте провод", at=AT)
    answering.note(found.pk, maria, client_id="desk:2", text="тайна", at=AT)
    found.refresh_from_db()
    out = letters.transcript(found, found.last_sequence, letters.email_of(found))
    assert (out.to, out.extra_headers["Message-ID"].split("@")[0]) == ([PETR], f"<talk.{found.pk}.all.4")
    assert "Пётр: Вопрос" in out.body
    assert "Мария: Проверьте провод" in out.body
    assert "тайна" not in out.body
    Conversation.objects.update(guest_contact="")
    found.refresh_from_db()
    with pytest.raises(letters.NoAddress):
        letters.ask_transcript(found)


def test_an_answer_goes_out_and_its_reply_comes_back(maria: Operator, settings: Settings) -> None:
    found = begun()
    message = answering.say(found, maria, client_id="desk:1", text="Проверьте провод", at=AT)
    out = letters.letter(message, found, PETR)
    headers = out.message()
    assert headers["Message-ID"] == f"<talk.{found.pk}.3@skynet.example>"
    assert "Проверьте провод" in out.body
    reply_to = out.reply_to[0]
    quoted = "Проверил, спасибо!\n\n16.11.2026, Мария <support@skynet.example>:\n> " + out.body.replace("\n", "\n> ")
    answer = letter(quoted, to=reply_to, message_id="<2@example.test>")
    assert take(answer, reply_to).what == "said"
    assert take(answer, reply_to).what == "known"
    assert said(found)[-1] == ("visitor", "Проверил, спасибо!", False)


def test_a_forged_sender_is_kept_as_not_verified(maria: Operator) -> None:
    found = begun()
    to = letters.reply_address(found.pk)
    assert take(letter("Я Пётр", to=to, sender="mallory@example.test"), to, "mallory@example.test").what == "said"
    assert said(found)[-1] == ("visitor", "Я Пётр", True)


def test_a_made_up_reply_address_is_no_mailbox(db: None) -> None:
    found = begun()
    true = letters.reply_address(found.pk)
    name, _, domain = true.partition("@")
    for forged in (
        f"reply+{found.pk + 1}.{name.partition('.')[2]}@{domain}",
        f"{name[:-1]}{'0' if name[-1] != '0' else '1'}@{domain}",
        f"{name}@example.test",
        f"reply+{found.pk}.@{domain}",
        "nobody@skynet.example",
    ):
        assert not letters_in.is_address(forged)
        with pytest.raises(letters_in.UnableToTake):
            take(letter(to=forged), forged)
    assert letters_in.is_address(true.upper())


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        ({"Auto_Submitted": "auto-replied"}, PETR),
        ({"Precedence": "bulk"}, PETR),
        ({"X_Autoreply": "yes"}, PETR),
        ({"List_Id": "<a.example.test>"}, PETR),
        ({"message_id": "<talk.17.3@skynet.example>"}, PETR),
        ({}, ""),  # a bounce
    ],
)
def test_what_nobody_wrote_is_not_answered(db: None, headers: dict[str, str], sender: str) -> None:
    assert take(letter(**headers), sender=sender).what == "automatic"
    assert not Conversation.objects.exists()


def test_our_own_mailboxes_do_not_write_to_one_another(db: None) -> None:
    assert take(letter(sender="business@skynet.example"), sender="business@skynet.example").what == "automatic"


def test_two_robots_that_say_they_are_people_are_stopped_by_a_limit(db: None) -> None:
    for number in range(20):
        take(letter(message_id=f"<{number}@example.test>"))
    with pytest.raises(letters_in.TryLater):
        take(letter(message_id="<21@example.test>"))


def test_attachments_come_along_and_dangerous_ones_stay_out(db: None) -> None:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = PETR, SUPPORT, "Счёт"
    made.set_content("Вот")
    made.add_attachment(b"%PDF-1.7 ...", maintype="application", subtype="pdf", filename="счёт.pdf")
    made.add_attachment(b"MZ\x90\0", maintype="application", subtype="octet-stream", filename="run.exe")
    number = take(made.as_bytes()).conversation_id
    assert number is not None
    assert [one.name for one in queries.messages(number)[0].attachments.all()] == ["счёт.pdf"]


def test_a_letter_that_is_no_letter_breaks_nothing(db: None) -> None:
    for raw in (
        b"",
        b"\xff\xfe\x00",
        b"From: a@b\r\n\r\n",
        b"From: =?x?q?=\r\nContent-Type: text/plain; charset=nope\r\n\r\nhi",
    ):
        take(raw)


def test_an_answer_that_was_read_is_not_sent(
    maria: Operator, settings: Settings, mailoutbox: list[EmailMessage]
) -> None:
    found = begun()
    message = answering.say(found, maria, client_id="desk:1", text="Готово", at=AT)
    settings.EMAIL_GATEWAY = "smtp"
    talking.see(found, message.sequence, AT)
    letters.send(message.pk)  # a letter would ask the mail server, which is not there


def test_a_guest_with_a_phone_is_told_once_by_sms_outside_quiet_hours(
    maria: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[channels.Message] = []
    monkeypatch.setattr(delivery, "sms_gateway", lambda: sent.append)
    wish = talking.Wish(
        "form-of-petr-0002", Kind.CHAT, Topic.GENERAL, "Вопрос", guest_name="Пётр", guest_contact="+79161234567"
    )
    found = talking.begin(wish, AT).conversation
    answers = [answering.say(found, maria, client_id=f"desk:{n}", text="Да", at=AT) for n in range(2)]
    with clock.frozen(AT + timedelta(hours=11)):  # 23:00
        letters.send(answers[0].pk)
    assert sent == []
    with clock.frozen(AT):
        for one in answers:
            letters.send(one.pk)
    assert [(one.address, one.body) for one in sent] == [
        ("+79161234567", f"SkyNet: На ваш вопрос ответили. Прочитать: {settings.PUBLIC_URL}/chat/{found.token}/")
    ]
