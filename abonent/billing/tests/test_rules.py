"""Tables of exact sums: months of 28 to 31 days, parts, days, and the order of priority."""

import itertools
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abonent.billing import returns, rules
from abonent.core import periods
from abonent.core.periods import Period


def amount_kop(charging: str, price_kop: int, start: str) -> int:
    return rules.amount_kop(charging, price_kop, rules.next_due(charging, date.fromisoformat(start), 1), "period")


@pytest.mark.parametrize("month", ["2026-02-01", "2028-02-01", "2026-04-01", "2026-12-01"])  # 28, 29, 30, 31 days
def test_a_whole_month_costs_exactly_its_price(month: str) -> None:
    assert amount_kop("month", 550_00, month) == 550_00


@pytest.mark.parametrize(
    ("price_kop", "start", "expected_kop"),
    [
        (550_00, "2026-02-15", 275_00),  # 14 of 28: 55000 × 14 ÷ 28
        (550_00, "2028-02-15", 284_48),  # 15 of 29: 28448.28
        (550_00, "2026-11-16", 275_00),  # 15 of 30
        (550_00, "2026-12-16", 283_87),  # 16 of 31: 28387.10
        (650_00, "2026-12-31", 20_97),  # 1 of 31: 2096.77
        (650_00, "2026-02-28", 23_21),  # 1 of 28: 2321.43
        (1, "2026-11-16", 1),  # 15 of 30: 0.5, half goes up
        (1, "2026-11-17", 0),  # 14 of 30: 0.47
        (0, "2026-11-16", 0),
        (100_01, "2026-11-16", 50_01),  # 5000.5, half goes up
    ],
)
def test_a_part_of_a_month_is_rounded_once_half_up(price_kop: int, start: str, expected_kop: int) -> None:
    assert amount_kop("month", price_kop, start) == expected_kop


@pytest.mark.parametrize(
    ("start", "expected_kop"),
    [
        ("2026-12-01", 20_00),  # 62000 × 1 ÷ 31 = 2000
        ("2026-12-31", 20_00),
        ("2026-11-01", 20_66),  # 62000 ÷ 30 = 2066.67: the first of three gives 2066
        ("2026-11-02", 20_67),  # 4133 − 2066
        ("2026-11-03", 20_67),  # 6200 − 4133
        ("2026-02-01", 22_14),  # 62000 ÷ 28 = 2214.29
        ("2026-02-28", 22_15),  # 62000 − 59785
    ],
)
def test_a_day_costs_its_step_of_the_month_s_price(start: str, expected_kop: int) -> None:
    assert amount_kop("day", 620_00, start) == expected_kop


@given(price_kop=st.integers(0, rules.MAX_PRICE_KOP), month=st.dates(date(2000, 1, 1), date(2099, 12, 1)))
def test_lesson_46_a_month_of_days_sums_to_the_month_s_price(price_kop: int, month: date) -> None:
    first, end = periods.calendar_month(month)
    days = [amount_kop("day", price_kop, str(day)) for day in periods.each_day(first, end)]
    assert sum(days) == price_kop
    assert max(days) - min(days) <= 1


@given(price_kop=st.integers(0, rules.MAX_PRICE_KOP), day=st.dates(date(2000, 1, 1), date(2099, 12, 1)))
def test_a_part_never_costs_more_than_the_whole_nor_less_than_nothing(price_kop: int, day: date) -> None:
    assert 0 <= amount_kop("month", price_kop, str(day)) <= price_kop


@pytest.mark.parametrize(
    ("charging", "paid_until", "period", "whole"),
    [
        ("month", "2026-11-01", ("2026-11-01", "2026-12-01"), ("2026-11-01", "2026-12-01")),
        ("month", "2026-11-17", ("2026-11-17", "2026-12-01"), ("2026-11-01", "2026-12-01")),
        ("month", "2026-12-31", ("2026-12-31", "2027-01-01"), ("2026-12-01", "2027-01-01")),
        ("month", "2026-01-30", ("2026-01-30", "2026-02-01"), ("2026-01-01", "2026-02-01")),  # lesson 15
        ("day", "2028-02-29", ("2028-02-29", "2028-03-01"), ("2028-02-01", "2028-03-01")),
    ],
)
def test_the_next_period_starts_where_the_paid_days_end(
    charging: str, paid_until: str, period: tuple[str, str], whole: tuple[str, str]
) -> None:
    due = rules.next_due(charging, date.fromisoformat(paid_until), 1)
    assert due.period == Period(*map(date.fromisoformat, period))
    assert due.whole == Period(*map(date.fromisoformat, whole))


def test_missed_periods_come_one_after_another_without_a_gap() -> None:
    found = rules.due_by("month", date(2026, 9, 15), 1, date(2026, 12, 1))
    assert [due.period for due in found] == [
        Period(date(2026, 9, 15), date(2026, 10, 1)),
        Period(date(2026, 10, 1), date(2026, 11, 1)),
        Period(date(2026, 11, 1), date(2026, 12, 1)),
        Period(date(2026, 12, 1), date(2027, 1, 1)),
    ]
    assert len(rules.due_by("day", date(2026, 2, 27), 1, date(2026, 3, 2))) == 4
    assert rules.due_by("month", date(2026, 12, 1), 1, date(2026, 11, 30)) == []


