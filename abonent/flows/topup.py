"""A subscriber tops the account up: by card through the bank, or in cash at the desk.

    start ──► the bank's page ──► receive (the bank's message) ──► settle: asks the bank, then one transaction
                              └─► the return page, the poller ──► settle

No message is believed: each only makes us ask the bank. No HTTP happens inside a transaction. A kill loses
nothing: the row, its key and the job that looks after it are committed before the bank hears of the payment.
"""

import re
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from abonent.core import audit, clock, db, jobs
from abonent.flows import bind_card, crediting, keep_card, receipting, refunding, settling
from abonent.ledger import transfers
from abonent.ledger.models import Account
from abonent.payments import cards, matching, payments, queries, raw_events
from abonent.payments.gateways import yookassa
from abonent.payments.gateways import yookassa_objects as objects
from abonent.payments.models import Channel, Payment, PaymentState
from abonent.payments.models_cards import BoundCard, ConsentPurpose

# How long to wait before asking about an open payment again; together over an hour: then the bank closes it.
ASK_AFTER_SECONDS = (2, 5, 10, 30, 60, 120, 300, 600, 600, 600, 600, 600, 600)
UNATTENDED = 4  # where in that list a payment begins whose payer has just gone to the bank
POLL_AFTER_SECONDS = 60
POLL_AT_MOST = 500
CASH_MAX_KOP = 10_000_000_00  # a slip of the keyboard, not a payment

_TOKEN = re.compile(r"[0-9a-zA-Z_-]{8,64}")
_RECEIPT = re.compile(r"[^\s\x00](?:[^\x00]{0,56}[^\s\x00])?")


class UnableToStart(Exception):
    """The payment was not begun; nothing is owed to anybody. The page says why by the class."""


class CardsAreOff(UnableToStart):
    """The operator has no contract with a bank in the settings."""


class UnderTheLimit(UnableToStart):
    def __init__(self, limit_kop: int) -> None:
        super().__init__(f"the least is {limit_kop} kopecks")
        self.limit_kop = limit_kop


class OverTheLimit(UnableToStart):
    def __init__(self, limit_kop: int) -> None:
        super().__init__(f"the most is {limit_kop} kopecks")
        self.limit_kop = limit_kop


class CardGone(UnableToStart):
    """The bound card was unbound meanwhile: another way to pay is to be chosen."""


class FormUsed(UnableToStart):
    """The form was sent before with another sum, or its token is none of ours: a fresh form is needed."""


class BankSaidNo(UnableToStart):
    """The bank refuses such a payment.   code: its word."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the bank refuses: {code}")
        self.code = code


class BankDoesNotAnswer(UnableToStart):
    """Whether the bank has it is not known yet. It stands and is asked about; the same form finds it."""

    def __init__(self, payment_id: int) -> None:
        super().__init__(f"the bank does not answer about payment {payment_id}")
        self.payment_id = payment_id


class UnableToCredit(Exception):
    """Cash was not credited."""


class ReceiptUsed(UnableToCredit):
    """The receipt's number is known with another account, sum or date."""


@dataclass(frozen=True, slots=True)
class By:
    """How the payer wants to pay."""

    card_id: int | None = None  # a bound card: in one tap
    kind: str = ""  # "bank_card", "sbp"; "": he chooses on the bank's page
    remember: cards.Words | None = None  # what he agreed to when he asked to keep the card
    actor: str = ""  # his sign-in name
    address: str | None = None  # of his browser


@dataclass(frozen=True, slots=True)
class Started:
    payment_id: int
    redirect_url: str  # the bank's page; our return page once there is nothing left to pay


