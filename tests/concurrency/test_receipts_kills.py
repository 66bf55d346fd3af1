"""The process dies at each step of a receipt: each payment and month is told to the tax service once."""

from collections.abc import Iterator
from datetime import date

import pytest

from abonent.billing.tests import builder
from abonent.core import clock, db, partitions
from abonent.flows import charge_run, receipt_offsets
from abonent.ledger.models import Account
from abonent.payments.models_receipts import OffsetMonth, Receipt, ReceiptKind
from tests import bank as books
from tests import register as receipts
from tests.bank import TODAY, Bank, balance
from tests.concurrency.mortal import Mortal, dies, parent
from tests.register import printed, register

__all__ = ["dies", "parent", "printed", "register"]

pytestmark = pytest.mark.committing
DECEMBER = date(2026, 12, 1)


@pytest.fixture
def payer(own_database: str) -> Iterator[Account]:
    with clock.frozen(clock.at_noon(TODAY)):
        partitions.ensure_ahead(TODAY)
        account = builder.account()
        with db.atomic():
            receipts.reach(account, email="anna@example.ru")
        yield account
        assert books.broken() == []


@pytest.fixture
def through_atol(payer: Account, request: pytest.FixtureRequest) -> Bank:
    found: Bank = request.getfixturevalue("register")
    return found


@pytest.fixture
def through_the_bank(payer: Account, request: pytest.FixtureRequest) -> Bank:
    found: Bank = request.getfixturevalue("printed")
    return found


def states() -> list[str]:
    return [str(one.state) for one in Receipt.objects.order_by("id")]


@pytest.mark.parametrize(
    "at",
    ["abonent.payments.receipts:queue:after", "abonent.flows.receipting:for_payment:after"],
)
def test_a_kill_while_money_is_credited_leaves_neither_money_nor_receipt(
    dies: Mortal, payer: Account, through_atol: Bank, at: str
) -> None:
    words = {"account_id": payer.id, "amount_kop": 500_00, "receipt_number": "A-1", "on": TODAY, "actor": "cashier"}
    dies("topup.credit_cash", at=at, **words)
    assert (balance(payer), states()) == ("0.00", [])
    receipts.cash(payer, "500,00")
    receipts.deliver()
    assert (balance(payer), states(), len(receipts.documents(through_atol))) == ("500.00", ["done"], 1)


@pytest.mark.parametrize(
    ("at", "state", "known_there"),
    [
        ("abonent.payments.receipts:claim:after", "queued", 0),
        ("abonent.payments.receipts:keep_content:after", "queued", 0),
        ("abonent.payments.gateways.atol:register:before", "queued", 0),
        ("abonent.payments.gateways.atol:register:after", "queued", 1),  # it has it, we do not know
        ("abonent.payments.receipts:mark_sent:after", "sent", 1),
    ],
)
def test_a_kill_while_a_receipt_is_handed_over_leaves_one_document(
    dies: Mortal, payer: Account, through_atol: Bank, at: str, state: str, known_there: int
) -> None:
    receipts.cash(payer, "500,00")
    dies("receipt_delivery.deliver", at=at)
    assert (states(), len(receipts.documents(through_atol))) == ([state], known_there)
    receipts.deliver()
    (document,) = receipts.documents(through_atol)
    assert (states(), document["external_id"]) == (["done"], receipts.only().key)


@pytest.mark.parametrize(
    ("at", "state"),
    [
        ("abonent.payments.gateways.atol:report:after", "sent"),
        ("abonent.payments.receipts:mark_done:before", "sent"),
        ("abonent.payments.receipts:mark_done:after", "done"),
    ],
)
def test_a_kill_while_it_is_asked_about_changes_no_document(
    dies: Mortal, payer: Account, through_atol: Bank, at: str, state: str
) -> None:
    receipts.cash(payer, "500,00")
    receipts.once()
    assert states() == ["sent"]
    receipts.due_now()
    dies("receipt_delivery.deliver", at=at)
    assert states() == [state]
    receipts.deliver()
    assert (states(), len(receipts.documents(through_atol))) == (["done"], 1)


@pytest.mark.parametrize(
    ("at", "queued", "decided"),
    [
        ("abonent.payments.receipts:queue:after", 0, 0),
        ("abonent.flows.receipt_offsets:_queue:after", 0, 0),
        ("abonent.flows.receipt_offsets:_offset:after", 1, 0),  # committed; the month is not marked yet
        ("abonent.flows.receipt_offsets:offset_due:after", 1, 1),
    ],
)
def test_a_kill_while_a_month_is_offset_offsets_it_once(
    dies: Mortal, payer: Account, through_atol: Bank, at: str, queued: int, decided: int
) -> None:
    """300 × 21 ÷ 30 = 210 of November's 500 were spent."""
    charge_run.start_from(TODAY)
    builder.subscribe(payer, "300,00", str(TODAY))
    receipts.cash(payer, "500,00")
    with clock.frozen(clock.at_noon(DECEMBER)):
        receipts.month_passes(DECEMBER)
        dies("receipt_offsets.offset_due", at=at, day=DECEMBER, today=DECEMBER)
        assert (Receipt.objects.filter(kind=ReceiptKind.OFFSET).count(), OffsetMonth.objects.count()) == (
            queued,
            decided,
        )
        assert receipt_offsets.offset_due(DECEMBER) == 1 - queued
        assert receipt_offsets.offset_due(DECEMBER) == 0
        receipts.deliver()
    offset = Receipt.objects.get(kind=ReceiptKind.OFFSET)
    assert (offset.amount_kop, states(), len(receipts.documents(through_atol))) == (210_00, ["done", "done"], 2)


@pytest.mark.parametrize(
    "at",
    [
        "abonent.payments.gateways.yookassa_receipts:create:before",
        "abonent.payments.gateways.yookassa_receipts:create:after",
    ],
)
def test_a_kill_while_the_bank_prints_an_offset_leaves_one(
    dies: Mortal, payer: Account, through_the_bank: Bank, at: str
) -> None:
    charge_run.start_from(TODAY)
    builder.subscribe(payer, "300,00", str(TODAY))
    receipts.paid(payer, through_the_bank)
    receipts.deliver()
    with clock.frozen(clock.at_noon(DECEMBER)):
        receipts.month_passes(DECEMBER)
        assert receipt_offsets.offset_due(DECEMBER) == 1
        dies("receipt_delivery.deliver", at=at, day=DECEMBER)
        receipts.deliver()
    assert (states(), len(through_the_bank.control("receipts"))) == (["done", "done"], 2)
