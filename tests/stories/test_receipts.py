"""Receipts of 54-FZ through ATOL: each payment and each refund is told to the tax service exactly once."""

from typing import Any

import pytest

from abonent.core import clock, db
from abonent.core.models import Alarm
from abonent.flows import receipt_delivery, receipting, reversing, verify
from abonent.ledger.models import Account
from abonent.payments import receipts
from abonent.payments.gateways import atol
from abonent.payments.models import Payment
from abonent.payments.models_desk import ReversalKind
from abonent.payments.models_receipts import Receipt, ReceiptKind, ReceiptState
from abonent.subscribers.models import Customer
from tests import bank as books
from tests import terminal
from tests.bank import TODAY, Bank, balance
from tests.register import as_profile, cash, deliver, documents, number_of, once, only, reach

pytestmark = pytest.mark.django_db


def test_cash_gets_its_receipt_of_an_advance(anna: Account, register: Bank) -> None:
    payment = cash(anna, "500,00")
    assert only().state == ReceiptState.QUEUED
    assert balance(anna) == "500.00"  # credited before the register has heard a word
    assert documents(register) == []
    deliver()
    done = only()
    assert (done.cause, done.state, done.fd_number.isdigit(), done.amount_kop) == (
        f"advance:{payment.id}", ReceiptState.DONE, True, 500_00,
    )  # fmt: skip
    assert (done.fn_number, done.registered_at) == ("9999078900012345", clock.at_noon(TODAY))
    (document,) = documents(register)
    receipt = document["body"]["receipt"]
    assert (document["operation"], document["total_kop"], document["external_id"]) == ("sell", 500_00, done.key)
    assert receipt["client"] == {"email": "anna@example.ru", "phone": "+79161234567"}
    assert receipt["payments"] == [{"type": 0, "sum": "500.00"}]
    assert receipt["items"] == [
        {
            "name": f"Аванс за услуги связи, договор {number_of(anna)}",
            "price": "500.00",
            "quantity": 1,
            "sum": "500.00",
            "payment_method": "advance",
            "payment_object": "payment",
            "vat": {"type": "vat122"},
        }
    ]


def test_money_of_a_terminal_gets_its_receipt_beside_it(anna: Account, register: Bank) -> None:
    assert terminal.pay("osmp", number_of(anna), "500.00").code == 0
    assert terminal.pay("osmp", number_of(anna), "500.00").code == 0  # told again
    deliver()
    done = only()
    assert (done.payment_id, done.amount_kop, done.state) == (Payment.objects.get().id, 500_00, ReceiptState.DONE)
    assert documents(register)[0]["total_kop"] == 500_00


def test_the_same_cash_twice_has_one_document(anna: Account, register: Bank) -> None:
    cash(anna, "500,00")
    cash(anna, "500,00")
    deliver()
    deliver()
    assert len(documents(register)) == Receipt.objects.count() == 1


def test_who_left_no_contact_is_sent_to_the_operators_own_address(payer: Account, register: Bank) -> None:
    cash(payer, "500,00")
    deliver()
    (document,) = documents(register)
    assert document["body"]["receipt"]["client"] == {"email": "support@skynet.example"}


def test_who_left_a_phone_alone_gets_it_there(payer: Account, register: Bank) -> None:
    reach(payer, phone="8 916 123-45-67")
    cash(payer, "500,00")
    deliver()
    assert documents(register)[0]["body"]["receipt"]["client"] == {"phone": "+79161234567"}


def test_a_company_is_named_with_its_inn(anna: Account, register: Bank) -> None:
    Customer.objects.filter(contracts__account=anna).update(kind="legal", inn="7701234567", full_name="ООО «Ромашка»")
    cash(anna, "500,00")
    deliver()
    client = documents(register)[0]["body"]["receipt"]["client"]
    assert (client["name"], client["inn"]) == ("ООО «Ромашка»", "7701234567")


def test_a_register_that_is_down_stops_no_payment_and_gets_it_later(anna: Account, register: Bank) -> None:
    register.control("atol", {"refuse": 50})
    cash(anna, "500,00")
    once()
    assert (balance(anna), only().state, only().attempts) == ("500.00", ReceiptState.QUEUED, 1)
    assert "error 50" in only().error
    register.control("atol", {"refuse": None})
    deliver()
    assert (only().state, len(documents(register))) == (ReceiptState.DONE, 1)


def test_a_lost_answer_is_asked_for_under_the_same_key(anna: Account, register: Bank) -> None:
    cash(anna, "500,00")
    register.control("", {"lose_answer": 1, "only": "POST /atol/possystem/v4/sandbox_group/sell"})
    once()
    assert (only().state, len(documents(register))) == (ReceiptState.QUEUED, 1)
    deliver()
    assert (only().state, len(documents(register))) == (ReceiptState.DONE, 1)
    assert only().key == documents(register)[0]["external_id"]


def test_thirty_lost_answers_of_a_hundred_leave_one_document_a_cause(anna: Account, register: Bank) -> None:
    for number in range(15):
        cash(anna, "10,00", f"A-{number}")
    register.control("", {"chaos_percent": 30, "chaos_seed": 7})
    for _ in range(30):
        db.run("update payments_receipt set attempts = 0 where state in ('queued', 'sent')")
        once()
        if not Receipt.objects.exclude(state=ReceiptState.DONE).exists():
            break
    register.control("", {"chaos_percent": 0})
    found = documents(register)
    assert Receipt.objects.filter(state=ReceiptState.DONE).count() == 15
    assert sorted(one["external_id"] for one in found) == sorted(Receipt.objects.values_list("key", flat=True))
    assert len(found) == 15


