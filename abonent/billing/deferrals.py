"""Grant and end deferrals: credit until a date, so that service goes on. Writes Deferral and Terms.deferral_kop.

The profile says how much, for how long, how often and for what fee. At its end a debtor is suspended and his unused
days come back, so that what is owed is for days used.
"""

import enum
from datetime import date, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction

from abonent.billing import fees, parking, queries, returns, suspending
from abonent.billing.models import Deferral, Terms
from abonent.billing.models_deferrals import PauseKind
from abonent.core import db
from abonent.ledger.models import Account

MOST_LISTED = 500
_GIVEN = """
    select c.number as contract_number, d.amount_kop, d.fee_kop, d.granted_on, d.ends_on, d.ended_on, d.granted_by,
           coalesce(a.balance_kop, 0) as balance_kop
    from billing_deferral d
    join ledger_account a on a.id = d.account_id
    join subscribers_contract c on c.id = a.contract_id
    where d.ended_on is null or d.ended_on >= %s
    order by d.ended_on desc nulls first, d.ends_on, d.id
    limit %s
"""
_DUE = "billing_deferral where ended_on is null and ends_on <= %(on)s"


class Why(enum.StrEnum):
    """Why a deferral is refused. The screen has words for each."""

    OFF = "off"  # the operator grants none
    NO_SERVICE = "no_service"  # nothing is connected, or the contract ends
    FIRST_TOP_UP = "first_top_up"  # comes after the first top-up
    OPEN = "open"  # one counts already
    UNPAID = "unpaid"  # an earlier one, or another debt
    TOO_SOON = "too_soon"  # after the last one
    PAUSED = "paused"  # or a pause is planned
    TOO_SMALL = "too_small"  # the sum does not bring the service back, or not even its fee
    TOO_LARGE = "too_large"  # the sum
    NOT_ENOUGH = "not_enough"  # not even the largest brings the service back


class UnableToDefer(Exception):
    """Refused.

    why: the reason.   possible_on: from which date it is possible, where a date is all it takes.
    limit_kop: the least (TOO_SMALL), the largest (TOO_LARGE), or what must be paid first (UNPAID, NOT_ENOUGH).
    """

    def __init__(self, why: Why, *, possible_on: date | None = None, limit_kop: int = 0) -> None:
        super().__init__(f"{why} (possible on {possible_on}, {limit_kop} kopecks)")
        self.why, self.possible_on, self.limit_kop = why, possible_on, limit_kop


class Allowed(NamedTuple):
    """What an account may have today."""

    least_kop: int
    most_kop: int
    advised_kop: int  # what brings everything back; at least 1
    fee_kop: int
    ends_on: date  # the first date without it


class Given(NamedTuple):
    """A deferral as staff's list shows it."""

    contract_number: str
    amount_kop: int
    fee_kop: int
    granted_on: date
    ends_on: date
    ended_on: date | None
    granted_by: str
    balance_kop: int


class Ended(NamedTuple):
    """A deferral that has ended."""

    deferral_id: int
    account_id: int
    contract_id: int
    owed_kop: int  # 0: it was paid
    suspended: bool


def allowed(seen: queries.Overview, *, on: date) -> Allowed:
    """What the account may have on this date.   Raises UnableToDefer."""
    on = queries.settled(seen, on)
    require_eligible(seen, on=on)
    policy = settings.PROFILE.deferral
    first_kop, all_kop = _missing(seen, on)
    least_kop = max(1, policy.fee_kop - seen.available_kop, first_kop + policy.fee_kop if first_kop else 0)
    if least_kop > policy.max_kop:
        raise UnableToDefer(Why.NOT_ENOUGH, limit_kop=least_kop - policy.max_kop)
    advised_kop = all_kop + policy.fee_kop if all_kop else policy.max_kop
    return Allowed(
        least_kop=least_kop,
        most_kop=policy.max_kop,
        advised_kop=max(least_kop, min(advised_kop, policy.max_kop)),
        fee_kop=policy.fee_kop,
        ends_on=on + timedelta(days=policy.days),
    )


def require_eligible(seen: queries.Overview, *, on: date) -> None:
    """Raises UnableToDefer for whom no sum is possible on this date."""
    if not settings.PROFILE.deferral.max_kop:
        raise UnableToDefer(Why.OFF)
    if not seen.subscriptions or seen.contract_ends_on is not None:
        raise UnableToDefer(Why.NO_SERVICE)
    if seen.first_top_up_left_kop:
        raise UnableToDefer(Why.FIRST_TOP_UP, limit_kop=seen.first_top_up_left_kop)
    next_on = again_on(seen.account_id)
    if seen.deferral_ends_on is not None:
        raise UnableToDefer(Why.OPEN, possible_on=next_on)
    if seen.available_kop < 0:
        raise UnableToDefer(Why.UNPAID, limit_kop=-seen.available_kop)
    if next_on is not None and on < next_on:
        raise UnableToDefer(Why.TOO_SOON, possible_on=next_on)
    if seen.pause is not None and seen.pause.kind == PauseKind.PAUSE:
        raise UnableToDefer(Why.PAUSED, possible_on=seen.pause.ends_on)


