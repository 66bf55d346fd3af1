"""What a run is compared with, and how far is too far: arithmetic on values."""

from datetime import date

import pytest

from abonent.billing import run_plans
from abonent.billing.run_plans import Group, Then
from abonent.billing.tests.builder import day


@pytest.mark.parametrize(
    ("on", "cycle", "alike"),
    [
        ("2026-12-01", "calendar", ["2026-11-01"]),
        ("2027-01-01", "calendar", ["2026-12-01"]),
        ("2026-12-02", "calendar", []),
        ("2026-12-31", "calendar", []),
        ("2026-12-05", "anniversary", ["2026-11-05"]),
        ("2026-11-29", "anniversary", ["2026-10-29"]),
        ("2026-11-30", "anniversary", ["2026-10-30", "2026-10-31"]),  # November's last day stands for the 31st too
        ("2026-12-30", "anniversary", ["2026-10-30"]),  # on 30 November the 31st was charged as well
        ("2026-12-31", "anniversary", ["2026-10-31"]),
        ("2027-01-31", "anniversary", ["2026-12-31"]),
        ("2027-02-27", "anniversary", ["2027-01-27"]),
        ("2027-02-28", "anniversary", ["2027-01-28", "2027-01-29", "2027-01-30", "2027-01-31"]),
        ("2028-02-29", "anniversary", ["2028-01-29", "2028-01-30", "2028-01-31"]),
        ("2028-02-28", "anniversary", ["2028-01-28"]),
        ("2027-03-28", "anniversary", ["2027-01-28"]),
        ("2027-03-31", "anniversary", ["2027-01-31"]),
    ],
)
def test_a_month_is_compared_with_the_one_that_had_the_same_subscriptions(
    on: str, cycle: str, alike: list[str]
) -> None:
    assert [str(one) for one in run_plans.alike_by_month(day(on), cycle)] == alike


def test_every_date_of_four_years_has_its_like_by_anniversary() -> None:
    on = date(2026, 1, 1)
    while on < date(2030, 1, 1):
        alike = run_plans.alike_by_month(on, "anniversary")
        assert alike
        assert all(one < on for one in alike)
        on = date.fromordinal(on.toordinal() + 1)


def group(charges: int, price_kop: int, *, covered: int | None = None, kind: str = "internet") -> Group:
    covered = charges if covered is None else covered
    return Group(
        kind, "month", charges, charges * price_kop, charges * price_kop, covered, covered * price_kop,
        covered * price_kop,
    )  # fmt: skip


def then(*groups: Group) -> Then:
    return Then((day("2026-11-01"),), frozenset({"month"}), {(one.kind, one.charging): one for one in groups})


@pytest.mark.parametrize(
    ("now", "before", "moved_kop", "beyond"),
    [
        # 1,000 charges of 500,00 then: 20 per mille are 20 of them, and no fewer than 31 stop anybody.
        ([group(1000, 500_00)], [group(1000, 500_00)], 0, False),
        ([group(1030, 500_00)], [group(1000, 500_00)], 15_000_00, False),
        ([group(1031, 500_00)], [group(1000, 500_00)], 15_500_00, True),
        ([group(969, 500_00)], [group(1000, 500_00)], 15_500_00, True),
        # 100,000 charges: 2,000 are within, one more is not.
        ([group(102_000, 500_00)], [group(100_000, 500_00)], 1_000_000_00, False),
        ([group(102_001, 500_00)], [group(100_000, 500_00)], 1_000_500_00, True),
        # Ten times the price, for ten accounts: 10 × 4,500,00 is more than 30 × 500,00.
        ([group(10, 5000_00)], [group(10, 500_00)], 45_000_00, True),
        # Ten accounts more or fewer are a small provider's month.
        ([group(20, 500_00)], [group(10, 500_00)], 5_000_00, False),
        ([], [group(10, 500_00)], 5_000_00, False),
        # 150 of 1,000 were suspended then: that they stayed away, or came back, is no difference.
        ([group(850, 500_00)], [group(1000, 500_00, covered=850)], 0, False),
        ([group(1000, 500_00)], [group(1000, 500_00, covered=850)], 0, False),
        ([group(819, 500_00)], [group(1000, 500_00, covered=850)], 15_500_00, True),
        # What one kind has more does not hide what another has less.
        (
            [group(1100, 500_00), group(0, 500_00, kind="tv")],
            [group(1000, 500_00), group(100, 500_00, kind="tv")],
            100_000_00,
            True,
        ),
        # A service nobody had then.
        ([group(1000, 500_00), group(31, 500_00, kind="tv")], [group(1000, 500_00)], 15_500_00, True),
    ],
)
def test_too_far_is_beyond_the_tolerance_and_more_than_thirty_charges(
    now: list[Group], before: list[Group], moved_kop: int, beyond: bool
) -> None:
    compared = run_plans.compare(now, then(*before))
    assert compared is not None
    assert compared.moved_kop == moved_kop
    assert compared.is_beyond(20) is beyond


