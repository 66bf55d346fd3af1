"""The table of sums: every policy on months of 28 to 31 days, to the kopeck, each with its arithmetic.

A comment gives the share of the price and, where the sum is rounded, what is rounded, in kopecks.
"""

from datetime import date

import pytest

from abonent.billing import returns, rules
from abonent.billing.tests.builder import day, kop
from abonent.core import money, periods
from abonent.core.periods import Period


def cost(
    charging: str, price: str, start: str, *, anchor: int = 1, end: str = "", policy: str = "period", off_kop: int = 0
) -> str:
    """Of what is due from `start`, or of the days of it before `end`."""
    due = rules.next_due(charging, day(start), anchor)
    if end:
        due = rules.Due(Period(day(start), day(end)), due.whole)
    return money.plain(rules.amount_kop(charging, kop(price) - off_kop, due, policy)).replace(".", ",")


P, C, T = "period", "calendar_month", "thirty"  # how a part is counted

# By the month, calendar periods, days of the period: price, first day, sum.
CALENDAR: list[tuple[str, str, str]] = [
    ("550,00", "2026-02-01", "550,00"),  # the whole
    ("550,00", "2026-02-02", "530,36"),  # 27 of 28: 53035.71
    ("550,00", "2026-02-14", "294,64"),  # 15 of 28: 29464.29
    ("550,00", "2026-02-15", "275,00"),  # 14 of 28
    ("550,00", "2026-02-28", "19,64"),  # 1 of 28: 1964.29
    ("550,00", "2028-02-01", "550,00"),  # the whole
    ("550,00", "2028-02-15", "284,48"),  # 15 of 29: 28448.28
    ("550,00", "2028-02-28", "37,93"),  # 2 of 29: 3793.10
    ("550,00", "2028-02-29", "18,97"),  # 1 of 29: 1896.55
    ("550,00", "2026-04-02", "531,67"),  # 29 of 30: 53166.67
    ("550,00", "2026-04-16", "275,00"),  # 15 of 30
    ("550,00", "2026-04-30", "18,33"),  # 1 of 30: 1833.33
    ("550,00", "2026-12-01", "550,00"),  # the whole
    ("550,00", "2026-12-02", "532,26"),  # 30 of 31: 53225.81
    ("550,00", "2026-12-16", "283,87"),  # 16 of 31: 28387.10
    ("550,00", "2026-12-31", "17,74"),  # 1 of 31: 1774.19
    ("550,00", "2027-01-31", "17,74"),  # 1 of 31: 1774.19
    ("550,00", "2100-02-28", "19,64"),  # 1 of 28: 1964.29
    ("619,99", "2026-02-02", "597,85"),  # 27 of 28: 59784.75
    ("619,99", "2026-02-14", "332,14"),  # 15 of 28: 33213.75
    ("619,99", "2026-02-15", "310,00"),  # 14 of 28: 30999.50
    ("619,99", "2026-02-28", "22,14"),  # 1 of 28: 2214.25
    ("619,99", "2028-02-15", "320,68"),  # 15 of 29: 32068.45
    ("619,99", "2028-02-28", "42,76"),  # 2 of 29: 4275.79
    ("619,99", "2028-02-29", "21,38"),  # 1 of 29: 2137.90
    ("619,99", "2026-04-16", "310,00"),  # 15 of 30: 30999.50
    ("619,99", "2026-04-30", "20,67"),  # 1 of 30: 2066.63
    ("619,99", "2026-12-16", "319,99"),  # 16 of 31: 31999.48
    ("619,99", "2026-12-31", "20,00"),  # 1 of 31: 1999.97
    ("619,99", "2027-01-31", "20,00"),  # 1 of 31: 1999.97
    ("619,99", "2100-02-28", "22,14"),  # 1 of 28: 2214.25
    ("0,01", "2026-11-16", "0,01"),  # 15 of 30: 0.50
    ("0,01", "2026-11-17", "0,00"),  # 14 of 30: 0.47
    ("0,00", "2026-11-16", "0,00"),  # 15 of 30
    ("100,01", "2026-11-16", "50,01"),  # 15 of 30: 5000.50
    ("99999999,99", "2026-12-02", "96774193,54"),  # 30 of 31: 9677419353.87
]


@pytest.mark.parametrize(("price", "start", "expected"), CALENDAR)
@pytest.mark.parametrize("policy", ["period", "calendar_month"])  # in a calendar month the two are one
def test_a_month_and_its_rest(price: str, start: str, expected: str, policy: str) -> None:
    assert cost("month", price, start, policy=policy) == expected


