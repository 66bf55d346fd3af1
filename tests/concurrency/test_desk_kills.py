"""The process dies at each step of a refund, or of an act on many, by SIGKILL: what was to be done is done once."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import transaction

from abonent.billing import debts
from abonent.billing.models import DebtStep
from abonent.billing.tests import builder, owing
from abonent.core import clock, partitions
from abonent.core.models import BatchFile, BatchRow
from abonent.flows import batching, refunding, topup
from abonent.identity import users
from abonent.ledger.models import Account
from abonent.notifications.models import Notice
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


@pytest.fixture
def three_who_owe(own_database: str) -> Iterator[list[Account]]:
    with clock.frozen(clock.at_noon(TODAY)):
        partitions.ensure(date(2025, 12, 1), TODAY)
        made = []
        for _ in range(3):
            account = builder.account()
            owing.owe(account, "400,00", "2025-12-01")
            made.append(account)
        debts.look(TODAY)
        yield made


def test_killed_at_each_step_every_debtor_is_told_once_and_gets_one_letter(
    dies: Mortal, three_who_owe: list[Account]
) -> None:
    with transaction.atomic():
        by = users.create_staff("accountant", role="accountant", password="demo-staff")
    steps = (
        ("notice", ("abonent.billing.debts:take_step:after", "abonent.core.batches:mark:after")),
        ("letter", ("abonent.core.batches:mark:before", "abonent.core.batches:keep_file:after")),
    )
    for kind, places in steps:
        batch = batching.draw(f"debtors.{kind}", chosen=debts.Choice()._asdict(), params={}, why="x", by=by)
        assert batch.planned == 3, kind
        batching.confirm(batch.pk, by="accountant", address=None)
        for at in places:
            dies("batching.work", at=at, batch_id=batch.pk)
        batching.work(batch.pk)
        assert set(BatchRow.objects.filter(batch=batch).values_list("state", flat=True)) == {"done"}
        assert DebtStep.objects.filter(stage=kind).count() == 3
        assert Notice.objects.filter(kind=f"debt_{kind}").count() == 3
        DebtStep.objects.update(on=date(2026, 1, 1))  # long ago: the next stage's turn
    assert [(one.number, one.rows) for one in BatchFile.objects.all()] == [(1, 3)]
