"""End a contract's services, and settle what is left until the account is at zero. Writes Ending and Payout.

Ending is the subscriber's right on any date, debt or not. Closing the account is another thing: see
flows/close_account.py; it takes exactly zero.
"""

import enum
from datetime import date, timedelta
from typing import NamedTuple

from django.db import IntegrityError, transaction

from abonent.billing import deferrals, parking, pauses, queries, returns
from abonent.billing.models import Ending, Payout, Subscription, SubscriptionState
from abonent.billing.models_deferrals import EndingState, PayoutState
from abonent.core import db
from abonent.ledger import accounts, transfers
from abonent.ledger.models import Account, Reason

AHEAD_DAYS = 366
_DUE = "billing_ending where state = 'planned' and ends_on <= %(on)s"


class Why(enum.StrEnum):
    """Why an end, or what settles it, is refused. The screen has words for each."""

    TOO_EARLY = "too_early"  # before tomorrow, while something works
    TOO_FAR = "too_far"
    PLANNED = "planned"  # an end is planned already
    ENDED = "ended"  # the contract has ended
    NONE = "none"  # there is nothing to cancel
    NOT_ENDED = "not_ended"  # money goes back only after the contract's end
    NOTHING_LEFT = "nothing_left"  # to be paid back or moved
    ASKED = "asked"  # the money is asked back already
    STRANGERS = "strangers"  # the other contract is another person's, or has ended


class UnableToEnd(Exception):
    """Refused.   possible_on: the date from which (TOO_FAR: up to which) it is possible."""

    def __init__(self, why: Why, *, possible_on: date | None = None) -> None:
        super().__init__(f"{why} (possible on {possible_on})")
        self.why, self.possible_on = why, possible_on


class Back(NamedTuple):
    """What comes back of one charge of one subscription."""

    subscription_id: int
    line: returns.Line


class Ended(NamedTuple):
    account_id: int
    contract_id: int
    returned_kop: int
    balance_kop: int  # after it: below zero is owed, above zero is to be paid back


def would_return(account_id: int, ends_on: date) -> list[Back]:
    """What an end on that date gives back of what is charged today already. Writes nothing."""
    return [
        Back(one.pk, line)
        for one in _not_ended(account_id)
        if one.state not in (SubscriptionState.WAITING, SubscriptionState.SUSPENDED)
        for line in returns.would_return(one, ends_on)
    ]


def earliest(seen: queries.Overview, on: date) -> date:
    """The first date without service that may be asked for: tomorrow; today where nothing works."""
    works = any(one.state == SubscriptionState.ACTIVE for one in seen.subscriptions)
    return on + timedelta(days=1) if works else on


def plan(account_id: int, *, ends_on: date, on: date, actor: str) -> Ending:
    """Agree the end of the contract: from `ends_on` nothing serves and nothing is charged.

    Locks the account.   on: the operator's today. An end on `on` itself is the caller's to `apply` at once.
    Raises UnableToEnd.
    """
    account = db.lock(Account, [account_id])[account_id]
    assert account.contract_id is not None, account_id
    known = Ending.objects.filter(account_id=account_id).exclude(state=EndingState.CANCELLED).first()
    if known is not None:
        planned = known.state == EndingState.PLANNED
        raise UnableToEnd(Why.PLANNED if planned else Why.ENDED, possible_on=known.ends_on)
    seen = queries.overview(account.contract_id, on)
    assert seen is not None
    on = queries.settled(seen, on)
    if ends_on < earliest(seen, on):
        raise UnableToEnd(Why.TOO_EARLY, possible_on=earliest(seen, on))
    if (ends_on - on).days > AHEAD_DAYS:
        raise UnableToEnd(Why.TOO_FAR, possible_on=on + timedelta(days=AHEAD_DAYS))
    try:
        with transaction.atomic():
            return Ending.objects.create(account_id=account_id, ends_on=ends_on, asked_on=on, asked_by=actor)
    except IntegrityError as error:
        raise UnableToEnd(Why.PLANNED) from error


def cancel(account_id: int) -> Ending:
    """Call off an end that has not come. Locks the account.   Raises UnableToEnd (NONE)."""
    db.lock(Account, [account_id])
    found = Ending.objects.filter(account_id=account_id, state=EndingState.PLANNED).first()
    if found is None:
        raise UnableToEnd(Why.NONE)
    found.state = EndingState.CANCELLED
    found.save(update_fields=["state"])
    return found


def apply_due(first_account_id: int, last_account_id: int, *, on: date) -> list[Ended]:
    """End what was agreed for `on` or before, account by account, and lock them. Parked ones wait. Safe to repeat."""
    ids = parking.lock_due(_DUE, first_account_id, last_account_id, on)
    due = Ending.objects.filter(account_id__in=ids, state=EndingState.PLANNED, ends_on__lte=on) if ids else ()
    ended = []
    for one in due:
        try:
            with transaction.atomic():
                ended.append(apply(one, on=on))
        except returns.UnableToReturn as error:
            parking.park(one.account_id, str(error))
    return ended


def apply(one: Ending, *, on: date) -> Ended:
    """End every subscription, give back what is not used, drop the deferral and the pause. The account is locked."""
    assert one.state == EndingState.PLANNED, one.pk
    returned_kop = 0
    # Add-ons first: none works without its tariff, not even between two statements.
    for subscription in sorted(_not_ended(one.account_id), key=lambda each: (each.role == "tariff", each.pk)):
        if subscription.state not in (SubscriptionState.WAITING, SubscriptionState.SUSPENDED):
            returned_kop += returns.give_back(subscription, on=on, reason="contract_end")
        subscription.state, subscription.ended_on, subscription.stopped_on = SubscriptionState.ENDED, on, None
        subscription.save(update_fields=["state", "ended_on", "stopped_on"])
    deferrals.drop(one.account_id, on=on)
    pauses.drop(one.account_id, on=on)
    one.state, one.returned_kop = EndingState.DONE, returned_kop
    one.save(update_fields=["state", "returned_kop"])
    account = Account.objects.get(id=one.account_id)
    assert account.balance_kop is not None
    assert account.contract_id is not None
    return Ended(one.account_id, account.contract_id, returned_kop, account.balance_kop)


