"""The process dies at each step of a payment, by SIGKILL: afterwards the money has come once, or not at all."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from abonent.billing.tests import builder
from abonent.core import clock, partitions
from abonent.flows import topup
from abonent.ledger.models import Account
from abonent.payments.models import Payment, PaymentState, RawEvent
from tests import bank as books
from tests.bank import TODAY, Bank, again, balance, hook, message, start, told, work
from tests.concurrency.mortal import Mortal, dies, parent

pytestmark = pytest.mark.committing

__all__ = ["dies", "parent"]


@pytest.fixture
def payer(own_database: str) -> Iterator[Account]:
    """Waits for money: 300 roubles a month, of which 21 days of 30 are left."""
    with clock.frozen(clock.at_noon(TODAY)):
        partitions.ensure_ahead(TODAY)
        account = builder.account()
        builder.subscribe(account, "300,00", str(TODAY))
        yield account
        assert books.broken() == []


def assert_credited_once(payer: Account) -> None:
    assert balance(payer) == "290.00"  # 500 − 300 × 21 ÷ 30
    assert books.notices(payer) == ["payment_received", "activated"]
    assert told(payer) == ["pending", "succeeded"]
    payment = Payment.objects.get()
    assert (payment.state, payment.on) == (PaymentState.SUCCEEDED, TODAY)


@pytest.mark.parametrize("recovery", ["the same form", "the job alone"])
@pytest.mark.parametrize(
    ("at", "the_bank_knows"),
    [
        ("abonent.payments.gateways.yookassa:create:before", 0),
        ("abonent.payments.gateways.yookassa:create:after", 1),
        ("abonent.payments.payments:mark_known:after", 1),
        ("abonent.payments.payments:mark_pending:after", 1),
        ("abonent.flows.crediting:publish:after", 1),
        ("abonent.flows.settling:apply:after", 1),
    ],
)
def test_a_kill_while_a_payment_begins_leaves_one_payment(
    dies: Mortal, payer: Account, bank: Bank, at: str, the_bank_knows: int, recovery: str
) -> None:
    token = books.fresh_token()
    dies(
        "topup.start",
        at=at,
        account_id=payer.id,
        amount_kop=50_000,
        submit_token=token,
        return_url=books.RETURN_URL,
    )
    assert (len(bank.payments()), Payment.objects.count()) == (the_bank_knows, 1)
    if recovery == "the same form":
        payment = start(payer, "500,00", token)
    else:
        work(ahead_seconds=topup.ASK_AFTER_SECONDS[topup.UNATTENDED])
        payment = Payment.objects.get()
    assert (payment.state, payment.external_id) == (PaymentState.PENDING, bank.only_payment()["id"])
    bank.succeed(payment.external_id)
    hook(message(payment.external_id))
    work()
    assert_credited_once(payer)


def test_a_kill_before_the_row_stands_leaves_nothing(dies: Mortal, payer: Account, bank: Bank) -> None:
    dies(
        "topup.start",
        at="abonent.payments.payments:open_card:after",
        account_id=payer.id,
        amount_kop=50_000,
        submit_token=books.fresh_token(),
        return_url=books.RETURN_URL,
    )
    assert (bank.payments(), Payment.objects.count(), work()) == ([], 0, 0)


@pytest.mark.parametrize(
    ("at", "recovery"),
    [
        ("abonent.payments.gateways.yookassa:get:after", "settled again"),
        ("abonent.payments.payments:lock:after", "a message"),
        ("abonent.payments.payments:mark_known:after", "the poller"),
        ("abonent.payments.payments:mark_dated:after", "settled again"),
        ("abonent.ledger.transfers:post:before", "a message"),
        ("abonent.ledger.transfers:post:after", "the poller"),
        ("abonent.payments.payments:mark_succeeded:after", "settled again"),
        ("abonent.billing.resuming:resume_seen:after", "a message"),
        ("abonent.notifications.outbox:queue:after", "the poller"),
        ("abonent.core.events:publish:after", "settled again"),
        ("abonent.flows.crediting:credit:after", "a message"),
    ],
)
def test_a_kill_between_the_banks_word_and_the_commit_is_made_good(
    dies: Mortal, payer: Account, bank: Bank, at: str, recovery: str
) -> None:
    payment = start(payer)
    bank.succeed(payment.external_id)
    dies("topup.settle", at=at, payment_id=payment.id)
    assert (balance(payer), books.notices(payer), told(payer)) == ("0.00", [], ["pending"])
    assert again(payment) == payment
    if recovery == "settled again":
        topup.settle(payment.id)
    elif recovery == "a message":
        hook(message(payment.external_id))
        work()
    else:
        topup.poll_open(clock.now() + timedelta(minutes=2))
        work()
    assert_credited_once(payer)


def test_a_kill_after_the_commit_changes_nothing_more(dies: Mortal, payer: Account, bank: Bank) -> None:
    payment = start(payer)
    bank.succeed(payment.external_id)
    dies("topup.settle", at="abonent.flows.settling:apply:after", payment_id=payment.id)
    assert_credited_once(payer)
    topup.settle(payment.id)
    hook(message(payment.external_id))
    work(ahead_seconds=600)
    assert_credited_once(payer)


@pytest.mark.parametrize(
    "at", ["abonent.payments.raw_events:keep:after", "abonent.payments.queries:by_external_id:after"]
)
def test_a_kill_while_a_message_is_taken_leaves_it_to_the_bank_to_repeat(
    dies: Mortal, payer: Account, bank: Bank, at: str
) -> None:
    payment = start(payer)
    bank.succeed(payment.external_id)
    body = json.dumps(message(payment.external_id)).encode()
    dies("topup.receive", at=at, channel="yookassa", body=body, address=None)
    assert (RawEvent.objects.count(), work()) == (0, 0)
    hook(body)
    work()
    assert_credited_once(payer)


@pytest.mark.parametrize(
    "at",
    [
        "abonent.payments.gateways.yookassa:get:after",
        "abonent.payments.payments:open_found:after",
        "abonent.flows.settling:_owner:after",
        "abonent.ledger.transfers:post:after",
    ],
)
def test_a_kill_while_a_lost_row_is_found_again_is_made_good(dies: Mortal, payer: Account, bank: Bank, at: str) -> None:
    external_id = bank.create_directly(books.body_for(payer))["id"]
    bank.succeed(external_id)
    dies("topup.settle_external", at=at, external_id=external_id, turn=0)
    assert balance(payer) == "0.00"
    hook(message(external_id))
    work()
    assert (balance(payer), Payment.objects.get().external_id) == ("290.00", external_id)
    assert books.notices(payer) == ["payment_received", "activated"]


@pytest.mark.parametrize(
    "at",
    [
        "abonent.payments.payments:open_received:after",
        "abonent.ledger.transfers:post:after",
        "abonent.flows.crediting:credit:after",
        "abonent.core.audit:record:after",
    ],
)
def test_a_kill_at_the_cash_desk_leaves_the_receipt_to_be_entered_again(
    dies: Mortal, payer: Account, bank: Bank, at: str
) -> None:
    words: dict[str, Any] = {"account_id": payer.id, "amount_kop": 50_000, "receipt_number": "A-17"}
    words |= {"on": TODAY, "actor": "cashier"}
    dies("topup.credit_cash", at=at, **words)
    assert (balance(payer), Payment.objects.count()) == ("0.00", 0)
    credited = topup.credit_cash(**words)
    assert credited is not None
    assert (balance(payer), Payment.objects.count()) == ("290.00", 1)
