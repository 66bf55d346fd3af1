"""A conversation as its page shows it, to the visitor and to staff: plain values, nothing more is asked."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _

from abonent.conversations.models import Attachment, Author, Conversation, Message
from abonent.core import clock

KILO = 1024


class Sent(NamedTuple):
    id: int
    name: str
    size: str
    is_picture: bool
    width: int
    height: int


class Said(NamedTuple):
    sequence: int
    client_id: str  # as the page gave it; of "mine"
    side: str  # "mine", "theirs", "system", "note"
    name: str
    at: datetime  # the operator's wall clock
    is_other_day: bool  # not the day of the one before it
    text: str
    files: list[Sent]
    link: str
    unverified: bool
    by_email: bool
    is_read: bool  # of "mine": the other side has read it


def lines(messages: Iterable[Message], conversation: Conversation, *, to_staff: bool) -> list[Said]:
    """In their order."""
    shown: list[Said] = []
    day = None
    for one in messages:
        local = clock.local(one.at)
        shown.append(_line(one, conversation, local, to_staff=to_staff, is_other_day=local.date() != day))
        day = local.date()
    return shown


def transcript(messages: Iterable[Message], conversation: Conversation) -> str:
    """The whole conversation as a text to keep, as its visitor has it."""
    parts = []
    for one in lines(messages, conversation, to_staff=False):
        said = [one.text, *(f"[{each.name}]" for each in one.files)]
        parts.append(f"{one.at:%d.%m.%Y %H:%M}  {one.name}: " + " ".join(filter(None, said)))
    return "\n".join(parts) + "\n"


def told(code: str, name: str) -> str:
    """What became of the conversation, in the reader's language."""
    facts = {"name": name}
    if code == "joined":
        return _("%(name)s joins the conversation") % facts
    if code == "handed" and name:
        return _("The conversation goes over to %(name)s") % facts
    if code == "handed":
        return _("The conversation goes over to a colleague")
    if code == "left":
        return _("The visitor has ended the conversation")
    return _("The conversation is over")


def size_of(octets: int) -> str:
    if octets >= KILO * KILO:
        tenths = octets * 10 // (KILO * KILO)
        return _("%(size)s MB") % {"size": f"{tenths // 10},{tenths % 10}"}
    return _("%(size)s kB") % {"size": max(1, octets // KILO)}


def _line(one: Message, conversation: Conversation, local: datetime, *, to_staff: bool, is_other_day: bool) -> Said:
    own = Author.STAFF if to_staff else Author.VISITOR
    read = conversation.read_by_visitor if to_staff else conversation.read_by_staff
    side = "mine" if one.author == own else "theirs"
    if one.author == Author.SYSTEM:
        side = "system"
    elif one.is_note:
        side = "note"
    return Said(
        sequence=one.sequence,
        client_id=one.client_id.partition(":")[2] if one.author == own else "",
        side=side,
        name=one.author_name,
        at=local,
        is_other_day=is_other_day,
        text=told(one.text, one.author_name) if one.author == Author.SYSTEM else one.text,
        files=[_sent(each) for each in sorted(one.attachments.all(), key=lambda each: each.place)],
        link=one.link,
        unverified=one.unverified,
        by_email=one.by_email,
        is_read=one.author == own and read >= one.sequence,
    )


def _sent(one: Attachment) -> Sent:
    is_picture = one.content_type.startswith("image/")
    return Sent(one.pk, one.name, size_of(one.size_octets), is_picture, one.width, one.height)
