"""Pauses: the service off at the subscriber's wish, with the paid days kept. Writes Pause and the state «paused».

A pause concerns every tariff that works on its first date, with their add-ons, which stand still meanwhile; a daily
subscriber's own switch concerns what is charged by the day. It begins and ends by the charge run of its dates, so
that a day is either charged or off, never both.
"""

import enum
from datetime import date, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction

from abonent.billing import fees, parking, policies, queries, rules, runs
from abonent.billing.models import Pause, SubscriptionState
from abonent.billing.models_deferrals import OPEN_PAUSES, PauseKind, PauseState
from abonent.core import db
from abonent.ledger.models import Account

AHEAD_DAYS = 366  # how far ahead a pause may be planned
_BEGIN = db.read_sql(__file__, "pauses_begin")
_ENDING = "state = 'running' and ends_on <= %(on)s"
_BEGINNING = "state = 'planned' and starts_on <= %(on)s"
# The add-ons that stood with a paused tariff first: they know it by its state.
_END_ADDONS = """
    update billing_subscription s
    set state = 'active', paid_until = s.paid_until + (%(on)s::date - s.stopped_on), stopped_on = null,
        anchor_day = case when %(is_calendar)s or s.stopped_on = %(on)s then s.anchor_day
                          else extract(day from s.paid_until + (%(on)s::date - s.stopped_on)) end
    from billing_subscription parent
    where parent.id = s.parent_id and parent.state = 'paused' and s.state = 'standing' and s.account_id = any(%(ids)s)
"""
_END_TARIFFS = """
    update billing_subscription s
    set state = 'active', paid_until = s.paid_until + (%(on)s::date - s.stopped_on), stopped_on = null,
        anchor_day = case when %(is_calendar)s or s.stopped_on = %(on)s then s.anchor_day
                          else extract(day from s.paid_until + (%(on)s::date - s.stopped_on)) end
    where s.state = 'paused' and s.account_id = any(%(ids)s)
"""
_END_PAUSES = """
    update billing_pause set state = 'over', ends_on = %(on)s where state = 'running' and account_id = any(%(ids)s)
"""


class Why(enum.StrEnum):
    """Why a pause is refused. The screen has words for each."""

    BACKWARDS = "backwards"  # it ends before it begins
    TOO_EARLY = "too_early"  # it begins today or before
    TOO_FAR = "too_far"  # planned more than a year ahead
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    OPEN = "open"  # one is planned or running
    NOTHING_WORKS = "nothing_works"  # suspended, waiting, or no tariff at all
    DEFERRED = "deferred"  # not while a deferral counts
    CONTRACT_ENDS = "contract_ends"
    NO_MONEY = "no_money"  # for the fee
    NOT_DAILY = "not_daily"  # the switch is of what is charged by the day
    NONE = "none"  # there is no pause to cancel or to end


class UnableToPause(Exception):
    """Refused.

    why: the reason.   possible_on: the date from which (or, too short or too long, up to which) it is possible.
    missing_kop: what the fee lacks.
    """

    def __init__(self, why: Why, *, possible_on: date | None = None, missing_kop: int = 0) -> None:
        super().__init__(f"{why} (possible on {possible_on}, {missing_kop} kopecks)")
        self.why, self.possible_on, self.missing_kop = why, possible_on, missing_kop


class Moved(NamedTuple):
    """What a pause does to one subscription."""

    subscription_id: int
    paid_until: date  # before
    paid_until_after: date