def grant(account_id: int, *, amount_kop: int, on: date, actor: str) -> Deferral:
    """Let `amount_kop` count in what is available until a date, and take the fee. Then call `resume`.

    Locks the account. amount_kop: within `allowed`.   on: the operator's today.   Raises UnableToDefer.
    """
    account = db.lock(Account, [account_id])[account_id]
    assert account.contract_id is not None, account_id
    seen = queries.overview(account.contract_id, on)
    assert seen is not None
    may = allowed(seen, on=on)
    if amount_kop < may.least_kop:
        raise UnableToDefer(Why.TOO_SMALL, limit_kop=may.least_kop)
    if amount_kop > may.most_kop:
        raise UnableToDefer(Why.TOO_LARGE, limit_kop=may.most_kop)
    return write(account_id, amount_kop=amount_kop, on=queries.settled(seen, on), actor=actor)


def write(account_id: int, *, amount_kop: int, on: date, actor: str) -> Deferral:
    """Write what was allowed, let it count, and take the profile's fee. The account is locked."""
    policy = settings.PROFILE.deferral
    try:
        with transaction.atomic():
            made = Deferral.objects.create(
                account_id=account_id,
                amount_kop=amount_kop,
                fee_kop=policy.fee_kop,
                granted_on=on,
                ends_on=on + timedelta(days=policy.days),
                granted_by=actor,
            )
    except IntegrityError as error:  # the database's own word for OPEN; the lock above makes it a bug elsewhere
        raise UnableToDefer(Why.OPEN) from error
    _set_credit(account_id, amount_kop)
    posted = fees.take(key=f"fee:deferral:{made.pk}", account_id=account_id, fee_kop=policy.fee_kop, on=on)
    if posted is not None:
        made.fee_transfer_on, made.fee_transfer_id = posted.on, posted.id
        made.save(update_fields=["fee_transfer_on", "fee_transfer_id"])
    return made


def end_due(first_account_id: int, last_account_id: int, *, on: date) -> list[Ended]:
    """End the deferrals of the accounts of `[first, last]` whose date has come, before anything is charged on it.

    Who owes then is suspended from `on`, and his unused days come back. Locks the accounts. Parked accounts wait.
    Safe to repeat: an ended deferral is not looked at again.
    """
    ids = parking.lock_due(_DUE, first_account_id, last_account_id, on)
    due = Deferral.objects.filter(account_id__in=ids, ended_on__isnull=True, ends_on__lte=on) if ids else ()
    ended = []
    for one in due:
        try:
            with transaction.atomic():
                ended.append(_end(one, on))
        except returns.UnableToReturn as error:
            parking.park(one.account_id, str(error))
    return ended


def drop(account_id: int, *, on: date) -> None:
    """End what counts, and suspend nothing: the contract itself ends. The account is locked."""
    for one in Deferral.objects.filter(account_id=account_id, ended_on__isnull=True):
        _close(one, on)


def again_on(account_id: int) -> date | None:
    """From which date the next one is possible, as far as the last one says."""
    last = Deferral.objects.filter(account_id=account_id).order_by("granted_on", "id").last()
    if last is None:
        return None
    return max(last.granted_on + timedelta(days=settings.PROFILE.deferral.every_days), last.ends_on)


def _missing(seen: queries.Overview, on: date) -> tuple[int, int]:
    """What is missing today for the first thing that is off, and for everything; 0 where nothing is off."""
    all_kop = queries.woken(seen, on).missing_kop
    if not all_kop:
        return 0, 0
    awake = queries.woken(seen._replace(balance_kop=seen.balance_kop + all_kop), on).charged
    first_kop = max(0, awake[0].amount_kop - seen.available_kop) if awake else all_kop
    if not queries.woken(seen._replace(balance_kop=seen.balance_kop + first_kop), on).charged:
        first_kop = all_kop  # the run of today has yet to take its money
    return first_kop, all_kop


def _end(one: Deferral, on: date) -> Ended:
    _close(one, on)
    account = Account.objects.get(id=one.account_id)
    limit_kop = Terms.objects.values_list("credit_limit_kop", flat=True).get(account_id=one.account_id)
    assert account.balance_kop is not None
    assert account.contract_id is not None
    suspended = False
    if account.balance_kop + limit_kop < 0:
        suspended = bool(suspending.suspend(account.pk, on=on, reason="deferral_end").subscriptions)
        account.refresh_from_db()
    owed_kop = max(0, -((account.balance_kop or 0) + limit_kop))
    return Ended(one.pk, account.pk, account.contract_id, owed_kop, suspended)


def _close(one: Deferral, on: date) -> None:
    one.ended_on = on
    one.save(update_fields=["ended_on"])
    _set_credit(one.account_id, 0)


def _set_credit(account_id: int, deferral_kop: int) -> None:
    agreed, _ = Terms.objects.get_or_create(account_id=account_id)
    agreed.deferral_kop = deferral_kop
    agreed.save(update_fields=["deferral_kop"])


def given(*, ended_since: date) -> list[Given]:
    """What counts now, the next to end first; then what has ended since, the last first. MOST_LISTED at most."""
    return [Given(**row) for row in db.rows(_GIVEN, [ended_since, MOST_LISTED])]
