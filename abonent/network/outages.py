"""Interruptions of a node or of buildings. The only module that writes Outage and what hangs on it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction

from abonent.core import db
from abonent.network.models import Outage, OutageBuilding, OutageCredit, OutageLine, OutageState

OF_NODE, OF_BUILDING = 5, 3  # lines that drop at once: fewer are people's own doings
PERCENT = 60  # of the lines there
WHAT_MAX = 300
OPEN = (OutageState.SEEN, OutageState.DECLARED)

_TOUCHED = db.read_sql(__file__, "outages_touched")
_DROPS = db.read_sql(__file__, "outages_drops")
_OPEN_OF = """
    select l.id as line_id, o.id, o.state, o.what, o.started_at, o.expected_at
    from network_outage o
    join subscribers_line l on l.id = any(%s)
    where o.state in ('seen', 'declared') and (
        exists (select from network_outageline t where t.outage_id = o.id and t.line_id = l.id)
        or exists (
            select from network_outagebuilding b join addresses_premises p on p.building_id = b.building_id
            where b.outage_id = o.id and p.id = l.premises_id
        )
    )
    order by l.id, o.state, o.started_at
"""
# Of what was only seen: the lines that have been heard of since.
_BACK = """
    select o.id, count(*) as lines, count(*) filter (where exists (
        select from network_accesssession s where s.line_id = t.line_id and s.updated_at > o.made_at
    )) as back
    from network_outage o
    join network_outageline t on t.outage_id = o.id
    where o.state = 'seen'
    group by o.id
"""
_UNCREDITED = """
    select t.line_id, t.contract_id, t.subscription_id
    from network_outageline t
    where t.outage_id = %s
      and not exists (select from network_outagecredit c where c.outage_id = t.outage_id and c.line_id = t.line_id)
    order by t.line_id
"""


class UnableToDeclare(Exception):
    """Nothing is written."""


class DeclaredAlready(UnableToDeclare):
    """There is an open one of that node or building."""


class NothingChosen(UnableToDeclare):
    """Neither a node nor a building."""


class NotOpen(UnableToDeclare):
    """It is over, dismissed, or there is none of that number."""


class Interruption(NamedTuple):
    """An open outage of a line."""

    line_id: int
    id: int
    is_declared: bool  # else many sessions there have dropped, and nobody of the staff has spoken yet
    what: str
    started_at: datetime
    expected_at: datetime | None


class Touched(NamedTuple):
    line_id: int
    contract_id: int
    subscription_id: int


def declare(
    *,
    nas_id: int | None = None,
    building_ids: Collection[int] = (),
    what: str,
    started_at: datetime,
    expected_at: datetime | None,
    by: str,
    at: datetime,
) -> Outage:
    """Of a node, or of buildings; the lines touched are noted. One that was seen there becomes this one.

    Raises DeclaredAlready, NothingChosen.
    """
    db.require_transaction()
    if (nas_id is None) == (not building_ids):
        raise NothingChosen
    seen = _seen_at(nas_id, building_ids)
    if seen is not None:
        return confirm(seen, what=what, expected_at=expected_at, by=by)
    try:
        with transaction.atomic():
            made = Outage.objects.create(
                nas_id=nas_id,
                state=OutageState.DECLARED,
                what=_plain(what),
                started_at=min(started_at, at),
                expected_at=expected_at,
                made_at=at,
                declared_by=by,
            )
            OutageBuilding.objects.bulk_create(
                OutageBuilding(outage=made, building_id=one) for one in sorted(set(building_ids))
            )
    except IntegrityError:
        raise DeclaredAlready from None
    _touch(made)
    return made


def confirm(outage_id: int, *, what: str, expected_at: datetime | None, by: str) -> Outage:
    """What was seen is one: it is the staff's word from now on.   Raises NotOpen."""
    found = _lock(outage_id, OutageState.SEEN)
    found.state, found.declared_by = OutageState.DECLARED, by
    found.what, found.expected_at = _plain(what), expected_at
    found.save(update_fields=["state", "declared_by", "what", "expected_at"])
    _touch(found)
    return found


def end(outage_id: int, *, by: str, at: datetime) -> Outage:
    """It works again.   Raises NotOpen."""
    found = _lock(outage_id, OutageState.DECLARED)
    found.state, found.ended_by, found.ended_at = OutageState.ENDED, by, max(at, found.started_at)
    found.save(update_fields=["state", "ended_by", "ended_at"])
    OutageBuilding.objects.filter(outage=found).update(is_open=False)
    return found


