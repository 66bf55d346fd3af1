"""Cashiers' shifts, from the drawer counted to the drawer counted. The only module that writes CashShift.

An order names the open shift of its cashier and holds it shared until its transaction ends; closing holds it alone,
so that no order slips in between the sums and the report.
"""

from datetime import date, datetime
from typing import NamedTuple

from abonent.core import db
from abonent.payments.models_shifts import CashShift

_NAME = 0x5A524550  # an advisory lock: one number after another
_OPEN = """
    insert into payments_cashshift (number, cashier, opened_on, opened_at, opening_kop)
    select coalesce(max(number), 0) + 1, %(cashier)s, %(on)s, %(at)s, %(opening_kop)s from payments_cashshift
    on conflict (cashier) where closed_at is null do nothing
    returning id
"""
_SUMS = """
    select count(*) filter (where kind = 'in') as taken_count,
           coalesce(sum(amount_kop) filter (where kind = 'in'), 0)::bigint as taken_kop,
           count(*) filter (where kind = 'out') as given_count,
           coalesce(sum(amount_kop) filter (where kind = 'out'), 0)::bigint as given_kop
    from payments_cashorder where shift_id = %s
"""


class UnableToShift(Exception):
    """The drawer is not opened or closed; the class says why."""


class OpenAlready(UnableToShift):
    """The cashier has an open shift."""


class NoneOpen(UnableToShift):
    """The cashier has no open shift: closed a moment ago, perhaps in another window."""


class NeedsReason(UnableToShift):
    """What is counted differs from what must be there: say why."""

    def __init__(self, difference_kop: int) -> None:
        super().__init__(f"{difference_kop} kopecks more than the orders say")
        self.difference_kop = difference_kop


class Sums(NamedTuple):
    """What the orders of a shift come to."""

    taken_count: int
    taken_kop: int
    given_count: int
    given_kop: int


def current(cashier: str) -> CashShift | None:
    return CashShift.objects.filter(cashier=cashier, closed_at__isnull=True).first()


def require_open(cashier: str) -> None:
    """Hold the cashier's open shift, shared, until the transaction ends.   Raises NoneOpen."""
    db.require_transaction()
    if not db.rows("select id from payments_cashshift where cashier = %s and closed_at is null for share", [cashier]):
        raise NoneOpen(f"{cashier} has no open shift")


def is_open(shift_id: int) -> bool:
    return CashShift.objects.filter(id=shift_id, closed_at__isnull=True).exists()


def sums(shift_id: int) -> Sums:
    return Sums(**db.rows(_SUMS, [shift_id])[0])


def open_shift(cashier: str, *, opening_kop: int, on: date, at: datetime) -> CashShift:
    """Begin a shift with what is in the drawer.   Raises OpenAlready."""
    db.require_transaction()
    db.run("select pg_advisory_xact_lock(%s)", [_NAME])
    made = db.rows(_OPEN, {"cashier": cashier, "opening_kop": opening_kop, "on": on, "at": at})
    if not made:
        raise OpenAlready(f"{cashier} has an open shift")
    return CashShift.objects.get(id=made[0]["id"])


def close_shift(cashier: str, *, counted_kop: int, why: str, on: date, at: datetime) -> CashShift:
    """End the cashier's shift with what is counted in the drawer; its sums are kept as they stand.

    why: needed where they differ.   Raises NoneOpen, NeedsReason.
    """
    db.require_transaction()
    shift = CashShift.objects.select_for_update().filter(cashier=cashier, closed_at__isnull=True).first()
    if shift is None:
        raise NoneOpen(f"{cashier} has no open shift")
    found = sums(shift.pk)
    shift.taken_count, shift.taken_kop, shift.given_count, shift.given_kop = found
    shift.counted_kop, shift.closed_on, shift.closed_at, shift.why = counted_kop, on, at, why.strip()
    if shift.difference_kop and not shift.why:
        raise NeedsReason(shift.difference_kop)
    shift.save()
    return shift