def check(seen: queries.Overview, *, starts_on: date, ends_on: date, on: date) -> list[Moved]:
    """What a pause of `[starts_on, ends_on)` would do, as things stand.   Raises UnableToPause."""
    policy, on = settings.PROFILE.pause, queries.settled(seen, on)
    if ends_on <= starts_on:
        raise UnableToPause(Why.BACKWARDS)
    _check_start(seen, starts_on, on)
    days = (ends_on - starts_on).days
    if days < policy.min_days:
        raise UnableToPause(Why.TOO_SHORT, possible_on=starts_on + timedelta(days=policy.min_days))
    if days > policy.max_days:
        raise UnableToPause(Why.TOO_LONG, possible_on=starts_on + timedelta(days=policy.max_days))
    if not any(one.role == "tariff" and one.state == SubscriptionState.ACTIVE for one in seen.subscriptions):
        raise UnableToPause(Why.NOTHING_WORKS)
    if seen.deferral_ends_on is not None:
        raise UnableToPause(Why.DEFERRED, possible_on=seen.deferral_ends_on)
    if policy.fee_kop > max(0, seen.available_kop):
        raise UnableToPause(Why.NO_MONEY, missing_kop=policy.fee_kop - seen.available_kop)
    return [
        Moved(one.id, one.paid_until, one.paid_until + (ends_on - starts_on))
        for one in seen.subscriptions
        if one.state == SubscriptionState.ACTIVE and one.paid_until is not None and one.paid_until >= starts_on
    ]


def plan(account_id: int, *, starts_on: date, ends_on: date, on: date, actor: str) -> Pause:
    """Agree a pause of the dates `[starts_on, ends_on)`, and take its fee.

    Locks the account.   on: the operator's today.   Raises UnableToPause.
    """
    check(_see(account_id, on), starts_on=starts_on, ends_on=ends_on, on=on)
    fee_kop = settings.PROFILE.pause.fee_kop
    made = _create(account_id, PauseKind.PAUSE, starts_on, ends_on, on, actor, fee_kop)
    posted = fees.take(key=f"fee:pause:{made.pk}", account_id=account_id, fee_kop=fee_kop, on=on)
    if posted is not None:
        made.fee_transfer_on, made.fee_transfer_id = posted.on, posted.id
        made.save(update_fields=["fee_transfer_on", "fee_transfer_id"])
    return made


def cancel(account_id: int, *, on: date) -> Pause:
    """Call off a pause or a switch-off that has not begun; its fee comes back.   Raises UnableToPause (NONE)."""
    db.lock(Account, [account_id])
    found = Pause.objects.filter(account_id=account_id, state=PauseState.PLANNED).first()
    if found is None:
        raise UnableToPause(Why.NONE)
    found.state = PauseState.CANCELLED
    found.save(update_fields=["state"])
    _return_fee(found, on)
    return found


def earliest_end(pause: queries.PauseRow | Pause, on: date) -> date:
    """The first date on which a running pause may end: tomorrow, or after the profile's least days."""
    tomorrow = max(on, runs.charged_through() or on) + timedelta(days=1)
    if pause.kind == PauseKind.DAILY:
        return tomorrow
    return max(tomorrow, pause.starts_on + timedelta(days=settings.PROFILE.pause.min_days))


def end_early(account_id: int, *, on: date) -> Pause:
    """Let the running pause end, or switch a daily service on, on the earliest date there is.

    Locks the account.   Raises UnableToPause (NONE).
    """
    db.lock(Account, [account_id])
    found = Pause.objects.filter(account_id=account_id, state=PauseState.RUNNING).first()
    if found is None:
        raise UnableToPause(Why.NONE)
    earliest = earliest_end(found, on)
    if found.ends_on is None or earliest < found.ends_on:
        found.ends_on = earliest
        found.save(update_fields=["ends_on"])
    return found


def switch_off(account_id: int, *, on: date, actor: str) -> Pause:
    """Switch what is charged by the day off from tomorrow, until it is switched on: free, as often as one likes.

    Locks the account.   Raises UnableToPause.
    """
    seen = _see(account_id, on)
    on = queries.settled(seen, on)
    starts_on = on + timedelta(days=1)
    daily = [one for one in seen.subscriptions if one.role == "tariff" and one.charging in rules.BY_DAYS]
    if not daily:
        raise UnableToPause(Why.NOT_DAILY)
    _check_start(seen, starts_on, on)
    if not any(one.state == SubscriptionState.ACTIVE for one in daily):
        raise UnableToPause(Why.NOTHING_WORKS)
    return _create(account_id, PauseKind.DAILY, starts_on, None, on, actor, 0)


