"""The bank is down, slow, busy, refuses, or its answer is lost: nothing moves twice, nothing is lost."""

import time
from datetime import timedelta
from typing import Any

import pytest

from abonent.billing.tests import builder
from abonent.core import clock, db
from abonent.flows import settling, topup
from abonent.ledger import accounts, transfers
from abonent.ledger.models import Account, Reason
from abonent.payments.gateways import yookassa
from abonent.payments.models import Payment, PaymentState
from sandbox import testing
from tests import bank as books
from tests.bank import TODAY, Bank, again, alarms, balance, body_for, hook, message, start, work
from tests.concurrency import processes


def test_a_lost_answer_is_asked_for_again_with_the_same_key(bank: Bank, payer: Account) -> None:
    bank.control("", {"lose_answer": 1})
    payment = start(payer)
    assert (payment.state, payment.external_id) == (PaymentState.PENDING, bank.only_payment()["id"])


def test_an_answer_lost_twice_is_found_by_the_job(bank: Bank, payer: Account) -> None:
    """lessons 9: elsewhere a try after an unknown answer made a second payment."""
    bank.control("", {"lose_answer": 2})
    token = books.fresh_token()
    with pytest.raises(topup.BankDoesNotAnswer) as unknown:
        start(payer, token=token)
    payment = Payment.objects.get(id=unknown.value.payment_id)
    assert (payment.state, payment.external_id) == (PaymentState.NEW, None)
    work(ahead_seconds=5)
    payment = again(payment)
    assert (payment.state, payment.external_id) == (PaymentState.PENDING, bank.only_payment()["id"])
    assert start(payer, token=token) == payment  # the same form finds it
    bank.succeed(payment.external_id)
    hook(message(payment.external_id))
    work()
    assert balance(payer) == "500.00"


def test_the_same_form_after_no_answer_goes_on_where_it_stopped(bank: Bank, payer: Account) -> None:
    bank.control("", {"lose_answer": 2})
    token = books.fresh_token()
    with pytest.raises(topup.BankDoesNotAnswer):
        start(payer, token=token)
    assert start(payer, token=token).confirmation_url == bank.only_payment()["confirmation"]["confirmation_url"]
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("fault", ["html_502", "status_500", "status_202", "status_429"])
def test_a_bank_out_of_order_moves_nothing_and_the_payment_goes_on_later(
    bank: Bank, payer: Account, fault: str
) -> None:
    bank.control("", {fault: 2})
    with pytest.raises(topup.BankDoesNotAnswer) as unknown:
        start(payer)
    assert (balance(payer), Payment.objects.get().state) == ("0.00", PaymentState.NEW)
    work(ahead_seconds=5)
    payment = Payment.objects.get(id=unknown.value.payment_id)
    assert (payment.state, len(bank.payments())) == (PaymentState.PENDING, 1)


def test_a_slow_bank_keeps_nobody_waiting_and_what_it_did_late_is_found(slow_bank: Bank, payer: Account) -> None:
    slow_bank.control("", {"delay_ms": 8000})
    began = time.monotonic()
    with pytest.raises(topup.BankDoesNotAnswer) as unknown:
        start(payer)
    assert time.monotonic() - began < 8
    slow_bank.control("", {"delay_ms": 0})
    work(ahead_seconds=5)
    payment = Payment.objects.get(id=unknown.value.payment_id)
    processes.wait_for(slow_bank.payments)
    assert (payment.state, payment.external_id) == (PaymentState.PENDING, slow_bank.only_payment()["id"])


def test_a_bank_that_is_down_while_it_is_asked_is_asked_again(bank: Bank, payer: Account) -> None:
    payment = start(payer)
    bank.succeed(payment.external_id)
    bank.control("", {"html_502": 1})
    hook(message(payment.external_id))
    work()
    assert (again(payment).state, balance(payer)) == (PaymentState.PENDING, "0.00")
    work(ahead_seconds=5)
    assert balance(payer) == "500.00"


def test_a_bank_that_is_down_while_an_unknown_payment_is_asked_about(bank: Bank, payer: Account) -> None:
    external_id = bank.create_directly(body_for(payer))["id"]
    bank.succeed(external_id)
    bank.control("", {"status_500": 2})
    hook(message(external_id))
    work()
    assert balance(payer) == "0.00"
    work(ahead_seconds=10)
    work(ahead_seconds=10)
    assert balance(payer) == "500.00"


def test_a_refusal_closes_the_try_and_the_next_one_has_a_key_of_its_own(bank: Bank, payer: Account) -> None:
    with pytest.raises(topup.BankSaidNo) as refused:
        topup.start(
            account_id=payer.id, amount_kop=50_000, submit_token=books.fresh_token(), return_url="ftp://nowhere"
        )
    assert refused.value.code == "invalid_request"
    closed = Payment.objects.get()
    assert (closed.state, closed.cancel_reason) == (PaymentState.CANCELED, "invalid_request")
    assert start(payer).state == PaymentState.PENDING


