"""Conversations and their messages. With inbox.py the only module that writes Conversation, Message, Attachment, Blob.

A message is numbered under its conversation's row lock: one sequence without gaps or doubles. Sent again with the
same id (a retry after a lost network, a letter delivered twice) it is the message that is there already.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from abonent.conversations.files import FILES_MOST, File
from abonent.conversations.models import (
    Attachment,
    Author,
    Blob,
    Conversation,
    Folder,
    Kind,
    Message,
    State,
    Topic,
)
from abonent.core import db, events, masking

TEXT_MOST_CHARS = 4000
DESK = "desk"  # the topic of every operator's page


class UnableToSay(Exception):
    """A message or a change that the conversation does not take."""


class NothingSaid(UnableToSay):
    """Neither a text nor a file."""


class TooLong(UnableToSay):
    """More than TEXT_MOST_CHARS, or more than FILES_MOST files."""


class NotOpen(UnableToSay):
    """What was to be done fits no conversation of this state."""


class Taken(UnableToSay):
    """Another operator has it."""


class Opening(NamedTuple):
    """What a conversation begins with."""

    client_id: str  # of the form: sent twice, it opens one conversation
    kind: Kind
    topic: Topic
    department: str
    language: str = "ru"
    subject: str = ""
    about: str = ""
    contract_id: int | None = None
    guest_name: str = ""
    guest_contact: str = ""
    consent: str = ""


class Said(NamedTuple):
    """Who says what."""

    client_id: str
    author: Author
    text: str = ""
    files: Sequence[File] = ()
    user_id: int | None = None
    name: str = ""
    is_note: bool = False
    unverified: bool = False
    by_email: bool = False


def topic_of(conversation_id: int) -> str:
    """What the visitor's open page listens to."""
    return f"talk:{conversation_id}"


def begin(opening: Opening, *, at: datetime, answer_by: datetime | None, place: int) -> tuple[Conversation, bool]:
    """A new conversation without messages that waits for staff; and whether it is new.

    answer_by: what is promised.   place: in the queue; 0 for one that nobody waits in.
    """
    db.require_transaction()
    return Conversation.objects.get_or_create(
        client_id=opening.client_id,
        defaults={
            "token": secrets.token_urlsafe(32),
            "kind": opening.kind,
            "folder": Folder.TALKS,
            "topic": opening.topic,
            "department": opening.department,
            "subject": masking.text(opening.subject)[:200],
            "about": opening.about[:200],
            "state": State.WAITING,
            "contract_id": opening.contract_id,
            "guest_name": opening.guest_name[:80],
            "guest_contact": opening.guest_contact,
            "consent": opening.consent,
            "language": opening.language,
            "opened_at": at,
            "last_at": at,
            "waiting_since": at,
            "answer_by": answer_by,
            "first_answer_by": answer_by,
            "place_at_start": place,
            "visitor_seen_at": at,
        },
    )


def say(conversation_id: int, said: Said, *, at: datetime, answer_by: datetime | None = None) -> tuple[Message, bool]:
    """Add a message; and whether it is new.

    answer_by: of a visitor's: what is promised, where nothing is yet. A visitor's word opens a closed conversation
    again; an operator's answer ends the waiting; a note changes nothing the visitor sees.
    Raises NothingSaid or TooLong.
    """
    text = masking.text(said.text.replace("\r\n", "\n").replace("\0", "").strip())
    if not text and not said.files:
        raise NothingSaid
    if len(text) > TEXT_MOST_CHARS or len(said.files) > FILES_MOST:
        raise TooLong
    conversation = lock(conversation_id)
    known = Message.objects.filter(conversation_id=conversation_id, client_id=said.client_id).first()
    if known is not None:
        return known, False
    if said.author == Author.VISITOR:
        _visitor_speaks(conversation, at, answer_by)
    elif said.author == Author.STAFF and not said.is_note:
        conversation.waiting_since = conversation.answer_by = None
        conversation.answered_at = conversation.answered_at or at
    message = _add(conversation, said._replace(text=text), at)
    conversation.save()
    return message, True


def take(conversation_id: int, *, user_id: int, name: str, at: datetime) -> Conversation:
    """An operator makes it his own. His own already: nothing happens.   Raises Taken or NotOpen."""
    conversation = lock(conversation_id)
    if conversation.kind == Kind.NOTICE:
        raise NotOpen
    if conversation.state == State.OPEN:
        if conversation.owner_id == user_id:
            return conversation
        raise Taken
    conversation.state = State.OPEN
    conversation.owner_id = user_id
    conversation.taken_at = conversation.taken_at or at
    conversation.closed_at = None
    _tell(conversation, "joined", user_id, name, at)
    return conversation


def hand_over(
    conversation_id: int, *, to_user_id: int | None, department: str, topic: str, name: str, user_id: int, at: datetime
) -> Conversation:
    """To a colleague, or (None) back into the queue of a department and topic.   name: to whom, as it is shown."""
    conversation = lock(conversation_id)
    if conversation.state != State.OPEN:
        raise NotOpen
    conversation.owner_id = to_user_id
    conversation.state = State.OPEN if to_user_id else State.WAITING
    conversation.department, conversation.topic = department, topic
    conversation.waiting_since = conversation.waiting_since or at
    _tell(conversation, "handed", user_id, name, at)
    return conversation


