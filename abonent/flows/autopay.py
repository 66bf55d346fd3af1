"""«Autopay»: announced a day ahead, debited on its day, told of. Once for a cause, whoever is killed or asks twice.

    plan (each date, after the charge run) ──► an attempt and its notice
    debit_due (each tick) ──► the payment's row and key ──► the bank ──► settling ──► autopay_outcomes

What the bank has not answered is asked for with the same key by `topup.ask_again`, deferred with the row.
"""

import contextlib
import logging
import time
from collections.abc import Iterator, Sequence
from concurrent import futures
from datetime import date, datetime
from typing import NamedTuple

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from abonent.billing import forecast as forecasts
from abonent.billing import planned
from abonent.billing import queries as billing
from abonent.core import audit, clock, db, events
from abonent.flows import autopay_outcomes, receipting, settling, topup
from abonent.ledger.models import Account
from abonent.notifications import outbox
from abonent.payments import autopay, autopay_rules, cards, matching, payments
from abonent.payments.gateways import yookassa, yookassa_methods
from abonent.payments.gateways import yookassa_objects as objects
from abonent.payments.models import Payment
from abonent.payments.models_cards import AttemptState, Autopay, AutopayAttempt, ConsentPurpose

THREADS = 4  # that wait for the bank at once
BATCH = 200
TICK_SECONDS = 60  # then the rest waits for the next tick: the charge of the day stands behind us
LEAST_LIMIT_KOP = 100_00

log = logging.getLogger(__name__)


class UnableToSwitchOn(Exception):
    """Nothing has changed; the page says why by the class."""


class LimitTooSmall(UnableToSwitchOn):
    """The month's limit is less than one debit by the rule below a balance, or than LEAST_LIMIT_KOP."""


class SumOutOfBounds(UnableToSwitchOn):
    """The fixed sum is not what a card may pay at once."""


class _Looked(NamedTuple):
    seen: billing.Overview
    planned: forecasts.Planned


# --- its owner ------------------------------------------------------------------------------------------------
def switch_on(
    *,
    account_id: int,
    card_id: int,
    rules: autopay_rules.Rules,
    month_limit_kop: int,
    words: cards.Words,
    actor: str,
    address: str | None,
    on: date,
) -> Autopay:
    """Set both rules as the owner wants them, with his consent; what is wanted already is announced at once.

    Raises LimitTooSmall, SumOutOfBounds, autopay.NoRule; BoundCard.DoesNotExist for a card that is not his.
    """
    card_limits = settings.PROFILE.card
    if rules.sum_kop is not None and not card_limits.min_kop <= rules.sum_kop <= card_limits.max_kop:
        raise SumOutOfBounds(f"{rules.sum_kop} kopecks at once")
    if month_limit_kop < max(LEAST_LIMIT_KOP, rules.sum_kop or 0):
        raise LimitTooSmall(f"{month_limit_kop} kopecks a month")
    at = clock.now()
    with db.atomic():
        db.lock(Account, [account_id])
        card = cards.own(account_id, card_id)
        before = autopay.of_account(account_id)
        consent = cards.agree(
            account_id=account_id,
            purpose=ConsentPurpose.AUTOPAY,
            cause=f"autopay:{account_id}:{at.isoformat()}",
            words=words,
            actor=actor,
            address=address,
            at=at,
        )
        if before is not None and before.consent_id is not None:
            cards.withdraw(before.consent_id, at=at)
        made = autopay.switch_on(
            account_id, card=card, rules=rules, month_limit_kop=month_limit_kop, consent=consent, at=at
        )
        audit.record(
            actor=actor,
            action="payments.switch_autopay_on",
            subject=f"account:{account_id}",
            new={"card": card.title, **rules._asdict(), "month_limit_kop": month_limit_kop},
            address=address,
        )
        contract_id = autopay_outcomes.contract_id(account_id)
        outbox.queue(
            key=f"autopay_on:{account_id}:{at.isoformat()}",
            contract_id=contract_id,
            kind="autopay_on",
            params={"card": card.title, "month_limit_kop": month_limit_kop},
        )
        _plan(made, contract_id, on, at)
    return made


def switch_off(*, account_id: int, actor: str, address: str | None) -> None:
    """Its owner wants no more debits; what was announced is dropped. Twice is once."""
    with db.atomic():
        db.lock(Account, [account_id])
        found = autopay.switch_off(account_id, why="owner", at=clock.now())
        if found is None:
            return
        if found.consent_id is not None:
            cards.withdraw(found.consent_id, at=clock.now())
        audit.record(
            actor=actor, action="payments.switch_autopay_off", subject=f"account:{account_id}", address=address
        )
        autopay_outcomes.tell_off(account_id, "owner")


