"""What follows when the bank has said what became of an autopay's debit: told, tried again, or switched off.

Called by `settling` inside its transaction, with the payment locked: the money, the attempt and the notice are
together or not at all. A payment that is no autopay's changes nothing here.
"""

from datetime import date, timedelta

from abonent.core import alarms, clock, db
from abonent.flows import crediting
from abonent.ledger.models import Account
from abonent.notifications import outbox
from abonent.payments import autopay, autopay_rules, cards
from abonent.payments.models import Payment
from abonent.payments.models_cards import AttemptState, AutopayAttempt

CONTRACT_ENDED = "contract_ended"


def said(payment: Payment) -> crediting.Said | None:
    """The notice of a debit tells of the card; of any other payment, nothing special."""
    attempt = _attempt(payment)
    return crediting.Said("autopay_paid", {"card": attempt.card.title}) if attempt else None


def paid(payment: Payment) -> None:
    """The money is credited: the attempt is the cause's one, or a late one that a person looks at."""
    attempt = _attempt(payment)
    if attempt is None:
        return
    autopay.lock(attempt.account_id)
    attempt = autopay.lock_attempt(attempt.id)
    if not autopay.mark_paid(attempt, at=clock.now()):
        alarms.raise_alarm(
            key=f"autopay:late:{attempt.id}",
            what=f"the debit {attempt.id} for {attempt.cause} was paid after it was taken for lost: "
            "look whether the cause was paid twice",
        )


def declined(payment: Payment) -> None:
    """The bank has said no: try later by schedule, switch off, or say what the person must do."""
    attempt = _attempt(payment)
    if attempt is None or attempt.state != AttemptState.DEBITING:
        return
    db.lock(Account, [attempt.account_id])  # before the settings, as whoever unbinds a card does
    settings = autopay.lock(attempt.account_id)
    attempt = autopay.lock_attempt(attempt.id)
    at, today = clock.now(), clock.today()
    reason = payment.cancel_reason or "general_decline"
    autopay.mark_declined(attempt, reason=reason, at=at)
    group = autopay_rules.group(reason)
    next_on = (
        autopay_rules.retry_on(autopay.declines_of(attempt.cause), today) if group == autopay_rules.LATER else None
    )
    if settings is None or not settings.is_on or settings.card_id != attempt.card_id:
        next_on = None  # its owner has changed it meanwhile
    elif group == autopay_rules.OFF:
        autopay.switch_off(attempt.account_id, why=reason, at=at)
        if reason == "permission_revoked":
            cards.unbind(attempt.card_id, why=reason, at=at)
    elif next_on is not None:
        autopay.plan(
            settings,
            rule=attempt.rule,
            cause=attempt.cause,
            amount_kop=attempt.amount_kop,
            due_on=next_on,
            at=at,
        )
    _tell_declined(attempt, reason, group, next_on)


def card_gone(account_id: int, card_id: int) -> None:
    """A card was unbound: autopay by it is off, and its owner is told. In the caller's transaction."""
    db.require_transaction()
    settings = autopay.lock(account_id)
    if settings is None or settings.card_id != card_id or not settings.is_on:
        return
    autopay.switch_off(account_id, why="card_unbound", at=clock.now())
    tell_off(account_id, "card_unbound")


def contract_ended(account_id: int) -> None:
    """Nothing is charged any more, so nothing is debited; its owner is told. The account is locked."""
    db.require_transaction()
    settings = autopay.switch_off(account_id, why=CONTRACT_ENDED, at=clock.now())
    if settings is None:
        return
    if settings.consent_id is not None:
        cards.withdraw(settings.consent_id, at=clock.now())
    tell_off(account_id, CONTRACT_ENDED)


def tell_off(account_id: int, why: str) -> None:
    """Once for each time it is switched off."""
    outbox.queue(
        key=f"autopay_off:{account_id}:{clock.now().isoformat()}",
        contract_id=contract_id(account_id),
        kind="autopay_off",
        params={"why": why},
    )


def contract_id(account_id: int) -> int:
    found = Account.objects.values_list("contract_id", flat=True).get(id=account_id)
    assert found is not None, account_id
    return found


def first_debit_on(today: date, due_on: date) -> date:
    """A debit is announced a day before it at least."""
    return max(due_on, today + timedelta(days=autopay_rules.NOTICE_DAYS))


def _tell_declined(attempt: AutopayAttempt, reason: str, group: str, next_on: date | None) -> None:
    if group == autopay_rules.LATER and next_on is None:
        group = autopay_rules.ACT
    outbox.queue(
        key=f"autopay_declined:{attempt.id}",
        contract_id=contract_id(attempt.account_id),
        kind="autopay_declined",
        params={
            "amount_kop": attempt.amount_kop,
            "card": attempt.card.title,
            "reason": reason,
            "group": group,
            "next_on": next_on.isoformat() if next_on else None,
        },
    )


def _attempt(payment: Payment) -> AutopayAttempt | None:
    return autopay.of_payment(payment.id) if payment.card_id is not None else None