def start(*, account_id: int, amount_kop: int, submit_token: str, return_url: str, by: By | None = None) -> Started:
    """Begin a card payment; a second submit of the same form gets the first one's payment.

    By a bound card it may be done when this returns; the bank may still ask for a code: then the redirect leads there.

    amount_kop: kopecks, within the profile's card limits.
    submit_token: of the form, random, 8–64 of A-Z a-z 0-9 _ -.
    return_url: absolute, where the bank sends the payer back.
    Raises UnderTheLimit, OverTheLimit, FormUsed, CardGone, BankSaidNo, BankDoesNotAnswer, CardsAreOff.
    Not to be called in a transaction.
    """
    card = settings.PROFILE.card
    if not settings.YOOKASSA_SHOP_ID:
        raise CardsAreOff("ABONENT_YOOKASSA_SHOP_ID is not set")
    if amount_kop < card.min_kop:
        raise UnderTheLimit(card.min_kop)
    if amount_kop > card.max_kop:
        raise OverTheLimit(card.max_kop)
    if not _TOKEN.fullmatch(submit_token):
        raise FormUsed("the form's token is none of ours")
    payment = _open(account_id, amount_kop, submit_token, return_url, by or By())
    if payment.state != PaymentState.NEW:
        return _started(payment)
    try:
        bank = _create_for_a_person(payment)
    except cards.TokenForgotten as gone:
        with db.atomic():
            locked = payments.lock(payment.id)
            if locked.state == PaymentState.NEW:
                settling.cancel(locked, "card_unbound")
        raise CardGone(str(gone)) from gone
    except yookassa.BankRefused as refused:
        settling.refused(payment, refused)
        raise BankSaidNo(refused.code) from refused
    except yookassa.BankUnknown as unknown:
        ask_again.defer_in(ASK_AFTER_SECONDS[0], payment_id=payment.id, turn=0)
        raise BankDoesNotAnswer(payment.id) from unknown
    settling.apply(payment.id, bank)
    payment.refresh_from_db()
    return _started(payment)


def receive(channel: str, body: bytes, address: str | None) -> None:
    """Keep the bank's message, once, and ask the bank about its payment or refund, every time it comes.

    A forged or early message must never make the true one a dropped duplicate. What we do not know is kept too.
    address: who sent it.   Raises raw_events.UnableToKeep for what is no message of the bank's.
    """
    message = raw_events.read(body)
    with db.atomic():
        raw_events.keep(channel, message, address=address)
        if message.is_of_refund:
            refunding.settle_external.defer(external_id=message.external_id, turn=0)
        if message.is_of_method:
            bind_card.settle_external.defer(external_id=message.external_id, turn=0)
        if not message.is_of_payment:
            return
        payment = queries.by_external_id(channel, message.external_id)
        if payment is not None:
            settle.defer(payment_id=payment.id)
        else:
            settle_external.defer(external_id=message.external_id, turn=0)


@jobs.job(queue="payments", lock="payment:{payment_id}", queueing_lock="settle:{payment_id}")
def settle(payment_id: int) -> None:
    """Ask the bank about a payment of ours and do what follows. Safe at any moment, any number of times."""
    if settling.ask(payment_id):
        ask_again.defer_in(ASK_AFTER_SECONDS[0], payment_id=payment_id, turn=0)


@jobs.job(queue="payments", queueing_lock="ask:{payment_id}:{turn}")
def ask_again(payment_id: int, turn: int) -> None:
    """`settle`, on a schedule that ends. Without a `lock`: put off, it would hold a message's `settle` back."""
    if settling.ask(payment_id) and turn + 1 < len(ASK_AFTER_SECONDS):
        ask_again.defer_in(ASK_AFTER_SECONDS[turn + 1], payment_id=payment_id, turn=turn + 1)


@jobs.job(queue="payments", queueing_lock="external:{external_id}:{turn}")
def settle_external(external_id: str, turn: int) -> None:
    """Ask the bank about a payment whose id we have not stored: its answer was lost, or it is none of ours."""
    payment = queries.by_external_id(Channel.YOOKASSA, external_id)
    if payment is not None:
        settle(payment.id)
        return
    try:
        payment_id = settling.ask_unknown(external_id)
    except yookassa.BankUnknown:
        if turn + 1 < len(ASK_AFTER_SECONDS):
            settle_external.defer_in(ASK_AFTER_SECONDS[turn], external_id=external_id, turn=turn + 1)
        return
    if payment_id is not None:
        ask_again.defer_in(ASK_AFTER_SECONDS[0], payment_id=payment_id, turn=0)


def poll_open(now: datetime) -> int:
    """Ask about every payment that has stood open for a minute; give how many. The schedule calls it.

    It closes what nobody closed: a message that never came, a payer who never returned.
    """
    before = now - timedelta(seconds=POLL_AFTER_SECONDS)
    found = queries.open_ids(channel=Channel.YOOKASSA, before=before, limit=POLL_AT_MOST)
    with db.atomic():
        for payment_id in found:
            settle.defer(payment_id=payment_id)
    return len(found)


