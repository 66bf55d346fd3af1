"""The months' offsets: what was spent of the advances is told once, never more than they are; verify sees breaches."""

from datetime import date

import pytest
from django.db import DatabaseError, transaction

from abonent.billing.tests import builder
from abonent.core import clock, db
from abonent.flows import charge_run, receipt_offsets, reversing, verify
from abonent.ledger import accounts, transfers
from abonent.ledger.models import Account, Reason
from abonent.payments.models_desk import ReversalKind
from abonent.payments.models_receipts import Receipt, ReceiptKind, ReceiptState
from tests.bank import TODAY, Bank, balance
from tests.register import cash, deliver, documents, month_passes, number_of

pytestmark = pytest.mark.django_db


def test_a_months_services_are_offset_once(anna: Account, register: Bank) -> None:
    """November from the 10th: 300 × 21 ÷ 30 = 210; TV 90 × 21 ÷ 30 = 63; December is whole: 300 + 90."""
    charge_run.start_from(TODAY)
    internet = builder.subscribe(anna, "300,00", str(TODAY))
    builder.subscribe(anna, "90,00", str(TODAY), role="addon", kind="tv", parent=internet)
    cash(anna, "1000,00")
    deliver()
    assert balance(anna) == "727.00"
    with clock.frozen(clock.at_noon(date(2026, 12, 1))):
        month_passes(date(2026, 12, 1))
        assert receipt_offsets.offset_due(date(2026, 12, 1)) == 1
        assert receipt_offsets.offset_due(date(2026, 12, 1)) == 0
        deliver()
        assert list(verify.problems()) == []
    offset = Receipt.objects.get(kind=ReceiptKind.OFFSET)
    assert (offset.cause, offset.on, offset.amount_kop, offset.state) == (
        f"offset:{anna.id}:2026-11", date(2026, 11, 30), 273_00, ReceiptState.DONE,
    )  # fmt: skip
    sent = documents(register)[-1]["body"]["receipt"]
    assert sent["payments"] == [{"type": 2, "sum": "273.00"}]
    assert [(item["name"], item["sum"], item["vat"]["type"]) for item in sent["items"]] == [
        (f"Доступ в интернет, 11.2026, договор {number_of(anna)}", "210.00", "vat22"),
        (f"Телевидение, 11.2026, договор {number_of(anna)}", "63.00", "vat22"),
    ]
    assert {item["payment_method"] for item in sent["items"]} == {"full_payment"}
    assert {item["payment_object"] for item in sent["items"]} == {"service"}


def test_a_month_that_is_not_over_or_not_charged_is_not_offset(anna: Account, register: Bank) -> None:
    charge_run.start_from(TODAY)
    builder.subscribe(anna, "300,00", str(TODAY))
    cash(anna, "1000,00")
    assert receipt_offsets.offset_due(date(2026, 11, 30)) == 0
    assert receipt_offsets.offset_due(date(2026, 12, 1)) == 0  # November's nights have not been charged
    assert Receipt.objects.filter(kind=ReceiptKind.OFFSET).count() == 0


def test_never_more_than_the_advances_is_offset(anna: Account, register: Bank) -> None:
    """300 a month on credit, 100 paid: 100 is offset; the debt paid later is offset in its month."""
    charge_run.start_from(TODAY)
    db.run("update billing_terms set credit_limit_kop = 100000 where account_id = %s", [anna.id])
    builder.subscribe(anna, "300,00", str(TODAY))
    cash(anna, "100,00")
    assert balance(anna) == "-110.00"
    offsets = []
    for today, pays in ((date(2026, 12, 1), "410,00"), (date(2027, 1, 1), "1,00")):
        with clock.frozen(clock.at_noon(today)):
            month_passes(today)
            receipt_offsets.offset_due(today)
            cash(anna, pays, f"A-{today}", on=today)
            assert list(verify.problems()) == []
        offsets = list(
            Receipt.objects.filter(kind=ReceiptKind.OFFSET).order_by("id").values_list("amount_kop", flat=True)
        )
    assert offsets == [100_00, 410_00]  # −110 − 300 + 410 = 0 on the 31st of December


