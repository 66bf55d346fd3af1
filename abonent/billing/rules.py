"""What is due when, what it costs, and what the money covers. Pure: no database, no clock.

The charge run, `resume`, the forecast and the bench all ask this module, so the rule stands once.
Calendar cycle, `period` proration; charged by the month or by the day.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from abonent.core import money, periods

MONTH, DAY = "month", "day"
CHARGED = (MONTH, DAY)
ADDON_PRIORITY = 100  # every tariff comes before every add-on
MAX_PRICE_KOP = 10_000_000_000  # a hundred million roubles a month: a slip of the keyboard, not a price


class UnableToCharge(Exception):
    """The profile asks for a policy that this version does not have."""


class Due(NamedTuple):
    """The period to be paid next, and the billing period that it is the whole or a part of."""

    period: periods.Period
    whole: periods.Period


def require_supported(*, billing_cycle: str, proration_days: str) -> None:
    """Raises UnableToCharge for a policy not built yet: charging by a wrong rule is worse than not at all."""
    if billing_cycle != "calendar":
        raise UnableToCharge(f'billing_cycle = "{billing_cycle}" is not supported yet: set "calendar"')
    if proration_days != "period":
        raise UnableToCharge(f'proration_days = "{proration_days}" is not supported yet: set "period"')


def priority(*, role: str, kind: str, kinds: Sequence[str]) -> int:
    """The order of charging on one date: tariffs before add-ons, kinds as the profile orders them."""
    return (0 if role == "tariff" else ADDON_PRIORITY) + kinds.index(kind)


def next_due(charging: str, paid_until: date) -> Due:
    """What comes after the days already paid: a day, or the rest of the month that holds `paid_until`."""
    assert charging in CHARGED, charging
    whole = periods.calendar_month(paid_until)
    if charging == DAY:
        return Due(periods.one_day(paid_until), whole)
    return Due(periods.Period(paid_until, whole.end), whole)


def due_by(charging: str, paid_until: date, on: date) -> list[Due]:
    """All that has come due by the date `on`, in order; nothing when the days paid reach beyond it."""
    found = []
    while paid_until <= on:  # each step moves on by a day at least
        found.append(next_due(charging, paid_until))
        paid_until = found[-1].period.end
    return found


def amount_kop(charging: str, price_kop: int, due: Due) -> int:
    """What the period costs.

    A whole period costs its price; a part of it price × days ÷ days of the whole, rounded half up, once.
    Day d of a month of D days costs price×d÷D − price×(d−1)÷D, so that a month of days is the month's price.
    """
    assert charging in CHARGED, charging
    assert price_kop >= 0, price_kop
    if charging == DAY:
        d, days = due.period.start.day, due.whole.days
        return price_kop * d // days - price_kop * (d - 1) // days
    if due.period == due.whole:
        return price_kop
    return money.part(price_kop, due.period.days, due.whole.days)


def covered(amounts_kop: Iterable[int], available_kop: int) -> int:
    """How many of the amounts, in order, the money covers: the first that does not fit stops all after it."""
    taken = running_kop = 0
    for one_kop in amounts_kop:
        running_kop += one_kop
        if running_kop > available_kop:
            break
        taken += 1
    return taken