def end_due(first_account_id: int, last_account_id: int, *, on: date) -> int:
    """End the pauses whose date has come, before anything is charged on it; give how many accounts.

    The paid days go on from `on`, as many as there were; where each account has periods of its own, they begin anew
    with the date that the days reach. Locks the accounts; parked ones wait. Safe to repeat.
    """
    ids = parking.lock_due(f"billing_pause where {_ENDING}", first_account_id, last_account_id, on)
    if ids:
        for sql in (_END_ADDONS, _END_TARIFFS, _END_PAUSES):
            db.run(sql, {"ids": ids, "on": on, "is_calendar": policies.in_force().billing_cycle == rules.CALENDAR})
    return len(ids)


def begin_due(first_account_id: int, last_account_id: int, *, on: date) -> int:
    """Begin the pauses whose date has come; give how many accounts.

    What works stops with its paid days, its add-ons with it. Where nothing works the pause is void, and its fee
    comes back. Locks the accounts; parked ones wait. Safe to repeat.
    """
    ids = parking.lock_due(f"billing_pause where {_BEGINNING}", first_account_id, last_account_id, on)
    if ids:
        for statement in _BEGIN.split(";\n"):
            db.run(statement, {"ids": ids, "on": on})
        void = Pause.objects.filter(account_id__in=ids, state=PauseState.VOID, fee_transfer_id__isnull=False)
        for one in void.order_by("account_id"):
            _return_fee(one, on)
    return len(ids)


def drop(account_id: int, *, on: date) -> None:
    """Close what is open: the contract itself ends. The account is locked."""
    for one in Pause.objects.filter(account_id=account_id, state__in=OPEN_PAUSES):
        planned = one.state == PauseState.PLANNED
        one.state = PauseState.CANCELLED if planned else PauseState.OVER
        if not planned:
            one.ends_on = max(on, one.starts_on + timedelta(days=1))
        one.save(update_fields=["state", "ends_on"])
        if planned:
            _return_fee(one, on)


def _check_start(seen: queries.Overview, starts_on: date, on: date) -> None:
    if starts_on <= on:
        raise UnableToPause(Why.TOO_EARLY, possible_on=on + timedelta(days=1))
    if (starts_on - on).days > AHEAD_DAYS:
        raise UnableToPause(Why.TOO_FAR, possible_on=on + timedelta(days=AHEAD_DAYS))
    if seen.pause is not None:
        raise UnableToPause(Why.OPEN, possible_on=seen.pause.ends_on)
    if seen.contract_ends_on is not None:
        raise UnableToPause(Why.CONTRACT_ENDS, possible_on=seen.contract_ends_on)


def _see(account_id: int, on: date) -> queries.Overview:
    """Lock the account and look."""
    account = db.lock(Account, [account_id])[account_id]
    assert account.contract_id is not None, account_id
    seen = queries.overview(account.contract_id, on)
    assert seen is not None
    return seen


def _create(
    account_id: int, kind: PauseKind, starts_on: date, ends_on: date | None, on: date, actor: str, fee_kop: int
) -> Pause:
    try:
        with transaction.atomic():
            return Pause.objects.create(
                account_id=account_id, kind=kind, starts_on=starts_on, ends_on=ends_on, asked_on=on,
                asked_by=actor, fee_kop=fee_kop,
            )  # fmt: skip
    except IntegrityError as error:
        raise UnableToPause(Why.OPEN) from error


def _return_fee(one: Pause, on: date) -> None:
    if one.fee_transfer_on is not None and one.fee_transfer_id is not None:
        fees.give_back(
            key=f"unfee:pause:{one.pk}", transfer_on=one.fee_transfer_on, transfer_id=one.fee_transfer_id, on=on
        )
