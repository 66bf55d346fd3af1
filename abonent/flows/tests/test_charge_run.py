"""The charge run of a date, told by small stories with exact sums."""

import itertools
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction

from abonent.billing import rules, runs, subscriptions
from abonent.billing.models import (
    Charge,
    ChargeChunk,
    ChargedThrough,
    ChargeRun,
    ParkedAccount,
    Subscription,
)
from abonent.billing.tests import builder
from abonent.billing.tests.builder import day
from abonent.core.models import Alarm
from abonent.flows import charge_run
from abonent.ledger.models import Account
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


def test_a_policy_that_is_not_built_charges_nobody(settings: pytest.FixtureRequest) -> None:
    from django.conf import settings as ours

    anna = builder.account()
    builder.active(anna, "650,00", "2026-10-10")
    charge_run.start_from(day("2026-11-01"))
    settings.PROFILE = ours.PROFILE.model_copy(update={"billing_cycle": "anniversary"})  # type: ignore[attr-defined]
    with pytest.raises(rules.UnableToCharge, match="anniversary"):
        charge_run.catch_up(day("2026-11-01"))
    assert ChargedThrough.objects.get().on == day("2026-10-31")


def test_accounts_that_make_no_sense_are_parked_and_stop_nobody() -> None:
    anna, boris, vera, daria = (builder.account() for _ in range(4))
    for account in (anna, boris, vera, daria):
        builder.active(account, "650,00", "2026-10-10")
        builder.pay(account, "700,00", "2026-10-20")
    Subscription.objects.filter(account=boris).update(paid_until=day("2026-10-15"))
    Subscription.objects.filter(account=vera).update(price_kop=rules.MAX_PRICE_KOP + 1)
    Subscription.objects.filter(account=daria).update(charging="once")
    (ran,) = run_to("2026-11-01", "2026-11-01")
    assert (ran.charges, ran.parked) == (1, 3)
    assert [builder.balance(one) for one in (anna, boris, vera, daria)] == [
        "50.00",
        "700.00",
        "700.00",
        "700.00",
    ]
    reasons = dict(ParkedAccount.objects.values_list("account_id", "reason"))
    assert "paid until 2026-10-15 only" in reasons[boris.id]
    assert "absurd price of 10000000001 kopecks" in reasons[vera.id]
    assert "charged by «once»" in reasons[daria.id]
    assert {alarm.key for alarm in Alarm.objects.all()} == {f"parked:{one.id}" for one in (boris, vera, daria)}
    (ran,) = run_to("2026-11-02")
    assert ran.parked == 0


def test_lesson_14_a_charge_refused_by_its_key_parks_its_account_with_an_alarm_and_stops_nobody() -> None:
    accounts = [builder.account() for _ in range(9)]
    for account in accounts:
        builder.active(account, "650,00", "2026-10-10")
        builder.pay(account, "700,00", "2026-10-20")
    odd = accounts[4]
    twice = Subscription.objects.get(account=odd)
    with connection.cursor() as cursor:  # November is charged, and paid_until does not know it
        cursor.execute(
            "insert into billing_charge (period_start, subscription_id, turn, account_id, period_end, whole_start,"
            " whole_end, price_kop, charging, proration_days, amount_kop, charged_on)"
            " values ('2026-11-01', %s, 0, %s, '2026-12-01', '2026-11-01', '2026-12-01', 0, 'month', 'period', 0,"
            " '2026-11-01')",
            [twice.id, odd.id],
        )
    (ran,) = run_to("2026-11-01", "2026-11-01")
    assert (ran.charges, ran.parked) == (8, 1)
    assert {builder.balance(one) for one in accounts if one != odd} == {"50.00"}
    assert builder.balance(odd) == "700.00"
    assert "IntegrityError" in ParkedAccount.objects.get().reason
    # The odd row lies in the default partition, in the way of November's own: that is told as well.
    assert {alarm.key for alarm in Alarm.objects.all()} == {f"parked:{odd.id}", "partition:2026-11"}
    assert builder.in_order() == []


