"""The visitor's side of a conversation: a guest, or a subscriber by his contract. One transaction a verb."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from abonent.conversations import files, talks
from abonent.conversations.models import Author, Conversation, Kind, Message, State, Topic
from abonent.core import db
from abonent.subscribers import queries as subscribers
from abonent.support import desks, waiting


class Begun(NamedTuple):
    conversation: Conversation
    live: bool


class Wish(NamedTuple):
    """What somebody wants to talk of."""

    client_id: str  # of the form: sent twice, it is one conversation
    kind: Kind
    topic: Topic
    text: str = ""
    sent: Sequence[files.File] = ()
    language: str = "ru"
    subject: str = ""
    about: str = ""
    department: str = ""  # "": by the topic
    contract: subscribers.OwnContract | None = None
    guest_name: str = ""
    guest_contact: str = ""
    consent: str = ""  # a guest's, to our keeping of his name
    by_email: bool = False


def begin(wish: Wish, at: datetime) -> Begun:
    """Open a conversation, with the first message where there is one.   Raises talks.TooLong."""
    is_legal = wish.contract is not None and wish.contract.customer_kind == "legal"
    to = desks.department(wish.department) if wish.department else desks.department_of(wish.topic, is_legal=is_legal)
    promise = desks.promised(to, at, chat=wish.kind == Kind.CHAT)
    opening = talks.Opening(
        client_id=f"form:{wish.client_id}"[:120],
        kind=wish.kind if promise.live or wish.kind != Kind.CHAT else Kind.MAIL,
        topic=wish.topic,
        department=to.key,
        language=wish.language,
        subject=wish.subject,
        about=wish.about,
        contract_id=wish.contract.id if wish.contract else None,
        guest_name=wish.guest_name,
        guest_contact=wish.guest_contact,
        consent=wish.consent,
    )
    with db.atomic():
        place = waiting.place_of_new(to.key, at) if promise.live else 0
        conversation, is_new = talks.begin(opening, at=at, answer_by=promise.answer_by, place=place)
        if is_new and (wish.text.strip() or wish.sent):
            said = talks.Said(
                f"first:{conversation.pk}",
                Author.VISITOR,
                wish.text,
                wish.sent,
                name=visitor_name(wish.contract, wish.guest_name),
                by_email=wish.by_email,
            )
            talks.say(conversation.pk, said, at=at, answer_by=promise.answer_by)
    conversation.refresh_from_db()
    return Begun(conversation, promise.live)


def say(
    conversation: Conversation,
    *,
    client_id: str,
    text: str,
    sent: Sequence[files.File],
    name: str,
    at: datetime,
    by_email: bool = False,
    unverified: bool = False,
) -> tuple[Message, bool]:
    """Add the visitor's message once by its id.   Raises talks.UnableToSay."""
    said = talks.Said(client_id, Author.VISITOR, text, sent, name=name, by_email=by_email, unverified=unverified)
    with db.atomic():
        return talks.say(conversation.pk, said, at=at, answer_by=answer_by(conversation, at))


def leave(conversation: Conversation, *, name: str, at: datetime) -> bool:
    """The visitor has nothing more to say."""
    with db.atomic():
        return talks.close(conversation.pk, by=Author.VISITOR, user_id=None, name=name, at=at)


def give_mark(conversation: Conversation, mark: int) -> None:
    """Raises talks.NotOpen while it goes on."""
    with db.atomic():
        talks.give_mark(conversation.pk, mark)


def see(conversation: Conversation, sequence: int, at: datetime) -> None:
    with db.atomic():
        talks.see(conversation.pk, sequence, by=Author.VISITOR, at=at)


def put_away(conversation: Conversation, at: datetime | None) -> None:
    with db.atomic():
        talks.put_away(conversation.pk, at)


def answer_by(conversation: Conversation, at: datetime) -> datetime:
    is_chat = conversation.kind == Kind.CHAT
    return desks.promised(desks.department(conversation.department), at, chat=is_chat).answer_by


def visitor_name(contract: subscribers.OwnContract | None, guest_name: str) -> str:
    return (contract.given_name or contract.full_name) if contract else guest_name


def is_over(conversation: Conversation) -> bool:
    return conversation.state == State.CLOSED