def test_bonuses_are_spent_before_advances(anna: Account, register: Bank) -> None:
    """A bonus of 60 and 500 paid, 210 charged: 150 of the advance is spent."""
    charge_run.start_from(TODAY)
    with db.atomic():
        transfers.post(
            key="bonus:1", debit_id=accounts.house_id("bonus"), credit_id=anna.id, amount_kop=60_00, on=TODAY,
            reason=Reason.BONUS,
        )  # fmt: skip
    builder.subscribe(anna, "300,00", str(TODAY))
    cash(anna, "500,00")
    with clock.frozen(clock.at_noon(date(2026, 12, 1))):
        month_passes(date(2026, 12, 1))
        receipt_offsets.offset_due(date(2026, 12, 1))
        assert list(verify.problems()) == []
    assert Receipt.objects.get(kind=ReceiptKind.OFFSET).amount_kop == 150_00


def test_what_was_offset_of_a_payment_taken_back_is_told_as_a_return(anna: Account, register: Bank) -> None:
    """210 of 500 is spent in November; December is not covered; then the payment proves to be another's."""
    charge_run.start_from(TODAY)
    builder.subscribe(anna, "300,00", str(TODAY))
    payment = cash(anna, "500,00")
    on = date(2026, 12, 1)
    with clock.frozen(clock.at_noon(on)):
        month_passes(on)
        assert receipt_offsets.offset_due(on) == 1
        deliver()
        reversing.take_back(
            payment_id=payment.id, kind=ReversalKind.CORRECTION, actor="cashier", why="another's", on=on
        )
        deliver()
    on = date(2027, 1, 1)
    with clock.frozen(clock.at_noon(on)):
        month_passes(on)
        assert receipt_offsets.offset_due(on) == 1
        deliver()
        assert list(verify.problems()) == []
    found = Receipt.objects.exclude(kind=ReceiptKind.ADVANCE).order_by("id")
    assert [(one.cause, one.amount_kop) for one in found] == [
        (f"offset:{anna.id}:2026-11", 210_00),
        (f"reversal:{payment.id}", 500_00),
        (f"offset_back:{anna.id}:2026-12", 210_00),
    ]
    back = documents(register)[-1]
    assert (back["operation"], back["body"]["receipt"]["payments"]) == ("sell_refund", [{"type": 2, "sum": "210.00"}])


def test_a_receipt_is_never_deleted_nor_changed_in_what_it_is_about(anna: Account, register: Bank) -> None:
    cash(anna, "500,00")
    for statement in (
        "delete from payments_receipt",
        "update payments_receipt set amount_kop = 1",
        "update payments_receipt set key = 'another'",
        "update payments_receipt set turn = 2, key = 'another'",
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            db.run(statement)


BREAKS = [
    ("a receipt of an advance is its payment's", "set amount_kop = amount_kop + 1 where kind = 'advance'"),
    ("an offset knows the advances of its account", "set advances_kop = advances_kop + 1 where kind = 'offset'"),
    ("offsets are what was spent of the advances", "set amount_kop = amount_kop + 1 where kind = 'offset'"),
    ("an offset receipt stands on the ledger", "set charged_kop = charged_kop + 1 where kind = 'offset'"),
    ("an offset receipt stands on the ledger", "set balance_kop = balance_kop + 1 where kind = 'offset'"),
    ("receipts of refunds are no more than", "set kind = 'refund', charged_kop = null, advances_kop = null, "
     "balance_kop = null, transfers = null, amount_kop = 100001, "
     "payment_id = (select max(id) from payments_payment) where kind = 'offset'"),
    ("left none out", "set kind = 'refund', charged_kop = null, advances_kop = null, balance_kop = null, "
     "transfers = null, amount_kop = 1, payment_id = (select max(id) from payments_payment) where kind = 'offset'"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "broken"), BREAKS)
def test_verify_finds_a_broken_receipt(anna: Account, register: Bank, rule: str, broken: str) -> None:
    charge_run.start_from(TODAY)
    builder.subscribe(anna, "300,00", str(TODAY))
    cash(anna, "1000,00")
    on = date(2026, 12, 1)
    with clock.frozen(clock.at_noon(on)):
        month_passes(on)
        receipt_offsets.offset_due(on)
        assert list(verify.problems()) == []
        db.run("alter table payments_receipt disable trigger user")
        with transaction.atomic():
            db.run(f"update payments_receipt {broken}")
            assert [one for one in verify.problems() if rule in one]
            transaction.set_rollback(True)
        db.run("alter table payments_receipt enable trigger user")