def of(account_id: int) -> Ending | None:
    """The end that is planned or done; None: the contract goes on."""
    return Ending.objects.filter(account_id=account_id).exclude(state=EndingState.CANCELLED).first()


# --- what is left after the end ---------------------------------------------------------------------------------


def ask_payout(account_id: int, *, on: date, actor: str) -> Payout:
    """The owner asks what is left back; staff pay it. Locks the account.   Raises UnableToEnd."""
    account = _ended(account_id)
    left_kop = account.balance_kop or 0
    if left_kop <= 0:
        raise UnableToEnd(Why.NOTHING_LEFT)
    try:
        with transaction.atomic():
            return Payout.objects.create(account_id=account_id, amount_kop=left_kop, asked_on=on, asked_by=actor)
    except IntegrityError as error:
        raise UnableToEnd(Why.ASKED) from error


def withdraw_payout(account_id: int) -> Payout:
    """Not asked back any more.   Locks the account.   Raises UnableToEnd (NONE)."""
    db.lock(Account, [account_id])
    found = asked_payout(account_id)
    if found is None:
        raise UnableToEnd(Why.NONE)
    found.state = PayoutState.WITHDRAWN
    found.save(update_fields=["state"])
    return found


def pay_out(payout_id: int, *, on: date, actor: str) -> Payout:
    """What was asked back has been paid in cash: at most what is left then. Twice is once.

    Locks the account.   Raises UnableToEnd (NONE: withdrawn; NOTHING_LEFT: less is left than was asked).
    """
    account_id = Payout.objects.values_list("account_id", flat=True).get(id=payout_id)
    account = db.lock(Account, [account_id])[account_id]
    found = Payout.objects.get(id=payout_id)
    if found.state == PayoutState.PAID:
        return found
    if found.state != PayoutState.ASKED:
        raise UnableToEnd(Why.NONE)
    if (account.balance_kop or 0) < found.amount_kop:
        raise UnableToEnd(Why.NOTHING_LEFT)
    posted = transfers.post(
        key=f"payout:{found.pk}",
        debit_id=account_id,
        credit_id=accounts.house_id("clearing:cash"),
        amount_kop=found.amount_kop,
        on=on,
        reason=Reason.REFUND,
    )
    found.state, found.paid_by = PayoutState.PAID, actor
    found.transfer_on, found.transfer_id = posted.on, posted.id
    found.save(update_fields=["state", "paid_by", "transfer_on", "transfer_id"])
    return found


def asked_payout(account_id: int) -> Payout | None:
    return Payout.objects.filter(account_id=account_id, state=PayoutState.ASKED).first()


def move_left(account_id: int, *, to_account_id: int, on: date) -> int:
    """Move all that is left to another account; give the kopecks. Whose it is, the flow has checked. Then `resume` it.

    Locks both accounts.   Raises UnableToEnd.
    """
    assert account_id != to_account_id, account_id
    locked = db.lock(Account, [account_id, to_account_id])
    _ended(account_id)
    amount_kop = locked[account_id].balance_kop or 0
    if amount_kop <= 0:
        raise UnableToEnd(Why.NOTHING_LEFT)
    if asked_payout(account_id) is not None:
        raise UnableToEnd(Why.ASKED)
    transfers.post(
        key=f"move:{account_id}:{_moves(account_id)}",
        debit_id=account_id,
        credit_id=to_account_id,
        amount_kop=amount_kop,
        on=on,
        reason=Reason.MOVE,
    )
    return amount_kop


def write_off(account_id: int, *, on: date) -> int:
    """Staff give up what is left, or what is owed: the balance becomes zero. Give it as it was, in kopecks.

    Locks the account.   Raises UnableToEnd.
    """
    account = _ended(account_id)
    balance_kop = account.balance_kop or 0
    if not balance_kop:
        raise UnableToEnd(Why.NOTHING_LEFT)
    if asked_payout(account_id) is not None:
        raise UnableToEnd(Why.ASKED)
    house_id = accounts.house_id("write_off")
    transfers.post(
        key=f"write_off:{account_id}:{_moves(account_id)}",
        debit_id=house_id if balance_kop < 0 else account_id,
        credit_id=account_id if balance_kop < 0 else house_id,
        amount_kop=abs(balance_kop),
        on=on,
        reason=Reason.WRITE_OFF,
    )
    return balance_kop


def _moves(account_id: int) -> int:
    """How many times money of this account was moved or written off: the account is locked, so it names the next."""
    found = db.rows(
        "select count(*) as n from ledger_transfer where reason in ('move', 'write_off')"
        " and (debit_id = %(id)s and debit_id >= 1000 or credit_id = %(id)s and credit_id >= 1000)",
        {"id": account_id},
    )
    return int(found[0]["n"])


def _ended(account_id: int) -> Account:
    account = db.lock(Account, [account_id])[account_id]
    ending = of(account_id)
    if ending is None or ending.state != EndingState.DONE:
        raise UnableToEnd(Why.NOT_ENDED, possible_on=ending.ends_on if ending else None)
    return account


def _not_ended(account_id: int) -> list[Subscription]:
    return list(Subscription.objects.filter(account_id=account_id).exclude(state=SubscriptionState.ENDED))
