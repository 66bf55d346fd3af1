"""The process dies at each step of a refund, by SIGKILL: afterwards the money has gone back once, or not at all."""

from collections.abc import Iterator
from typing import Any

import pytest

from abonent.billing.tests import builder
from abonent.core import clock, partitions
from abonent.flows import refunding, topup
from abonent.ledger.models import Account
from abonent.payments.models import Payment
from abonent.payments.models_desk import CashOrder, Refund
from tests import bank as books
from tests.bank import TODAY, Bank, balance, start, work
from tests.concurrency.mortal import Mortal, dies, parent

__all__ = ["dies", "parent"]

pytestmark = pytest.mark.committing
TOKEN = "token-refund"


@pytest.fixture
def payer(own_database: str) -> Iterator[Account]:
    with clock.frozen(clock.at_noon(TODAY)):
        partitions.ensure_ahead(TODAY)
        yield builder.account()
        assert books.broken() == []


@pytest.fixture
def payment(payer: Account, bank: Bank) -> Payment:
    made = start(payer)
    bank.succeed(made.external_id)
    topup.settle(made.id)
    return books.again(made)


def words(payment: Payment) -> dict[str, Any]:
    return {
        "payment_id": payment.id,
        "amount_kop": 120_00,
        "submit_token": TOKEN,
        "actor": "accountant",
        "why": "asked",
    }


@pytest.mark.parametrize("recovery", ["the same form", "the job alone"])
@pytest.mark.parametrize(
    ("at", "the_bank_knows"),
    [
        ("abonent.payments.gateways.yookassa_refunds:create:before", 0),
        ("abonent.payments.gateways.yookassa_refunds:create:after", 1),
        ("abonent.payments.refunds:mark_known:after", 1),
        ("abonent.ledger.transfers:post:after", 1),
        ("abonent.payments.refunds:mark_taken_on:after", 1),
        ("abonent.notifications.outbox:queue:after", 1),
    ],
)
def test_a_kill_while_a_refund_is_made_leaves_one_refund(
    dies: Mortal, payer: Account, payment: Payment, bank: Bank, at: str, the_bank_knows: int, recovery: str
) -> None:
    dies("refunding.ask", at=at, **words(payment), on=TODAY)
    assert (len(bank.control("refunds")), balance(payer)) == (the_bank_knows, "500.00")
    if recovery == "the same form":
        refunding.ask(**words(payment), on=TODAY)
    else:
        work(ahead_seconds=refunding.ASK_AFTER_SECONDS[0])
    assert (Refund.objects.get().state, balance(payer), len(bank.control("refunds"))) == ("succeeded", "380.00", 1)
    assert books.notices(payer) == ["payment_received", "payment_refunded"]


@pytest.mark.parametrize("at", ["abonent.payments.refunds:open_refund:after", "abonent.core.audit:record:after"])
def test_a_kill_before_the_row_stands_leaves_nothing(
    dies: Mortal, payer: Account, payment: Payment, bank: Bank, at: str
) -> None:
    dies("refunding.ask", at=at, **words(payment), on=TODAY)
    assert (bank.control("refunds"), Refund.objects.count(), balance(payer)) == ([], 0, "500.00")


@pytest.mark.parametrize(
    "at",
    [
        "abonent.payments.refunds:open_refund:after",
        "abonent.ledger.transfers:post:after",
        "abonent.payments.refunds:mark_taken_on:after",
        "abonent.payments.cash_orders:take_out:after",
    ],
)
def test_a_kill_at_the_cash_desk_gives_nothing_back_and_takes_no_number(
    dies: Mortal, payer: Account, bank: Bank, at: str
) -> None:
    from abonent.flows import cash_desk

    cash_desk.open_shift(opening_kop=0, actor="accountant")
    taken = cash_desk.take(
        account_id=payer.id, amount_kop=500_00, submit_token="token-take", on=TODAY, actor="cashier"
    )  # fmt: skip
    assert taken.payment_id is not None
    payment = Payment.objects.get(id=taken.payment_id)
    dies("cash_desk.give_back", at=at, **words(payment), on=TODAY)
    assert (balance(payer), CashOrder.objects.filter(kind="out").count()) == ("500.00", 0)
    assert cash_desk.give_back(**words(payment), on=TODAY).number == 1
    assert balance(payer) == "380.00"
