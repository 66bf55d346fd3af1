"""Payments, resumes and runs at the same moment: each race is shown without its guard first."""

import functools
import random
import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg
import pytest
from django.db import connections, transaction

from abonent.billing import charges, charging, runs
from abonent.billing.models import Charge, ChargeChunk, ChargedThrough, ChargeRun, Subscription
from abonent.billing.tests import builder
from abonent.billing.tests.builder import day
from abonent.core import db, partitions
from abonent.flows import charge_run, verify
from abonent.ledger import accounts as ledger_accounts
from abonent.ledger import transfers
from abonent.ledger.models import Account, Transfer
from abonent.notifications.models import Notice
from tests.concurrency.processes import wait_for
from tests.concurrency.test_payments_races import at_once

pytestmark = pytest.mark.committing

ON = date(2026, 12, 1)
WITHIN_SECONDS = 30


@pytest.fixture
def boris(own_database: str) -> Account:
    """Paid for November, no money for December."""
    partitions.ensure(date(2026, 11, 1), date(2027, 1, 1))  # making one waits for every open payment
    boris = builder.account()
    builder.active(boris, "600,00", "2026-11-01")
    charge_run.start_from(ON)
    return boris


def broken() -> list[str]:
    """What `verify` says; the builder's payments have no row in payments."""
    return [line for line in verify.problems() if "payment" not in line]


class Beside:
    """A verb in a thread and on a connection of its own, begun by `go`; `done` waits for it."""

    def __init__(self, verb: Callable[[], Any]) -> None:
        self.failures: list[BaseException] = []
        self.verb = verb
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self.verb()
        except BaseException as error:
            self.failures.append(error)
        finally:
            connections.close_all()

    def go(self) -> None:
        self.thread.start()

    def done(self) -> None:
        self.thread.join(WITHIN_SECONDS)
        assert not self.thread.is_alive()
        if self.failures:
            raise self.failures[0]

    def waits_for_a_lock(self, dsn: str) -> bool:
        """Whether somebody stands in the database's queue for a lock, or the verb has ended."""
        with psycopg.connect(dsn) as own:
            waiting = own.execute(
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
            ).fetchone()
        assert waiting is not None
        return bool(waiting[0]) or not self.thread.is_alive()


