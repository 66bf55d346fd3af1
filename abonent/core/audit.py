"""The log of who did what, when and why. Append-only; the only module that writes AuditEntry."""

from collections.abc import Sequence
from typing import Any

from abonent.core import clock, db, masking
from abonent.core.models import AuditEntry


def of_subjects(subjects: Sequence[str], actions: Sequence[str], most: int) -> list[AuditEntry]:
    """The newest entries of these actions about these subjects, the newest first."""
    found = AuditEntry.objects.filter(subject__in=subjects, action__in=actions)
    return list(found.order_by("-id")[:most])


def about(subjects: Sequence[str], most: int) -> list[AuditEntry]:
    """The newest entries about these subjects, the newest first, but for the looks."""
    found = AuditEntry.objects.filter(subject__in=subjects).exclude(
        action__in=("backoffice.look", "backoffice.look_as_owner")
    )
    return list(found.order_by("-id")[:most])


def pages(*, actor: str = "", subject: str = "", action: str = "", before: int | None, most: int) -> list[AuditEntry]:
    """A page of the whole log, the newest first.   before: the last id of the page before.   "": any."""
    found = AuditEntry.objects.all()
    for name, value in (("actor", actor), ("subject", subject), ("action", action)):
        if value:
            found = found.filter(**{name: value})
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-id")[:most])


def record(
    *,
    actor: str,
    action: str,
    subject: str,
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
    why: str = "",
    address: str | None = None,
) -> AuditEntry:
    """Write one entry in the transaction of what it tells about, so that neither stands without the other.

    actor: a sign-in name, or "system:<job>".   action: "<room>.<verb>".   subject: "<noun>:<id>".
    old, new: JSON of the values that changed; never a password, a token or a card. A card's number typed into them or
    into `why` is masked all the same.
    """
    db.require_transaction()
    return AuditEntry.objects.create(
        at=clock.now(),
        actor=actor,
        action=action,
        subject=subject,
        old=masking.values(old or {}),
        new=masking.values(new or {}),
        why=masking.text(why),
        address=address,
    )