# As if every month had 30 days: price, first day, first day after, sum.
THIRTY: list[tuple[str, str, str, str]] = [
    ("600,00", "2026-02-01", "2026-03-01", "600,00"),  # the whole
    ("600,00", "2026-02-15", "2026-03-01", "320,00"),  # 16 of 30
    ("600,00", "2026-02-28", "2026-03-01", "60,00"),  # 3 of 30
    ("600,00", "2026-02-01", "2026-02-28", "540,00"),  # 27 of 30
    ("600,00", "2028-02-29", "2028-03-01", "40,00"),  # 2 of 30
    ("600,00", "2028-02-15", "2028-03-01", "320,00"),  # 16 of 30
    ("600,00", "2026-12-31", "2027-01-01", "20,00"),  # 1 of 30
    ("600,00", "2026-12-30", "2027-01-01", "20,00"),  # 1 of 30
    ("600,00", "2026-12-30", "2026-12-31", "0,00"),  # 0 of 30
    ("600,00", "2026-12-16", "2027-01-01", "300,00"),  # 15 of 30
    ("600,00", "2026-12-01", "2026-12-31", "580,00"),  # 29 of 30
    ("600,00", "2026-04-30", "2026-05-01", "20,00"),  # 1 of 30
    ("600,00", "2026-04-02", "2026-05-01", "580,00"),  # 29 of 30
    ("619,99", "2026-12-16", "2027-01-01", "310,00"),  # 15 of 30: 30999.50
    ("619,99", "2026-02-15", "2026-03-01", "330,66"),  # 16 of 30: 33066.13
    ("0,01", "2026-04-16", "2026-05-01", "0,01"),  # 15 of 30: 0.50
    ("0,01", "2026-12-16", "2026-12-30", "0,00"),  # 14 of 30: 0.47
]


@pytest.mark.parametrize(("price", "start", "end", "expected"), THIRTY)
def test_a_part_of_thirty_days(price: str, start: str, end: str, expected: str) -> None:
    assert cost("month", price, start, end=end, policy="thirty") == expected


# The period of an anchor that holds a day; it costs its price.
ANNIVERSARIES: list[tuple[int, str, str, str]] = [
    (31, "2026-01-31", "2026-01-31", "2026-02-28"),  # 28 days
    (31, "2026-02-28", "2026-02-28", "2026-03-31"),  # 31 days
    (31, "2026-03-30", "2026-02-28", "2026-03-31"),  # 31 days
    (31, "2026-03-31", "2026-03-31", "2026-04-30"),  # 30 days
    (31, "2026-04-30", "2026-04-30", "2026-05-31"),  # 31 days
    (31, "2028-02-28", "2028-01-31", "2028-02-29"),  # 29 days
    (31, "2028-02-29", "2028-02-29", "2028-03-31"),  # 31 days
    (30, "2026-02-27", "2026-01-30", "2026-02-28"),  # 29 days
    (30, "2026-02-28", "2026-02-28", "2026-03-30"),  # 30 days
    (30, "2026-03-29", "2026-02-28", "2026-03-30"),  # 30 days
    (29, "2028-02-29", "2028-02-29", "2028-03-29"),  # 29 days
    (29, "2026-02-28", "2026-02-28", "2026-03-29"),  # 29 days
    (29, "2026-03-28", "2026-02-28", "2026-03-29"),  # 29 days
    (29, "2027-01-28", "2026-12-29", "2027-01-29"),  # 31 days
    (15, "2026-12-15", "2026-12-15", "2027-01-15"),  # 31 days
    (15, "2026-12-14", "2026-11-15", "2026-12-15"),  # 30 days
    (15, "2027-01-01", "2026-12-15", "2027-01-15"),  # 31 days
    (1, "2026-12-31", "2026-12-01", "2027-01-01"),  # 31 days
    (31, "2026-12-30", "2026-11-30", "2026-12-31"),  # 31 days
    (28, "2026-02-28", "2026-02-28", "2026-03-28"),  # 28 days
]


@pytest.mark.parametrize(("anchor", "of", "start", "end"), ANNIVERSARIES)
def test_a_period_goes_from_anniversary_to_anniversary(anchor: int, of: str, start: str, end: str) -> None:
    assert periods.cycle(day(of), anchor) == Period(day(start), day(end))
    for policy in ("period", "calendar_month", "thirty"):
        assert cost("month", "619,99", start, anchor=anchor, policy=policy) == "619,99"