def pay_while_the_run_writes(boris: Account, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run has decided that nothing is covered; before it writes, Boris pays."""
    payment = Beside(lambda: builder.pay(boris, "700,00", "2026-12-01"))
    real = charges.write

    def write(*args: Any, **kwargs: Any) -> Any:
        if threading.current_thread() is not threading.main_thread():
            return real(*args, **kwargs)  # the payment's own resume
        payment.go()
        wait_for(lambda: payment.waits_for_a_lock(dsn))
        return real(*args, **kwargs)

    monkeypatch.setattr(charges, "write", write)
    charge_run.run(ON)
    payment.done()


def test_without_the_accounts_lock_who_pays_during_the_run_stays_suspended(
    own_database: str, boris: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charging, "_LOCK_DUE", charging._LOCK_DUE.replace("for no key update of a", ""))
    pay_while_the_run_writes(boris, own_database, monkeypatch)
    assert builder.balance(boris) == "700.00"
    assert Subscription.objects.get().state == "suspended"  # paid, and nobody resumes him


def test_who_pays_during_the_run_is_resumed_at_once(
    own_database: str, boris: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    pay_while_the_run_writes(boris, own_database, monkeypatch)
    assert builder.balance(boris) == "100.00"
    assert Subscription.objects.get().state == "active"
    assert builder.charged(boris)[-1] == ("2026-12-01", "2027-01-01", "600.00")
    assert Notice.objects.count() == 1  # he was suspended for a moment, and told so
    assert broken() == []


def run_while_a_payment_commits(boris: Account, dsn: str) -> None:
    """The run meets a payment that has the account already and commits a moment later."""
    run = Beside(lambda: charge_run.run(ON))
    with transaction.atomic():
        builder.pay(boris, "700,00", "2026-11-30")
        run.go()
        wait_for(lambda: run.waits_for_a_lock(dsn))
    run.done()


def test_lock_and_look_in_one_statement_do_not_see_the_payment(own_database: str, boris: Account) -> None:
    """Why the chunk locks first and asks in the next statement: one statement looks from before its wait."""
    seen = []

    def lock_and_look() -> None:
        with transaction.atomic():
            locked = "select id from ledger_account where id = %s for no key update"
            (row,) = db.rows(
                f"with locked as ({locked}) select a.balance_kop from ledger_account a join locked using (id)",
                [boris.id],
            )
            (after,) = db.rows("select balance_kop from ledger_account where id = %s", [boris.id])
            seen.extend([row["balance_kop"], after["balance_kop"]])

    looking = Beside(lock_and_look)
    with transaction.atomic():
        builder.pay(boris, "700,00", "2026-11-30")
        looking.go()
        wait_for(lambda: looking.waits_for_a_lock(own_database))
    looking.done()
    assert seen == [0, 700_00]


def test_a_payment_between_lock_and_decision_is_seen(own_database: str, boris: Account) -> None:
    run_while_a_payment_commits(boris, own_database)
    assert builder.balance(boris) == "100.00"
    assert Notice.objects.count() == 0
    assert broken() == []


@pytest.fixture
def people(boris: Account) -> list[Account]:
    """Twelve, in four chunks of three; all have the money."""
    everybody = [boris, *(builder.account() for _ in range(11))]
    for account in everybody[1:]:
        builder.active(account, "600,00", "2026-11-01")
    for account in everybody:
        builder.pay(account, "700,00", "2026-11-20")
    return everybody


def test_two_runs_at_once_take_everything_once(people: list[Account], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "CHUNK_ACCOUNTS", 3)
    one, two = at_once(*[functools.partial(charge_run.run, ON)] * 2)
    assert {builder.balance(account) for account in people} == {"100.00"}
    assert (one.charges, two.charges) == (12, 12)  # both tell of the one run
    assert ChargeRun.objects.get().fact["charges"] == 12
    facts = ChargeChunk.objects.order_by("number").values_list("fact__charges", flat=True)
    assert list(facts) == [3, 3, 3, 3]
    assert broken() == []


def test_without_the_chunk_s_lock_the_money_is_single_still_but_the_counts_lie(
    people: list[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_it = threading.Barrier(2)

    def take(run_id: int, *, wait: bool) -> ChargeChunk | None:
        chunk = ChargeChunk.objects.filter(run_id=run_id, fact__isnull=True).first()
        if chunk is not None:
            both_have_it.wait(WITHIN_SECONDS)
        return chunk

    monkeypatch.setattr(runs, "take_chunk", take)
    at_once(*[functools.partial(charge_run.run, ON)] * 2)
    assert {builder.balance(account) for account in people} == {"100.00"}
    (chunk,) = ChargeChunk.objects.all()
    assert chunk.fact is not None
    assert chunk.fact["charges"] == 0  # the second found nothing due, and wrote that down


def test_two_catch_ups_at_once_charge_each_date_once(people: list[Account]) -> None:
    at_once(*[functools.partial(charge_run.catch_up, date(2026, 12, 5))] * 2)
    assert Charge.objects.filter(period_start=ON).count() == 12
    assert ChargeRun.objects.filter(state="finished").count() == 5
    assert ChargedThrough.objects.get().on == date(2026, 12, 5)
    assert broken() == []


def test_payments_during_a_run_are_neither_lost_nor_doubled(
    people: list[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "CHUNK_ACCOUNTS", 2)
    poor = [builder.account() for _ in range(6)]
    for account in poor:
        builder.active(account, "600,00", "2026-11-01")
    order = [*people, *poor] * 3
    random.Random(5).shuffle(order)

    def pay(mine: list[Account]) -> None:
        for account in mine:
            builder.pay(account, "200,00", "2026-12-01")

    at_once(
        lambda: charge_run.run(ON),
        lambda: charge_run.run(ON),
        lambda: pay(order[::2]),
        lambda: pay(order[1::2]),
    )
    assert {builder.balance(account) for account in people} == {"700.00"}  # 700 + 3 × 200 − 600
    assert {builder.balance(account) for account in poor} == {"0.00"}
    assert set(Subscription.objects.values_list("state", flat=True)) == {"active"}
    assert broken() == []


def pay_before_midnight_while_the_run_finishes(vera: Account, dsn: str) -> None:
    """The payment takes 30 November's day and commits when the run of 1 December is at its end."""
    run = Beside(lambda: charge_run.run(ON))
    with transaction.atomic():
        builder.pay(vera, "600,00", "2026-11-30")
        run.go()
        wait_for(lambda: run.waits_for_a_lock(dsn))
    run.done()


@pytest.fixture
def vera(own_database: str) -> Account:
    """Waits for her first payment: charged by the day."""
    partitions.ensure(date(2026, 11, 1), date(2027, 1, 1))  # making one waits for every open payment
    vera = builder.account()
    builder.subscribe(vera, "600,00", "2026-11-30", charging="day")
    charge_run.start_from(ON)
    return vera


def test_without_the_hold_a_payment_of_the_last_minute_is_overlooked_by_the_run(
    own_database: str, vera: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "hold_charged_through", runs.charged_through)
    pay_before_midnight_while_the_run_finishes(vera, own_database)
    assert any(line.startswith("what works is paid beyond the last date") for line in broken())


def test_a_payment_of_the_last_minute_is_charged_by_the_run_that_finishes(own_database: str, vera: Account) -> None:
    pay_before_midnight_while_the_run_finishes(vera, own_database)
    assert [start for start, _, _ in builder.charged(vera)] == ["2026-11-30", "2026-12-01"]
    assert broken() == []


def test_two_payments_at_once_resume_once(boris: Account) -> None:
    charge_run.run(ON)
    first, second = at_once(
        lambda: builder.pay(boris, "400,00", "2026-12-11"), lambda: builder.pay(boris, "400,00", "2026-12-11")
    )
    assert sorted([first.charged_kop, second.charged_kop]) == [0, 406_45]  # 21 of 31 days
    assert builder.balance(boris) == "393.55"
    assert broken() == []


def test_one_key_in_eight_threads_moves_once_and_answers_the_same(boris: Account) -> None:
    def post() -> transfers.Posted:
        with transaction.atomic():
            return transfers.post(
                key="payment:test:same",
                debit_id=ledger_accounts.house_id("clearing:cash"),
                credit_id=boris.id,
                amount_kop=500_00,
                on=day("2026-11-20"),
                reason="payment",
            )

    answers = at_once(*[post] * 8)
    assert builder.balance(boris) == "500.00"
    assert len({(one.on, one.id) for one in answers}) == 1
    assert sorted(one.repeated for one in answers) == [False] + [True] * 7


def test_money_moved_to_and_fro_at_once_meets_no_deadlock(boris: Account) -> None:
    anna = builder.account()
    builder.pay(boris, "100,00", "2026-11-20")
    builder.pay(anna, "100,00", "2026-11-20")

    def move(number: int, debit_id: int, credit_id: int) -> None:
        with transaction.atomic():
            transfers.post(
                key=f"move:{debit_id}:{number}",
                debit_id=debit_id,
                credit_id=credit_id,
                amount_kop=1_00,
                on=day("2026-11-20"),
                reason="move",
            )

    def many(debit_id: int, credit_id: int) -> None:
        for number in range(30):
            move(number, debit_id, credit_id)

    at_once(lambda: many(boris.id, anna.id), lambda: many(anna.id, boris.id))
    assert (builder.balance(boris), builder.balance(anna)) == ("100.00", "100.00")
    assert Transfer.objects.filter(reason="move").count() == 60


def test_a_reused_key_s_alarm_outlives_its_transaction(own_database: str, boris: Account) -> None:
    def post(amount_kop: int) -> None:
        with transfers.alarm_on_refusal(), db.atomic():
            transfers.post(
                key="payment:test:same",
                debit_id=ledger_accounts.house_id("clearing:cash"),
                credit_id=boris.id,
                amount_kop=amount_kop,
                on=day("2026-11-20"),
                reason="payment",
            )

    post(500_00)
    with pytest.raises(transfers.KeyReusedWithOtherBody):
        post(700_00)
    with psycopg.connect(own_database) as own:  # as another process sees it
        assert own.execute("select key from core_alarm").fetchall() == [("ledger_key:payment:test:same",)]
        assert own.execute("select count(*) from ledger_transfer where amount_kop = 70000").fetchone() == (0,)
