"""A bank of whose answers three in ten are lost, late or doubled: what it took is credited once, nothing else is."""

import itertools
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from abonent.billing.tests import builder
from abonent.core import clock, money, partitions
from abonent.flows import autopay, bind_card, reconciling, refunding, topup
from abonent.ledger import queries as ledger
from abonent.ledger.models import Account, Reason, Transfer
from abonent.payments.models import Payment, PaymentState, Stray
from abonent.payments.models_cards import AttemptState, AutopayAttempt, Binding, BindingState, BoundCard
from abonent.payments.models_desk import Refund, RefundState
from tests import bank as books
from tests.bank import Bank
from tests.stories.autopay_life import BELOW, WORDS

CHAOS = {"chaos_percent": 30, "chaos_seed": 17}
PAYERS, KEEPERS = 8, 5  # of the payers, so many keep a card
PAYMENTS, DECLINED, LEFT = 30, 4, 2  # on the bank's page: of them declined, and left alone there
REFUNDS = 5
TURNS = 60  # of the schedule, until all has come to rest


@pytest.fixture
def accounts(slow_bank: Bank, db: None, settings: Any) -> Iterator[list[Account]]:
    """Payers of today, by the bank's own clock; an answer that is late comes after we have stopped waiting for it."""
    settings.YOOKASSA_PAGE_READ_SECONDS = 0.25
    with clock.frozen(datetime.now(UTC)):
        partitions.ensure_ahead(clock.today())
        slow_bank.control("", CHAOS)
        yield [builder.account() for _ in range(PAYERS)]


def insist(form: Callable[[], Any]) -> Any:
    """The form is sent, and again while the bank does not answer; then once more, as by an impatient hand."""
    for _ in range(TURNS):
        try:
            form()
            return form()
        except (topup.BankDoesNotAnswer, bind_card.BankDoesNotAnswer):
            continue
    raise AssertionError("the bank never answers")


def bind(account: Account, bank: Bank) -> BoundCard:
    token = books.fresh_token()
    started = insist(
        lambda: bind_card.start(
            account_id=account.id,
            kind="bank_card",
            submit_token=token,
            return_url=books.RETURN_URL,
            words=WORDS,
            actor="700000",
            address=None,
        )
    )
    binding = Binding.objects.get(id=started.binding_id)
    bank.control(f"payment_methods/{binding.external_id}/bind", {"card": "pays"})
    until(lambda: bind_card.ask(binding.pk) is False)
    return BoundCard.objects.get(account_id=account.id)


def pay(account: Account, amount_kop: int, by: topup.By | None = None) -> Payment:
    token = books.fresh_token()
    started = insist(
        lambda: topup.start(
            account_id=account.id, amount_kop=amount_kop, submit_token=token, return_url=books.RETURN_URL, by=by
        )
    )
    return Payment.objects.get(id=started.payment_id)


def give_back(payment: Payment, amount_kop: int) -> None:
    token = books.fresh_token()
    for _ in range(2):
        refunding.ask(
            payment_id=payment.id, amount_kop=amount_kop, submit_token=token, actor="accountant", why="asked",
            on=clock.today(),
        )  # fmt: skip


def until(done: Callable[[], bool]) -> None:
    """The schedule and the workers go on, as minutes later."""
    for _ in range(TURNS):
        if done():
            return
        later = clock.now() + timedelta(minutes=2)
        bind_card.poll_open(later)
        topup.poll_open(later)
        refunding.poll_open(later)
        books.work(ahead_seconds=600)
    raise AssertionError("it does not come to rest")


def is_calm() -> bool:
    waiting = Payment.objects.filter(state__in=(PaymentState.NEW, PaymentState.PENDING)).count()
    return (waiting, Refund.objects.exclude(state=RefundState.SUCCEEDED).count()) == (LEFT, 0)


def test_three_answers_in_ten_are_lost_late_or_doubled_and_the_books_agree(
    slow_bank: Bank, accounts: list[Account], caplog: pytest.LogCaptureFixture
) -> None:
    bank = slow_bank
    caplog.set_level(logging.WARNING, "abonent.payments.gateways.yookassa")
    amounts_kop = itertools.count(100_01, 1_01)
    keepers = accounts[:KEEPERS]
    # Yesterday, cards were bound, and their owners are told of the next day's debit.
    with clock.frozen(clock.now() - timedelta(days=1)):
        for one in keepers:  # served, free of charge: only what the bank moves is counted below
            builder.subscribe(one, "0,00", str(clock.today()))
            builder.resume(one, str(clock.today()))
        kept = [bind(one, bank) for one in keepers]
        for card in kept:
            autopay.switch_on(
                account_id=card.account_id, card_id=card.pk, rules=BELOW, month_limit_kop=300_000, words=WORDS,
                actor="700000", address=None, on=clock.today(),
            )  # fmt: skip
    assert autopay.debit_due(clock.now()) == KEEPERS
    for card in kept:
        pay(Account.objects.get(id=card.account_id), next(amounts_kop), topup.By(card_id=card.pk))
    for number in range(PAYMENTS):
        payment = pay(accounts[number % PAYERS], next(amounts_kop))
        if number < LEFT:
            continue
        if number < LEFT + DECLINED:
            bank.cancel(payment.external_id)
        else:
            bank.succeed(payment.external_id)
        for _ in range(number % 3):  # of one payment in three its message is lost, of one it comes twice
            assert books.hook(books.message(payment.external_id)) == 200
        books.work()
    until(is_calm)
    on_the_page = Payment.objects.filter(state=PaymentState.SUCCEEDED, card=None).order_by("id")
    for payment in on_the_page[:REFUNDS]:
        give_back(payment, 50_00)
    until(is_calm)
    hit = sum("the bank: " in one.getMessage() for one in caplog.records)
    assert hit >= 10, hit  # calls left without an answer; the doubled ones do not show

    bank.control("", {"chaos_percent": 0})
    theirs = bank.payments()
    taken = {one["id"]: money.parse(one["amount"]["value"]) for one in theirs if one["status"] == "succeeded"}
    ours = list(Payment.objects.filter(state=PaymentState.SUCCEEDED))
    assert {one.external_id: one.amount_kop for one in ours} == taken
    assert len(ours) == len(taken) == PAYMENTS - DECLINED - LEFT + KEEPERS + KEEPERS
    assert len(theirs) == Payment.objects.count() == PAYMENTS + KEEPERS + KEEPERS
    back = {one["payment_id"]: money.parse(one["amount"]["value"]) for one in bank.control("refunds")}
    assert {one.payment.external_id: one.amount_kop for one in Refund.objects.all()} == back
    assert (len(back), Refund.objects.count(), len(bank.control("refunds"))) == (REFUNDS, REFUNDS, REFUNDS)
    moved = Counter(Transfer.objects.values_list("reason", flat=True))
    assert moved == {Reason.PAYMENT: len(taken), Reason.REFUND: REFUNDS}
    assert sum(ledger.balance_kop(one.id) for one in accounts) == sum(taken.values()) - sum(back.values())
    assert BoundCard.objects.count() == Binding.objects.filter(state=BindingState.BOUND).count() == KEEPERS
    assert AutopayAttempt.objects.filter(state=AttemptState.PAID).count() == KEEPERS
    assert (Stray.objects.count(), books.alarms(), books.broken()) == (0, [], [])
    look = reconciling.yookassa_day(clock.today())
    assert (look.credited, look.differ, look.theirs_kop) == (0, [], sum(taken.values()))
