"""What the bank's address gets: true, early, late, doubled, forged and senseless messages."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from abonent.api import webhooks
from abonent.core import clock
from abonent.flows import refunding, topup
from abonent.ledger.models import Account, Transfer
from abonent.payments import matching, queries
from abonent.payments.gateways import yookassa
from abonent.payments.models import Payment, PaymentState, RawEvent
from abonent.subscribers.models import Contract
from sandbox import testing
from tests import bank as books
from tests.bank import (
    TODAY,
    Bank,
    again,
    alarms,
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


def test_the_same_message_ten_times_credits_once(bank: Bank, payer: Account) -> None:
    """lessons 44: elsewhere the second message of a payment credited again."""
    payment = start(payer)
    bank.succeed(payment.external_id)
    for _ in range(5):
        assert hook(message(payment.external_id)) == 200
    work()
    for _ in range(5):
        assert hook(message(payment.external_id)) == 200
        work()
    assert (balance(payer), RawEvent.objects.count(), books.notices(payer)) == (
        "500.00",
        1,
        ["payment_received"],
    )


def test_a_message_before_the_payment_is_paid_is_not_the_last_word(bank: Bank, payer: Account) -> None:
    payment = start(payer)
    assert hook(message(payment.external_id)) == 200  # early: the bank itself still says pending
    work()
    assert (again(payment).state, balance(payer)) == (PaymentState.PENDING, "0.00")
    bank.succeed(payment.external_id)
    work(ahead_seconds=5)
    assert (again(payment).state, balance(payer)) == (PaymentState.SUCCEEDED, "500.00")


def test_a_forged_message_moves_nothing_and_hides_nothing(bank: Bank, payer: Account) -> None:
    payment = start(payer)
    forged = message(
        payment.external_id,
        status="succeeded",
        paid=True,
        amount={"value": "999999.00", "currency": "RUB"},
        metadata=claim_of(payment),
    )
    assert hook(forged) == 200
    work()
    assert (balance(payer), again(payment).state) == ("0.00", PaymentState.PENDING)
    bank.succeed(payment.external_id)
    assert hook(message(payment.external_id, status="succeeded")) == 200  # true, and the same event of the same id
    work()
    assert (balance(payer), RawEvent.objects.count()) == ("500.00", 1)


def test_a_message_before_the_answer_to_our_own_call(bank: Bank, payer: Account) -> None:
    """The payer was quicker than our row: the bank's own metadata names it."""
    payment = start(payer)
    external_id = payment.external_id
    forget_the_banks_id(payment)
    bank.succeed(external_id)
    assert hook(message(external_id)) == 200
    work()
    payment = again(payment)
    assert (payment.state, payment.external_id) == (PaymentState.SUCCEEDED, external_id)
    assert (balance(payer), Payment.objects.count()) == ("500.00", 1)


def test_no_message_at_all_and_the_payer_comes_back(bank: Bank, payer: Account) -> None:
    payment = start(payer)
    bank.succeed(payment.external_id)
    topup.settle.defer(payment_id=payment.id)  # what the return page does
    work()
    assert balance(payer) == "500.00"


def test_no_message_and_no_payer_and_the_poller_closes_it(bank: Bank, payer: Account) -> None:
    payment = start(payer)
    bank.succeed(payment.external_id)
    assert topup.poll_open(clock.now()) == 0  # it has been open for less than a minute
    assert topup.poll_open(clock.now() + timedelta(seconds=61)) == 1
    work()
    assert balance(payer) == "500.00"
    assert topup.poll_open(clock.now() + timedelta(hours=1)) == 0


def test_the_schedule_of_asking_ends(bank: Bank, payer: Account) -> None:
    """Nobody pays: the bank is asked for over an hour, then the poller alone looks."""
    start(payer)
    asked = 0
    while ran := work(ahead_seconds=600):
        asked += ran
    assert asked == len(topup.ASK_AFTER_SECONDS) - topup.UNATTENDED
    assert sum(topup.ASK_AFTER_SECONDS) > 3600


def test_an_expired_payment_is_closed_by_the_poller(bank: Bank, payer: Account) -> None:
    payment = start(payer)
    bank.control("clock", {"advance_seconds": 3601})
    topup.poll_open(clock.now() + timedelta(seconds=61))
    work()
    payment = again(payment)
    assert (payment.state, payment.cancel_reason) == (PaymentState.CANCELED, "expired_on_confirmation")


def test_a_message_of_another_shops_payment_credits_nobody(bank: Bank, payer: Account) -> None:
    other = (testing.OTHER_SHOP_ID, testing.OTHER_SECRET)
    external_id = bank.create_directly(body_for(payer), shop=other)["id"]
    bank.succeed(external_id)
    assert hook(message(external_id)) == 200
    work()
    assert (balance(payer), Payment.objects.count()) == ("0.00", 0)
    assert alarms() == [f"payments:none_of_our_shop:{TODAY}"]