def test_a_stale_token_is_renewed(anna: Account, register: Bank) -> None:
    cash(anna, "500,00", "A-1")
    deliver()
    register.control("atol", {"expire_tokens": True})
    cash(anna, "500,00", "A-2")
    deliver()
    assert [one.state for one in Receipt.objects.order_by("id")] == [ReceiptState.DONE, ReceiptState.DONE]


def test_a_document_that_the_register_could_not_print_is_sent_as_another(anna: Account, register: Bank) -> None:
    register.control("atol", {"fail": 1, "fail_with": "timeout:1"})
    cash(anna, "500,00")
    deliver()
    done = only()
    assert (done.state, done.turn) == (ReceiptState.DONE, 1)
    first, second = documents(register)
    assert (first["state"], second["state"], second["external_id"]) == ("fail", "done", done.key)


def test_a_document_refused_for_its_words_waits_for_a_person(anna: Account, register: Bank) -> None:
    register.control("atol", {"refuse": 32})
    cash(anna, "500,00")
    deliver()
    failed = only()
    assert (failed.state, books.alarms()) == (ReceiptState.FAILED, [f"receipt:failed:{failed.id}:0"])
    assert [one.id for one in receipts.stuck()] == [failed.id]
    register.control("atol", {"refuse": None})
    receipting.retry(failed.id, actor="accountant")
    deliver()
    assert (only().state, len(documents(register))) == (ReceiptState.DONE, 1)
    with pytest.raises(receipts.UnableToRetry):
        receipting.retry(failed.id, actor="accountant")


def test_a_wrong_password_is_an_alarm_and_blames_no_receipt(anna: Account, register: Bank, settings: Any) -> None:
    settings.ATOL_PASSWORD = "wrong"
    atol.close()
    cash(anna, "500,00")
    once()
    assert (only().state, only().attempts) == (ReceiptState.QUEUED, 0)
    assert books.alarms() == [f"receipts:refused:atol:{TODAY}"]


def test_a_receipt_that_never_gets_through_stops_and_calls(anna: Account, register: Bank) -> None:
    register.control("atol", {"refuse": 50})
    cash(anna, "500,00")
    for _ in range(len(receipt_delivery.RETRY_AFTER_SECONDS) + 1):
        once()
    assert (only().state, len(Alarm.objects.all())) == (ReceiptState.FAILED, 1)
    assert balance(anna) == "500.00"


def test_the_registers_document_of_another_sum_is_not_taken_for_ours(anna: Account, register: Bank) -> None:
    cash(anna, "500,00")
    once()
    sent = only()
    assert sent.state == ReceiptState.SENT
    db.run("alter table payments_receipt disable trigger user")
    Receipt.objects.filter(id=sent.id).update(amount_kop=499_00)
    db.run("alter table payments_receipt enable trigger user")
    deliver()
    assert (only().state, only().error) == (ReceiptState.FAILED, "the register's document is of 50000 kopecks")
    db.run("alter table payments_receipt disable trigger user")
    Receipt.objects.filter(id=sent.id).update(amount_kop=500_00)
    db.run("alter table payments_receipt enable trigger user")


def test_a_companys_bank_transfer_gets_none(anna: Account, register: Bank) -> None:
    Customer.objects.filter(contracts__account=anna).update(kind="legal")
    assert receipting.for_payment(Payment(id=1, channel="bank", account=anna, amount_kop=1, on=TODAY)) is False
    Customer.objects.filter(contracts__account=anna).update(kind="person")
    with db.atomic():
        assert receipting.for_payment(Payment(id=1, channel="bank", account=anna, amount_kop=1, on=TODAY)) is True
    db.run("alter table payments_receipt disable trigger user")
    Receipt.objects.all().delete()
    db.run("alter table payments_receipt enable trigger user")


def test_a_refund_is_told_once(anna: Account, register: Bank) -> None:
    payment = cash(anna, "500,00")
    deliver()
    for _ in range(2):
        with db.atomic():
            assert receipting.for_refund(payment, cause="refund:1", amount_kop=200_00, on=TODAY, external_id="R-1")
    deliver()
    back = documents(register)[-1]
    assert (back["operation"], back["total_kop"], len(documents(register))) == ("sell_refund", 200_00, 2)
    assert back["body"]["receipt"]["items"][0]["payment_method"] == "advance"
    assert Receipt.objects.filter(kind=ReceiptKind.REFUND, state=ReceiptState.DONE).count() == 1


def test_a_payment_made_past_the_queue_is_made_good_and_told_of(anna: Account, register: Bank) -> None:
    payment = cash(anna, "500,00")
    db.run("alter table payments_receipt disable trigger user")
    Receipt.objects.all().delete()
    db.run("alter table payments_receipt enable trigger user")
    assert list(verify.problems()) == [
        f"a credited payment of a channel with receipts has its own: payment {payment.id} of 50000 kopecks has none"
    ]
    assert receipting.make_good(clock.now()) == 1
    assert receipting.make_good(clock.now()) == 0
    assert list(verify.problems()) == []


def test_without_receipts_nothing_is_queued(anna: Account, bank: Bank, settings: Any) -> None:
    as_profile(settings, receipts="none")
    cash(anna, "500,00")
    assert not Receipt.objects.exists()


def test_a_payment_taken_back_as_a_mistake_is_told_as_a_refund(anna: Account, register: Bank) -> None:
    payment = cash(anna, "500,00")
    deliver()
    reversing.take_back(
        payment_id=payment.id, kind=ReversalKind.CORRECTION, actor="cashier", why="another's account", on=TODAY
    )
    deliver()
    assert [(one["operation"], one["total_kop"]) for one in documents(register)] == [
        ("sell", 500_00),
        ("sell_refund", 500_00),
    ]
