"""How many days an interruption gives back, and what they cost."""

from datetime import UTC, date, datetime, timedelta

import pytest

from abonent.billing import outage_credit

BEGAN = datetime(2026, 11, 14, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "days"),
    [(0, 0), (5, 0), (6, 1), (24, 1), (25, 2), (48, 2), (49, 3)],
)
def test_each_day_that_began_counts_from_six_hours_on(hours: int, days: int) -> None:
    assert outage_credit.days(BEGAN, BEGAN + timedelta(hours=hours), after_hours=6) == days


@pytest.mark.parametrize(
    ("charging", "price_kop", "days", "on", "kop"),
    [
        ("month", 650_00, 1, "2026-11-14", 21_67),  # 650 ÷ 30 = 21,666…
        ("month", 650_00, 2, "2026-11-14", 43_33),
        ("day", 620_00, 1, "2026-12-01", 20_00),  # 620 ÷ 31
        ("per_day", 15_00, 3, "2026-11-14", 45_00),
        ("month", 0, 3, "2026-11-14", 0),
    ],
)
def test_what_days_cost(charging: str, price_kop: int, days: int, on: str, kop: int) -> None:
    assert outage_credit.amount_kop(charging=charging, price_kop=price_kop, days=days, on=date.fromisoformat(on)) == kop
