"""Two and more at the same payment at the same moment: each race is shown without its guard first."""

import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from django.db import connections

from abonent.billing.tests import builder
from abonent.core import clock, db, partitions
from abonent.flows import settling, topup
from abonent.ledger.models import Account, Transfer
from abonent.payments import payments
from abonent.payments.models import Payment, PaymentState, RawEvent
from tests import bank as books
from tests.bank import TODAY, Bank, balance, hook, message, start, told, work

pytestmark = pytest.mark.committing

T = TypeVar("T")
WITHIN_SECONDS = 30


@pytest.fixture
def payer(own_database: str) -> Iterator[Account]:
    with clock.frozen(clock.at_noon(TODAY)):
        partitions.ensure_ahead(TODAY)
        yield builder.account()
        assert books.broken() == []


def at_once(*verbs: Callable[[], T]) -> list[T]:
    """Each in a thread and on a connection of its own, let go at one moment; what they gave, or raise what one did."""
    gate = threading.Barrier(len(verbs))
    given: dict[int, T] = {}
    failures: list[BaseException] = []

    def run(number: int, verb: Callable[[], T]) -> None:
        try:
            gate.wait(WITHIN_SECONDS)
            given[number] = verb()
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number, verb)) for number, verb in enumerate(verbs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WITHIN_SECONDS)
    if failures:
        raise failures[0]
    return [given[number] for number in range(len(verbs))]


def paid(payer: Account, bank: Bank) -> Payment:
    payment = start(payer)
    bank.succeed(payment.external_id)
    return payment


def test_without_the_lock_two_settle_at_once_and_both_believe_they_credited(
    payer: Account, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even then the ledger's key keeps the money single; the page is told twice."""
    payment = paid(payer, bank)
    both_have_looked = threading.Barrier(2)

    def look(payment_id: int) -> Payment:
        db.require_transaction()
        found = Payment.objects.get(id=payment_id)
        both_have_looked.wait(WITHIN_SECONDS)
        return found

    monkeypatch.setattr(payments, "lock", look)
    at_once(*[lambda: settling.ask(payment.id)] * 2)
    assert told(payer) == ["pending", "succeeded", "succeeded"]
    assert (balance(payer), Transfer.objects.count()) == ("500.00", 1)


def test_two_settle_at_once_and_one_credits(payer: Account, bank: Bank) -> None:
    payment = paid(payer, bank)
    at_once(*[lambda: settling.ask(payment.id)] * 2)
    assert told(payer) == ["pending", "succeeded"]
    assert (balance(payer), Transfer.objects.count(), books.notices(payer)) == ("500.00", 1, ["payment_received"])


def test_ten_settle_at_once_and_one_credits(payer: Account, bank: Bank) -> None:
    payment = paid(payer, bank)
    at_once(*[lambda: settling.ask(payment.id)] * 10)
    assert (balance(payer), told(payer)) == ("500.00", ["pending", "succeeded"])


def test_ten_messages_at_once_all_have_their_200_and_credit_once(payer: Account, bank: Bank) -> None:
    payment = paid(payer, bank)
    assert at_once(*[lambda: hook(message(payment.external_id))] * 10) == [200] * 10
    waiting = db.rows("select queueing_lock from procrastinate_jobs where status = 'todo' and scheduled_at is null")
    assert waiting == [{"queueing_lock": f"settle:{payment.id}"}]
    work()
    assert (balance(payer), RawEvent.objects.count()) == ("500.00", 1)


def test_a_form_sent_many_times_at_once_is_one_payment(payer: Account, bank: Bank) -> None:
    token = books.fresh_token()
    found = at_once(*[lambda: start(payer, "500,00", token)] * 6)
    assert len({payment.id for payment in found}) == 1
    assert {payment.confirmation_url for payment in found} == {bank.only_payment()["confirmation"]["confirmation_url"]}
    assert (Payment.objects.count(), told(payer)) == (1, ["pending"])


def test_a_message_and_the_answer_to_our_call_at_once(payer: Account, bank: Bank) -> None:
    """Both learn the bank's id of the payment; one row has it."""
    bank.control("", {"lose_answer": 2})
    token = books.fresh_token()
    with pytest.raises(topup.BankDoesNotAnswer):
        start(payer, "500,00", token)
    external_id = bank.only_payment()["id"]
    bank.succeed(external_id)
    payment_id = Payment.objects.get().id
    at_once(
        lambda: settling.ask_unknown(external_id),
        lambda: settling.ask(payment_id),
        lambda: start(payer, "500,00", token),
    )
    payment = Payment.objects.get()
    assert (payment.state, payment.external_id, balance(payer)) == (PaymentState.SUCCEEDED, external_id, "500.00")
    assert told(payer) == ["succeeded"]


def test_a_lost_row_found_by_many_at_once_is_one_row(payer: Account, bank: Bank) -> None:
    external_id = bank.create_directly(books.body_for(payer))["id"]
    bank.succeed(external_id)
    at_once(*[lambda: settling.ask_unknown(external_id)] * 6)
    assert Payment.objects.get().external_id == external_id
    assert (balance(payer), told(payer)) == ("500.00", ["succeeded"])


def test_a_receipt_entered_by_two_cashiers_at_once_is_credited_once(payer: Account) -> None:
    def enter() -> Any:
        return topup.credit_cash(
            account_id=payer.id, amount_kop=50_000, receipt_number="A-17", on=TODAY, actor="cashier"
        )

    credited = [one for one in at_once(*[enter] * 6) if one is not None]
    assert (len(credited), balance(payer)) == (1, "500.00")


def test_payments_to_one_account_by_every_channel_at_once_all_arrive(payer: Account, bank: Bank) -> None:
    """One lock order: none waits for ever for another."""
    builder.subscribe(payer, "300,00", str(TODAY))
    cards = [paid(payer, bank) for _ in range(4)]

    def cash(receipt: str) -> Any:
        return topup.credit_cash(
            account_id=payer.id, amount_kop=10_000, receipt_number=receipt, on=TODAY, actor="cashier"
        )

    by_card: list[Callable[[], Any]] = [functools.partial(settling.ask, card.id) for card in cards]
    at_desk: list[Callable[[], Any]] = [functools.partial(cash, f"A-{number}") for number in range(4)]
    at_once(*by_card, *at_desk)
    assert balance(payer) == "2190.00"  # 4 × 500 + 4 × 100 − 300 × 21 ÷ 30
    assert Payment.objects.filter(state=PaymentState.SUCCEEDED).count() == 8
    assert books.notices(payer).count("activated") == 1
