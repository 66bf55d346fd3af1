"""A card payment from the form to the credited account, over the wire to a bank of the sandbox."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import translation

from abonent.billing.models import SubscriptionState
from abonent.billing.tests import builder
from abonent.flows import settling, topup
from abonent.ledger import accounts
from abonent.ledger.models import Account, LedgerKey, Reason, Transfer
from abonent.payments import queries
from abonent.payments.models import Payment, PaymentState
from tests import bank as books
from tests.bank import (
    TODAY,
    Bank,
    again,
    balance,
    body_for,
    claim_of,
    forget_the_banks_id,
    hook,
    message,
    start,
    told,
    work,
)


def test_a_paid_payment_is_credited_and_told_of(bank: Bank, payer: Account) -> None:
    payment = start(payer, "500,00")
    asked = bank.only_payment()
    assert asked["amount"] == {"value": "500.00", "currency": "RUB"}
    assert asked["metadata"] == claim_of(payment)
    assert (payment.state, payment.external_id) == (PaymentState.PENDING, asked["id"])
    assert payment.confirmation_url == asked["confirmation"]["confirmation_url"]

    bank.succeed(payment.external_id)
    assert hook(message(payment.external_id)) == 200
    assert balance(payer) == "0.00"  # the message itself moves nothing
    work()

    payment = again(payment)
    assert (payment.state, payment.on, payment.method_title) == (PaymentState.SUCCEEDED, TODAY, "•• 4444")
    assert balance(payer) == "500.00"
    transfer = Transfer.objects.get()
    assert (transfer.on, transfer.id) == (payment.transfer_on, payment.transfer_id)
    assert (transfer.debit_id, transfer.credit_id) == (accounts.house_id("clearing:yookassa"), payer.id)
    assert (transfer.amount_kop, transfer.reason, transfer.on) == (50_000, Reason.PAYMENT, TODAY)
    assert LedgerKey.objects.filter(key=f"payment:yookassa:{payment.external_id}").count() == 1
    assert books.notices(payer) == ["payment_received"]
    assert told(payer) == ["pending", "succeeded"]


@pytest.mark.parametrize(("language", "locale"), [("ru", "ru_RU"), ("en", "en_US"), ("en-gb", "en_US")])
def test_the_payer_is_sent_to_the_bank_in_his_language(bank: Bank, payer: Account, language: str, locale: str) -> None:
    with translation.override(language):
        payment = start(payer)
    assert payment.request["confirmation"]["locale"] == locale
    assert payer.contract is not None
    assert payer.contract.number in bank.only_payment()["description"]


def test_two_payments_one_after_the_other(bank: Bank, payer: Account) -> None:
    """lessons 38: elsewhere the second through a gateway always failed: each try has a key of its own."""
    for total in ("500.00", "1000.00"):
        payment = start(payer)
        bank.succeed(payment.external_id)
        hook(message(payment.external_id))
        work()
        assert balance(payer) == total


def test_a_suspended_subscriber_is_resumed_by_the_payment_itself(bank: Bank, payer: Account) -> None:
    held = builder.subscribe(payer, "300,00", str(TODAY))
    assert builder.state(held).state == SubscriptionState.WAITING
    payment = start(payer, "500,00")
    bank.succeed(payment.external_id)
    settling.ask(payment.id)
    active = builder.state(held)
    # 21 days of 30 are left of November: 300 × 21 ÷ 30 = 210.
    assert (active.state, active.paid_until, balance(payer)) == ("active", date(2026, 12, 1), "290.00")
    assert books.notices(payer) == ["payment_received", "activated"]


def test_a_payment_that_does_not_cover_resumes_nothing(bank: Bank, payer: Account) -> None:
    held = builder.subscribe(payer, "900,00", str(TODAY))
    payment = start(payer, "500,00")
    bank.succeed(payment.external_id)
    settling.ask(payment.id)
    assert (builder.state(held).state, balance(payer)) == (SubscriptionState.WAITING, "500.00")
    assert books.notices(payer) == ["payment_received"]


def test_a_declined_card_moves_nothing_and_says_why(bank: Bank, payer: Account) -> None:
    payment = start(payer)
    bank.cancel(payment.external_id, "insufficient_funds")
    hook(message(payment.external_id, "payment.canceled"))
    work()
    payment = again(payment)
    assert (payment.state, payment.cancel_reason) == (PaymentState.CANCELED, "insufficient_funds")
    assert (balance(payer), books.notices(payer)) == ("0.00", [])
    assert told(payer) == ["pending", "canceled"]


def test_held_money_is_taken(bank: Bank, payer: Account) -> None:
    """We ask for one stage; a shop set up for two holds the money first."""
    payment = start(payer)
    external_id = bank.create_directly(body_for(payer, payment_id=payment.id, capture=False))["id"]
    forget_the_banks_id(payment)
    bank.succeed(external_id)
    hook(message(external_id, "payment.waiting_for_capture"))
    work(ahead_seconds=5)
    work(ahead_seconds=10)
    assert (again(payment).state, balance(payer)) == (PaymentState.SUCCEEDED, "500.00")


def test_a_double_submit_is_one_payment(bank: Bank, payer: Account) -> None:
    token = books.fresh_token()
    first, second = start(payer, token=token), start(payer, token=token)
    assert first == second
    assert first.confirmation_url == second.confirmation_url != ""
    assert (Payment.objects.count(), len(bank.payments())) == (1, 1)


def test_a_form_sent_again_after_it_is_paid_leads_to_its_result(bank: Bank, payer: Account) -> None:
    token = books.fresh_token()
    payment = start(payer, token=token)
    bank.succeed(payment.external_id)
    topup.settle(payment.id)
    started = topup.start(
        account_id=payer.id, amount_kop=50_000, submit_token=token, return_url="http://localhost:8000/other/"
    )
    assert (started.payment_id, started.redirect_url) == (payment.id, books.RETURN_URL)
    assert (balance(payer), len(bank.payments())) == ("500.00", 1)


def test_a_form_sent_again_with_another_sum_is_a_new_form(bank: Bank, payer: Account) -> None:
    token = books.fresh_token()
    start(payer, "500,00", token)
    with pytest.raises(topup.FormUsed):
        start(payer, "600,00", token)
    assert [payment["amount"]["value"] for payment in bank.payments()] == ["500.00"]


def test_a_token_of_another_account_opens_nothing_of_his(bank: Bank, payer: Account) -> None:
    token = books.fresh_token()
    payment = start(payer, token=token)
    stranger = builder.account()
    with pytest.raises(topup.FormUsed):
        start(stranger, token=token)
    assert queries.by_token(stranger.id, token) is None
    assert queries.by_token(payer.id, token) == payment


@pytest.mark.parametrize("token", ["", "short", "a" * 65, "with space", "nul\0nul\0", "слово-слово"])
def test_a_token_that_is_none_of_ours_is_refused(payer: Account, token: str) -> None:
    with pytest.raises(topup.FormUsed):
        topup.start(account_id=payer.id, amount_kop=50_000, submit_token=token, return_url=books.RETURN_URL)
    assert (queries.by_token(payer.id, token), Payment.objects.count()) == (None, 0)


def test_sums_outside_the_cards_limits_are_refused_before_anything_is_written(payer: Account) -> None:
    for amount, error in (
        ("0,00", topup.UnderTheLimit),
        ("0,99", topup.UnderTheLimit),
        ("350000,01", topup.OverTheLimit),
    ):
        with pytest.raises(error):
            start(payer, amount)
    assert Payment.objects.count() == 0


def test_the_limits_themselves_may_be_paid(bank: Bank, payer: Account) -> None:
    assert start(payer, "1,00").state == start(payer, "350000,00").state == PaymentState.PENDING


def test_without_a_contract_with_the_bank_cards_are_off(payer: Account, settings: Any) -> None:
    settings.YOOKASSA_SHOP_ID = ""
    with pytest.raises(topup.CardsAreOff):
        start(payer)
    assert Payment.objects.count() == 0


def test_an_unfinished_payment_is_found_through_its_account(bank: Bank, payer: Account) -> None:
    payment = start(payer)
    assert queries.open_of(payer.id) == [payment]
    assert queries.open_of(builder.account().id) == []
    bank.succeed(payment.external_id)
    topup.settle(payment.id)
    assert queries.open_of(payer.id) == []
    assert queries.of_account(payer.id, first_on=TODAY, last_on=TODAY) == [payment]
    assert queries.of_account(payer.id, first_on=TODAY + timedelta(days=1), last_on=date.max) == []