def many(count: int) -> list[Account]:
    accounts = [builder.account() for _ in range(count)]
    for account in accounts:
        builder.active(account, "650,00", "2026-10-10")
        builder.pay(account, "700,00", "2026-10-20")
    return accounts


def test_a_run_goes_in_chunks_without_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "CHUNK_ACCOUNTS", 3)
    accounts = many(8)
    (ran,) = run_to("2026-11-01", "2026-11-01")
    chunks = list(ChargeChunk.objects.order_by("number"))
    assert [chunk.accounts for chunk in chunks] == [3, 3, 2]
    assert chunks[0].first_account_id == 0
    assert chunks[-1].last_account_id == 2**63 - 1
    assert [two.first_account_id - one.last_account_id for one, two in itertools.pairwise(chunks)] == [1, 1]
    assert ran.charges == 8
    assert {builder.balance(one) for one in accounts} == {"50.00"}
    run = ChargeRun.objects.get()
    assert run.state == "finished"
    assert run.plan == {
        "accounts": 8,
        "charges": 8,
        "amount_kop": 5200_00,
        "kinds": {"internet": {"charges": 8, "amount_kop": 5200_00}},
    }
    assert run.fact == {**run.plan, "suspensions": 0, "parked": 0}


def test_a_run_killed_between_chunks_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "CHUNK_ACCOUNTS", 3)
    accounts = many(8)
    real, calls = runs.mark_done, []

    def dies_at_the_second(*args: Any) -> None:
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(*args)

    monkeypatch.setattr(runs, "mark_done", dies_at_the_second)
    charge_run.start_from(day("2026-11-01"))
    with pytest.raises(KeyboardInterrupt):
        charge_run.run(day("2026-11-01"))
    assert [builder.balance(one) for one in accounts] == ["50.00"] * 3 + ["700.00"] * 5
    assert ChargedThrough.objects.get().on == day("2026-10-31")
    monkeypatch.setattr(runs, "mark_done", real)
    charge_run.run(day("2026-11-01"))
    assert {builder.balance(one) for one in accounts} == {"50.00"}
    assert builder.in_order() == []


def test_what_becomes_due_while_the_run_finishes_is_charged_by_it() -> None:
    (anna,) = many(1)
    vera = builder.account()
    builder.subscribe(vera, "600,00", "2026-10-31", charging="day")
    charge_run.start_from(day("2026-11-01"))
    with transaction.atomic():
        run_id = runs.open_run(day("2026-11-01")).pk
    ChargeChunk.objects.update(last_account_id=anna.id)
    builder.pay(vera, "600,00", "2026-10-31")  # just before midnight: paid until 1 November
    charge_run.run(day("2026-11-01"))
    assert ChargeRun.objects.get(id=run_id).fact["charges"] == 2
    assert len(builder.charged(vera)) == 2


def test_a_dry_run_tells_and_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "CHUNK_ACCOUNTS", 3)
    accounts = many(4)
    poor = builder.account()
    builder.active(poor, "650,00", "2026-10-10")
    dates = [day("2026-11-01"), date(2026, 11, 2), date(2026, 12, 1)]
    told = charge_run.dry_run(dates)
    assert [(one.on, one.charges, one.amount_kop, one.suspensions) for one in told] == [
        (dates[0], 4, 2600_00, 1),
        (dates[1], 0, 0, 0),
        (dates[2], 0, 0, 4),
    ]
    assert {builder.balance(one) for one in accounts} == {"700.00"}
    assert ChargeRun.objects.count() == Notice.objects.count() == 0
    assert Subscription.objects.exclude(state="active").count() == 0


def test_the_number_of_statements_of_a_chunk_does_not_grow_with_its_accounts(
    django_assert_max_num_queries: object,
) -> None:
    many(30)
    charge_run.start_from(day("2026-11-01"))
    with django_assert_max_num_queries(60):  # type: ignore[operator]
        charge_run.run(day("2026-11-01"))