def test_the_first_run_has_nothing_to_be_compared_with() -> None:
    assert run_plans.compare([group(1000, 500_00)], Then((), frozenset(), {})) is None


def test_a_way_of_charging_without_a_run_to_tell_is_not_looked_at() -> None:
    daily = Group("internet", "day", 1000, 600_000_00, 20_000_00, 1000, 600_000_00, 20_000_00)
    compared = run_plans.compare([group(10, 500_00), daily], then(group(10, 500_00)))
    assert compared is not None
    assert [(one.charging, one.moved_kop) for one in compared.differences] == [("month", 0)]


def plan(charges: int, price_kop: int) -> dict[str, object]:
    return run_plans.Plan(charges, (group(charges, price_kop),), (), None).as_json()


@pytest.mark.parametrize(
    ("planned_kop", "fact_kop", "fact_charges", "drift"),
    [
        (500_000_00, 500_000_00, 1000, False),
        (500_000_00, 515_000_00, 1030, False),  # 30 charges more
        (500_000_00, 515_500_00, 1031, True),
        (500_000_00, 484_500_00, 969, True),
        (250_000_00, 234_500_00, 469, True),  # half of the chunks are done: measured by the whole plan
        (250_000_00, 235_000_00, 470, False),
    ],
)
def test_the_fact_may_drift_from_the_plan_by_the_tolerance(
    planned_kop: int, fact_kop: int, fact_charges: int, drift: bool
) -> None:
    assert drift is run_plans.is_drift(
        plan(1000, 500_00), planned_kop=planned_kop, fact_kop=fact_kop, fact_charges=fact_charges, tolerance=20
    )


def test_a_plan_of_nothing_lets_a_few_late_charges_be() -> None:
    nothing = run_plans.Plan(0, (), (), None).as_json()
    assert not run_plans.is_drift(nothing, planned_kop=0, fact_kop=600_00, fact_charges=1, tolerance=0)
    assert run_plans.is_drift(nothing, planned_kop=0, fact_kop=31 * 600_00, fact_charges=31, tolerance=0)


def test_a_rise_that_was_announced_is_no_surprise() -> None:
    """A thousand tariffs at 550,00, of which a hundred were not covered; all cost 600,00 now."""
    key = ("internet", "month")
    then = Then((day("2026-12-01"),), frozenset({"month"}), {key: Group(*key, 1000, 550_000_00, 0, 900, 495_000_00, 0)})
    now = [Group(*key, 1000, 600_000_00, 600_000_00, 1000, 600_000_00, 600_000_00)]
    surprise, announced = (run_plans.compare(now, one) for one in (then, run_plans.dearer(then, {key: 50_000_00})))
    assert (surprise and surprise.moved_kop, announced and announced.moved_kop) == (50_000_00, 0)