# Parts of anniversary periods, three ways: policy, price, anchor, first day, first day after, sum.
PARTS: list[tuple[str, str, int, str, str, str]] = [
    (P, "600,00", 15, "2026-01-15", "2026-02-15", "600,00"),  # the whole
    (C, "600,00", 15, "2026-01-15", "2026-02-15", "600,00"),  # the whole
    (T, "600,00", 15, "2026-01-15", "2026-02-15", "600,00"),  # the whole
    (P, "600,00", 15, "2026-01-20", "2026-02-15", "503,23"),  # 26 of 31: 50322.58
    (C, "600,00", 15, "2026-01-20", "2026-02-15", "532,26"),  # 12 of 31 + 14 of 28: 53225.81
    (T, "600,00", 15, "2026-01-20", "2026-02-15", "500,00"),  # 25 of 30
    (P, "600,00", 15, "2026-01-15", "2026-02-10", "503,23"),  # 26 of 31: 50322.58
    (C, "600,00", 15, "2026-01-15", "2026-02-10", "521,89"),  # 17 of 31 + 9 of 28: 52188.94
    (T, "600,00", 15, "2026-01-15", "2026-02-10", "500,00"),  # 25 of 30
    (P, "600,00", 15, "2026-01-15", "2026-02-14", "580,65"),  # 30 of 31: 58064.52
    (C, "600,00", 15, "2026-01-15", "2026-02-14", "600,00"),  # 17 of 31 + 13 of 28: 60760.37: the price
    (T, "600,00", 15, "2026-01-15", "2026-02-14", "580,00"),  # 29 of 30
    (P, "600,00", 31, "2026-01-31", "2026-02-28", "600,00"),  # the whole
    (C, "600,00", 31, "2026-01-31", "2026-02-28", "600,00"),  # the whole
    (T, "600,00", 31, "2026-01-31", "2026-02-28", "600,00"),  # the whole
    (P, "600,00", 31, "2026-02-10", "2026-02-28", "385,71"),  # 18 of 28: 38571.43
    (C, "600,00", 31, "2026-02-10", "2026-02-28", "385,71"),  # 18 of 28: 38571.43
    (T, "600,00", 31, "2026-02-10", "2026-02-28", "360,00"),  # 18 of 30
    (P, "600,00", 31, "2026-02-28", "2026-03-30", "580,65"),  # 30 of 31: 58064.52
    (C, "600,00", 31, "2026-02-28", "2026-03-30", "582,72"),  # 1 of 28 + 29 of 31: 58271.89
    (T, "600,00", 31, "2026-02-28", "2026-03-30", "600,00"),  # 32 of 30: the price
    (P, "600,00", 31, "2026-03-30", "2026-03-31", "19,35"),  # 1 of 31: 1935.48
    (C, "600,00", 31, "2026-03-30", "2026-03-31", "19,35"),  # 1 of 31: 1935.48
    (T, "600,00", 31, "2026-03-30", "2026-03-31", "0,00"),  # 0 of 30
    (P, "600,00", 31, "2028-02-29", "2028-03-15", "290,32"),  # 15 of 31: 29032.26
    (C, "600,00", 31, "2028-02-29", "2028-03-15", "291,66"),  # 1 of 29 + 14 of 31: 29165.74
    (T, "600,00", 31, "2028-02-29", "2028-03-15", "320,00"),  # 16 of 30
    (P, "600,00", 29, "2026-02-28", "2026-03-15", "310,34"),  # 15 of 29: 31034.48
    (C, "600,00", 29, "2026-02-28", "2026-03-15", "292,40"),  # 1 of 28 + 14 of 31: 29239.63
    (T, "600,00", 29, "2026-02-28", "2026-03-15", "340,00"),  # 17 of 30
    (P, "619,99", 10, "2026-04-25", "2026-05-10", "310,00"),  # 15 of 30: 30999.50
    (C, "619,99", 10, "2026-04-25", "2026-05-10", "304,00"),  # 6 of 30 + 9 of 31: 30399.51
    (T, "619,99", 10, "2026-04-25", "2026-05-10", "310,00"),  # 15 of 30: 30999.50
    (P, "619,99", 20, "2027-12-31", "2028-01-20", "399,99"),  # 20 of 31: 39999.35
    (C, "619,99", 20, "2027-12-31", "2028-01-20", "399,99"),  # 1 of 31 + 19 of 31: 39999.35
    (T, "619,99", 20, "2027-12-31", "2028-01-20", "413,33"),  # 20 of 30: 41332.67
    (P, "0,01", 15, "2026-11-30", "2026-12-15", "0,01"),  # 15 of 30: 0.50
    (C, "0,01", 15, "2026-11-30", "2026-12-15", "0,00"),  # 1 of 30 + 14 of 31: 0.48
    (T, "0,01", 15, "2026-11-30", "2026-12-15", "0,01"),  # 15 of 30: 0.50
]