def call_off(*, account_id: int, attempt_id: int, actor: str, address: str | None) -> bool:
    """Not this one announced debit; autopay stays on. False: it is not announced any more, or not his."""
    with db.atomic():
        autopay.lock(account_id)
        found = AutopayAttempt.objects.filter(id=attempt_id, account_id=account_id).first()
        if found is None:
            return False
        attempt = autopay.lock_attempt(found.id)
        if attempt.state != AttemptState.PLANNED:
            return False
        autopay.drop(attempt, reason=autopay.CALLED_OFF, at=clock.now())
        audit.record(
            actor=actor,
            action="payments.call_off_debit",
            subject=f"account:{account_id}",
            old={"amount_kop": attempt.amount_kop, "due_on": attempt.due_on.isoformat()},
            address=address,
        )
    return True


# --- by the clock ---------------------------------------------------------------------------------------------
def plan(today: date) -> int:
    """Announce what the rules want of whoever has them on and may want it; give how many. Outside a transaction."""
    announced = after = 0
    while batch := autopay.candidates(today, after=after, limit=BATCH):
        for after, account_id in batch:  # noqa: B007  the last one is where the next batch begins
            with db.atomic():
                found = autopay.lock(account_id)
                if found is not None and found.is_on:
                    announced += _plan(found, autopay_outcomes.contract_id(account_id), today, clock.now())
    return announced


def debit_due(now: datetime) -> int:
    """Debit what was announced and whose day has come; give how many the bank was asked for. At each tick."""
    until, today = time.monotonic() + TICK_SECONDS, clock.on_date(now)
    asked = after = 0
    with futures.ThreadPoolExecutor(THREADS, "autopay") as threads:
        while time.monotonic() < until and (batch := autopay.due_ids(today, limit=THREADS, after=after)):
            after = batch[-1]
            opened = [payment for attempt_id in batch if (payment := open_debit(attempt_id, today)) is not None]
            asked += len(opened)
            _ask(threads, opened)
    return asked


def debit(attempt_id: int, today: date) -> Payment | None:
    """One announced debit, here and now. None: it is not wanted any more, or somebody else has begun it."""
    payment = open_debit(attempt_id, today)
    if payment is not None:
        with futures.ThreadPoolExecutor(1, "autopay") as threads:
            _ask(threads, [payment])
    return payment


def open_debit(attempt_id: int, today: date) -> Payment | None:
    """The payment's row with its key and the job that looks after it, before the bank hears a word.

    Looked at anew: what is not needed any more is dropped, and never more than was announced is debited.
    """
    account_id = AutopayAttempt.objects.values_list("account_id", flat=True).get(id=attempt_id)
    at = clock.now()
    with db.atomic():
        found = autopay.lock(account_id)
        attempt = autopay.lock_attempt(attempt_id)
        if attempt.state != AttemptState.PLANNED or attempt.due_on > today or found is None:
            return None
        why_not, amount_kop = _still_wanted(found, attempt, today)
        if not why_not:
            payment = _open(attempt, amount_kop, at)
            autopay.mark_debiting(attempt, payment=payment, on=today)
            seconds = topup.ASK_AFTER_SECONDS[topup.UNATTENDED]
            topup.ask_again.defer_in(seconds, payment_id=payment.id, turn=topup.UNATTENDED)
            return payment
        autopay.drop(attempt, reason=why_not, at=at)
        if why_not == autopay.OVER_LIMIT:
            _tell_limit(found, attempt.cause, amount_kop)
        elif why_not == autopay.MORE_NEEDED:
            _announce(found, attempt.rule, attempt.cause, amount_kop, today, at)
    return None


# --- to announce ----------------------------------------------------------------------------------------------
def _plan(found: Autopay, contract_id: int, today: date, at: datetime) -> int:
    """Announce what the rules want now; the settings are locked."""
    looked = _look(contract_id, today)
    if looked is None:
        return 0
    announced = 0
    for want in autopay_rules.wanted(looked.seen, looked.planned, autopay.rules_of(found), today):
        if autopay.announced(found.account_id) or autopay.is_tired(found, want.rule, want.cause, today):
            continue  # one at a time: the next is counted when this one's money is there
        amount_kop = _bounded(want.amount_kop)
        if autopay.spent_kop(found.account_id, month_of=want.due_on) + amount_kop > found.month_limit_kop:
            refused = autopay.plan(found, rule=want.rule, cause=want.cause, amount_kop=amount_kop, due_on=today, at=at)
            if refused is not None:
                autopay.drop(refused, reason=autopay.OVER_LIMIT, at=at)
                _tell_limit(found, want.cause, amount_kop)
            continue
        due_on = autopay_outcomes.first_debit_on(today, want.due_on)
        announced += _announce(found, want.rule, want.cause, amount_kop, due_on, at)
    return announced