def test_keys_the_bank_refuses_raise_an_alarm(bank: Bank, payer: Account, settings: Any) -> None:
    settings.YOOKASSA_SECRET_KEY = "test_of_last_year"
    with pytest.raises(topup.BankSaidNo):
        start(payer)
    assert alarms() == [f"payments:refused:invalid_credentials:{TODAY}"]


def test_refused_keys_close_no_payment_that_the_bank_has(bank: Bank, payer: Account, settings: Any) -> None:
    payment = start(payer)
    bank.succeed(payment.external_id)
    settings.YOOKASSA_SECRET_KEY = "test_of_last_year"
    topup.settle(payment.id)
    assert again(payment).state == PaymentState.PENDING
    settings.YOOKASSA_SECRET_KEY = testing.SECRET
    work(ahead_seconds=5)
    assert balance(payer) == "500.00"


def test_a_payment_the_bank_has_forgotten_is_parked(bank: Bank, payer: Account) -> None:
    payment = start(payer)
    bank.control("reset", {})
    topup.settle(payment.id)
    assert again(payment).state == PaymentState.PARKED
    assert alarms() == [f"payment:parked:{payment.id}"]


def test_what_never_reached_the_bank_is_closed_after_a_day_and_a_look(bank: Bank, payer: Account) -> None:
    bank.control("", {"status_500": 2})
    with pytest.raises(topup.BankDoesNotAnswer):
        start(payer)
    later = clock.now() + timedelta(hours=24, minutes=1)
    with clock.frozen(later):
        topup.poll_open(later)
        work()
    payment = Payment.objects.get()
    assert (payment.state, payment.cancel_reason) == (PaymentState.CANCELED, "never_reached_bank")
    assert bank.payments() == []  # a key older than a day is never used again


def test_what_is_old_and_has_no_answer_is_found_in_the_banks_list(
    bank: Bank, payer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yookassa, "LIST_PAGE", 1)
    bank.control("", {"lose_answer": 2})
    with pytest.raises(topup.BankDoesNotAnswer):
        start(payer)
    bank.create_directly(body_for(payer, metadata={"order_id": "5"}))  # the list has others before it
    bank.succeed(bank.payments()[1]["id"])
    later = clock.now() + timedelta(hours=24, minutes=1)
    with clock.frozen(later):
        topup.poll_open(later)
        work()
    assert balance(payer) == "500.00"
    assert Payment.objects.get().state == PaymentState.SUCCEEDED


def test_a_list_that_cannot_be_read_to_its_end_closes_nothing(
    bank: Bank, payer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yookassa, "LIST_PAGE", 1)
    monkeypatch.setattr(settling, "LIST_PAGES_AT_MOST", 1)
    bank.control("", {"status_500": 2})
    with pytest.raises(topup.BankDoesNotAnswer):
        start(payer)
    for _ in range(2):
        bank.create_directly(body_for(payer, metadata={"order_id": "5"}))
    later = clock.now() + timedelta(hours=24, minutes=1)
    with clock.frozen(later):
        topup.settle(Payment.objects.get().id)
    assert Payment.objects.get().state == PaymentState.NEW


def test_a_payment_given_up_is_credited_when_the_bank_says_so_after_all(bank: Bank, payer: Account) -> None:
    bank.control("", {"status_500": 2})
    with pytest.raises(topup.BankDoesNotAnswer):
        start(payer)
    payment = Payment.objects.get()
    later = clock.now() + timedelta(hours=25)
    with clock.frozen(later):
        topup.settle(payment.id)
        assert again(payment).state == PaymentState.CANCELED
        external_id = bank.create_directly(body_for(payer, payment_id=payment.id))["id"]
        hook(message(external_id, "payment.waiting_for_capture"))
        work()
        assert again(payment).state == PaymentState.PENDING
        bank.succeed(external_id)
        hook(message(external_id))
        work()
    assert (again(payment).state, balance(payer), Payment.objects.count()) == ("succeeded", "500.00", 1)


def test_a_key_of_the_ledger_used_for_something_else_parks_the_payment(bank: Bank, noon: None) -> None:
    first, second = builder.account(), builder.account()
    payment = start(first)
    bank.succeed(payment.external_id)
    key, clearing_id = f"payment:yookassa:{payment.external_id}", accounts.house_id("clearing:cash")
    with db.atomic():
        posted = transfers.post(
            key=key, debit_id=clearing_id, credit_id=second.id, amount_kop=1, on=TODAY, reason=Reason.PAYMENT
        )
    topup.settle(payment.id)
    assert (again(payment).state, balance(first)) == (PaymentState.PARKED, "0.00")
    assert alarms() == [f"ledger_key:{key}", f"payment:parked:{payment.id}"]
    assert books.broken() == [  # what a person must look at
        f"a transfer of a payment has one payment: transfer {posted.id} of {TODAY} has 0 payments",
        "clearing equals payments less refunds: clearing:cash gave 1 kopecks, its payments less refunds are 0",
    ]
