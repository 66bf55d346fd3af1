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
    anchor_day: int = 1  # on which day of the month its billing periods begin
    discounts: tuple[rules.Discount, ...] = ()
    new_prices: tuple[rules.NewPrice, ...] = ()  # announced, in order


class Wake(NamedTuple):
    """A subscription to be charged for `due` and made active."""

    id: int
    due: rules.Due
    discount_kop: int  # what came off the price of the whole
    amount_kop: int
    anchor_day: int


class Stand(NamedTuple):
    """An add-on that stood with its tariff: its paid days move by the days it stood."""

    id: int
    paid_until: date
    anchor_day: int


class Woken(NamedTuple):
    charged: list[Wake]
    stood: list[Stand]
    asleep: list[int]  # what still waits or is suspended
    missing_kop: int  # what must be paid today for all that is asleep; 0 when nothing is


class _Wanted(NamedTuple):
    held: Held
    due: rules.Due | None  # None: due by its own run, which will take the money; here it only keeps its place
    cost: rules.Cost
    anchor_day: int = 1


def wake(
    held: Sequence[Held], *, available_kop: int, on: date, policy: rules.Policy, first_top_up_left_kop: int = 0
) -> Woken:
    """Decide for one account.

    held: in the order of charging (priority, id).   available_kop: balance + credit limit.
    first_top_up_left_kop: what of the first top-up is not paid in; until it is, what waits is not charged.
    """
    held = [one for one in held if one.started_on <= on]
    wanted, gated_kop = _wanted(held, on, policy, gated=first_top_up_left_kop > 0)
    amounts_kop = [one.cost.amount_kop for one in wanted]
    taken = wanted[: rules.covered(amounts_kop, available_kop)]
    charged = [Wake(one.held.id, one.due, *one.cost, anchor_day=one.anchor_day) for one in taken if one.due is not None]
    up = {one.id for one in held if one.state == ACTIVE} | {one.id for one in charged}
    stood = [
        moved(one, on, policy)
        for one in held
        if one.state == STANDING and one.parent_id in up and one.paid_until and one.stopped_on
    ]
    asleep = [one.id for one in held if one.state in (WAITING, SUSPENDED) and one.id not in up]
    missing_kop = 0
    if asleep:
        missing_kop = max(0, sum(amounts_kop) + gated_kop - available_kop, first_top_up_left_kop)
    return Woken(charged, stood, asleep, missing_kop)


def moved(one: Held, on: date, policy: rules.Policy) -> Stand:
    """The paid days of what stood still or was paused, from `on`: as many as there were, the anchor with them."""
    assert one.paid_until is not None
    assert one.stopped_on is not None
    days = max(on - one.stopped_on, timedelta())
    if not days:
        return Stand(one.id, one.paid_until, one.anchor_day)
    return Stand(one.id, one.paid_until + days, rules.anchor_day(policy.billing_cycle, one.paid_until + days))


def begin(one: Held, on: date, policy: rules.Policy, tariff_anchor_day: int | None) -> Wake:
    """The first charge of what waits or was suspended, from `on`.   tariff_anchor_day: of an add-on's tariff."""
    anchor_day = rules.anchor_day(policy.billing_cycle, on, tariff_anchor_day)
    due = rules.next_due(one.charging, on, anchor_day)
    costs = rules.cost(one.charging, one.price_kop, one.discounts, due, policy.proration_days)
    return Wake(one.id, due, *costs, anchor_day=anchor_day)


def _wanted(held: Sequence[Held], on: date, policy: rules.Policy, *, gated: bool) -> tuple[list[_Wanted], int]:
    """What asks for money on this date, in order; and the cost of what the first top-up holds back."""
    wanted: list[_Wanted] = []
    gated_kop = 0
    anchors = {one.id: one.anchor_day for one in held if one.state == ACTIVE}  # what works, or may from now on
    for one in held:
        if one.state == ACTIVE and one.paid_until is not None:
            overdue = [
                rules.cost(one.charging, one.price_kop, one.discounts, due, policy.proration_days)
                for due in rules.due_by(one.charging, one.paid_until, one.anchor_day, on)
            ]
            if overdue:
                wanted.append(_Wanted(one, None, rules.Cost(0, sum(each.amount_kop for each in overdue))))
        elif one.state in (WAITING, SUSPENDED):
            # A suspension may be a day ahead of a payment made before midnight: a day is never paid twice.
            tariff_anchor_day = None if one.parent_id is None else anchors.get(one.parent_id)
            first = begin(one, max(on, one.stopped_on or on), policy, tariff_anchor_day)
            orphaned = one.parent_id is not None and tariff_anchor_day is None
            if orphaned or (gated and one.state == WAITING):
                gated_kop += first.amount_kop
            else:
                cost = rules.Cost(first.discount_kop, first.amount_kop)
                wanted.append(_Wanted(one, first.due, cost, first.anchor_day))
                anchors[one.id] = first.anchor_day
    return wanted, gated_kop
