"""Dates that go wrong: a clock that goes back, ten days late, 29 February, two runs of one date."""

from datetime import date, timedelta

import pytest

from abonent.billing import runs
from abonent.billing.models import Charge, ChargedThrough, ChargeRun, Subscription
from abonent.billing.tests import builder
from abonent.billing.tests.builder import day
from abonent.core import clock
from abonent.flows import charge_run, pause, schedule
from abonent.flows.tests.test_charge_run import run_to

pytestmark = pytest.mark.django_db


def test_a_clock_that_goes_back_charges_nothing_again_and_catches_up_when_it_is_mended() -> None:
    anna = builder.account()
    builder.active(anna, "620,00", "2026-12-01", charging="day")  # 20,00 a day in December
    builder.pay(anna, "200,00", "2026-12-01")
    charge_run.start_from(day("2026-12-02"))
    # 5 December, back to the 2nd, a year back, on to the 6th.
    for today in ("2026-12-05", "2026-12-02", "2025-12-05", "2026-12-06"):
        noon = clock.at_noon(day(today))
        with clock.frozen(noon):
            assert "charge" not in schedule.tick(noon)
    # 200,00 less five days, from the 2nd to the 6th.
    assert builder.balance(anna) == "100.00"
    assert [start for start, _, _ in builder.charged(anna)] == [f"2026-12-0{n}" for n in range(1, 7)]
    assert ChargedThrough.objects.get().on == day("2026-12-06")
    assert ChargeRun.objects.count() == 5


def test_ten_days_late_each_date_is_charged_for_itself() -> None:
    vera, anna = builder.account(), builder.account()
    builder.active(vera, "620,00", "2026-11-24", charging="day")
    builder.pay(vera, "195,00", "2026-11-24")
    builder.active(anna, "650,00", "2026-11-01")
    builder.pay(anna, "650,00", "2026-11-24")
    charge_run.start_from(day("2026-11-25"))
    ran = charge_run.catch_up(day("2026-12-04"))
    assert [one.on for one in ran] == [day("2026-11-25") + timedelta(days=n) for n in range(10)]
    # From 25 to 30 November 620,00 − 620,00 × 24 ÷ 30 = 124,00; three days of December at 20,00;
    # 195,00 − 124,00 − 60,00 = 11,00: not enough for the 4th.
    assert builder.balance(vera) == "11.00"
    assert sum(one.amount_kop for one in Charge.objects.filter(account=vera, period_start__gt=day("2026-11-24"))) == (
        184_00
    )
    stopped = Subscription.objects.get(account=vera)
    assert (stopped.state, stopped.stopped_on) == ("suspended", day("2026-12-04"))
    assert builder.balance(anna) == "0.00"
    assert builder.in_order() == []


@pytest.mark.parametrize(
    ("year", "month_of_days", "last"),
    [
        # 29 days of 2028: 580,00 ÷ 29 = 20,00 a day; 28 of 2027: 20,71 or 20,72, 580,00 in all.
        (2028, 580_00, "2028-02-29"),
        (2027, 580_00, "2027-02-28"),
    ],
)
def test_february_by_the_day_ends_on_its_last_day(year: int, month_of_days: int, last: str) -> None:
    vera = builder.account(signed_on=date(year, 1, 1))
    builder.active(vera, "580,00", f"{year}-01-31", charging="day")
    builder.pay(vera, "2000,00", f"{year}-01-31")
    run_to(f"{year}-03-01", f"{year}-02-01")
    february = Charge.objects.filter(
        account=vera, period_start__gte=date(year, 2, 1), period_start__lt=date(year, 3, 1)
    )
    assert sum(one.amount_kop for one in february) == month_of_days
    assert february.count() == day(last).day
    assert ChargeRun.objects.filter(on=day(last)).exists()


def test_a_month_that_begins_after_29_february_is_whole() -> None:
    anna = builder.account(signed_on=day("2028-02-01"))
    builder.active(anna, "580,00", "2028-02-29")
    builder.pay(anna, "580,00", "2028-02-29")
    run_to("2028-03-01", "2028-03-01")
    # One day of 29: 580,00 × 1 ÷ 29 = 20,00; then March.
    assert builder.charged(anna) == [("2028-02-29", "2028-03-01", "20.00"), ("2028-03-01", "2028-04-01", "580.00")]


def test_a_second_run_of_a_date_is_refused_whoever_begins_it() -> None:
    anna = builder.account()
    builder.active(anna, "650,00", "2026-11-01")
    builder.pay(anna, "1300,00", "2026-11-24")
    charge_run.start_from(day("2026-12-01"))
    charge_run.run(day("2026-12-01"))
    for _ in range(2):
        with pytest.raises(runs.AlreadyCharged, match="2026-12-01 is charged already: 2026-12-02 is next"):
            charge_run.run(day("2026-12-01"))
    assert builder.balance(anna) == "650.00"
    assert ChargeRun.objects.count() == 1


def test_a_dry_run_knows_who_only_pauses_or_comes_back() -> None:
    away = builder.account()
    builder.active(away, "620,00", "2026-12-01")
    builder.pay(away, "620,00", "2026-12-01")
    run_to("2026-12-02", "2026-12-02")
    pause.plan(
        account_id=away.pk, starts_on=day("2026-12-03"), ends_on=day("2026-12-13"), on=day("2026-12-02"), actor="test"
    )
    dates = [day("2026-12-03") + timedelta(days=n) for n in range(40)]
    told = {one.on: one.amount_kop for one in charge_run.dry_run(dates) if one.charges}
    # Ten days wait: paid until 11 January, then the part to its end, 620,00 × 21 ÷ 31 = 420,00.
    assert told == {day("2027-01-11"): 420_00}
    assert Subscription.objects.get(account=away).state == "active"