@pytest.mark.parametrize(("policy", "price", "anchor", "start", "end", "expected"), PARTS)
def test_a_part_of_an_anniversary(policy: str, price: str, anchor: int, start: str, end: str, expected: str) -> None:
    assert cost("month", price, start, anchor=anchor, end=end, policy=policy) == expected


# By the day from a month's price: what is charged by the end of the day, less what was by its beginning.
DAYS: list[tuple[str, str, str]] = [
    ("620,00", "2026-12-01", "20,00"),  # 2000 − 0
    ("620,00", "2026-12-31", "20,00"),  # 62000 − 60000
    ("620,00", "2026-11-01", "20,66"),  # 2066 − 0
    ("620,00", "2026-11-02", "20,67"),  # 4133 − 2066
    ("620,00", "2026-11-03", "20,67"),  # 6200 − 4133
    ("620,00", "2026-02-01", "22,14"),  # 2214 − 0
    ("620,00", "2026-02-28", "22,15"),  # 62000 − 59785
    ("620,00", "2028-02-29", "21,38"),  # 62000 − 59862
    ("620,00", "2026-04-30", "20,67"),  # 62000 − 59933
    ("619,99", "2026-12-01", "19,99"),  # 1999 − 0
    ("619,99", "2026-12-02", "20,00"),  # 3999 − 1999
    ("619,99", "2026-12-31", "20,00"),  # 61999 − 59999
    ("619,99", "2028-02-15", "21,38"),  # 32068 − 29930
    ("619,99", "2026-02-14", "22,14"),  # 30999 − 28785
    ("619,99", "2026-11-15", "20,67"),  # 30999 − 28932
    ("0,30", "2026-12-01", "0,00"),  # 0 − 0
    ("0,30", "2026-12-02", "0,01"),  # 1 − 0
    ("0,30", "2026-11-30", "0,01"),  # 30 − 29
    ("0,01", "2026-11-29", "0,00"),  # 0 − 0
    ("0,01", "2026-11-30", "0,01"),  # 1 − 0
]


@pytest.mark.parametrize(("price", "on", "expected"), DAYS)
@pytest.mark.parametrize("anchor", [1, 17, 31])  # a day is of its calendar month under both cycles
def test_a_day_of_a_month(price: str, on: str, expected: str, anchor: int) -> None:
    assert cost("day", price, on, anchor=anchor) == expected


# A plain day, and what is charged once.
PLAIN: list[tuple[str, str, str, str]] = [
    ("per_day", "25,00", "2026-02-28", "25,00"),  # a day costs a day
    ("per_day", "25,00", "2028-02-29", "25,00"),  # the 29th too
    ("per_day", "25,00", "2026-12-31", "25,00"),  # and the 31st
    ("per_day", "0,00", "2026-12-31", "0,00"),  # a free day
    ("once", "1500,00", "2026-02-28", "1500,00"),  # whole, whatever the day
    ("once", "1500,00", "2026-12-31", "1500,00"),
]


@pytest.mark.parametrize(("charging", "price", "on", "expected"), PLAIN)
@pytest.mark.parametrize("policy", ["period", "calendar_month", "thirty"])
def test_a_plain_day_and_a_fee_cost_their_price(charging: str, price: str, on: str, expected: str, policy: str) -> None:
    assert cost(charging, price, on, anchor=17, policy=policy) == expected


