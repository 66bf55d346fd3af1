"""The real engine under the other policies: anniversaries, three ways to count a part, plain days, once-only fees."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.db import transaction

from abonent.billing import charging, invariants, pauses, queries, returns
from abonent.billing.models import Charge, Subscription
from abonent.billing.tests import builder, changing
from abonent.billing.tests.builder import day
from abonent.core import db, money, partitions
from abonent.flows import charge_run

pytestmark = pytest.mark.django_db
Profile = Callable[..., None]


@pytest.fixture(autouse=True)
def profile(monkeypatch: pytest.MonkeyPatch) -> Profile:
    def change(**values: str) -> None:
        monkeypatch.setattr(settings, "PROFILE", settings.PROFILE.model_copy(update=values))

    change(billing_cycle="anniversary")
    return change


def run_through(first: str, last: str) -> None:
    """The charge runs of `[first, last]`."""
    partitions.ensure(day(first), day(last))
    charge_run.start_from(day(first))
    for n in range((day(last) - day(first)).days + 1):
        charge_run.run(day(first) + timedelta(days=n))
    assert list(invariants.problems()) == []


def anchor(subscription: Subscription) -> tuple[str, int]:
    now = builder.state(subscription)
    return str(now.paid_until), now.anchor_day


def test_who_came_on_the_31st_is_charged_on_the_last_days_and_on_the_31st_again() -> None:
    anna = builder.account()
    internet = builder.active(anna, "600,00", "2026-01-31")
    builder.pay(anna, "1900,00", "2026-02-01")
    run_through("2026-02-01", "2026-04-30")
    assert builder.charged(anna) == [
        ("2026-01-31", "2026-02-28", "600.00"),
        ("2026-02-28", "2026-03-31", "600.00"),
        ("2026-03-31", "2026-04-30", "600.00"),
        ("2026-04-30", "2026-05-31", "600.00"),
    ]
    assert (anchor(internet), builder.balance(anna)) == (("2026-05-31", 31), "100.00")


def test_resuming_costs_a_whole_period_and_the_anchor_moves_to_it() -> None:
    anna = builder.account()
    internet = builder.active(anna, "600,00", "2026-01-15")
    run_through("2026-02-14", "2026-02-15")
    assert builder.state(internet).state == "suspended"
    assert builder.pay(anna, "599,99", "2026-02-20").missing_kop == 1
    assert builder.pay(anna, "0,01", "2026-02-21").charged_kop == 600_00
    assert anchor(internet) == ("2026-03-21", 21)
    assert builder.charged(anna)[-1] == ("2026-02-21", "2026-03-21", "600.00")


def test_the_notice_of_a_suspension_names_what_resuming_costs() -> None:
    anna = builder.account()
    internet = builder.active(anna, "600,00", "2026-01-31")
    builder.subscribe(anna, "100,00", "2026-02-10", role="addon", parent=internet)
    builder.pay(anna, "64,29", "2026-02-10")  # 18 of 28 days: 64.2857
    assert builder.charged(anna)[-1] == ("2026-02-10", "2026-02-28", "64.29")
    partitions.ensure(day("2026-02-28"), day("2026-03-31"))
    with transaction.atomic():
        charged = charging.charge_chunk(anna.pk, anna.pk, on=day("2026-02-28"))
        told = db.rows(f"select account_id, missing_kop from {charging.CHANGED}")
    assert (charged.suspensions, told) == (2, [{"account_id": anna.pk, "missing_kop": 700_00}])
    assert anna.contract_id is not None
    seen = queries.overview(anna.contract_id, day("2026-02-28"))
    assert seen is not None
    assert queries.woken(seen, day("2026-02-28")).missing_kop == 700_00


def test_an_add_on_in_the_middle_takes_a_part_and_goes_on_with_its_tariff() -> None:
    anna = builder.account()
    internet = builder.active(anna, "600,00", "2026-01-15")
    router = builder.subscribe(anna, "300,00", "2026-01-20", role="addon", parent=internet)
    builder.pay(anna, "1200,00", "2026-01-20")
    assert builder.charged(anna)[-1] == ("2026-01-20", "2026-02-15", "251.61")  # 26 of 31: 251.6129
    run_through("2026-02-01", "2026-02-15")
    assert (anchor(router), anchor(internet)) == (("2026-03-15", 15), ("2026-03-15", 15))
    assert builder.balance(anna) == "48.39"


def test_a_suspended_add_on_of_a_working_tariff_keeps_to_its_periods() -> None:
    anna = builder.account()
    internet = builder.active(anna, "600,00", "2026-01-15")
    router = builder.subscribe(anna, "310,00", "2026-01-15", role="addon", parent=internet)
    builder.pay(anna, "910,00", "2026-01-15")  # 310 for it, 600 for the next period of the tariff alone
    run_through("2026-02-01", "2026-02-15")
    assert builder.state(router).state == "suspended"
    builder.pay(anna, "200,00", "2026-02-25")  # 18 of 28 days: 199.2857
    assert builder.charged(anna)[-1] == ("2026-02-25", "2026-03-15", "199.29")
    assert anchor(router) == ("2026-03-15", 15)


def test_after_a_pause_the_anchor_is_where_the_paid_days_end() -> None:
    anna = builder.account()
    internet = builder.active(anna, "600,00", "2026-01-15")
    tv = builder.subscribe(anna, "100,00", "2026-01-15", role="addon", parent=internet)
    builder.pay(anna, "900,00", "2026-01-15")
    partitions.ensure(day("2026-01-15"), day("2026-03-31"))
    with transaction.atomic():
        pauses.plan(anna.pk, starts_on=day("2026-02-01"), ends_on=day("2026-02-11"), on=day("2026-01-20"), actor="test")
    run_through("2026-01-31", "2026-02-25")
    # 14 paid days were left on 1 February; they go on from the 11th.
    assert builder.charged(anna)[-2:] == [
        ("2026-02-25", "2026-03-25", "600.00"),
        ("2026-02-25", "2026-03-25", "100.00"),
    ]
    assert (anchor(internet), anchor(tv)) == (("2026-03-25", 25), ("2026-03-25", 25))


def test_a_change_of_tariff_keeps_the_anchor() -> None:
    anna = builder.account()
    internet = builder.active(anna, "600,00", "2026-01-15")
    builder.pay(anna, "1000,00", "2026-01-15")
    quoted = changing.quote(anna, internet, builder.version("900,00"), "2026-01-25")
    # back 600 − 600 × 10 ÷ 31 = 600 − 193.55; the new one 900 × 21 ÷ 31 = 609.677
    assert changing.sums(quoted) == [("return", "-406.45"), ("charge", "609.68")]
    changing.confirm(anna, quoted, "2026-01-25")
    new = changing.now_on(anna)
    assert (str(new.paid_until), new.anchor_day) == ("2026-02-15", 15)
    assert list(invariants.problems()) == []


def test_a_planned_tariff_begins_on_the_anniversary_with_a_whole_period() -> None:
    anna = builder.account()
    builder.active(anna, "600,00", "2026-01-31")
    builder.pay(anna, "1000,00", "2026-02-01")
    change = changing.plan(anna, "900,00", "2026-02-10")
    assert str(change.effective_on) == "2026-02-28"
    changing.run_of(anna, "2026-02-28")
    assert builder.charged(anna)[-1] == ("2026-02-28", "2026-03-31", "900.00")


@pytest.mark.parametrize(
    ("policy", "part", "back"),
    [
        ("period", "503.23", "309.68"),  # 26 of 31: 503.226; used 10 of 31: 193.548
        ("calendar_month", "532.26", "338.71"),  # 12 of 31 + 14 of 28: 532.258; used 10 of 31: 193.548
        ("thirty", "500.00", "300.00"),  # 25 of 30; used 10 of 30
    ],
)
def test_a_return_is_counted_by_the_policy_of_its_charge(profile: Profile, policy: str, part: str, back: str) -> None:
    profile(proration_days=policy)
    anna = builder.account()
    internet = builder.active(anna, "100,00", "2026-01-15")
    tv = builder.subscribe(anna, "600,00", "2026-01-20", role="addon", parent=internet)
    builder.pay(anna, "600,00", "2026-01-20")
    assert builder.charged(anna)[-1] == ("2026-01-20", "2026-02-15", part)
    profile(proration_days="thirty" if policy == "period" else "period")
    with transaction.atomic():
        came_back_kop = returns.give_back(builder.state(tv), on=day("2026-01-30"), reason="test")
    assert money.plain(came_back_kop) == back
    assert list(invariants.problems()) == []


def test_a_daily_tariff_costs_its_calendar_month_and_its_anchor_is_the_day_it_began() -> None:
    vera = builder.account()
    internet = builder.active(vera, "620,00", "2026-01-31", charging="day")
    builder.pay(vera, "700,00", "2026-01-31")
    run_through("2026-02-01", "2026-02-28")
    assert sum(one.amount_kop for one in Charge.objects.filter(account=vera, period_start__month=2)) == 620_00
    assert anchor(internet) == ("2026-03-01", 31)


def test_a_plain_day_costs_its_price_in_every_month() -> None:
    vera = builder.account()
    internet = builder.active(vera, "25,00", "2026-02-27", charging="per_day")
    builder.pay(vera, "60,00", "2026-02-27")
    run_through("2026-02-28", "2026-03-02")
    assert builder.charged(vera) == [
        ("2026-02-27", "2026-02-28", "25.00"),
        ("2026-02-28", "2026-03-01", "25.00"),
        ("2026-03-01", "2026-03-02", "25.00"),
    ]
    assert builder.state(internet).state == "suspended"
    assert builder.balance(vera) == "10.00"


@pytest.mark.parametrize("cycle", ["calendar", "anniversary"])
def test_what_is_charged_once_is_taken_whole_ends_and_never_comes_back(profile: Profile, cycle: str) -> None:
    profile(billing_cycle=cycle)
    anna = builder.account()
    internet = builder.active(anna, "600,00", "2026-01-15")
    setup = builder.subscribe(anna, "500,00", "2026-01-20", charging="once", role="addon", parent=internet)
    assert builder.pay(anna, "499,99", "2026-01-20").missing_kop == 1
    assert builder.state(setup).state == "waiting"
    assert builder.pay(anna, "0,01", "2026-01-21").missing_kop == 0
    done = builder.state(setup)
    assert (done.state, done.ended_on, done.paid_until) == ("ended", date(2026, 1, 21), date(2026, 1, 22))
    assert builder.charged(anna)[-1] == ("2026-01-21", "2026-01-22", "500.00")
    assert returns.would_return(done, day("2026-01-21")) == []
    assert builder.pay(anna, "5000,00", "2026-01-22").charged_kop == 0
    run_through("2026-01-23", "2026-01-24")
    assert Charge.objects.filter(subscription=setup).count() == 1


def test_what_is_charged_once_may_be_taken_by_the_run() -> None:
    anna = builder.account()
    internet = builder.active(anna, "600,00", "2026-01-15")
    setup = builder.subscribe(anna, "500,00", "2026-01-20", charging="once", role="addon", parent=internet)
    Subscription.objects.filter(id=setup.id).update(state="active", paid_until=day("2026-02-15"))
    builder.pay(anna, "1200,00", "2026-01-20")
    run_through("2026-02-14", "2026-02-16")
    assert (builder.state(setup).state, builder.state(setup).ended_on) == ("ended", date(2026, 2, 15))
    assert builder.balance(anna) == "100.00"
