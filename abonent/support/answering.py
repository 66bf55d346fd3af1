"""The operator's side of a conversation. One transaction a verb; who may is asked before, by the screen."""

from collections.abc import Sequence
from datetime import datetime

from abonent.conversations import files, talks
from abonent.conversations.models import Author, Conversation, Message
from abonent.core import audit, db
from abonent.identity.models import User
from abonent.support import letters, operators
from abonent.support.models import Operator


def take(conversation_id: int, operator: Operator, at: datetime) -> Conversation:
    """Raises talks.Taken or talks.NotOpen."""
    with db.atomic():
        taken = talks.take(conversation_id, user_id=operator.user_id, name=operator.shown_name, at=at)
        _note(operator, "support.take", conversation_id)
    return taken


def say(
    conversation: Conversation,
    operator: Operator,
    *,
    client_id: str,
    text: str,
    sent: Sequence[files.File] = (),
    at: datetime,
) -> Message:
    """Answer; who answers what nobody has taken takes it. What is not read soon goes by e-mail or SMS too.

    Raises talks.UnableToSay: Taken where it is another's.
    """
    said = talks.Said(client_id, Author.STAFF, text, sent, user_id=operator.user_id, name=operator.shown_name)
    with db.atomic():
        talks.take(conversation.pk, user_id=operator.user_id, name=operator.shown_name, at=at)
        message, is_new = talks.say(conversation.pk, said, at=at)
        if is_new:
            letters.send.defer_in(letters.UNREAD_SECONDS, message_id=message.pk)
    return message


def note(conversation_id: int, operator: Operator, *, client_id: str, text: str, at: datetime) -> Message:
    """Seen by staff only; anybody of them may leave one.   Raises talks.UnableToSay."""
    said = talks.Said(client_id, Author.STAFF, text, user_id=operator.user_id, name=operator.shown_name, is_note=True)
    with db.atomic():
        return talks.say(conversation_id, said, at=at)[0]


def hand_over(
    conversation_id: int, operator: Operator, *, to: User | None, department: str, topic: str, at: datetime
) -> None:
    """To a colleague, or back into the queue of a department and topic.   Raises talks.NotOpen."""
    with db.atomic():
        talks.hand_over(
            conversation_id,
            to_user_id=to.pk if to else None,
            department=department,
            topic=topic,
            name=operators.of(to, at).shown_name if to else "",
            user_id=operator.user_id,
            at=at,
        )
        _note(operator, "support.hand_over", conversation_id)


def close(conversation_id: int, operator: Operator, at: datetime) -> None:
    with db.atomic():
        name = operator.shown_name
        if talks.close(conversation_id, by=Author.STAFF, user_id=operator.user_id, name=name, at=at):
            _note(operator, "support.close", conversation_id)


def look(conversation: Conversation, operator: Operator, address: str | None) -> None:
    """A look at what is not his own stands in the log."""
    if conversation.owner_id != operator.user_id:
        with db.atomic():
            _note(operator, "support.look", conversation.pk, address)


def see(conversation_id: int, sequence: int, at: datetime) -> None:
    with db.atomic():
        talks.see(conversation_id, sequence, by=Author.STAFF, at=at)


def _note(operator: Operator, action: str, conversation_id: int, address: str | None = None) -> None:
    name = operator.user.username
    audit.record(actor=name, action=action, subject=f"conversation:{conversation_id}", address=address)
