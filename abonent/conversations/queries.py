"""What was said, and who may read it. A subscriber's is looked up through his contracts, a guest's by its token."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from abonent.conversations.models import Attachment, Blob, Conversation, Folder, Kind, Message, State

MESSAGES_MOST = 500  # of one look
LIST_MOST = 50


class Line(NamedTuple):
    """A conversation as a list shows it."""

    conversation: Conversation
    excerpt: str
    has_files: bool

    @property
    def unread(self) -> bool:
        return self.conversation.to_visitor_sequence > self.conversation.read_by_visitor


def by_token(token: str) -> Conversation | None:
    """For the door, which asks next whose it is."""
    return Conversation.objects.filter(token=token).first() if token else None


def own(contract_ids: Collection[int], token: str) -> Conversation | None:
    return Conversation.objects.filter(contract_id__in=contract_ids, token=token).first()


def latest_chat(contract_id: int) -> Conversation | None:
    """The chat of the contract that is not over."""
    found = Conversation.objects.filter(contract_id=contract_id, kind=Kind.CHAT).exclude(state=State.CLOSED)
    return found.order_by("-last_at").first()


def messages(conversation_id: int, *, after: int = 0, notes: bool = False) -> list[Message]:
    """In their order, with attachments; notes for staff only."""
    found = Message.objects.filter(conversation_id=conversation_id, sequence__gt=after)
    if not notes:
        found = found.filter(is_note=False)
    return list(found.order_by("sequence").prefetch_related("attachments")[:MESSAGES_MOST])


def attachment(conversation_id: int, attachment_id: int, *, notes: bool = False) -> tuple[Attachment, bytes] | None:
    found = Attachment.objects.filter(pk=attachment_id, message__conversation_id=conversation_id)
    if not notes:
        found = found.filter(message__is_note=False)
    one = found.first()
    if one is None:
        return None
    return one, bytes(Blob.objects.values_list("content", flat=True).get(digest=one.blob_id))


def unread(contract_ids: Collection[int]) -> int:
    """Conversations with something new to read."""
    return _unread(contract_ids).count()


def unread_by_folder(contract_ids: Collection[int]) -> dict[str, int]:
    counted = _unread(contract_ids).values_list("folder").annotate(n=Count("id")).order_by("folder")
    return dict(counted)


def mail(
    contract_ids: Collection[int],
    *,
    folder: Folder | None = None,
    archived: bool = False,
    only_unread: bool = False,
    words: str = "",
    before: datetime | None = None,
) -> list[Line]:
    """The subscriber's letters and talks, the newest first, LIST_MOST at a time.   words: each must stand in it."""
    found = Conversation.objects.filter(contract_id__in=contract_ids, archived_at__isnull=not archived)
    if folder is not None:
        found = found.filter(folder=folder)
    if only_unread:
        found = found.filter(to_visitor_sequence__gt=F("read_by_visitor"))
    for word in words.split()[:8]:
        said = Message.objects.filter(conversation__contract_id__in=contract_ids, is_note=False, text__icontains=word)
        found = found.filter(Q(subject__icontains=word) | Q(pk__in=said.values("conversation_id")))
    if before is not None:
        found = found.filter(last_at__lt=before)
    return lines(list(found.order_by("-last_at", "-id")[:LIST_MOST]))


def requests(contract_ids: Collection[int]) -> list[Line]:
    """What the subscriber asked himself, the newest first."""
    found = Conversation.objects.filter(contract_id__in=contract_ids).exclude(kind=Kind.NOTICE)
    return lines(list(found.order_by("-last_at")[:LIST_MOST]))


def lines(found: Sequence[Conversation], *, notes: bool = False) -> list[Line]:
    """Each with its last words: one statement for all."""
    said = Message.objects.filter(conversation__in=[one.pk for one in found]).exclude(author="system")
    if not notes:
        said = said.filter(is_note=False)
    last = (
        said.order_by("conversation_id", "-sequence")
        .distinct("conversation_id")
        .annotate(has_files=Exists(Attachment.objects.filter(message=OuterRef("pk"))))
        .values_list("conversation_id", "text", "has_files")
    )
    known = {number: (" ".join(text.split())[:160], has_files) for number, text, has_files in last}
    return [Line(one, *known.get(one.pk, ("", False))) for one in found]


def _unread(contract_ids: Collection[int]) -> QuerySet[Conversation]:
    return Conversation.objects.filter(
        contract_id__in=contract_ids, archived_at__isnull=True, to_visitor_sequence__gt=F("read_by_visitor")
    )
