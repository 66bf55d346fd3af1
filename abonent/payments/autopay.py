"""Autopay's settings and its attempts to debit. The only module that writes Autopay and AutopayAttempt.

    planned → debiting → paid | declined        planned → dropped        declined → paid_late

An attempt is planned when it is announced; its payment's row and key stand before the bank is asked. Of one cause
at most one attempt is planned, under way or paid: the database refuses a second.
"""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Max, Sum

from abonent.core import db, periods
from abonent.payments import autopay_rules
from abonent.payments.models import Payment
from abonent.payments.models_cards import AttemptState, Autopay, AutopayAttempt, BoundCard, CardState, Consent, Rule

_CANDIDATES = db.read_sql(__file__, "autopay_candidates")
LIVE = (AttemptState.PLANNED, AttemptState.DEBITING)
SPENT = (AttemptState.DEBITING, AttemptState.PAID, AttemptState.PAID_LATE)
SHOWN_AT_MOST = 12
# Why the bank was not asked.
CALLED_OFF, OVER_LIMIT, NOT_NEEDED, MORE_NEEDED, SWITCHED_OFF, CHANGED, REPLACED = (
    "owner", "month_limit", "not_needed", "more_needed", "off", "settings_changed", "paid_late",
)  # fmt: skip


class UnableToSet(Exception):
    """The settings contradict each other; the page says which by the class."""


class NoRule(UnableToSet):
    """Neither rule is switched on."""


def lock(account_id: int) -> Autopay | None:
    """The settings, locked: whoever plans or debits for the account waits here. None: it never had any."""
    db.require_transaction()
    return Autopay.objects.filter(account_id=account_id).select_for_update(no_key=True).first()


def of_account(account_id: int) -> Autopay | None:
    return Autopay.objects.filter(account_id=account_id).select_related("card").first()


def rules_of(settings: Autopay) -> autopay_rules.Rules:
    return autopay_rules.Rules(settings.before_days, settings.below_kop, settings.sum_kop)


def switch_on(
    account_id: int,
    *,
    card: BoundCard,
    rules: autopay_rules.Rules,
    month_limit_kop: int,
    consent: Consent,
    at: datetime,
) -> Autopay:
    """Set it as its owner wants it. What was announced by the earlier settings is dropped.   Raises NoRule."""
    if rules.before_days is None and rules.below_kop is None:
        raise NoRule("neither rule is on")
    assert card.account_id == account_id, (card.id, account_id)
    settings = lock(account_id) or Autopay(account_id=account_id)
    settings.is_on, settings.card, settings.consent = True, card, consent
    settings.before_days, settings.below_kop, settings.sum_kop = rules
    settings.month_limit_kop, settings.off_why, settings.changed_at = month_limit_kop, "", at
    settings.save()
    _drop_planned(account_id, reason=CHANGED, at=at)
    return settings


def switch_off(account_id: int, *, why: str, at: datetime) -> Autopay | None:
    """Nothing is debited any more; what was announced is dropped. None: it was off before.

    why: "owner", "card_unbound", "contract_ended", or the bank's word.
    """
    settings = lock(account_id)
    if settings is None or not settings.is_on:
        return None
    settings.is_on, settings.off_why, settings.changed_at = False, why[:64], at
    settings.save(update_fields=["is_on", "off_why", "changed_at"])
    _drop_planned(account_id, reason=SWITCHED_OFF, at=at)
    return settings


