"""What wakes when there is money for it, and what is missing when there is not. Pure: no database, no clock.

`resume` does what this module decides; the account's first screen shows what it would decide today.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from abonent.billing import rules

WAITING, ACTIVE, SUSPENDED, STANDING, PAUSED = "waiting", "active", "suspended", "standing", "paused"


class Held(NamedTuple):
    """A subscription that has not ended, as far as money asks."""

    id: int
    parent_id: int | None
    charging: str
    price_kop: int
    state: str
    paid_until: date | None
    stopped_on: date | None
    started_on: date


class Wake(NamedTuple):
    """A subscription to be charged for `due` and made active."""

    id: int
    due: rules.Due
    amount_kop: int


class Stand(NamedTuple):
    """An add-on that stood with its tariff: its paid days move by the days it stood."""

    id: int
    paid_until: date


class Woken(NamedTuple):
    charged: list[Wake]
    stood: list[Stand]
    asleep: list[int]  # what still waits or is suspended
    missing_kop: int  # what must be paid today for all that is asleep; 0 when nothing is


class _Wanted(NamedTuple):
    held: Held
    due: rules.Due | None  # None: due by its own run, which will take the money; here it only keeps its place
    amount_kop: int


def wake(held: Sequence[Held], *, available_kop: int, on: date, first_top_up_left_kop: int = 0) -> Woken:
    """Decide for one account.

    held: in the order of charging (priority, id).   available_kop: balance + credit limit.
    first_top_up_left_kop: what of the first top-up is not paid in; until it is, what waits is not charged.
    """
    held = [one for one in held if one.started_on <= on]
    wanted, gated_kop = _wanted(held, on, gated=first_top_up_left_kop > 0)
    amounts_kop = [one.amount_kop for one in wanted]
    taken = wanted[: rules.covered(amounts_kop, available_kop)]
    charged = [Wake(one.held.id, one.due, one.amount_kop) for one in taken if one.due is not None]
    up = {one.id for one in held if one.state == ACTIVE} | {one.id for one in charged}
    stood = [
        Stand(one.id, one.paid_until + max(on - one.stopped_on, timedelta()))
        for one in held
        if one.state == STANDING and one.parent_id in up and one.paid_until and one.stopped_on
    ]
    asleep = [one.id for one in held if one.state in (WAITING, SUSPENDED) and one.id not in up]
    missing_kop = 0
    if asleep:
        missing_kop = max(0, sum(amounts_kop) + gated_kop - available_kop, first_top_up_left_kop)
    return Woken(charged, stood, asleep, missing_kop)


def _wanted(held: Sequence[Held], on: date, *, gated: bool) -> tuple[list[_Wanted], int]:
    """What asks for money on this date, in order; and the cost of what the first top-up holds back."""
    wanted: list[_Wanted] = []
    gated_kop = 0
    reachable = {one.id for one in held if one.state == ACTIVE}
    for one in held:
        if one.state == ACTIVE and one.paid_until is not None:
            overdue = rules.due_by(one.charging, one.paid_until, on)
            if overdue:
                cost_kop = sum(rules.amount_kop(one.charging, one.price_kop, due) for due in overdue)
                wanted.append(_Wanted(one, None, cost_kop))
        elif one.state in (WAITING, SUSPENDED):
            # A suspension may be a day ahead of a payment made before midnight: a day is never paid twice.
            due = rules.next_due(one.charging, max(on, one.stopped_on or on))
            cost_kop = rules.amount_kop(one.charging, one.price_kop, due)
            orphaned = one.parent_id is not None and one.parent_id not in reachable
            if orphaned or (gated and one.state == WAITING):
                gated_kop += cost_kop
            else:
                wanted.append(_Wanted(one, due, cost_kop))
                reachable.add(one.id)
    return wanted, gated_kop