# Discounts: charging, policy, anchor, price, kind, hundredths of a percent or kopecks, first day, what comes off the
# whole, sum. The comment begins with the price after the discount.
DISCOUNTS: list[tuple[str, str, int, str, str, int, str, str, str]] = [
    ("month", P, 1, "550,00", "percent", 1000, "2026-12-01", "55,00", "495,00"),  # 495,00, the whole
    ("month", P, 1, "550,00", "percent", 1000, "2026-12-16", "55,00", "255,48"),  # 495,00, 16 of 31: 25548.39
    ("month", P, 1, "550,00", "percent", 1250, "2026-02-15", "68,75", "240,63"),  # 481,25, 14 of 28: 24062.50
    ("month", P, 1, "619,99", "percent", 3333, "2026-04-16", "206,64", "206,68"),  # 413,35, 15 of 30: 20667.50
    ("month", P, 1, "619,99", "percent", 10000, "2026-04-16", "619,99", "0,00"),  # 0,00, 15 of 30
    ("month", P, 1, "619,99", "percent", 1, "2026-04-01", "0,06", "619,93"),  # 619,93, the whole
    ("month", P, 1, "0,05", "percent", 1000, "2026-04-01", "0,01", "0,04"),  # 0,04, the whole
    ("month", P, 1, "550,00", "fixed", 10000, "2026-12-01", "100,00", "450,00"),  # 450,00, the whole
    ("month", P, 1, "550,00", "fixed", 10000, "2026-12-16", "100,00", "232,26"),  # 450,00, 16 of 31: 23225.81
    ("month", P, 1, "550,00", "fixed", 60000, "2026-12-16", "550,00", "0,00"),  # 0,00, 16 of 31
    ("month", P, 1, "550,00", "fixed", 1, "2026-11-16", "0,01", "275,00"),  # 549,99, 15 of 30: 27499.50
    (
        "month",
        C,
        15,
        "600,00",
        "percent",
        1500,
        "2026-01-20",
        "90,00",
        "452,42",
    ),  # 510,00, 12 of 31 + 14 of 28: 45241.94
    ("month", T, 15, "600,00", "percent", 1500, "2026-01-20", "90,00", "425,00"),  # 510,00, 25 of 30
    ("month", P, 15, "600,00", "fixed", 9990, "2026-01-20", "99,90", "419,44"),  # 500,10, 26 of 31: 41943.87
    ("day", P, 1, "620,00", "percent", 1000, "2026-12-01", "62,00", "18,00"),  # 558,00, 1800 − 0
    ("day", P, 1, "620,00", "percent", 1000, "2026-11-01", "62,00", "18,60"),  # 558,00, 1860 − 0
    ("day", P, 1, "619,99", "fixed", 10000, "2028-02-29", "100,00", "17,94"),  # 519,99, 51999 − 50205
    ("day", P, 1, "620,00", "percent", 10000, "2026-11-30", "620,00", "0,00"),  # 0,00, 0 − 0
    ("per_day", P, 1, "25,00", "percent", 1000, "2026-12-05", "2,50", "22,50"),  # 22,50, all of it
    ("per_day", P, 1, "25,00", "fixed", 500, "2026-12-05", "5,00", "20,00"),  # 20,00, all of it
    ("per_day", P, 1, "25,00", "fixed", 3000, "2026-12-05", "25,00", "0,00"),  # 0,00, all of it
    ("once", P, 1, "1500,00", "percent", 5000, "2026-12-05", "750,00", "750,00"),  # 750,00, all of it
]


@pytest.mark.parametrize(
    ("charging", "policy", "anchor", "price", "kind", "value", "start", "off", "expected"), DISCOUNTS
)
def test_a_discount_comes_off_the_price_of_the_whole_first(
    charging: str, policy: str, anchor: int, price: str, kind: str, value: int, start: str, off: str, expected: str
) -> None:
    is_percent = kind == rules.PERCENT
    given = rules.Discount(kind, value if is_percent else None, None if is_percent else value, date(2026, 1, 1), None)
    found = rules.cost(charging, kop(price), [given], rules.next_due(charging, day(start), anchor), policy)
    assert found == rules.Cost(kop(off), kop(expected))


