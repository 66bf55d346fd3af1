"""The charge run's mechanics: chunks, plans, parked accounts, a kill between chunks, the dry run."""

import itertools
from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from abonent.billing import rules, runs
from abonent.billing.models import ChargeChunk, ChargedThrough, ChargeRun, ParkedAccount, Subscription
from abonent.billing.tests import builder
from abonent.billing.tests.builder import day
from abonent.core import partitions
from abonent.core.models import Alarm
from abonent.flows import charge_run
from abonent.flows.tests.test_charge_run import run_to
from abonent.ledger.models import Account
from abonent.notifications.models import Notice

pytestmark = pytest.mark.django_db


def test_accounts_that_make_no_sense_are_parked_and_stop_nobody() -> None:
    anna, boris, vera, daria = (builder.account() for _ in range(4))
    for account in (anna, boris, vera, daria):
        builder.active(account, "650,00", "2026-10-10")
        builder.pay(account, "700,00", "2026-10-20")
    Subscription.objects.filter(account=boris).update(paid_until=day("2026-10-15"))
    Subscription.objects.filter(account=vera).update(price_kop=rules.MAX_PRICE_KOP + 1)
    Subscription.objects.filter(account=daria).update(charging="weekly")
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
    assert "charged by «weekly»" in reasons[daria.id]
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


def many(count: int, on: str = "2026-10-10") -> list[Account]:
    """Each is paid to the month's end and has 700 more."""
    accounts = [builder.account(signed_on=day(on)) for _ in range(count)]
    for account in accounts:
        builder.active(account, "650,00", on)
        builder.pay(account, "700,00", on)
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
    told = {
        "accounts": 8,
        "charges": 8,
        "amount_kop": 5200_00,
        "suspensions": 0,
        "kinds": {"internet": {"charges": 8, "amount_kop": 5200_00}},
    }
    assert {key: run.plan[key] for key in told} == told
    assert run.fact == {**told, "parked": 0}
    assert [chunk.plan_kop for chunk in chunks] == [1950_00, 1950_00, 1300_00]


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


def test_the_number_of_statements_of_a_run_does_not_grow_with_its_accounts() -> None:
    partitions.ensure(day("2026-10-01"), day("2027-02-01"))
    few = many(3)
    run_to("2026-11-30", "2026-11-01")
    with CaptureQueriesContext(connection) as for_three:
        (ran,) = run_to("2026-12-01")
    assert (ran.accounts, ran.suspensions) == (3, 3)
    for account in [*few, *many(27, "2026-12-02")]:
        builder.pay(account, "700,00", "2026-12-31")
    run_to("2026-12-31")
    with CaptureQueriesContext(connection) as for_thirty:
        (ran,) = run_to("2027-01-01")
    assert (ran.accounts, ran.charges) == (30, 30)
    assert len(for_thirty) <= len(for_three)  # who is suspended costs some statements, three or three thousand
