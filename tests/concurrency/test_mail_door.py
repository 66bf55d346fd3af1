"""A letter sent by a real SMTP client lands in a conversation; its answer goes out and the reply comes back, once."""

import smtplib
import socket
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from abonent.conversations import queries
from abonent.conversations.models import Conversation
from abonent.core import clock, db
from abonent.identity import users
from abonent.support import answering, letters, operators
from tests.concurrency.pages import free_port
from tests.concurrency.processes import running, wait_for

pytestmark = pytest.mark.committing
PETR = "petr@example.test"


@pytest.fixture
def door(own_database: str) -> Iterator[int]:
    """The port of `abonent mail`."""
    port = free_port()
    with running("abonent.commands.main", "mail", "--port", str(port), dsn=own_database):
        wait_for(lambda: _listens(port))
        yield port


def test_a_letter_its_answer_and_the_reply(door: int) -> None:
    send(door, letter("Не приходит счёт", to="business@skynet.example", message_id="<1@example.test>"))
    send(door, letter("Не приходит счёт", to="business@skynet.example", message_id="<1@example.test>"))
    found = Conversation.objects.get()
    assert (found.department, found.guest_contact, found.subject) == ("business", PETR, "Счёт")
    with db.atomic():
        maria = users.create_staff("maria", role="support", password="demo-staff")
    operator = operators.of(maria, clock.now())
    message = answering.say(found, operator, client_id="desk:1", text="Выслали", at=clock.now())
    reply_to = letters.letter(message, found, PETR).reply_to[0]
    send(door, letter("Спасибо", to=reply_to, message_id="<2@example.test>"))
    send(door, letter("я в отпуске", to=reply_to, message_id="<3@example.test>", automatic=True))
    said = [(one.author, one.text) for one in queries.messages(found.pk) if one.author != "system"]
    assert said == [("visitor", "Не приходит счёт"), ("staff", "Выслали"), ("visitor", "Спасибо")]


def test_strangers_mailboxes_and_large_letters_are_refused(door: int) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(door, letter("relay?", to="somebody@example.test", message_id="<1@example.test>"))
    assert refused.value.recipients["somebody@example.test"][0] == 550
    with pytest.raises((smtplib.SMTPSenderRefused, smtplib.SMTPDataError, smtplib.SMTPServerDisconnected)):
        send(door, letter("a" * 16_000_000, to="business@skynet.example", message_id="<2@example.test>"))
    assert not Conversation.objects.exists()


def letter(text: str, *, to: str, message_id: str, automatic: bool = False) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"], made["Message-ID"] = PETR, to, "Счёт", message_id
    if automatic:
        made["Auto-Submitted"] = "auto-replied"
    made.set_content(text)
    return made


def send(port: int, made: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.send_message(made)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