@pytest.mark.parametrize(
    ("amounts_kop", "available_kop", "expected"),
    [
        ([550_00, 190_00], 740_00, 2),  # to the kopeck
        ([550_00, 190_00], 739_99, 1),
        ([550_00, 190_00], 549_99, 0),  # 190 alone would fit, but comes after what does not
        ([550_00, 0], 549_99, 0),
        ([0, 0], 0, 2),
        ([0], -1, 0),  # who owes gets nothing new, be it free
        ([], 0, 0),
    ],
)
def test_the_first_that_does_not_fit_stops_all_after_it(
    amounts_kop: list[int], available_kop: int, expected: int
) -> None:
    assert rules.covered(amounts_kop, available_kop) == expected


def test_tariffs_come_before_add_ons_and_kinds_as_the_profile_orders_them() -> None:
    kinds = ("internet", "tv", "telephony", "video", "colocation")
    order = [
        rules.priority(role=role, kind=kind, kinds=kinds)
        for role, kind in [("tariff", "internet"), ("tariff", "tv"), ("addon", "internet"), ("addon", "tv")]
    ]
    assert order == [0, 1, 100, 101]


DATES = st.dates(date(2000, 1, 1), date(2099, 12, 1))
POLICIES = st.sampled_from([rules.OF_PERIOD, rules.OF_CALENDAR_MONTH, rules.THIRTY])


@given(price_kop=st.integers(0, rules.MAX_PRICE_KOP), on=DATES, anchor=st.integers(1, 31), data=st.data())
def test_the_pieces_of_a_period_sum_to_the_whole_within_half_a_kopeck_each(
    price_kop: int, on: date, anchor: int, data: st.DataObject
) -> None:
    """Each piece is rounded once, by half a kopeck at most: n pieces differ from the whole by n ÷ 2 at most."""
    whole = periods.cycle(on, anchor)
    cuts = data.draw(st.sets(st.sampled_from(periods.each_day(whole.start, whole.end)[1:])))
    bounds = [whole.start, *sorted(cuts), whole.end]
    pieces = [
        rules.amount_kop("month", price_kop, rules.Due(Period(start, end), whole), rules.OF_PERIOD)
        for start, end in itertools.pairwise(bounds)
    ]
    assert 2 * abs(sum(pieces) - price_kop) <= len(pieces)


@given(price_kop=st.integers(0, rules.MAX_PRICE_KOP), on=DATES, anchor=st.integers(1, 31), policy=POLICIES)
def test_more_days_never_cost_less_and_no_part_costs_more_than_the_whole(
    price_kop: int, on: date, anchor: int, policy: str
) -> None:
    due = rules.next_due("month", on, anchor)
    days = [Period(on, end) for end in [*periods.each_day(on, due.period.end)[1:], due.period.end]]
    costs = [rules.amount_kop("month", price_kop, rules.Due(each, due.whole), policy) for each in days]
    assert costs == sorted(costs)
    assert costs[0] >= 0
    assert costs[-1] <= price_kop


@given(on=DATES, anchor=st.integers(1, 31))
def test_the_periods_of_an_anchor_hold_each_day_once(on: date, anchor: int) -> None:
    whole = periods.cycle(on, anchor)
    assert whole.holds(on)
    assert all(periods.cycle(day, anchor) == whole for day in periods.each_day(*whole))
    assert periods.cycle(whole.end, anchor).start == whole.end
    assert periods.cycle(whole.start - periods.ONE_DAY, anchor).end == whole.start
    assert 28 <= whole.days <= 31
    assert whole.start.day == min(anchor, periods.days_of_month(whole.start))


@given(
    price_kop=st.integers(0, rules.MAX_PRICE_KOP),
    off=st.integers(1, 10_000),
    on=DATES,
    anchor=st.integers(1, 31),
    policy=POLICIES,
    used_days=st.integers(0, 31),
)
def test_used_and_returned_make_what_was_charged_whatever_the_policy(
    price_kop: int, off: int, on: date, anchor: int, policy: str, used_days: int
) -> None:
    due = rules.next_due("month", on, anchor)
    given = rules.Discount(rules.PERCENT, off, None, date(2000, 1, 1), None)
    cost = rules.cost("month", price_kop, [given], due, policy)
    charge = returns.Charged(due.period, due.whole, 0, price_kop, "month", cost.amount_kop, cost.discount_kop, policy)
    lines, left = returns.split([charge], max(0, due.period.days - used_days))
    assert left == 0
    assert all(0 <= one.amount_kop <= one.charged_kop for one in lines)
    assert all(one.used_kop + one.amount_kop == cost.amount_kop for one in lines)


@given(price_kop=st.integers(0, rules.MAX_PRICE_KOP), off=st.integers(1, 10_000), month=DATES)
def test_a_discounted_month_of_days_sums_to_the_discounted_month(price_kop: int, off: int, month: date) -> None:
    whole = periods.calendar_month(month)
    given = rules.Discount(rules.PERCENT, off, None, whole.start, None)
    days = [
        rules.cost("day", price_kop, [given], rules.next_due("day", day, 1), rules.OF_PERIOD).amount_kop
        for day in periods.each_day(*whole)
    ]
    assert sum(days) == rules.cost("month", price_kop, [given], rules.Due(whole, whole), rules.OF_PERIOD).amount_kop