# Returns: policy, price, discount, anchor, the charge's days, the first day given back; charged, used, returned.
# The comment is of what was used.
RETURNS: list[tuple[str, str, str, int, str, str]] = [
    (P, "550,00", "0,00", 1, "2026-11-01 2026-12-01 2026-11-16", "550,00 275,00 275,00"),  # 15 of 30
    (P, "550,00", "0,00", 1, "2026-11-16 2026-12-01 2026-11-21", "275,00 91,67 183,33"),  # 5 of 30: 9166.67
    (P, "550,00", "0,00", 1, "2026-02-01 2026-03-01 2026-02-28", "550,00 530,36 19,64"),  # 27 of 28: 53035.71
    (P, "550,00", "0,00", 1, "2028-02-01 2028-03-01 2028-02-29", "550,00 531,03 18,97"),  # 28 of 29: 53103.45
    (P, "619,99", "0,00", 1, "2026-12-16 2027-01-01 2026-12-17", "319,99 20,00 299,99"),  # 1 of 31: 1999.97
    (P, "619,99", "0,00", 1, "2026-12-16 2027-01-01 2026-12-16", "319,99 0,00 319,99"),  # nothing used
    (P, "0,01", "0,00", 1, "2026-11-01 2026-12-01 2026-11-16", "0,01 0,01 0,00"),  # 15 of 30: 0.50
    (P, "0,01", "0,00", 1, "2026-11-01 2026-12-01 2026-11-15", "0,01 0,00 0,01"),  # 14 of 30: 0.47
    (P, "600,00", "60,00", 1, "2026-11-01 2026-12-01 2026-11-11", "540,00 180,00 360,00"),  # 10 of 30
    (P, "619,99", "99,99", 1, "2026-12-16 2027-01-01 2026-12-20", "268,39 67,10 201,29"),  # 4 of 31: 6709.68
    (P, "600,00", "0,00", 15, "2026-01-15 2026-02-15 2026-01-31", "600,00 309,68 290,32"),  # 16 of 31: 30967.74
    (P, "600,00", "0,00", 31, "2026-01-31 2026-02-28 2026-02-14", "600,00 300,00 300,00"),  # 14 of 28
    (
        C,
        "600,00",
        "0,00",
        15,
        "2026-01-15 2026-02-15 2026-02-14",
        "600,00 600,00 0,00",
    ),  # 17 of 31 + 13 of 28: 60760.37: the price
    (C, "600,00", "0,00", 15, "2026-01-15 2026-02-15 2026-02-01", "600,00 329,03 270,97"),  # 17 of 31: 32903.23
    (
        C,
        "600,00",
        "0,00",
        15,
        "2026-01-20 2026-02-15 2026-02-05",
        "532,26 317,97 214,29",
    ),  # 12 of 31 + 4 of 28: 31797.24
    (
        C,
        "619,99",
        "0,00",
        31,
        "2026-02-28 2026-03-31 2026-03-30",
        "619,99 602,13 17,86",
    ),  # 1 of 28 + 29 of 31: 60213.31
    (T, "600,00", "0,00", 1, "2026-12-01 2027-01-01 2026-12-31", "600,00 580,00 20,00"),  # 29 of 30
    (T, "600,00", "0,00", 1, "2026-12-30 2027-01-01 2026-12-31", "20,00 0,00 20,00"),  # 0 of 30
    (T, "600,00", "0,00", 1, "2026-02-01 2026-03-01 2026-02-28", "600,00 540,00 60,00"),  # 27 of 30
    (T, "600,00", "0,00", 31, "2026-02-28 2026-03-31 2026-03-30", "600,00 600,00 0,00"),  # 32 of 30: the price
    (T, "600,00", "50,00", 15, "2026-01-20 2026-02-15 2026-02-01", "458,33 201,67 256,66"),  # 11 of 30: 20166.67
    (T, "619,99", "0,00", 1, "2028-02-01 2028-03-01 2028-02-29", "619,99 578,66 41,33"),  # 28 of 30: 57865.73
]


@pytest.mark.parametrize(("policy", "price", "off", "anchor", "days", "sums"), RETURNS)
def test_used_and_returned_make_what_was_charged(
    policy: str, price: str, off: str, anchor: int, days: str, sums: str
) -> None:
    start, end, until = map(day, days.split())
    charged, used, returned = map(kop, sums.split())
    whole = periods.cycle(start, anchor)
    period = Period(start, end)
    charged_kop = rules.amount_kop("month", kop(price) - kop(off), rules.Due(period, whole), policy)
    charge = returns.Charged(period, whole, 0, kop(price), "month", charged_kop, kop(off), policy)
    [line], left = returns.split([charge], (end - until).days)
    assert (line.charged_kop, line.used_kop, line.amount_kop, left) == (charged, used, returned, 0)
    assert used + returned == charged


def test_a_discount_counts_from_its_first_day_to_the_day_before_its_last() -> None:
    given = rules.Discount("percent", 1000, None, day("2026-11-10"), day("2026-11-12"))
    assert [rules.discount_kop(100_00, [given], day(f"2026-11-{n:02d}")) for n in (9, 10, 11, 12)] == [
        0,
        10_00,
        10_00,
        0,
    ]


def test_the_table_has_its_cases() -> None:
    sizes = [len(set(CALENDAR)), len(set(THIRTY)), len(set(ANNIVERSARIES)), len(set(PARTS)), len(set(DAYS))]
    assert sum(sizes) + len(set(PLAIN)) + len(set(DISCOUNTS)) + len(set(RETURNS)) == 182
