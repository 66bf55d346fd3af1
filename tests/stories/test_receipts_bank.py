"""Receipts through the bank: inside its payments, and of its own for the months' offsets."""

from datetime import date

import pytest

from abonent.billing.tests import builder
from abonent.core import clock
from abonent.flows import charge_run, receipt_offsets, refunding, verify
from abonent.ledger.models import Account
from abonent.payments.models_receipts import Receipt, ReceiptKind, ReceiptState
from tests.bank import TODAY, Bank, fresh_token
from tests.register import cash, deliver, month_passes, number_of, once, only, paid

pytestmark = pytest.mark.django_db


def test_a_card_payment_carries_its_receipt_and_is_registered(anna: Account, printed: Bank) -> None:
    payment = paid(anna, printed)
    carried = payment.request["receipt"]
    assert carried["customer"] == {"email": "anna@example.ru", "phone": "79161234567"}
    assert carried["items"] == [
        {
            "description": f"Аванс за услуги связи, договор {number_of(anna)}",
            "quantity": "1.00",
            "measure": "piece",
            "amount": {"value": "500.00", "currency": "RUB"},
            "vat_code": 12,
            "payment_mode": "advance",
            "payment_subject": "payment",
        }
    ]
    deliver()
    assert (only().state, only().fn_number) == (ReceiptState.DONE, "9288000100115785")
    assert len(printed.control("receipts")) == 1


def test_cash_gets_none_from_the_bank(anna: Account, printed: Bank) -> None:
    cash(anna, "500,00")
    assert not Receipt.objects.exists()


def test_the_banks_receipt_that_is_late_is_asked_about(anna: Account, printed: Bank) -> None:
    printed.control("receipts", {"receipts": "pending"})
    paid(anna, printed)
    deliver()
    assert only().state == ReceiptState.SENT
    printed.control("receipts", {"receipts": "succeeded"})
    deliver()
    assert (only().state, len(printed.control("receipts"))) == (ReceiptState.DONE, 1)


def test_a_months_services_are_offset_payment_by_payment(anna: Account, printed: Bank) -> None:
    """210 charged in November: 100 of the first payment, 110 of the second."""
    charge_run.start_from(TODAY)
    paid(anna, printed, "100,00")
    paid(anna, printed, "500,00")
    builder.subscribe(anna, "300,00", str(TODAY))
    builder.resume(anna, str(TODAY))
    on = date(2026, 12, 1)
    with clock.frozen(clock.at_noon(on)):
        month_passes(on)
        assert receipt_offsets.offset_due(on) == 2
        deliver()
        assert list(verify.problems()) == []
    offsets = Receipt.objects.filter(kind=ReceiptKind.OFFSET).order_by("id")
    assert [(one.amount_kop, one.state) for one in offsets] == [
        (100_00, ReceiptState.DONE), (110_00, ReceiptState.DONE),
    ]  # fmt: skip
    made = [one for one in printed.control("receipts") if one["settlements"][0]["type"] == "prepayment"]
    assert sorted(one["settlements"][0]["amount"]["value"] for one in made) == ["100.00", "110.00"]
    assert {one["items"][0]["vat_code"] for one in made} == {11}


def test_a_lost_answer_of_the_bank_makes_no_second_offset(anna: Account, printed: Bank) -> None:
    charge_run.start_from(TODAY)
    paid(anna, printed, "500,00")
    builder.subscribe(anna, "300,00", str(TODAY))
    builder.resume(anna, str(TODAY))
    on = date(2026, 12, 1)
    with clock.frozen(clock.at_noon(on)):
        month_passes(on)
        receipt_offsets.offset_due(on)
        printed.control("", {"lose_answer": 1, "only": "POST /v3/receipts"})
        once()
        printed.control("clock", {"advance_seconds": 25 * 3600})  # the bank has forgotten the key
        deliver()
    offset = Receipt.objects.get(kind=ReceiptKind.OFFSET)
    made = [one for one in printed.control("receipts") if one["settlements"][0]["type"] == "prepayment"]
    assert ([one["id"] for one in made], offset.state) == ([offset.external_id], ReceiptState.DONE)


def test_a_refund_through_the_bank_carries_its_receipt(anna: Account, printed: Bank) -> None:
    payment = paid(anna, printed)
    deliver()
    refund = refunding.ask(
        payment_id=payment.id,
        amount_kop=200_00,
        submit_token=fresh_token(),
        actor="accountant",
        why="asked back",
        on=TODAY,
    )
    assert refund.state == "succeeded"
    deliver()
    back = Receipt.objects.get(kind=ReceiptKind.REFUND)
    assert (back.cause, back.amount_kop, back.state) == (f"refund:{refund.id}", 200_00, ReceiptState.DONE)
    assert [one["type"] for one in printed.control("receipts")] == ["payment", "refund"]
