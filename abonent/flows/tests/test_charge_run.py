"""The charge run of a date, told by small stories with exact sums."""

import pytest
from django.db import transaction

from abonent.billing import runs, subscriptions
from abonent.billing.models import (
    Charge,
    ChargeChunk,
    ChargedThrough,
    ChargeRun,
    Subscription,
)
from abonent.billing.tests import builder
from abonent.billing.tests.builder import day
from abonent.flows import charge_run
from abonent.notifications.models import Notice

pytestmark = pytest.mark.django_db


def run_to(last: str, first: str | None = None) -> list[charge_run.Ran]:
    """Charge every date from `first` (or the next) to `last`."""
    if first:
        charge_run.start_from(day(first))
    return charge_run.catch_up(day(last), late_yes=True)


def test_the_1st_takes_a_month_and_moves_the_paid_days() -> None:
    anna = builder.account()
    internet = builder.active(anna, "650,00", "2026-10-10")
    builder.pay(anna, "700,00", "2026-10-20")
    (ran,) = run_to("2026-11-01", "2026-11-01")
    assert (ran.accounts, ran.charges, ran.amount_kop, ran.suspensions) == (1, 1, 650_00, 0)
    assert builder.balance(anna) == "50.00"
    assert builder.state(internet).paid_until == day("2026-12-01")
    assert builder.charged(anna)[-1] == ("2026-11-01", "2026-12-01", "650.00")
    assert ChargedThrough.objects.get().on == day("2026-11-01")
    assert builder.in_order() == []


def test_a_day_on_which_nothing_is_due_only_moves_the_date() -> None:
    anna = builder.account()
    builder.active(anna, "650,00", "2026-11-01")
    (ran,) = run_to("2026-11-10", "2026-11-10")
    assert (ran.accounts, ran.charges) == (0, 0)
    assert ChargeChunk.objects.count() == 0
    assert ChargedThrough.objects.get().on == day("2026-11-10")


def test_a_kopeck_short_suspends_and_takes_nothing() -> None:
    boris = builder.account()
    internet = builder.active(boris, "650,00", "2026-10-01")
    builder.pay(boris, "649,99", "2026-10-20")
    (ran,) = run_to("2026-11-01", "2026-11-01")
    assert (ran.charges, ran.suspensions) == (0, 1)
    internet = builder.state(internet)
    assert (internet.state, internet.stopped_on, internet.paid_until) == (
        "suspended",
        day("2026-11-01"),
        day("2026-11-01"),
    )
    assert builder.balance(boris) == "649.99"
    notice = Notice.objects.get()
    assert notice.key == f"suspended:{boris.id}:2026-11-01"
    assert (notice.kind, notice.contract_id) == ("suspended", boris.contract_id)
    assert notice.params == {"missing_kop": 1, "on": "2026-11-01"}


def test_the_first_that_does_not_fit_and_everything_after_it_is_suspended() -> None:
    anna = builder.account()
    tv = builder.active(anna, "190,00", "2026-10-01", kind="tv")
    internet = builder.active(anna, "550,00", "2026-10-01")
    addon = builder.active(anna, "100,00", "2026-10-01", role="addon")
    builder.pay(anna, "700,00", "2026-10-20")
    run_to("2026-11-01", "2026-11-01")
    states = {one.id: one.state for one in Subscription.objects.all()}
    # 550 fits; TV's 190 does not; the add-on's 100 would, but comes after it
    assert states == {internet.id: "active", tv.id: "suspended", addon.id: "suspended"}
    assert builder.balance(anna) == "150.00"
    assert Notice.objects.get().params["missing_kop"] == 140_00


def test_what_is_missing_counts_what_was_suspended_before() -> None:
    anna = builder.account()
    builder.active(anna, "550,00", "2026-09-01")
    tv = builder.active(anna, "190,00", "2026-09-01", kind="tv")
    builder.pay(anna, "560,00", "2026-09-20")
    run_to("2026-11-01", "2026-10-01")
    assert builder.state(tv).stopped_on == day("2026-10-01")
    notices = {notice.params["on"]: notice.params["missing_kop"] for notice in Notice.objects.all()}
    assert notices == {"2026-10-01": 180_00, "2026-11-01": 730_00}  # 190 − 10; 550 + 190 − 10


