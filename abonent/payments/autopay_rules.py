"""When autopay wants how much, and what a decline means. Pure: on what billing's overview shows, no clock."""

from datetime import date, timedelta
from typing import NamedTuple

from abonent.billing import forecast as forecasts
from abonent.billing import queries as billing
from abonent.billing import waking
from abonent.core import periods
from abonent.payments.models_cards import Rule

NOTICE_DAYS = 1  # a debit is announced so many days before it
RETRY_AFTER_DAYS = (1, 3)  # after the first decline, after the second; then the person must act
PLENTY_KOP = 10**13  # a balance that covers whatever comes

LATER, OFF, ACT = "later", "off", "act"  # try by schedule; switch autopay off; the person must act
_GROUPS = {
    "insufficient_funds": LATER,
    "issuer_unavailable": LATER,
    "payment_method_limit_exceeded": LATER,
    "internal_timeout": LATER,
    "call_issuer": LATER,
    "general_decline": LATER,
    "never_reached_bank": LATER,
    "permission_revoked": OFF,
    "card_expired": OFF,
    "payment_method_restricted": OFF,
    "fraud_suspected": OFF,
    "country_forbidden": OFF,
    "invalid_card_number": OFF,
    "card_unbound": OFF,
    "invalid_request": OFF,  # the bank does not know the token any more
    "3d_secure_failed": ACT,
    "invalid_csc": ACT,
    "identification_required": ACT,
    "unsupported_mobile_operator": ACT,
    "expired_on_confirmation": ACT,
}


class Rules(NamedTuple):
    """What its owner has set."""

    before_days: int | None
    below_kop: int | None
    sum_kop: int | None


class Wanted(NamedTuple):
    rule: Rule
    cause: str  # "before_charge:17:2026-12-01": what is debited for once
    amount_kop: int
    due_on: date  # not before this date; the first announcement may push it on


def group(reason: str) -> str:
    """What to do after a decline. A word of the bank's that we do not know is a decline without a reason."""
    return _GROUPS.get(reason, LATER)


def retry_on(declines: int, on: date) -> date | None:
    """When to try again after so many declines of a cause, the last one on this date; None: not any more."""
    return on + timedelta(days=RETRY_AFTER_DAYS[declines - 1]) if declines <= len(RETRY_AFTER_DAYS) else None


def wanted(seen: billing.Overview, planned: forecasts.Planned, rules: Rules, on: date) -> list[Wanted]:
    """What the rules want of this account on this date.

    Nothing where nothing is served any more (the contract has ended: a card must not pay for a habit), where an
    end is agreed, and where the first top-up is waited for: that one is the person's own.

    on: the operator's today.   planned: of `billing.planned.of(seen)`.
    """
    if not seen.subscriptions or seen.contract_ends_on is not None:
        return []
    if any(one.state == waking.WAITING for one in seen.subscriptions):
        return []
    found = []
    if rules.before_days is not None and (one := _before(seen, planned, rules.before_days, on)):
        found.append(one)
    if rules.below_kop is not None and rules.sum_kop is not None and seen.balance_kop < rules.below_kop:
        cause = f"{Rule.BELOW_BALANCE}:{seen.account_id}:{on.isoformat()}"
        found.append(Wanted(Rule.BELOW_BALANCE, cause, rules.sum_kop, on))
    return found


def needed_kop(
    seen: billing.Overview, planned: forecasts.Planned, rules: Rules, *, rule: str, cause: str, on: date
) -> int:
    """What is needed on this date for what was announced; 0: nothing any more, or for another charge only."""
    # The days before the charge were counted when it was announced.
    near = rules._replace(before_days=forecasts.DAYS_AHEAD if rules.before_days is not None else None)
    for one in wanted(seen, planned, near, on):
        if one.rule == rule and (one.cause == cause or rule == Rule.BELOW_BALANCE):
            return one.amount_kop
    return 0


def next_debit(seen: billing.Overview, planned: forecasts.Planned, rules: Rules, on: date) -> Wanted | None:
    """The next debit before a charge, if nobody pays meanwhile: for the page that shows it."""
    one = _before(seen, planned, forecasts.DAYS_AHEAD, on) if rules.before_days is not None else None
    if one is None or rules.before_days is None:
        return None
    charge_on = date.fromisoformat(one.cause.rpartition(":")[2])
    return one._replace(due_on=max(on + timedelta(days=NOTICE_DAYS), charge_on - timedelta(days=rules.before_days)))


def _before(seen: billing.Overview, planned: forecasts.Planned, days: int, on: date) -> Wanted | None:
    """What is missing so that everything goes on through the billing month of the charge that is not covered."""
    stopped_on = _stopped_on(seen)
    if stopped_on is not None:
        return _made(seen, stopped_on, _to_resume_kop(seen, planned, on), on)
    ahead = forecasts.of(seen, on, planned)
    if ahead.stops_on is None or ahead.stops_on - timedelta(days=days + NOTICE_DAYS) > on:
        return None
    missing_kop = max(ahead.missing_kop, _due_kop(seen, planned, on, until=periods.calendar_month(ahead.stops_on).end))
    return _made(seen, ahead.stops_on, missing_kop, max(on, ahead.stops_on - timedelta(days=days)))


def _made(seen: billing.Overview, charge_on: date, amount_kop: int, due_on: date) -> Wanted | None:
    cause = f"{Rule.BEFORE_CHARGE}:{seen.account_id}:{charge_on.isoformat()}"
    return Wanted(Rule.BEFORE_CHARGE, cause, amount_kop, due_on) if amount_kop > 0 else None


def _stopped_on(seen: billing.Overview) -> date | None:
    stopped = [one.stopped_on for one in seen.subscriptions if one.state == waking.SUSPENDED and one.stopped_on]
    return min(stopped, default=None)


def _to_resume_kop(seen: billing.Overview, planned: forecasts.Planned, on: date) -> int:
    """What switches everything on today, and keeps it on through this billing month."""
    missing_kop = billing.woken(seen, on).missing_kop
    awake = tuple(
        one._replace(state=waking.ACTIVE, paid_until=on) if one.state == waking.SUSPENDED else one
        for one in seen.subscriptions
    )
    anew = seen._replace(subscriptions=awake, charged_through=on - periods.ONE_DAY)
    return max(missing_kop, _due_kop(anew, planned, on, until=periods.calendar_month(on).end))


def _due_kop(seen: billing.Overview, planned: forecasts.Planned, on: date, *, until: date) -> int:
    """What is charged before the date `until`, less what the account has."""
    rich = seen._replace(balance_kop=seen.balance_kop + PLENTY_KOP)
    steps = forecasts.of(rich, on, planned).steps
    charged_kop = sum(kop for step in steps if step.on < until for _id, kop in step.lines)
    return charged_kop - seen.balance_kop - seen.credit_limit_kop
