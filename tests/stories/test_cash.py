"""Cash at the desk: once for a receipt, through the same door as every channel."""

from datetime import date, timedelta
from typing import Any

import pytest

from abonent.billing.tests import builder
from abonent.core.models import AuditEntry
from abonent.flows import topup
from abonent.ledger.models import Account
from abonent.payments.models import Payment
from tests import bank as books
from tests.bank import TODAY, Bank, balance, start


def cash(payer: Account, amount_kop: int = 50_000, receipt: str = "A-17", on: date = TODAY) -> bool:
    """Whether it was credited now."""
    credited = topup.credit_cash(
        account_id=payer.id, amount_kop=amount_kop, receipt_number=receipt, on=on, actor="cashier"
    )
    return credited is not None


def test_cash_is_credited_once_for_a_receipt(payer: Account) -> None:
    """lessons 22: one door for every channel, with a key of the cause."""
    assert [cash(payer), cash(payer)] == [True, False]
    assert (balance(payer), books.notices(payer)) == ("500.00", ["payment_received"])
    assert cash(payer, receipt="A-18")
    assert balance(payer) == "1000.00"
    assert AuditEntry.objects.filter(action="payments.credit_cash", actor="cashier").count() == 2


@pytest.mark.parametrize("change", [{"amount_kop": 50_001}, {"on": TODAY - timedelta(days=1)}])
def test_a_receipt_known_with_other_words_is_refused(payer: Account, change: dict[str, Any]) -> None:
    cash(payer)
    with pytest.raises(topup.ReceiptUsed):
        cash(payer, **change)
    assert balance(payer) == "500.00"


def test_a_receipt_of_another_account_is_refused(payer: Account) -> None:
    cash(payer)
    other = builder.account()
    with pytest.raises(topup.ReceiptUsed):
        cash(other)
    assert balance(other) == "0.00"


@pytest.mark.parametrize("amount_kop", [0, -1, topup.CASH_MAX_KOP + 1])
def test_a_sum_that_is_none_is_not_credited(payer: Account, amount_kop: int) -> None:
    with pytest.raises(topup.UnableToCredit):
        cash(payer, amount_kop=amount_kop)


@pytest.mark.parametrize("receipt", ["", " ", "A\0", "A" * 59, " A"])
def test_a_receipts_number_that_is_none_is_refused(payer: Account, receipt: str) -> None:
    with pytest.raises(topup.UnableToCredit):
        cash(payer, receipt=receipt)
    assert Payment.objects.count() == 0


def test_the_same_number_in_cash_and_by_card_are_two_payments(bank: Bank, payer: Account) -> None:
    payment = start(payer)
    bank.succeed(payment.external_id)
    topup.settle(payment.id)
    assert payment.external_id
    assert cash(payer, receipt=payment.external_id)
    assert balance(payer) == "1000.00"