def _announce(found: Autopay, rule: str, cause: str, amount_kop: int, due_on: date, at: datetime) -> int:
    due_on = autopay_outcomes.first_debit_on(clock.on_date(at), due_on)
    attempt = autopay.plan(found, rule=rule, cause=cause, amount_kop=amount_kop, due_on=due_on, at=at)
    if attempt is None:
        return 0
    contract_id = autopay_outcomes.contract_id(found.account_id)
    assert found.card is not None, found.account_id
    outbox.queue(
        key=f"autopay_ahead:{attempt.id}",
        contract_id=contract_id,
        kind="autopay_ahead",
        params={"amount_kop": amount_kop, "on": due_on.isoformat(), "card": found.card.title},
    )
    events.publish(f"contract:{contract_id}", "autopay", {"attempt_id": attempt.id})
    return 1


def _tell_limit(found: Autopay, cause: str, amount_kop: int) -> None:
    outbox.queue(
        key=f"autopay_limit:{cause}",
        contract_id=autopay_outcomes.contract_id(found.account_id),
        kind="autopay_limit",
        params={"amount_kop": amount_kop, "limit_kop": found.month_limit_kop},
    )


def _look(contract_id: int, today: date) -> _Looked | None:
    seen = billing.overview(contract_id, today)
    return _Looked(seen, planned.of(seen)) if seen is not None else None


def _bounded(amount_kop: int) -> int:
    """What a card may pay at once."""
    return min(max(amount_kop, settings.PROFILE.card.min_kop), settings.PROFILE.card.max_kop)


# --- to debit -------------------------------------------------------------------------------------------------
def _still_wanted(found: Autopay, attempt: AutopayAttempt, today: date) -> tuple[str, int]:
    """(why the bank is not asked, or "", kopecks)."""
    looked = _look(autopay_outcomes.contract_id(found.account_id), today)
    if looked is None or not autopay.is_usable(found) or found.card_id != attempt.card_id:
        return autopay.SWITCHED_OFF, 0
    rules = autopay.rules_of(found)
    needed_kop = autopay_rules.needed_kop(
        looked.seen, looked.planned, rules, rule=attempt.rule, cause=attempt.cause, on=today
    )
    if not needed_kop:
        return autopay.NOT_NEEDED, 0
    amount_kop = _bounded(needed_kop)
    if amount_kop > attempt.amount_kop:
        return autopay.MORE_NEEDED, amount_kop
    if autopay.spent_kop(found.account_id, month_of=today) + amount_kop > found.month_limit_kop:
        return autopay.OVER_LIMIT, amount_kop
    return "", amount_kop


def _open(attempt: AutopayAttempt, amount_kop: int, at: datetime) -> Payment:
    contract = Account.objects.values_list("contract__number", flat=True).get(id=attempt.account_id)
    payment_id = payments.reserve_id()
    with translation.override("ru"):  # the bank's records are the operator's
        description = _("Autopay of contract %(number)s") % {"number": contract}
    request = yookassa_methods.new_charge(
        amount_kop=amount_kop,
        description=description,
        metadata=matching.metadata(matching.Claim(payment_id, attempt.account_id, contract)),
        receipt=receipting.for_bank(account_id=attempt.account_id, amount_kop=amount_kop, on=clock.on_date(at)),
    )
    return payments.open_charge(
        payment_id=payment_id,
        account_id=attempt.account_id,
        amount_kop=amount_kop,
        card_id=attempt.card_id,
        attempt_id=attempt.id,
        request=request,
        at=at,
    )


def _ask(threads: futures.ThreadPoolExecutor, opened: Sequence[Payment]) -> None:
    """Ask the bank for each, some at once; the threads touch no database."""
    asked = {}
    for payment in opened:
        try:
            asked[threads.submit(yookassa.create, cards.body_of(payment), key=payment.idempotence_key)] = payment
        except cards.TokenForgotten:  # unbound a moment ago: the bank has heard nothing of it
            with db.atomic():
                settling.cancel(payments.lock(payment.id), "card_unbound")
    for done in futures.as_completed(asked):
        with _watched(asked[done]):
            _learn(asked[done], done)


def _learn(payment: Payment, answer: "futures.Future[objects.BankPayment]") -> None:
    try:
        bank = answer.result()
    except yookassa.BankRefused as refused:
        settling.refused(payment, refused)
    except yookassa.BankUnknown:
        topup.ask_again.defer_in(topup.ASK_AFTER_SECONDS[0], payment_id=payment.id, turn=0)
    else:
        settling.apply(payment.id, bank)


@contextlib.contextmanager
def _watched(payment: Payment) -> Iterator[None]:
    """One that fails by a mistake of ours stops no other: its job asks the bank again."""
    try:
        yield
    except Exception as error:
        log.error("autopay's payment %s: %s", payment.id, type(error).__name__)
