"""Months, days and parts of months as half-open periods `[start, end)` of dates. Pure arithmetic, no clock."""

from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

ONE_DAY = timedelta(days=1)


class Period(NamedTuple):
    """Half-open: `end` is the first day that is not in it."""

    start: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        return self.end - ONE_DAY

    def holds(self, day: date) -> bool:
        return self.start <= day < self.end


def days_of_month(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def month(anchor: date, n: int) -> date:
    """The n-th month from the anchor, clamped to the month's last day.

    Always counted from the anchor, never from the last result: 31 Jan → 28 Feb → 31 Mar.
    """
    index = anchor.year * 12 + anchor.month - 1 + n
    year, month0 = divmod(index, 12)
    return date(year, month0 + 1, min(anchor.day, monthrange(year, month0 + 1)[1]))


def calendar_month(day: date) -> Period:
    """The calendar month that holds `day`."""
    first = day.replace(day=1)
    return Period(first, month(first, 1))


def cycle(day: date, anchor_day: int) -> Period:
    """The period that holds `day`, of those that begin on the anchor's day of each month (1 to 31).

    Where a month is too short for the anchor it begins on its last day, and the next one on the anchor's day again:
    31 Jan → 28 Feb → 31 Mar. An anchor of 1 gives calendar months.
    """
    assert 1 <= anchor_day <= 31, anchor_day
    start = _clamped(day.year, day.month, anchor_day)
    if day < start:
        before = day.replace(day=1) - ONE_DAY
        return Period(_clamped(before.year, before.month, anchor_day), start)
    after = month(day.replace(day=1), 1)
    return Period(start, _clamped(after.year, after.month, anchor_day))


def one_day(day: date) -> Period:
    return Period(day, day + ONE_DAY)


def each_day(start: date, end: date) -> list[date]:
    """Every date of `[start, end)`, in order."""
    return [start + timedelta(days=n) for n in range((end - start).days)]


def _clamped(year: int, month_number: int, day_number: int) -> date:
    return date(year, month_number, min(day_number, monthrange(year, month_number)[1]))