def credit_cash(
    *, account_id: int, amount_kop: int, receipt_number: str, on: date, actor: str
) -> crediting.Credited | None:
    """Credit money given at the desk, once for a receipt; None when it was credited before.

    receipt_number: as printed, up to 58 characters.   on: the operator's date on it.   actor: who took it.
    Raises UnableToCredit; ReceiptUsed when the number is known with another account, sum or date.
    """
    if not 0 < amount_kop <= CASH_MAX_KOP:
        raise UnableToCredit(f"a sum from 1 to {CASH_MAX_KOP} kopecks, not {amount_kop}")
    if not _RECEIPT.fullmatch(receipt_number):
        raise UnableToCredit("a receipt's number has up to 58 characters and no space around")
    at = clock.now()
    with transfers.alarm_on_refusal(), db.atomic():
        found = payments.open_received(
            channel=Channel.CASH,
            account_id=account_id,
            amount_kop=amount_kop,
            external_id=receipt_number,
            on=on,
            at=at,
        )
        payment = payments.lock(found.id)
        if (payment.account_id, payment.amount_kop, payment.on) != (account_id, amount_kop, on):
            raise ReceiptUsed(f"receipt {receipt_number} is known with another account, sum or date")
        if payment.state == PaymentState.SUCCEEDED:
            return None
        credited = crediting.credit(payment, on=on, at=at)
        audit.record(
            actor=actor,
            action="payments.credit_cash",
            subject=f"payment:{payment.id}",
            new={"account_id": account_id, "amount_kop": amount_kop, "receipt_number": receipt_number},
        )
    return credited


# --- to begin ---------------------------------------------------------------------------------------------
def _open(account_id: int, amount_kop: int, submit_token: str, return_url: str, by: By) -> Payment:
    """The row with its key, and the job that looks after it, before the bank hears a word."""
    contract = Account.objects.values_list("contract__number", flat=True).get(id=account_id)
    payment_id = payments.reserve_id()
    request = yookassa.new_payment(
        amount_kop=amount_kop,
        description=_("Top-up of contract %(number)s") % {"number": contract},
        return_url=return_url,
        locale=bind_card.locale(),
        metadata=matching.metadata(matching.Claim(payment_id, account_id, contract)),
        kind="" if by.card_id else by.kind,
        save_method=by.remember is not None and not by.card_id,
        receipt=receipting.for_bank(account_id=account_id, amount_kop=amount_kop, on=clock.today()),
    )
    try:
        with db.atomic():
            if by.card_id:
                cards.own(account_id, by.card_id)
            payment, is_new = payments.open_card(
                payment_id=payment_id,
                account_id=account_id,
                amount_kop=amount_kop,
                submit_token=submit_token,
                request=request,
                at=clock.now(),
                card_id=by.card_id,
            )
            if is_new and by.remember and not by.card_id:
                cards.agree(
                    account_id=account_id,
                    purpose=ConsentPurpose.BIND,
                    cause=keep_card.cause_of(payment),
                    words=by.remember,
                    actor=by.actor,
                    address=by.address,
                    at=clock.now(),
                )
            if is_new:
                seconds = ASK_AFTER_SECONDS[UNATTENDED]
                ask_again.defer_in(seconds, payment_id=payment.id, turn=UNATTENDED)
    except payments.TokenUsed as used:
        raise FormUsed("the form was sent before with another sum") from used
    except BoundCard.DoesNotExist as gone:
        raise CardGone(f"card {by.card_id} of account {account_id}") from gone
    return payment


def _create_for_a_person(payment: Payment) -> objects.BankPayment:
    """Ask; where no answer comes, once more with the same key and less patience: somebody waits.

    Raises yookassa's failures; cards.TokenForgotten, and then the bank was not asked.
    """
    body = cards.body_of(payment)
    connect_seconds = settings.YOOKASSA_CONNECT_SECONDS
    patience = yookassa.Patience(connect_seconds, settings.YOOKASSA_PAGE_READ_SECONDS)
    try:
        return yookassa.create(body, key=payment.idempotence_key, patience=patience)
    except yookassa.BankUnknown as unknown:
        if isinstance(unknown, yookassa.BankBusy):
            time.sleep(min(unknown.retry_after_seconds, 2))
        patience = yookassa.Patience(connect_seconds, settings.YOOKASSA_REPEAT_READ_SECONDS)
        return yookassa.create(body, key=payment.idempotence_key, patience=patience)


def _started(payment: Payment) -> Started:
    if payment.state == PaymentState.PENDING and payment.confirmation_url:
        return Started(payment.id, payment.confirmation_url)
    return Started(payment.id, payment.request["confirmation"]["return_url"])
