"""Months from an anchor, parts of months, half-open periods."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abonent.core import periods
from abonent.core.periods import Period

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("anchor", "n", "day"),
    [
        (date(2026, 1, 31), 0, date(2026, 1, 31)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),  # clamped
        (date(2026, 1, 31), 2, date(2026, 3, 31)),  # from the anchor, not from 28 February
        (date(2026, 1, 31), 3, date(2026, 4, 30)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),  # a leap year
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
    ],
)
def test_the_nth_month_is_counted_from_the_anchor(anchor: date, n: int, day: date) -> None:
    assert periods.month(anchor, n) == day


@given(DAYS, st.integers(0, 240))
def test_months_from_an_anchor_go_on_without_a_gap(anchor: date, n: int) -> None:
    first, second = periods.month(anchor, n), periods.month(anchor, n + 1)
    assert timedelta(days=28) <= second - first <= timedelta(days=31)


@pytest.mark.parametrize(
    ("day", "start", "end", "days"),
    [
        (date(2026, 2, 14), date(2026, 2, 1), date(2026, 3, 1), 28),
        (date(2028, 2, 1), date(2028, 2, 1), date(2028, 3, 1), 29),
        (date(2026, 4, 30), date(2026, 4, 1), date(2026, 5, 1), 30),
        (date(2026, 12, 31), date(2026, 12, 1), date(2027, 1, 1), 31),
    ],
)
def test_a_calendar_month(day: date, start: date, end: date, days: int) -> None:
    assert periods.calendar_month(day) == Period(start, end)
    assert periods.calendar_month(day).days == days
    assert periods.days_of_month(day) == days


def test_the_end_of_a_period_is_not_in_it() -> None:
    november = Period(date(2026, 11, 1), date(2026, 12, 1))
    assert november.holds(date(2026, 11, 1))
    assert november.holds(date(2026, 11, 30))
    assert not november.holds(date(2026, 12, 1))
    assert not november.holds(date(2026, 10, 31))
    assert november.last_day == date(2026, 11, 30)


def test_one_day_is_a_period_of_one() -> None:
    assert periods.one_day(date(2026, 12, 31)) == Period(date(2026, 12, 31), date(2027, 1, 1))
    assert periods.one_day(date(2026, 12, 31)).days == 1


def test_each_day_is_in_order_and_without_the_end() -> None:
    assert periods.each_day(date(2026, 2, 27), date(2026, 3, 2)) == [
        date(2026, 2, 27),
        date(2026, 2, 28),
        date(2026, 3, 1),
    ]
    assert periods.each_day(date(2026, 3, 1), date(2026, 3, 1)) == []
