"""What their books and ours say otherwise. The only module that writes Difference."""

from dataclasses import dataclass
from datetime import date, datetime

from abonent.core import alarms, db
from abonent.payments.models_desk import Difference, DifferenceKind

SYSTEM = "system:reconcile"

_OPEN = """
    insert into payments_difference as known
        (channel, about, external_id, kind, "on", ours_kop, theirs_kop, what, found_at, closed_by, why)
    values (%(channel)s, %(about)s, %(external_id)s, %(kind)s, %(on)s, %(ours_kop)s, %(theirs_kop)s, %(what)s, %(at)s,
            '', '')
    on conflict (channel, about, external_id, kind) do update
    set closed_at = null, closed_by = '', why = '', what = excluded.what, ours_kop = excluded.ours_kop,
        theirs_kop = excluded.theirs_kop, found_at = excluded.found_at
    where known.closed_at is not null
      and (known.closed_by = 'system:reconcile'
           or (known.ours_kop, known.theirs_kop) is distinct from (excluded.ours_kop, excluded.theirs_kop))
"""


class UnableToClose(Exception):
    """There is none, it is closed already, or no reason is given."""


@dataclass(frozen=True, slots=True)
class Found:
    channel: str
    about: str  # "payment" or "refund"
    external_id: str
    kind: DifferenceKind
    on: date
    ours_kop: int | None
    theirs_kop: int | None
    what: str


def keep(found: Found, *, at: datetime) -> None:
    """Open it, with an alarm. One that staff have closed stays closed while it says the same."""
    db.require_transaction()
    values = {name: getattr(found, name) for name in Found.__slots__} | {"at": at, "kind": str(found.kind)}
    if db.run(_OPEN, values):
        key = f"difference:{found.channel}:{found.about}:{found.external_id}:{found.kind}"
        alarms.raise_alarm(key=key, what=f"{found.channel} {found.about} {found.external_id}: {found.what}")


def agree(channel: str, about: str, external_ids: list[str], *, at: datetime) -> int:
    """A later look finds both books alike: what was open of them is closed. Give how many."""
    open_ones = Difference.objects.filter(
        channel=channel, about=about, external_id__in=external_ids, closed_at__isnull=True
    )
    return open_ones.update(closed_at=at, closed_by=SYSTEM, why="they agree now")


def close(difference_id: int, *, actor: str, why: str, at: datetime) -> Difference:
    """Staff have looked, and say what it was.   Raises UnableToClose."""
    db.require_transaction()
    found = Difference.objects.select_for_update(no_key=True).filter(id=difference_id).first()
    if found is None or found.closed_at is not None:
        raise UnableToClose(f"no open difference {difference_id}")
    if not why.strip():
        raise UnableToClose("a difference is closed with a reason")
    found.closed_at, found.closed_by, found.why = at, actor, why
    found.save(update_fields=["closed_at", "closed_by", "why"])
    return found


def open_ones(most: int | None = None) -> list[Difference]:
    """The staff's list, the oldest first; `most` at most."""
    return list(Difference.objects.filter(closed_at__isnull=True).order_by("id")[:most])