# --- attempts -------------------------------------------------------------------------------------------------
def plan(
    settings: Autopay, *, rule: str, cause: str, amount_kop: int, due_on: date, at: datetime
) -> AutopayAttempt | None:
    """Announce a debit for a cause; None: the cause has one that is planned, under way or paid. Settings are locked."""
    turn = (AutopayAttempt.objects.filter(cause=cause).aggregate(last=Max("turn"))["last"] or 0) + 1
    assert settings.card_id is not None, settings.account_id
    row = AutopayAttempt(
        account_id=settings.account_id,
        rule=rule,
        cause=cause,
        turn=turn,
        amount_kop=amount_kop,
        card_id=settings.card_id,
        due_on=due_on,
        created_at=at,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return None
    return row


def lock_attempt(attempt_id: int) -> AutopayAttempt:
    return db.lock(AutopayAttempt, [attempt_id])[attempt_id]


def mark_debiting(attempt: AutopayAttempt, *, payment: Payment, on: date) -> None:
    """Beside the payment's row, in one transaction, before the bank is asked."""
    assert attempt.state == AttemptState.PLANNED, (attempt.id, attempt.state)
    attempt.state, attempt.payment, attempt.debited_on = AttemptState.DEBITING, payment, on
    attempt.amount_kop = payment.amount_kop
    attempt.save(update_fields=["state", "payment", "debited_on", "amount_kop"])


def drop(attempt: AutopayAttempt, *, reason: str, at: datetime) -> None:
    """reason: one of those above."""
    assert attempt.state == AttemptState.PLANNED, (attempt.id, attempt.state)
    attempt.state, attempt.reason, attempt.settled_at = AttemptState.DROPPED, reason, at
    attempt.save(update_fields=["state", "reason", "settled_at"])


def mark_declined(attempt: AutopayAttempt, *, reason: str, at: datetime) -> None:
    assert attempt.state == AttemptState.DEBITING, (attempt.id, attempt.state)
    attempt.state, attempt.reason, attempt.settled_at = AttemptState.DECLINED, reason[:64], at
    attempt.save(update_fields=["state", "reason", "settled_at"])


def mark_paid(attempt: AutopayAttempt, *, at: datetime) -> bool:
    """Whether it is the cause's one. False: we had taken it for lost; what was planned instead is dropped."""
    if attempt.state == AttemptState.DEBITING:
        attempt.state, attempt.reason, attempt.settled_at = AttemptState.PAID, "", at
        attempt.save(update_fields=["state", "reason", "settled_at"])
        return True
    assert attempt.state == AttemptState.DECLINED, (attempt.id, attempt.state)
    for other in AutopayAttempt.objects.filter(cause=attempt.cause, state=AttemptState.PLANNED):
        drop(other, reason=REPLACED, at=at)
    attempt.state, attempt.settled_at = AttemptState.PAID_LATE, at
    attempt.save(update_fields=["state", "settled_at"])
    return False


def of_payment(payment_id: int) -> AutopayAttempt | None:
    return AutopayAttempt.objects.filter(payment_id=payment_id).select_related("card").first()


def spent_kop(account_id: int, *, month_of: date) -> int:
    """What was debited in the month of that date, with what is under way; kopecks."""
    month = periods.calendar_month(month_of)
    found = AutopayAttempt.objects.filter(
        account_id=account_id, state__in=SPENT, debited_on__gte=month.start, debited_on__lt=month.end
    )
    return int(found.aggregate(kop=Sum("amount_kop"))["kop"] or 0)


def declines_of(cause: str) -> int:
    return AutopayAttempt.objects.filter(cause=cause, state=AttemptState.DECLINED).count()


def is_tired(settings: Autopay, rule: str, cause: str, on: date) -> bool:
    """Whether the last try ended without money and nothing has changed since: then it is let rest.

    Of a charge the cause itself is looked at; of a low balance the rule: its causes follow one another by the day.
    What changes it: a payment, other settings; for the month's limit, another month.
    """
    tries = AutopayAttempt.objects.filter(account_id=settings.account_id, rule=rule)
    last = (tries.filter(cause=cause) if rule == Rule.BEFORE_CHARGE else tries).order_by("-id").first()
    if last is None or last.settled_at is None or last.settled_at < settings.changed_at:
        return False
    if last.reason == OVER_LIMIT:
        return last.due_on >= periods.calendar_month(on).start and not _paid_since(settings.account_id, last.settled_at)
    ended = last.state == AttemptState.DECLINED or last.reason == CALLED_OFF
    return ended and not _paid_since(settings.account_id, last.settled_at)


def due_ids(on: date, *, limit: int, after: int = 0) -> list[int]:
    """Planned attempts whose day has come, the oldest first."""
    due = AutopayAttempt.objects.filter(state=AttemptState.PLANNED, due_on__lte=on, id__gt=after).order_by("id")
    return list(due.values_list("id", flat=True)[:limit])


def candidates(on: date, *, after: int, limit: int) -> list[tuple[int, int]]:
    """(id of the settings, account id) of those switched on who may want a debit on that date, in order."""
    values = {"on": on, "notice_days": autopay_rules.NOTICE_DAYS, "after": after, "limit": limit}
    return [(row["id"], row["account_id"]) for row in db.rows(_CANDIDATES, values)]


def announced(account_id: int) -> list[AutopayAttempt]:
    """What will be debited, the nearest first."""
    found = AutopayAttempt.objects.filter(account_id=account_id, state__in=LIVE).select_related("card")
    return list(found.order_by("due_on", "id"))


def finished(account_id: int) -> list[AutopayAttempt]:
    """What became of the last ones, the newest first; what was only replaced is left out."""
    found = AutopayAttempt.objects.filter(account_id=account_id).exclude(state__in=LIVE)
    found = found.exclude(reason__in=[CHANGED, MORE_NEEDED, NOT_NEEDED, SWITCHED_OFF, REPLACED])
    return list(found.select_related("card").order_by("-id")[:SHOWN_AT_MOST])


def is_usable(settings: Autopay) -> bool:
    """Whether anything may be debited: it is on, and its card can pay."""
    return settings.is_on and settings.card is not None and settings.card.state == CardState.ACTIVE


def _drop_planned(account_id: int, *, reason: str, at: datetime) -> None:
    planned = AutopayAttempt.objects.filter(account_id=account_id, state=AttemptState.PLANNED).order_by("id")
    for attempt in planned.select_for_update(no_key=True):
        drop(attempt, reason=reason, at=at)


def _paid_since(account_id: int, at: datetime) -> bool:
    return Payment.objects.filter(account_id=account_id, state="succeeded", settled_at__gt=at).exists()