def test_many_messages_of_nobodys_payments_raise_one_alarm_a_day(bank: Bank, payer: Account) -> None:
    for number in range(3):
        hook(message(f"2d0f0f5c-{number}"))
    work()
    assert alarms() == [f"payments:none_of_our_shop:{TODAY}"]


def test_a_payment_of_our_shop_without_our_words_is_parked(bank: Bank, payer: Account) -> None:
    """Somebody made an invoice in the bank's own office: the money is real, whose it is a person must say."""
    external_id = bank.create_directly(body_for(payer, metadata={"order_id": "17"}))["id"]
    bank.succeed(external_id)
    for _ in range(2):
        hook(message(external_id))
        work()
    (stray,) = queries.strays()
    assert (stray.external_id, stray.amount_kop, stray.why) == (external_id, 50_000, "its metadata is not ours")
    assert alarms() == [f"payment:stray:{external_id}"]
    assert Transfer.objects.count() == 0


def test_a_payment_whose_row_is_lost_is_credited_by_the_banks_word(bank: Bank, payer: Account) -> None:
    """A backup was restored: the bank knows what we do not."""
    external_id = bank.create_directly(body_for(payer))["id"]
    bank.succeed(external_id)
    for _ in range(3):
        assert hook(message(external_id)) == 200
        work()
    payment = Payment.objects.get()
    assert (payment.state, payment.external_id, payment.amount_kop) == ("succeeded", external_id, 50_000)
    assert (balance(payer), alarms()) == ("500.00", [])


def test_a_lost_row_that_is_not_paid_yet_is_waited_for(bank: Bank, payer: Account) -> None:
    external_id = bank.create_directly(body_for(payer))["id"]
    hook(message(external_id, "payment.waiting_for_capture"))
    work()
    assert (Payment.objects.count(), alarms()) == (0, [])
    bank.succeed(external_id)
    hook(message(external_id))
    work()
    assert balance(payer) == "500.00"


def test_a_second_payment_at_the_bank_for_one_row_is_credited_too(bank: Bank, payer: Account) -> None:
    """Both were paid: both came in."""
    first = start(payer)
    second = bank.create_directly(body_for(payer, payment_id=first.id))["id"]
    for external_id in (first.external_id, second):
        bank.succeed(external_id)
        hook(message(external_id))
        work()
    assert (balance(payer), Payment.objects.count()) == ("1000.00", 2)


def test_a_cards_number_in_a_strangers_words_is_masked(bank: Bank, payer: Account) -> None:
    body = {**books.body_for(payer), "metadata": {"note": "card 4111 1111 1111 1111"}}
    external_id = bank.create_directly(body)["id"]
    bank.succeed(external_id)
    hook(message(external_id))
    work()
    (stray,) = queries.strays()
    assert stray.metadata == {"note": "card •••• 1111"}


def test_money_for_a_contract_closed_meanwhile_is_in_the_books_and_somebody_gives_it_back(
    bank: Bank, payer: Account
) -> None:
    """The payer's page of the bank was open while the account was closed."""
    payment = start(payer)
    Contract.objects.filter(account=payer).update(ended_on=TODAY, closed_on=TODAY)
    bank.succeed(payment.external_id)
    hook(message(payment.external_id))
    work()
    assert (books.again(payment).state, balance(payer)) == ("succeeded", "500.00")
    assert alarms() == [f"payment:closed:{payment.id}"]
    refunding.ask(
        payment_id=payment.id, amount_kop=500_00, submit_token="token-00", actor="accountant", why="closed", on=TODAY
    )
    assert balance(payer) == "0.00"


def test_a_lost_row_of_an_unknown_contract_is_parked(bank: Bank, payer: Account) -> None:
    claim = matching.Claim(999_999, payer.id, "nobody")
    external_id = bank.create_directly(body_for(payer, metadata=matching.metadata(claim)))["id"]
    bank.succeed(external_id)
    hook(message(external_id))
    work()
    assert [stray.why for stray in queries.strays()] == [f"there is no account {payer.id} of that contract"]
    assert balance(payer) == "0.00"


def test_a_payment_of_another_sum_is_parked_and_stays_so(bank: Bank, payer: Account) -> None:
    payment = start(payer, "500,00")
    forget_the_banks_id(payment)
    external_id = bank.create_directly(body_for(payer, payment_id=payment.id, amount="600.00"))["id"]
    bank.succeed(external_id)
    for _ in range(2):
        assert hook(message(external_id)) == 200
        work()
    payment = again(payment)
    assert payment.state == PaymentState.PARKED
    assert payment.note == (
        f"the bank's payment {external_id}, succeeded, 60000 kopecks: it is of 60000 kopecks, ours is of 50000"
    )
    assert (balance(payer), alarms()) == ("0.00", [f"payment:parked:{payment.id}"])
    assert queries.parked() == [payment]
    assert told(payer)[-1] == "parked"