def test_days_already_paid_are_not_touched() -> None:
    anna = builder.account()
    vera_tv = builder.active(anna, "620,00", "2026-10-31", kind="tv", charging="day")
    internet = builder.active(anna, "550,00", "2026-10-15")
    Subscription.objects.filter(id=vera_tv.id).update(paid_until=day("2026-11-03"))
    run_to("2026-11-01", "2026-11-01")
    assert builder.state(internet).state == "suspended"
    assert builder.state(vera_tv).state == "active"


def test_an_addon_stands_with_its_tariff_and_gets_its_days_back() -> None:
    anna = builder.account()
    internet = builder.active(anna, "550,00", "2026-10-01")
    addon = builder.active(anna, "300,00", "2026-10-01", role="addon")
    Subscription.objects.filter(id=addon.id).update(paid_until=day("2026-11-15"))
    run_to("2026-11-10", "2026-11-01")
    stood = builder.state(addon)
    assert (stood.state, stood.stopped_on, stood.paid_until) == (
        "standing",
        day("2026-11-01"),
        day("2026-11-15"),
    )
    done = builder.pay(anna, "385,00", "2026-11-10")  # 21 of 30 days of 550
    assert done.subscription_ids == (internet.id, addon.id)
    assert builder.state(addon).paid_until == day("2026-11-24")  # it stood 9 days
    builder.pay(anna, "1000,00", "2026-11-20")
    run_to("2026-11-24")
    assert builder.charged(anna)[-1] == ("2026-11-24", "2026-12-01", "70.00")  # 7 of 30 days of 300
    assert builder.state(addon).paid_until == day("2026-12-01")


def test_a_suspended_subscription_is_not_charged_and_no_debt_grows() -> None:
    boris = builder.account()
    builder.active(boris, "650,00", "2026-10-01")
    run_to("2026-12-01", "2026-11-01")
    assert builder.balance(boris) == "0.00"
    assert len(builder.charged(boris)) == 1  # October's
    assert Notice.objects.count() == 1


def test_lesson_30_a_resumed_client_is_not_charged_for_what_was_skipped() -> None:
    boris = builder.account()
    builder.active(boris, "600,00", "2026-10-01")
    run_to("2027-01-16", "2026-11-01")
    done = builder.pay(boris, "309,68", "2027-01-16")  # 16 of 31 days: 30967.74
    assert done.charged_kop == 309_68
    assert [one[0] for one in builder.charged(boris)] == ["2026-10-01", "2027-01-16"]


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [("2026-02-01", "2026-02-28", 28), ("2028-02-01", "2028-02-29", 29), ("2026-12-01", "2026-12-31", 31)],
)
def test_a_month_by_the_day_costs_the_month_s_price_to_the_kopeck(first: str, last: str, days: int) -> None:
    vera = builder.account(signed_on=day("2026-01-01"))
    builder.pay(vera, "1000,00", first)
    builder.subscribe(vera, "620,01", first, charging="day")
    builder.resume(vera, first)
    run_to(last, first)
    assert len(builder.charged(vera)) == days
    assert builder.balance(vera) == "379.99"
    assert builder.in_order() == []


def test_a_daily_tariff_stops_on_the_day_it_is_not_covered() -> None:
    vera = builder.account()
    vera_internet = builder.subscribe(vera, "620,00", "2026-12-01", charging="day")
    builder.pay(vera, "60,00", "2026-12-01")  # three days of 20
    run_to("2026-12-20", "2026-12-01")
    vera_internet = builder.state(vera_internet)
    assert (vera_internet.state, vera_internet.stopped_on) == ("suspended", day("2026-12-04"))
    assert builder.balance(vera) == "0.00"


def test_lesson_8_the_days_of_the_clock_s_change_are_days_like_any_other() -> None:
    vera = builder.account(signed_on=day("2026-01-01"))
    builder.pay(vera, "1000,00", "2026-03-27")
    builder.subscribe(vera, "310,00", "2026-03-27", charging="day")
    builder.resume(vera, "2026-03-27")
    run_to("2026-03-31", "2026-03-27")  # the last Sunday of March lies between them
    assert [amount for _, _, amount in builder.charged(vera)] == ["10.00"] * 5


def test_a_credit_limit_carries_the_balance_below_zero() -> None:
    romashka = builder.account(credit_limit="3000,00")
    internet = builder.subscribe(romashka, "1000,00", "2026-10-01")
    builder.resume(romashka, "2026-10-01")
    run_to("2026-12-01", "2026-10-02")
    assert builder.balance(romashka) == "-3000.00"
    run_to("2027-01-01")
    assert builder.balance(romashka) == "-3000.00"
    assert builder.state(internet).state == "suspended"
    assert Notice.objects.get().params["missing_kop"] == 1000_00  # what brings the balance back to the limit


