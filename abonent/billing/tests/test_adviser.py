"""The adviser on values, to the kopeck; and over real charges."""

from datetime import date

import pytest
from django.db import transaction

from abonent.billing import adviser, pauses, returns, rules
from abonent.billing.adviser import Compared
from abonent.billing.tests import builder
from abonent.billing.tests.builder import day
from abonent.catalog.models import OfferVersion
from abonent.core import periods

MONTHS = periods.Period(date(2026, 8, 1), date(2026, 11, 1))  # 31 + 30 + 31 = 92 days


def month(first: str, end: str, price_kop: int, amount_kop: int, *, days: int | None = None) -> adviser.Spent:
    """A charge by the month for `[first, end)`.   days: that were kept; all by default."""
    period = periods.Period(day(first), day(end))
    charge = returns.Charged(period, periods.calendar_month(day(first)), 0, price_kop, "month", amount_kop)
    return adviser.Spent(charge, period.days if days is None else days)


def daily(first: str, last: str, price_kop: int, by: str = "day") -> list[adviser.Spent]:
    """The charges of the days from `first` through `last`."""
    found = []
    for each in periods.each_day(day(first), day(last) + periods.ONE_DAY):
        due = rules.next_due(by, each, 1)
        amount_kop = rules.amount_kop(by, price_kop, due, rules.OF_PERIOD)
        found.append(adviser.Spent(returns.Charged(due.period, due.whole, 0, price_kop, by, amount_kop), 1))
    return found


def off(start: str, end: str, *, by_days_only: bool = False) -> adviser.Off:
    return adviser.Off(periods.Period(day(start), day(end)), by_days_only)


AUGUST = month("2026-08-01", "2026-09-01", 650_00, 650_00)
SEPTEMBER = month("2026-09-01", "2026-10-01", 650_00, 650_00)
OCTOBER = month("2026-10-01", "2026-11-01", 650_00, 650_00)
# 650 × 10 ÷ 31 = 209.677… = 209.68
PART = month("2026-10-22", "2026-11-01", 650_00, 209_68)