def test_play_money_is_not_credited_in_a_live_shop(bank: Bank, payer: Account, monkeypatch: Any) -> None:
    payment = start(payer)
    bank.succeed(payment.external_id)
    monkeypatch.setattr(yookassa, "is_test_shop", lambda: False)
    topup.settle(payment.id)
    assert (again(payment).state, balance(payer)) == (PaymentState.PARKED, "0.00")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"<xml/>", 400),
        (b"[]", 400),
        (b'{"type": "notification"}', 400),
        (json.dumps(message("../refunds/1")).encode(), 400),
        (json.dumps(message("abc", "payment.succeeded'; drop table")).encode(), 400),
        (json.dumps(message("abc", words="\0")).encode(), 400),
        (json.dumps(message("abc", words="\ud800")).encode(), 400),
        (b'{"type": "notification", "event": "payment.succeeded", "object": {"id": "abc", "a": NaN}}', 400),
        (b'{"type": "notification", "event": "a.b", "object": {"id": "abc", "a": ' + b"[" * 30_000, 400),
        (b"\xff\xfe\x00", 400),
        (b" " * (webhooks.BODY_OCTETS_AT_MOST + 1), 413),
    ],
)
def test_garbage_is_refused_kindly_and_nothing_is_kept(body: bytes, status: int, payer: Account) -> None:
    assert hook(body) == status
    assert (RawEvent.objects.count(), work()) == (0, 0)


def test_a_message_of_what_we_do_not_use_is_kept_and_has_its_200(bank: Bank, payer: Account) -> None:
    assert hook(message("2d0f0f5c", "payout.succeeded")) == 200
    assert (RawEvent.objects.get().event, work()) == ("payout.succeeded", 0)


def test_a_wrong_secret_finds_nothing(payer: Account, settings: Any) -> None:
    assert hook(message("abc"), path="/hooks/yookassa/guess/") == 404
    assert hook(message("abc"), path="/hooks/yookassa/--/") == 404
    settings.YOOKASSA_WEBHOOK_SECRET = ""
    assert hook(message("abc"), path="/hooks/yookassa/sandbox/") == 404
    assert RawEvent.objects.count() == 0


def test_a_stranger_is_refused_whatever_he_writes_about_himself(payer: Account) -> None:
    assert hook(message("abc"), address="203.0.113.5") == 403
    spoofed = Client().post(
        books.HOOK,
        data=message("abc"),
        content_type="application/json",
        REMOTE_ADDR="203.0.113.5",
        HTTP_X_FORWARDED_FOR="127.0.0.1",
    )
    assert (spoofed.status_code, RawEvent.objects.count()) == (403, 0)


def test_behind_a_proxy_the_proxys_word_counts_and_only_its(payer: Account, settings: Any) -> None:
    settings.YOOKASSA_NETWORKS = ["77.75.153.0/25", "2a02:5180:0:1509::/64", ""]
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    def from_behind(forwarded: str) -> int:
        answer = Client().post(
            books.HOOK,
            data=message("abc", "payout.succeeded"),
            content_type="application/json",
            REMOTE_ADDR="10.0.0.1",
            HTTP_X_FORWARDED_FOR=forwarded,
        )
        return answer.status_code

    assert from_behind("77.75.153.7") == 200
    assert from_behind("::ffff:77.75.153.7") == 200
    assert from_behind("2a02:5180:0:1509::5") == 200
    assert from_behind("77.75.153.7, 203.0.113.5") == 403
    assert from_behind("203.0.113.5") == 403
    assert from_behind("unknown") == 403


@pytest.mark.parametrize("method", ["get", "put", "delete", "head"])
def test_only_post_is_taken(method: str, payer: Account) -> None:
    answer = getattr(Client(), method)(books.HOOK)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_a_message_that_could_not_be_kept_is_asked_for_again(
    payer: Account, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("the database is away")

    monkeypatch.setattr(topup, "receive", broken)
    with caplog.at_level(logging.DEBUG):
        assert hook(message("abc")) == 503
    assert "/hooks/yookassa/sandbox" not in caplog.text


def test_the_secret_of_the_address_stands_in_no_log(payer: Account, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for body in (message("abc", "payout.succeeded"), b"", b" " * 70_000):
            hook(body)
        hook(b"", address="203.0.113.5")
        hook(b"", path="/hooks/yookassa/a-guess-near-the-secret/")
    assert "sandbox" not in caplog.text
    assert "a-guess" not in caplog.text