def test_a_charge_of_0_moves_the_paid_days_without_a_transfer() -> None:
    anna = builder.account()
    free = builder.active(anna, "0,00", "2026-10-10")
    run_to("2026-11-01", "2026-11-01")
    assert builder.state(free).paid_until == day("2026-12-01")
    charge = Charge.objects.get(period_start=day("2026-11-01"))
    assert (charge.amount_kop, charge.transfer_id, charge.transfer_on) == (0, None, None)
    assert builder.in_order() == []


def test_who_owes_gets_no_free_month_either() -> None:
    anna = builder.account(credit_limit="100,00")
    builder.active(anna, "0,00", "2026-10-10")
    debtor = builder.subscribe(anna, "100,00", "2026-10-01", kind="tv")
    builder.resume(anna, "2026-10-01")
    with transaction.atomic():
        subscriptions.set_terms(anna.id, credit_limit_kop=0)
    run_to("2026-11-01", "2026-11-01")
    assert {one.state for one in Subscription.objects.all()} == {"suspended"}
    assert builder.state(debtor).stopped_on == day("2026-11-01")


def test_missed_dates_are_charged_one_after_another() -> None:
    vera = builder.account()
    builder.pay(vera, "1000,00", "2026-12-01")
    builder.subscribe(vera, "620,00", "2026-12-01", charging="day")
    builder.resume(vera, "2026-12-01")
    ran = run_to("2026-12-05", "2026-12-02")
    assert [one.on for one in ran] == [day(f"2026-12-0{n}") for n in (2, 3, 4, 5)]
    assert builder.balance(vera) == "900.00"
    assert [str(one.charged_on) for one in Charge.objects.order_by("period_start")][1:] == [
        f"2026-12-0{n}" for n in (2, 3, 4, 5)
    ]


def test_a_late_run_leaves_alone_what_was_resumed_meanwhile() -> None:
    boris = builder.account()
    internet = builder.active(boris, "600,00", "2026-10-01")
    run_to("2026-11-01", "2026-11-01")
    builder.pay(boris, "1000,00", "2026-11-21")  # the runs of 2–21 November are late
    run_to("2026-11-21")
    assert builder.balance(boris) == "800.00"  # 10 of 30 days
    assert builder.state(internet).paid_until == day("2026-12-01")


def test_a_date_that_is_charged_is_refused_and_changes_nothing() -> None:
    anna = builder.account()
    builder.active(anna, "650,00", "2026-10-10")
    builder.pay(anna, "2000,00", "2026-10-20")
    run_to("2026-11-01", "2026-11-01")
    with pytest.raises(runs.AlreadyCharged, match="2026-11-01 is charged already: 2026-11-02 is next"):
        charge_run.run(day("2026-11-01"))
    with pytest.raises(runs.AlreadyCharged):
        charge_run.run(day("2026-10-31"), today=day("2026-11-01"))
    assert charge_run.catch_up(day("2026-11-01")) == []
    assert builder.balance(anna) == "1350.00"


def test_a_date_out_of_turn_or_to_come_is_refused() -> None:
    charge_run.start_from(day("2026-11-01"))
    with pytest.raises(runs.MissedBefore, match="2026-11-01 is not charged yet"):
        charge_run.run(day("2026-11-03"))
    with pytest.raises(runs.UnableToRun, match="has not come yet"):
        charge_run.run(day("2026-11-03"), today=day("2026-11-02"))


def test_more_than_the_profile_s_days_late_needs_a_yes() -> None:
    charge_run.start_from(day("2026-10-01"))
    with pytest.raises(runs.TooLate, match=r"2026-10-01 is 32 days late, more than max_late_days = 31"):
        charge_run.catch_up(day("2026-11-02"))
    assert ChargeRun.objects.count() == 0
    assert len(charge_run.catch_up(day("2026-11-02"), late_yes=True)) == 33
    assert len(charge_run.catch_up(day("2026-12-03"))) == 31


def test_before_the_first_run_the_earliest_paid_day_says_where_charging_begins() -> None:
    anna = builder.account()
    builder.active(anna, "650,00", "2026-10-10")
    builder.pay(anna, "2000,00", "2026-10-20")
    assert [str(one.on) for one in charge_run.catch_up(day("2026-11-03"))] == [
        "2026-11-01",
        "2026-11-02",
        "2026-11-03",
    ]
