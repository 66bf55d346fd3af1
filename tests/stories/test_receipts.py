"""Receipts of 54-FZ: each payment, each month of services, each refund is told to the tax service exactly once."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings as live
from django.db import DatabaseError, transaction

from abonent.billing.tests import builder
from abonent.core import clock, db, money, partitions
from abonent.core.models import Alarm
from abonent.flows import charge_run, receipt_delivery, receipt_offsets, receipting, topup, verify
from abonent.ledger.models import Account
from abonent.payments import receipts
from abonent.payments.gateways import atol
from abonent.payments.models import Payment
from abonent.payments.models_receipts import Receipt, ReceiptKind, ReceiptState
from abonent.subscribers import contacts
from abonent.subscribers.models import Customer
from tests import bank as books
from tests.bank import TODAY, Bank, balance, start, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def register(bank: Bank, settings: Any) -> Iterator[Bank]:
    """The profile's receipts go to ATOL, which is the sandbox's, quick."""
    as_profile(settings, receipts="atol")
    settings.ATOL_API_URL = f"{bank.sandbox.base_url}/atol/possystem/v4"
    bank.control("atol", {"ready_seconds": 0})
    yield bank
    atol.close()


@pytest.fixture
def printed(bank: Bank, settings: Any) -> Bank:
    """The bank prints the receipts of its own payments, and takes none without."""
    as_profile(settings, receipts="yookassa")
    bank.control("receipts", {"fiscalization": True})
    return bank


def as_profile(settings: Any, **changes: Any) -> None:
    settings.PROFILE = live.PROFILE.model_copy(update=changes)
    with db.atomic():
        receipting.keep_duty(clock.now() - timedelta(days=100))


@pytest.fixture
def anna(payer: Account) -> Account:
    """Waits for money: nothing is connected."""
    reach(payer, "anna@example.ru", "+79161234567")
    return payer


def reach(account: Account, email: str = "", phone: str = "") -> None:
    customer = Customer.objects.get(contracts__account=account)
    if email:
        contacts.add_email(customer.id, email)
    if phone:
        contacts.add_phone(customer.id, phone)


def cash(account: Account, amount: str, number: str = "A-1", on: date = TODAY) -> Payment:
    topup.credit_cash(
        account_id=account.id, amount_kop=money.parse(amount), receipt_number=number, on=on, actor="cashier"
    )
    return Payment.objects.get(channel="cash", external_id=number)


def documents(register: Bank) -> list[dict[str, Any]]:
    """What the register has, the oldest first."""
    found: list[dict[str, Any]] = register.control("atol/documents")
    return found[::-1]


def once() -> None:
    """The job runs, everything that waits is due. (What wakes it waits for a commit that a test does not make.)"""
    db.run("update payments_receipt set next_try_at = now() where state in ('queued', 'sent')")
    receipt_delivery.deliver.defer()
    work()


def deliver() -> None:
    """As the workers would in the first minutes."""
    for _ in range(4):
        once()


def only() -> Receipt:
    return Receipt.objects.get()


# --- through ATOL -----------------------------------------------------------------------------------------
def test_cash_gets_its_receipt_of_an_advance(anna: Account, register: Bank) -> None:
    payment = cash(anna, "500,00")
    assert only().state == ReceiptState.QUEUED
    assert balance(anna) == "500.00"  # credited before the register has heard a word
    assert documents(register) == []
    deliver()
    done = only()
    assert (done.cause, done.state, done.fd_number, done.amount_kop) == (
        f"advance:{payment.id}", ReceiptState.DONE, "1", 500_00,
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


def number_of(account: Account) -> str:
    assert account.contract is not None
    return account.contract.number


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
    for number in range(40):
        cash(anna, "10,00", f"A-{number}")
    register.control("", {"chaos_percent": 30, "chaos_seed": 7})
    for _ in range(30):
        db.run("update payments_receipt set attempts = 0 where state in ('queued', 'sent')")
        once()
        if not Receipt.objects.exclude(state=ReceiptState.DONE).exists():
            break
    register.control("", {"chaos_percent": 0})
    found = documents(register)
    assert Receipt.objects.filter(state=ReceiptState.DONE).count() == 40
    assert sorted(one["external_id"] for one in found) == sorted(Receipt.objects.values_list("key", flat=True))
    assert len(found) == 40


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
    receipting.retry(failed.id)
    deliver()
    assert (only().state, len(documents(register))) == (ReceiptState.DONE, 1)
    with pytest.raises(receipts.UnableToRetry):
        receipting.retry(failed.id)


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


# --- the months' offsets ----------------------------------------------------------------------------------
def month_passes(until: date) -> None:
    partitions.ensure_ahead(until)
    charge_run.catch_up(until)


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
    from abonent.ledger import accounts, transfers
    from abonent.ledger.models import Reason

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


def test_what_comes_back_of_an_earlier_month_is_told_as_a_return(anna: Account, register: Bank) -> None:
    """390 of the advance was spent in November; 100 of it comes back in December, when nothing is charged."""
    from abonent.ledger import accounts, transfers
    from abonent.ledger.models import Reason

    charge_run.start_from(TODAY)
    cash(anna, "390,00")
    revenue_id = accounts.house_id("revenue:internet")
    with db.atomic():
        transfers.post(
            key="fee:test:1", debit_id=anna.id, credit_id=revenue_id, amount_kop=390_00, on=TODAY, reason=Reason.FEE
        )
    on = date(2026, 12, 1)
    with clock.frozen(clock.at_noon(on)):
        month_passes(on)
        assert receipt_offsets.offset_due(on) == 1
        with db.atomic():
            transfers.post(
                key="return:test:1", debit_id=revenue_id, credit_id=anna.id, amount_kop=100_00, on=on,
                reason=Reason.RETURN,
            )  # fmt: skip
    on = date(2027, 1, 1)
    with clock.frozen(clock.at_noon(on)):
        month_passes(on)
        assert receipt_offsets.offset_due(on) == 1
        deliver()
        found = Receipt.objects.exclude(kind=ReceiptKind.ADVANCE).order_by("id")
        assert [(one.cause, one.amount_kop) for one in found] == [
            (f"offset:{anna.id}:2026-11", 390_00), (f"offset_back:{anna.id}:2026-12", 100_00),
        ]  # fmt: skip
        back = documents(register)[-1]
        assert (back["operation"], back["body"]["receipt"]["payments"]) == (
            "sell_refund", [{"type": 2, "sum": "100.00"}],
        )  # fmt: skip
        problems = [one for one in verify.problems() if "receipt" in one or "offset" in one]
        assert problems == []
    db.run("alter table ledger_transfer disable trigger user")
    db.run("delete from ledger_transfer where reason in ('fee', 'return') and debit_id + credit_id > 0")
    db.run("delete from ledger_key where key in ('fee:test:1', 'return:test:1')")
    db.run("update ledger_account set balance_kop = 39000 where id = %s", [anna.id])
    db.run("alter table ledger_transfer enable trigger user")
    db.run("alter table payments_receipt disable trigger user")
    Receipt.objects.exclude(kind=ReceiptKind.ADVANCE).delete()
    db.run("alter table payments_receipt enable trigger user")


# --- through the bank -------------------------------------------------------------------------------------
def paid(account: Account, register: Bank, amount: str = "500,00") -> Payment:
    payment = start(account, amount)
    register.succeed(payment.external_id)
    topup.settle(payment.id)
    return books.again(payment)


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


# --- what the database and verify refuse ------------------------------------------------------------------
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