def close(conversation_id: int, *, by: Author, user_id: int | None, name: str, at: datetime) -> bool:
    """Give whether it was open until now."""
    conversation = lock(conversation_id)
    if conversation.state == State.CLOSED or conversation.kind == Kind.NOTICE:
        return False
    conversation.state = State.CLOSED
    conversation.closed_at = at
    conversation.waiting_since = conversation.answer_by = None
    _tell(conversation, "closed" if by == Author.STAFF else "left", user_id, name, at)
    return True


def give_mark(conversation_id: int, mark: int) -> None:
    """1 to 5, of one that is over. The last word counts.   Raises NotOpen while it goes on."""
    assert 1 <= mark <= 5, mark
    conversation = lock(conversation_id)
    if conversation.state != State.CLOSED:
        raise NotOpen
    conversation.mark = mark
    conversation.save(update_fields=["mark"])
    events.publish(DESK, "desk", {"conversation": conversation_id})


def see(conversation_id: int, sequence: int, *, by: Author, at: datetime) -> None:
    """The other side has read through that number; marks never go back."""
    conversation = lock(conversation_id)
    sequence = min(sequence, conversation.last_sequence)
    changed = []
    if by == Author.VISITOR:
        conversation.visitor_seen_at = at
        changed.append("visitor_seen_at")
        if sequence > conversation.read_by_visitor:
            conversation.read_by_visitor = sequence
            changed.append("read_by_visitor")
    elif sequence > conversation.read_by_staff:
        conversation.read_by_staff = sequence
        changed.append("read_by_staff")
    if changed:
        conversation.save(update_fields=changed)
    if "read_by_visitor" in changed:
        events.publish(DESK, "read", {"conversation": conversation_id, "sequence": sequence})
    elif "read_by_staff" in changed:
        events.publish(topic_of(conversation_id), "read", {"sequence": sequence})


def put_away(conversation_id: int, at: datetime | None) -> None:
    """Into the subscriber's archive, or (None) back."""
    conversation = lock(conversation_id)
    conversation.archived_at = at
    conversation.read_by_visitor = conversation.last_sequence
    conversation.save(update_fields=["archived_at", "read_by_visitor"])


def tell_typing(conversation_id: int, *, by: Author, name: str) -> None:
    """The other side sees that somebody writes; kept for nobody who comes later."""
    to_desk = by == Author.VISITOR
    data: dict[str, object] = {"conversation": conversation_id} if to_desk else {"name": name}
    events.publish(DESK if to_desk else topic_of(conversation_id), "typing", data)


def lock(conversation_id: int) -> Conversation:
    return db.lock(Conversation, [conversation_id])[conversation_id]


def _visitor_speaks(conversation: Conversation, at: datetime, answer_by: datetime | None) -> None:
    if conversation.state == State.CLOSED:
        conversation.state, conversation.owner_id = State.WAITING, None
        conversation.closed_at = conversation.mark = None
    if conversation.waiting_since is None:
        conversation.waiting_since, conversation.answer_by = at, answer_by
    conversation.archived_at = None
    conversation.visitor_seen_at = at
    conversation.read_by_visitor = conversation.last_sequence


def _tell(conversation: Conversation, code: str, user_id: int | None, name: str, at: datetime) -> None:
    """A line of what became of it, by its code; the page says it in the reader's language."""
    client_id = f"{code}:{conversation.last_sequence + 1}"
    _add(conversation, Said(client_id, Author.SYSTEM, code, user_id=user_id, name=name), at)
    conversation.save()


def _add(conversation: Conversation, said: Said, at: datetime) -> Message:
    conversation.last_sequence += 1
    if not said.is_note:
        conversation.last_at = at
    if said.author == Author.VISITOR:
        conversation.read_by_visitor = conversation.last_sequence
    elif said.author == Author.STAFF:
        conversation.read_by_staff = conversation.last_sequence
        if not said.is_note:
            conversation.to_visitor_sequence = conversation.last_sequence
    message = Message.objects.create(
        conversation=conversation,
        sequence=conversation.last_sequence,
        client_id=said.client_id,
        author=said.author,
        author_user_id=said.user_id,
        author_name=said.name[:80],
        text=said.text,
        is_note=said.is_note,
        unverified=said.unverified,
        by_email=said.by_email,
        at=at,
    )
    Blob.objects.bulk_create(
        [Blob(digest=one.digest, content=one.content) for one in {one.digest: one for one in said.files}.values()],
        ignore_conflicts=True,
    )
    for place, one in enumerate(said.files, 1):
        Attachment.objects.create(
            message=message,
            place=place,
            name=one.name,
            content_type=one.content_type,
            size_octets=len(one.content),
            width=one.width,
            height=one.height,
            blob_id=one.digest,
        )
    _publish(conversation, said)
    return message


def _publish(conversation: Conversation, said: Said) -> None:
    number = conversation.last_sequence
    if not said.is_note:
        events.publish(topic_of(conversation.pk), "talk", {"sequence": number})
        if conversation.contract_id and said.author == Author.STAFF:
            events.publish(f"contract:{conversation.contract_id}", "mail", {"conversation": conversation.pk})
    events.publish(DESK, "desk", {"conversation": conversation.pk, "sequence": number})
