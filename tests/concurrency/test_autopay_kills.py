"""Autopay dies at each step by SIGKILL, and two ticks come at once: a cause is debited once, or not at all."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connections

from abonent.billing.tests import builder
from abonent.core import clock, db, partitions
from abonent.flows import autopay as flow
from abonent.flows import bind_card, charge_run, topup
from abonent.ledger.models import Account
from abonent.payments import autopay, autopay_rules, cards
from abonent.payments.models import Payment
from abonent.payments.models_cards import AutopayAttempt, Binding
from tests import bank as books
from tests.bank import Bank, balance, work
from tests.concurrency.mortal import Mortal, dies, parent

__all__ = ["dies", "parent"]

pytestmark = pytest.mark.committing

WORDS = cards.Words("2026-11-22", "ru", "Я согласен.")
BEFORE = autopay_rules.Rules(before_days=3, below_kop=None, sum_kop=None)
DUE = date(2026, 11, 28)
ANNOUNCED = DUE - timedelta(days=1)


@pytest.fixture
def payer(own_database: str, bank: Bank) -> Iterator[Account]:
    """27 November: 300 roubles are missing for December, a card is bound, autopay is on and has announced nothing."""
    with ExitStack() as stack:
        stack.enter_context(clock.frozen(clock.at_noon(date(2026, 11, 10))))
        partitions.ensure_ahead(date(2026, 11, 10))
        account = builder.account()
        builder.subscribe(account, "300,00", "2026-11-10")
        charge_run.start_from(date(2026, 11, 10))
        charge_run.catch_up(clock.today())
        topup.credit_cash(
            account_id=account.id, amount_kop=21_000, receipt_number="A-1", on=clock.today(), actor="cashier"
        )
        started = bind_card.start(
            account_id=account.id,
            kind="bank_card",
            submit_token=books.fresh_token(),
            return_url=books.RETURN_URL,
            words=WORDS,
            actor="700000",
            address=None,
        )
        external_id = Binding.objects.get(id=started.binding_id).external_id
        bank.control(f"payment_methods/{external_id}/bind", {"card": "pays"})
        bind_card.settle(started.binding_id)
        (card,) = cards.of_account(account.id)
        flow.switch_on(
            account_id=account.id,
            card_id=card.id,
            rules=BEFORE,
            month_limit_kop=300_000,
            words=WORDS,
            actor="700000",
            address=None,
            on=clock.today(),
        )
        stack.enter_context(clock.frozen(clock.at_noon(ANNOUNCED)))
        charge_run.catch_up(clock.today())
        yield account
        assert books.broken() == []


def assert_debited_once(payer: Account, bank: Bank) -> None:
    assert [(one.state, one.amount_kop) for one in AutopayAttempt.objects.all()] == [("paid", 30_000)]
    assert (balance(payer), len(bank.payments())) == ("300.00", 1)
    told = [one for one in books.notices(payer) if one.startswith("autopay")]
    assert told == ["autopay_on", "autopay_ahead", "autopay_paid"]


@pytest.mark.parametrize(
    "at",
    [
        "abonent.payments.autopay:lock:after",
        "abonent.payments.autopay:plan:after",
        "abonent.notifications.outbox:queue:after",
    ],
)
def test_a_kill_while_a_debit_is_announced_leaves_it_to_the_next_tick(
    dies: Mortal, payer: Account, bank: Bank, at: str
) -> None:
    dies("autopay.plan", at=at, day=ANNOUNCED, today=ANNOUNCED)
    assert AutopayAttempt.objects.count() == 0
    flow.plan(clock.today())
    with clock.frozen(clock.at_noon(DUE)):
        flow.debit_due(clock.now())
        assert_debited_once(payer, bank)


@pytest.mark.parametrize(
    ("at", "begun", "bank_knows", "recovery"),
    [
        ("abonent.payments.autopay:lock_attempt:after", False, 0, "the job"),
        ("abonent.payments.payments:open_charge:after", False, 0, "the poller"),
        ("abonent.payments.autopay:mark_debiting:after", False, 0, "the job"),
        ("abonent.flows.autopay:open_debit:after", True, 0, "the poller"),
        ("abonent.payments.gateways.yookassa:create:before", True, 0, "the job"),
        ("abonent.payments.gateways.yookassa:create:after", True, 1, "the job"),
        ("abonent.payments.gateways.yookassa:create:after", True, 1, "the poller"),
        ("abonent.payments.gateways.yookassa:create:after", True, 1, "the bank's message"),
        ("abonent.payments.payments:mark_known:after", True, 1, "the bank's message"),
        ("abonent.ledger.transfers:post:after", True, 1, "the poller"),
        ("abonent.payments.autopay:mark_paid:after", True, 1, "the job"),
    ],
)
def test_a_kill_while_a_debit_is_under_way_debits_once(
    dies: Mortal,
    payer: Account,
    bank: Bank,
    at: str,
    begun: bool,
    bank_knows: int,
    recovery: str,
) -> None:
    flow.plan(clock.today())
    dies("autopay.debit_due", at=at, day=DUE)
    assert (AutopayAttempt.objects.get().state == "debiting", len(bank.payments())) == (begun, bank_knows)
    with clock.frozen(clock.at_noon(DUE)):
        flow.debit_due(clock.now())  # the next tick never begins what has begun
        if recovery == "the bank's message" and bank.payments():
            books.hook(books.message(bank.only_payment()["id"]))
            work()
        elif recovery == "the poller":
            topup.poll_open(clock.now() + timedelta(minutes=2))
            work()
        else:
            work(ahead_seconds=60)
        if not begun or not bank_knows:
            work(ahead_seconds=60)
        assert_debited_once(payer, bank)
        work(ahead_seconds=600)
        assert_debited_once(payer, bank)


def test_a_kill_after_the_commit_changes_nothing_more(dies: Mortal, payer: Account, bank: Bank) -> None:
    flow.plan(clock.today())
    dies("autopay.debit_due", at="abonent.flows.settling:apply:after", day=DUE)
    with clock.frozen(clock.at_noon(DUE)):
        flow.debit_due(clock.now())
        work(ahead_seconds=600)
        assert_debited_once(payer, bank)


def at_once(*verbs: Callable[[], Any]) -> None:
    gate, failures = threading.Barrier(len(verbs)), []

    def run(verb: Callable[[], Any]) -> None:
        try:
            gate.wait(30)
            verb()
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(verb,)) for verb in verbs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if failures:
        raise failures[0]


def test_two_ticks_at_once_announce_and_debit_once(payer: Account, bank: Bank) -> None:
    at_once(*[lambda: flow.plan(ANNOUNCED)] * 4)
    assert AutopayAttempt.objects.count() == 1
    with clock.frozen(clock.at_noon(DUE)):
        at_once(*[lambda: flow.debit_due(clock.now())] * 4)
        assert_debited_once(payer, bank)


def test_without_the_lock_the_database_still_refuses_a_second_attempt_of_a_cause(payer: Account) -> None:
    flow.plan(clock.today())
    first = AutopayAttempt.objects.get()
    found = autopay.of_account(payer.id)
    assert found is not None
    with db.atomic():
        again = autopay.plan(
            found, rule=first.rule, cause=first.cause, amount_kop=1, due_on=first.due_on, at=clock.now()
        )
    assert again is None
    assert AutopayAttempt.objects.count() == 1


def test_unbinding_and_debiting_at_once_debit_once_or_not_at_all(payer: Account, bank: Bank) -> None:
    flow.plan(clock.today())
    (card,) = cards.of_account(payer.id)
    with clock.frozen(clock.at_noon(DUE)):
        at_once(
            lambda: flow.debit_due(clock.now()),
            lambda: bind_card.unbind(account_id=payer.id, card_id=card.id, actor="700000"),
        )
        work(ahead_seconds=60)
        attempt = AutopayAttempt.objects.get()
        paid = Payment.objects.filter(card=card, state="succeeded").count()
        assert (attempt.state, paid, balance(payer), len(bank.payments())) in {
            ("paid", 1, "300.00", 1),
            ("dropped", 0, "0.00", 0),
            ("declined", 0, "0.00", 0),
        }
    card.refresh_from_db()
    assert card.token is None