BY_DAY_INSTEAD = [
    # (what was charged, off, the daily price, days, paid, instead)
    ("all the time, a month's price", [AUGUST, SEPTEMBER, OCTOBER], [], "day", 700_00, (92, 1950_00, 2100_00)),
    ("all the time, a plain price", [AUGUST, SEPTEMBER, OCTOBER], [], "per_day", 20_00, (92, 1950_00, 1840_00)),
    # one month and ten days: the days of a month sum to its price; 700×31÷31 − 700×21÷31 = 700 − 474.19 = 225.81
    ("41 days", [AUGUST, PART], [], "day", 700_00, (41, 859_68, 925_81)),
    ("41 days for less", [AUGUST, PART], [], "per_day", 15_00, (41, 859_68, 615_00)),
    # 10 of the 31 days kept: 650 × 10 ÷ 31 = 209.68; by the day 700×10÷31 = 225.806 → 225.80
    ("most came back", [month("2026-08-01", "2026-09-01", 650_00, 650_00, days=10)], [], "day", 700_00,
     (10, 209_68, 225_80)),
    # paused from 22 Oct to 11 Nov: 21 of October's days are in it, 650 × 21 ÷ 31 = 440.32; 10 × 21 = 210
    ("the last days were paused out of it", [OCTOBER], [off("2026-10-22", "2026-11-11")], "per_day", 10_00,
     (21, 440_32, 210_00)),
    # July's last ten days were had on 1–10 August: 620 × (31 − 21) ÷ 31 = 620 − 420 = 200
    ("paused into it", [month("2026-07-01", "2026-08-01", 620_00, 620_00)], [off("2026-07-22", "2026-08-01")],
     "per_day", 10_00, (10, 200_00, 100_00)),
    ("a switch of what is charged by the day is another line's", [AUGUST],
     [off("2026-08-05", "2026-08-15", by_days_only=True)], "per_day", 10_00, (31, 650_00, 310_00)),
    ("July is not of it", [month("2026-07-01", "2026-08-01", 650_00, 650_00), AUGUST], [], "per_day", 10_00,
     (31, 650_00, 310_00)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("spent", "paused", "by", "price_kop", "wanted"),
    [one[1:] for one in BY_DAY_INSTEAD],
    ids=[one[0] for one in BY_DAY_INSTEAD],
)
def test_what_a_daily_tariff_would_have_cost(
    spent: list[adviser.Spent], paused: list[adviser.Off], by: str, price_kop: int, wanted: tuple[int, int, int]
) -> None:
    assert adviser.compare(spent, paused, MONTHS, other_charging=by, other_price_kop=price_kop) == Compared(*wanted)


def test_a_monthly_tariff_would_have_cost_three_months_whatever_was_off() -> None:
    spent = daily("2026-08-01", "2026-08-31", 620_00) + daily("2026-10-01", "2026-10-10", 620_00)
    # 620 for August, 20 a day in October: 620 + 200; by the month 3 × 500
    found = adviser.compare(spent, [], MONTHS, other_charging="month", other_price_kop=500_00)
    assert found == Compared(41, 820_00, 1500_00)


def test_a_plain_day_against_a_month() -> None:
    spent = daily("2026-08-01", "2026-10-31", 25_00, by="per_day")
    found = adviser.compare(spent, [], MONTHS, other_charging="month", other_price_kop=700_00)
    assert found == Compared(92, 2300_00, 2100_00)


def test_what_cost_the_same_is_not_worth_a_word() -> None:
    spent = [AUGUST, SEPTEMBER, OCTOBER]
    assert adviser.compare(spent, [], MONTHS, other_charging="day", other_price_kop=650_00) is None


def test_what_was_charged_both_ways_is_not_compared() -> None:
    spent = [AUGUST, *daily("2026-09-01", "2026-09-30", 620_00)]
    assert adviser.compare(spent, [], MONTHS, other_charging="day", other_price_kop=700_00) is None


def test_nothing_was_on_so_nothing_is_said() -> None:
    assert adviser.compare([], [], MONTHS, other_charging="day", other_price_kop=700_00) is None


def test_the_last_months_are_whole_ones() -> None:
    assert adviser.last_months(date(2026, 11, 14)) == MONTHS
    assert adviser.last_months(date(2027, 1, 1)) == periods.Period(date(2026, 10, 1), date(2027, 1, 1))


def version(price_kop: int, charging: str, mbps: int) -> OfferVersion:
    made = builder.version(f"{price_kop // 100},00", charging=charging, code=f"t-{charging}-{price_kop}-{mbps}")
    made.down_mbps = mbps
    return made


@pytest.mark.django_db
def test_the_other_tariff_is_the_cheapest_as_fast_or_else_the_fastest() -> None:
    slow, fast, dear = version(400_00, "day", 50), version(700_00, "day", 100), version(900_00, "day", 300)
    monthly = version(300_00, "month", 1000)
    on_sale = [slow, dear, fast, monthly]
    assert adviser.counterpart(on_sale, "month", 100) == fast
    assert adviser.counterpart(on_sale, "month", 500) == dear
    assert adviser.counterpart(on_sale, "per_day", 100) == monthly
    assert adviser.counterpart([monthly], "month", 100) is None


@pytest.mark.django_db
def test_over_real_charges_with_a_pause_and_a_short_history() -> None:
    account = builder.account()
    builder.active(account, "650,00", "2026-08-01")  # 650 for August
    other = version(10_00, "per_day", 100)
    line_id = builder.line_of(account).id
    with transaction.atomic():
        pauses.plan(account.id, starts_on=day("2026-08-11"), ends_on=day("2026-08-21"), on=day("2026-08-02"), actor="x")
        pauses.begin_due(account.id, account.id, on=day("2026-08-11"))
        pauses.end_due(account.id, account.id, on=day("2026-08-21"))

    def advised(on: str) -> adviser.Advice | None:
        return adviser.advise(
            account_id=account.id, line_id=line_id, charging="month", down_mbps=100, on_sale=[other], on=day(on)
        )

    found = advised("2026-11-14")
    assert found is not None
    # 21 days of August and ten moved into September: 31 days, 650; by the day 310
    assert found.compared == Compared(31, 650_00, 310_00)
    assert found.saves_kop == 340_00
    assert advised("2026-10-31") is None  # July is among its months, and nothing was connected then
