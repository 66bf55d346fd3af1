"""The charge run's plan, its comparison with the run before, and how it stops and goes on."""

from datetime import date
from typing import Any

import pytest

from abonent.billing import charging, run_plans, runs
from abonent.billing.models import ChargeChunk, ChargedThrough, ChargeRun, Subscription
from abonent.billing.tests import builder
from abonent.billing.tests.builder import day
from abonent.core import alarms, clock
from abonent.core.models import AuditEntry
from abonent.flows import charge_run, end_contract, pause, schedule, verify
from abonent.flows.tests.test_charge_run import run_to
from abonent.ledger.models import Account

pytestmark = pytest.mark.django_db

NOVEMBER, DECEMBER = day("2026-11-01"), day("2026-12-01")


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three accounts a chunk, and two average charges are too many to be passed over."""
    monkeypatch.setattr(runs, "CHUNK_ACCOUNTS", 3)
    monkeypatch.setattr(run_plans, "FLOOR_CHARGES", 2)


@pytest.fixture
def people() -> list[Account]:
    """Eight, with money for November and December, charged through 30 November."""
    accounts = [builder.account() for _ in range(8)]
    for account in accounts:
        builder.active(account, "500,00", "2026-10-10")
        builder.pay(account, "1200,00", "2026-10-20")
    run_to("2026-11-30", "2026-11-01")
    return accounts


def through() -> date:
    return ChargedThrough.objects.get().on


def open_alarms() -> list[str]:
    return [one.key for one in alarms.open_alarms()]


def mistype(factor: int) -> None:
    for one in Subscription.objects.all():
        Subscription.objects.filter(id=one.id).update(price_kop=one.price_kop * factor)


def test_the_plan_tells_what_will_be_charged_and_who_will_be_suspended() -> None:
    rich, poor, daily = (builder.account() for _ in range(3))
    builder.active(rich, "500,00", "2026-10-10")
    builder.active(rich, "190,00", "2026-10-10", kind="tv")
    builder.pay(rich, "690,00", "2026-10-20")
    builder.active(poor, "500,00", "2026-10-10")
    builder.active(poor, "190,00", "2026-10-10", kind="tv")
    builder.pay(poor, "400,00", "2026-10-20")  # not enough for the first: the second is suspended with it
    builder.active(daily, "620,00", "2026-10-31", charging="day")
    builder.pay(daily, "100,00", "2026-10-31")
    charge_run.start_from(NOVEMBER)
    told = charge_run.plan(NOVEMBER)
    assert (told["accounts"], told["charges"], told["suspensions"]) == (3, 3, 2)
    # 500,00 + 190,00 + 620,00 ÷ 30 = 20,66
    assert told["amount_kop"] == 710_66
    assert told["kinds"] == {
        "internet": {"charges": 2, "amount_kop": 520_66},
        "tv": {"charges": 1, "amount_kop": 190_00},
    }
    assert told["compared"] is None
    assert ChargeRun.objects.count() == 0
    ran = charge_run.run(NOVEMBER)
    assert ran.plan == told
    assert {key: ran.plan[key] for key in ("accounts", "charges", "amount_kop", "suspensions")} == {
        "accounts": ran.accounts, "charges": ran.charges, "amount_kop": ran.amount_kop, "suspensions": ran.suspensions,
    }  # fmt: skip


def test_a_date_that_brings_a_step_and_no_charge_has_a_chunk_for_it(people: list[Account]) -> None:
    run_to("2026-12-01")
    on = day("2026-12-05")
    pause.plan(account_id=people[0].pk, starts_on=on, ends_on=day("2026-12-20"), on=DECEMBER, actor="test")
    run_to("2026-12-05")
    assert Subscription.objects.get(account=people[0]).state == "paused"


def test_the_plan_knows_who_pauses_and_who_leaves_on_that_date(people: list[Account]) -> None:
    away, leaving = people[:2]
    pause.plan(account_id=away.pk, starts_on=DECEMBER, ends_on=day("2026-12-20"), on=day("2026-11-30"), actor="test")
    end_contract.plan(account_id=leaving.pk, ends_on=DECEMBER, on=day("2026-11-30"), actor="test")
    told = charge_run.plan(DECEMBER)
    assert (told["accounts"], told["charges"], told["amount_kop"]) == (8, 6, 3000_00)
    assert Subscription.objects.filter(state="active").count() == 8  # it was only a look
    charge_run.run(DECEMBER)
    assert ChargeRun.objects.get(on=DECEMBER).fact["amount_kop"] == 3000_00


def test_a_price_mistyped_for_everybody_stops_the_run_before_anything_is_charged(people: list[Account]) -> None:
    mistype(10)
    with pytest.raises(
        runs.Stopped, match=r"the run of 2026-12-01 is stopped: its plan is unlike the run of 2026-11-01"
    ):
        charge_run.catch_up(DECEMBER)
    run = ChargeRun.objects.get(on=DECEMBER)
    assert run.state == "stopped"
    # 8 × 500,00 then, 8 × 5 000,00 now.
    assert "8 charges of 4 000,00" in run.stop_reason.replace("\u00a0", " ")
    assert "8 of 40 000,00" in run.stop_reason.replace("\u00a0", " ")
    assert {builder.balance(one) for one in people} == {"700.00"}
    assert Subscription.objects.exclude(state="active").count() == 0
    assert through() == day("2026-11-30")  # so the network goes on letting everybody in
    assert open_alarms() == ["charge_run:2026-12-01:stopped:0"]


def test_a_stopped_run_waits_for_a_person_and_the_schedule_says_so_once(people: list[Account]) -> None:
    mistype(10)
    noon = clock.at_noon(DECEMBER)
    for _ in range(3):
        with clock.frozen(noon):
            assert "charge" not in schedule.tick(noon)  # it has not failed: it waits
    assert open_alarms() == ["charge_run:2026-12-01:stopped:0"]
    assert through() == day("2026-11-30")
    with pytest.raises(runs.Stopped):
        charge_run.run(DECEMBER)
    with pytest.raises(runs.MissedBefore):  # and no later date goes before it
        charge_run.run(day("2026-12-02"))


def test_an_accountable_person_lets_it_go_on(people: list[Account]) -> None:
    mistype(2)  # it was a rise of prices after all
    for one in people:
        builder.pay(one, "300,00", "2026-11-30")
    with pytest.raises(runs.Stopped):
        charge_run.run(DECEMBER)
    with clock.frozen(clock.at_noon(DECEMBER)):
        charge_run.let_go_on(DECEMBER, by="accountant", why="prices rose on 1 December")
    run = ChargeRun.objects.get(on=DECEMBER)
    assert (run.state, run.continued_by, run.continued_why) == ("running", "accountant", "prices rose on 1 December")
    assert run.continued_at == clock.at_noon(DECEMBER)
    entry = AuditEntry.objects.get(action="billing.continue_run")
    assert (entry.actor, entry.subject, entry.why) == (
        "accountant",
        "charge_run:2026-12-01",
        "prices rose on 1 December",
    )
    assert entry.new["rest"] == {"charges": 8, "amount_kop": 8000_00}
    assert open_alarms() == []
    (ran,) = charge_run.catch_up(DECEMBER)
    assert (ran.charges, ran.amount_kop) == (8, 8000_00)
    assert {builder.balance(one) for one in people} == {"0.00"}
    assert builder.in_order() == []
    assert [line for line in verify.problems() if "payment" not in line] == []


@pytest.mark.parametrize(("by", "why"), [("", "because"), ("accountant", " "), ("  ", "because")])
def test_nobody_lets_it_go_on_without_a_name_and_a_reason(people: list[Account], by: str, why: str) -> None:
    mistype(10)
    with pytest.raises(runs.Stopped):
        charge_run.run(DECEMBER)
    with pytest.raises(runs.UnableToContinue, match="say who lets the run go on, and why"):
        charge_run.let_go_on(DECEMBER, by=by, why=why)
    assert ChargeRun.objects.get(on=DECEMBER).state == "stopped"


def test_only_a_stopped_run_is_let_go_on(people: list[Account]) -> None:
    with pytest.raises(runs.UnableToContinue, match="the run of 2026-12-01 is not begun, not stopped"):
        charge_run.let_go_on(DECEMBER, by="accountant", why="why not")
    charge_run.run(DECEMBER)
    with pytest.raises(runs.UnableToContinue, match="the run of 2026-12-01 is finished, not stopped"):
        charge_run.let_go_on(DECEMBER, by="accountant", why="why not")


def drifts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Each chunk but the first charges half of what it was to: a bug, or a mass refund at that minute."""
    real, calls = charging.charge_chunk, []

    def charge_chunk(first: int, last: int, *, on: date) -> charging.Charged:
        charged = real(first, last, on=on)
        calls.append(charged.amount_kop)
        return charged if len(calls) == 1 else charged._replace(amount_kop=charged.amount_kop // 2)

    monkeypatch.setattr(charging, "charge_chunk", charge_chunk)
    return calls


def test_a_run_that_takes_other_sums_than_planned_stops_between_chunks(
    people: list[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = drifts(monkeypatch)
    monkeypatch.setattr(run_plans, "FLOOR_CHARGES", 1)
    with pytest.raises(runs.Stopped, match=r"its chunks took 2.250,00.₽ where the plan was 3.000,00.₽"):
        charge_run.run(DECEMBER)
    assert len(calls) == 2  # 1 500,00 and 750,00 of 1 500,00; the third chunk waits
    assert [builder.balance(one) for one in people] == ["200.00"] * 6 + ["700.00"] * 2
    assert through() == day("2026-11-30")
    assert open_alarms() == ["charge_run:2026-12-01:stopped:2"]


def test_what_is_done_stands_and_the_rest_is_planned_anew(
    people: list[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    drifts(monkeypatch)
    monkeypatch.setattr(run_plans, "FLOOR_CHARGES", 1)
    with pytest.raises(runs.Stopped):
        charge_run.run(DECEMBER)
    monkeypatch.undo()
    charge_run.let_go_on(DECEMBER, by="accountant", why="looked through the chunks")
    assert [
        (one.number, one.plan_kop, one.fact is not None)
        for one in ChargeChunk.objects.filter(run__on=DECEMBER).order_by("number")
    ] == [
        (1, 1500_00, True),
        (2, 750_00, True),  # what it says it took
        (3, 1000_00, False),
    ]
    charge_run.catch_up(DECEMBER)
    assert {builder.balance(one) for one in people} == {"200.00"}
    assert through() == DECEMBER


def test_a_run_drifts_within_its_tolerance_and_finishes(people: list[Account], monkeypatch: pytest.MonkeyPatch) -> None:
    """One who could not pay when it was planned pays while it goes."""
    late = builder.account()
    builder.active(late, "500,00", "2026-11-10")
    real = runs.open_run

    def open_run(*args: Any) -> ChargeRun:
        opened = real(*args)
        builder.pay(late, "500,00", "2026-12-01")
        return opened

    monkeypatch.setattr(runs, "open_run", open_run)
    ran = charge_run.run(DECEMBER)
    assert (ran.plan["charges"], ran.charges) == (8, 9)
    assert (ran.plan["suspensions"], ran.suspensions) == (1, 0)
    assert through() == DECEMBER


def test_who_was_suspended_last_month_is_no_difference(people: list[Account]) -> None:
    charge_run.run(DECEMBER)
    for date_ in range(2, 32):
        charge_run.run(day(f"2026-12-{date_:02}"))
    ran = charge_run.run(day("2027-01-01"))  # nobody has paid: 200,00 for 500,00
    assert (ran.charges, ran.suspensions) == (0, 8)
    run_to("2027-01-31")
    ran = charge_run.run(day("2027-02-01"))  # and nothing is left to be charged
    assert ran.accounts == 0
    assert ran.plan["compared"]["moved_kop"] == 0


def test_the_daily_are_compared_with_the_day_before_at_their_month_s_price() -> None:
    accounts = [builder.account() for _ in range(5)]
    for one in accounts:
        builder.active(one, "620,00", "2026-11-29", charging="day")
        builder.pay(one, "500,00", "2026-11-29")
    run_to("2026-12-01", "2026-11-30")
    # A day of November cost 20,66 or 20,67, one of December costs 20,00: the price has not moved.
    compared = ChargeRun.objects.get(on=DECEMBER).plan["compared"]
    assert compared["dates"] == ["2026-11-30"]
    assert compared["moved_kop"] == 0
    mistype(10)
    with pytest.raises(runs.Stopped, match=r"5 charges of 3.100,00.₽ then, 5 of 31.000,00.₽ now"):
        charge_run.run(day("2026-12-02"))


def test_after_an_import_the_runs_before_it_are_no_measure(people: list[Account]) -> None:
    for number in range(20):
        builder.active(builder.account(signed_on=day("2026-11-20")), f"{600 + number},00", "2026-11-20")
    runs.forget_measures()
    ran = charge_run.run(DECEMBER)
    assert ran.plan["compared"] is None
    assert ran.suspensions == 20


def test_the_database_keeps_no_stop_without_a_reason_and_no_go_without_a_name(people: list[Account]) -> None:
    from django.db import IntegrityError, transaction

    for values in ({"state": "stopped", "stop_reason": ""}, {"continued_by": "accountant"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ChargeRun.objects.filter(on=NOVEMBER).update(**values)
