"""Forget what was said with a person, long after his last contract was closed. That there was a talk stays."""

from collections.abc import Collection

from abonent.conversations.models import Attachment, Blob, Conversation, Message
from abonent.core import db

NOBODY = "—"


def forget(contract_ids: Collection[int]) -> None:
    """The words and the files of every conversation of those contracts. Twice is once."""
    db.require_transaction()
    files = Attachment.objects.filter(message__conversation__contract_id__in=contract_ids)
    digests = list(files.values_list("blob_id", flat=True))
    files.delete()
    others = Attachment.objects.filter(blob_id__in=digests).values("blob_id")  # the same file may be another's too
    Blob.objects.filter(digest__in=digests).exclude(digest__in=others).delete()
    Message.objects.filter(conversation__contract_id__in=contract_ids).update(text=NOBODY, link="", author_name="")
    Conversation.objects.filter(contract_id__in=contract_ids).update(
        subject="", about="", guest_name="", guest_contact=""
    )
