"""What is due when, what it costs, and what the money covers. Pure: no database, no clock.

The charge run, `resume`, the forecast and the bench all ask this module, so the rule stands once.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from math import lcm
from typing import Any, NamedTuple

from abonent.core import money, periods

MONTH, DAY, PER_DAY, ONCE = "month", "day", "per_day", "once"
CHARGED = (MONTH, DAY, PER_DAY, ONCE)
BY_DAYS = (DAY, PER_DAY)  # charged every day; its owner may switch it off and on
CALENDAR, ANNIVERSARY = "calendar", "anniversary"
OF_PERIOD, OF_CALENDAR_MONTH, THIRTY = "period", "calendar_month", "thirty"
PERCENT, FIXED = "percent", "fixed"
ADDON_PRIORITY = 100  # every tariff comes before every add-on
MAX_PRICE_KOP = 10_000_000_000  # a hundred million roubles a month: a slip of the keyboard, not a price
WHOLE_PERCENT = 10_000  # in hundredths of a percent


class UnableToCharge(Exception):
    """What is asked cannot be charged now; a subclass says why."""


class Policy(NamedTuple):
    """How an operator charges, as its profile says."""

    billing_cycle: str = CALENDAR  # or ANNIVERSARY
    proration_days: str = OF_PERIOD  # or OF_CALENDAR_MONTH, THIRTY: how a part of a period is counted


USUAL = Policy()


class Due(NamedTuple):
    """The period to be paid next, and the billing period that it is the whole or a part of."""

    period: periods.Period
    whole: periods.Period


class Discount(NamedTuple):
    """What comes off a price on the dates `[from_on, to_on)`; no two of a subscription share a date."""

    kind: str  # PERCENT, FIXED
    percent_hundredths: int | None  # of PERCENT: 1250 is 12.5 %
    amount_kop: int | None  # of FIXED
    from_on: date
    to_on: date | None  # None: until it is ended

    def holds(self, on: date) -> bool:
        return self.from_on <= on and (self.to_on is None or on < self.to_on)

    def of_kop(self, price_kop: int) -> int:
        """What comes off: a percent is rounded half up, once; a fixed sum is never more than the price."""
        if self.kind == PERCENT:
            assert self.percent_hundredths is not None
            return money.part(price_kop, self.percent_hundredths, WHOLE_PERCENT)
        assert self.amount_kop is not None
        return min(price_kop, self.amount_kop)


def discount(columns: Sequence[Any]) -> Discount:
    """As JSON gives one: the kind, the percent, the sum, and two dates as text."""
    kind, percent_hundredths, amount_kop, from_on, to_on = columns
    until = None if to_on is None else date.fromisoformat(to_on)
    return Discount(kind, percent_hundredths, amount_kop, date.fromisoformat(from_on), until)


class NewPrice(NamedTuple):
    """A price announced: of the first period that begins on that date or later."""

    from_on: date
    price_kop: int


def new_prices(read: Sequence[tuple[str, int]] | None) -> tuple[NewPrice, ...]:
    """read: pairs of an ISO date and a price, as SQL gives them in order."""
    return tuple(NewPrice(date.fromisoformat(from_on), price_kop) for from_on, price_kop in read or ())


def price_on(begins: date, price_kop: int, announced: Iterable[NewPrice]) -> int:
    """Of a period that begins on that date.   announced: in order; the last that holds is the price."""
    for one in announced:
        if one.from_on <= begins:
            price_kop = one.price_kop
    return price_kop


class Cost(NamedTuple):
    """What a period costs, after a discount."""

    discount_kop: int  # what came off the price of the whole
    amount_kop: int


def priority(*, role: str, kind: str, kinds: Sequence[str]) -> int:
    """The order of charging on one date: tariffs before add-ons, kinds as the profile orders them."""
    return (0 if role == "tariff" else ADDON_PRIORITY) + kinds.index(kind)


def anchor_day(billing_cycle: str, on: date, tariff_anchor_day: int | None = None) -> int:
    """On which day of the month the billing periods begin of what is charged anew from `on`.

    It moves to `on` with the first charge, with resuming, and with paid days that waited (there `on` is the new
    paid-until date). tariff_anchor_day: of an add-on beside a tariff that is paid: it keeps the tariff's periods.
    """
    if billing_cycle == CALENDAR:
        return 1
    return on.day if tariff_anchor_day is None else tariff_anchor_day


def next_due(charging: str, paid_until: date, anchor_day: int) -> Due:
    """What comes after the days already paid: a day, or the rest of the billing period that holds `paid_until`.

    A day is a part of its calendar month, a plain day's price and what is charged once have no larger whole.
    """
    assert charging in CHARGED, charging
    if charging == MONTH:
        whole = periods.cycle(paid_until, anchor_day)
        return Due(periods.Period(paid_until, whole.end), whole)
    day = periods.one_day(paid_until)
    return Due(day, periods.calendar_month(paid_until) if charging == DAY else day)


def due_by(charging: str, paid_until: date, anchor_day: int, on: date) -> list[Due]:
    """All that has come due by the date `on`, in order; nothing when the days paid reach beyond it."""
    found: list[Due] = []
    while paid_until <= on:  # each step moves on by a day at least
        found.append(next_due(charging, paid_until, anchor_day))
        paid_until = found[-1].period.end
        if charging == ONCE:
            break
    return found


def discount_kop(price_kop: int, discounts: Iterable[Discount], on: date) -> int:
    """What comes off the price on a date."""
    return sum(one.of_kop(price_kop) for one in discounts if one.holds(on))


def cost(charging: str, price_kop: int, discounts: Iterable[Discount], due: Due, proration_days: str) -> Cost:
    """What the period costs with the discount in force on its first day."""
    off_kop = discount_kop(price_kop, discounts, due.period.start)
    return Cost(off_kop, amount_kop(charging, price_kop - off_kop, due, proration_days))


def amount_kop(charging: str, price_kop: int, due: Due, proration_days: str) -> int:
    """What the period costs.

    price_kop: of the whole, after its discount.
    By the month: a whole period costs its price; a part of it price × share, rounded half up, once, and never more
    than the price (by calendar months and by thirty days the shares of a period's days may sum to more than 1).
    Day d of a month of D days costs price×d÷D − price×(d−1)÷D, so that a month of days is the month's price.
    A plain day costs its price, and so does what is charged once.
    """
    assert charging in CHARGED, charging
    assert price_kop >= 0, price_kop
    if charging == DAY:
        d, days = due.period.start.day, due.whole.days
        return price_kop * d // days - price_kop * (d - 1) // days
    if due.period == due.whole:
        return price_kop
    assert charging == MONTH, due
    numerator, denominator = share(due, proration_days)
    return min(price_kop, money.part(price_kop, numerator, denominator))


def share(due: Due, proration_days: str) -> tuple[int, int]:
    """Which part of a whole period the days are: numerator and denominator, not reduced."""
    start, end = due.period
    if proration_days == OF_PERIOD:
        return due.period.days, due.whole.days
    if proration_days == THIRTY:
        return _day_of_thirties(end) - _day_of_thirties(start), 30  # never below 0; from the 30th to the 31st it is 0
    assert proration_days == OF_CALENDAR_MONTH, proration_days
    parts = by_months(due.period)
    denominator = lcm(*(of_days for _, of_days in parts))
    return sum(days * (denominator // of_days) for days, of_days in parts), denominator


def by_months(period: periods.Period) -> list[tuple[int, int]]:
    """The days of each calendar month touched, and how many the month has."""
    found = []
    start = period.start
    while start < period.end:
        end = min(periods.calendar_month(start).end, period.end)
        found.append(((end - start).days, periods.days_of_month(start)))
        start = end
    return found


def covered(amounts_kop: Iterable[int], available_kop: int) -> int:
    """How many of the amounts, in order, the money covers: the first that does not fit stops all after it."""
    taken = running_kop = 0
    for one_kop in amounts_kop:
        running_kop += one_kop
        if running_kop > available_kop:
            break
        taken += 1
    return taken


def _day_of_thirties(day: date) -> int:
    """Days counted as if every month had 30: the 31st is the 30th."""
    return 360 * day.year + 30 * day.month + min(day.day, 30)