def dismiss(outage_id: int, *, by: str) -> Outage:
    """What was seen is none, or is over by itself.   Raises NotOpen."""
    found = _lock(outage_id, OutageState.SEEN)
    found.state, found.ended_by = OutageState.DISMISSED, by
    found.save(update_fields=["state", "ended_by"])
    OutageBuilding.objects.filter(outage=found).update(is_open=False)
    return found


def see(now: datetime) -> list[Outage]:
    """Note where many sessions have dropped at once, once each; give what is new."""
    db.require_transaction()
    made = []
    for row in db.rows(_DROPS, {"now": now, "of_node": OF_NODE, "of_building": OF_BUILDING, "percent": PERCENT}):
        one = Outage.objects.create(
            nas_id=row["nas_id"],
            state=OutageState.SEEN,
            started_at=row["since"],
            made_at=now,
            seen_lines=row["lines"],
        )
        if row["building_id"] is not None:
            OutageBuilding.objects.create(outage=one, building_id=row["building_id"])
        _touch(one)
        made.append(one)
    return made


def withdraw_seen() -> list[int]:
    """Dismiss what was seen and is over by itself: most of its lines have been heard of since."""
    db.require_transaction()
    over = [row["id"] for row in db.rows(_BACK) if row["back"] * 100 >= row["lines"] * PERCENT]
    for one in over:
        dismiss(one, by="system:outages")
    return over


def open_of(line_ids: Sequence[int]) -> list[Interruption]:
    """The open outages at these lines, declared ones first; one statement."""
    if not line_ids:
        return []
    return [
        Interruption(
            row["line_id"],
            row["id"],
            row["state"] == OutageState.DECLARED,
            row["what"],
            row["started_at"],
            row["expected_at"],
        )
        for row in db.rows(_OPEN_OF, [list(line_ids)])
    ]


def uncredited(outage_id: int) -> list[Touched]:
    """The lines touched that nothing was given back to yet."""
    return [Touched(**row) for row in db.rows(_UNCREDITED, [outage_id])]


def note_credit(
    outage_id: int,
    line_id: int,
    *,
    account_id: int,
    days: int,
    amount_kop: int,
    transfer: tuple[object, int] | None,
) -> bool:
    """Write what is given back, once by outage and line. False: it was given before, and nothing may move.

    transfer: the date and id of its transfer; None of 0 kopecks.
    """
    db.require_transaction()
    on, transfer_id = transfer or (None, None)
    return bool(
        db.run(
            "insert into network_outagecredit (outage_id, line_id, account_id, days, amount_kop, transfer_on, "
            "transfer_id) values (%s, %s, %s, %s, %s, %s, %s) on conflict (outage_id, line_id) do nothing",
            [outage_id, line_id, account_id, days, amount_kop, on, transfer_id],
        )
    )


def unsettled() -> list[int]:
    """The ended ones of which not everything was given back yet."""
    found = Outage.objects.filter(state=OutageState.ENDED, settled_at__isnull=True)
    return list(found.order_by("id").values_list("id", flat=True))


def settle(outage_id: int, at: datetime) -> None:
    Outage.objects.filter(id=outage_id, settled_at__isnull=True).update(settled_at=at)


def forget(line_ids: Collection[int]) -> None:
    """Of lines forgotten at the law's terms: what was given back stays, it is money."""
    OutageLine.objects.filter(line_id__in=line_ids).exclude(
        outage_id__in=OutageCredit.objects.filter(line_id__in=line_ids).values("outage_id")
    ).delete()


def _touch(outage: Outage) -> None:
    db.run(_TOUCHED, {"outage_id": outage.pk})


def _seen_at(nas_id: int | None, building_ids: Collection[int]) -> int | None:
    """The one that was seen at exactly this node, or at this one building."""
    seen = Outage.objects.filter(state=OutageState.SEEN)
    if nas_id is not None:
        found = seen.filter(nas=nas_id)
    elif len(set(building_ids)) == 1:
        found = seen.filter(places__building_id__in=building_ids)
    else:
        return None
    return found.values_list("id", flat=True).first()


def _lock(outage_id: int, state: OutageState) -> Outage:
    db.require_transaction()
    found = Outage.objects.select_for_update().filter(id=outage_id).first()
    if found is None or found.state != state:
        raise NotOpen(str(outage_id))
    return found


def _plain(what: str) -> str:
    return " ".join(what.split())[:WHAT_MAX]
