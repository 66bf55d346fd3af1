"""The end of a contract: agreed for a date, called off, done by the charge run of that date."""

from datetime import date
from typing import NamedTuple

from abonent.billing import endings
from abonent.billing.models import Ending
from abonent.core import audit, db, events
from abonent.flows import autopay_outcomes
from abonent.ledger.models import Account
from abonent.notifications import outbox
from abonent.subscribers import contracts


class Final(NamedTuple):
    """The final statement, in kopecks."""

    ends_on: date  # the first date without service
    returned_kop: int  # of days paid and not used
    balance_kop: int  # below zero: owed; above zero: to be paid back or moved


def plan(*, account_id: int, ends_on: date, on: date, actor: str, why: str = "", address: str | None = None) -> Ending:
    """Agree that nothing serves from `ends_on` on; where nothing works, today is possible, and done at once.

    on: the operator's today.   why: where one of the staff does it. Raises endings.UnableToEnd.
    """
    with db.atomic():
        return plan_within(account_id=account_id, ends_on=ends_on, on=on, actor=actor, why=why, address=address)


def plan_within(*, account_id: int, ends_on: date, on: date, actor: str, why: str, address: str | None) -> Ending:
    """`plan` in the caller's transaction."""
    made = endings.plan(account_id, ends_on=ends_on, on=on, actor=actor)
    _record("plan_end", made, actor, address, why)
    if ends_on <= made.asked_on:
        _tell(endings.apply(made, on=made.asked_on), made.asked_on)
    return made


def cancel(*, account_id: int, actor: str, why: str = "", address: str | None = None) -> Ending:
    """Call off an end that has not come.   Raises endings.UnableToEnd."""
    with db.atomic():
        made = endings.cancel(account_id)
        _record("cancel_end", made, actor, address, why)
    return made


def apply_due(first_account_id: int, last_account_id: int, *, on: date) -> int:
    """A step of the charge run: the contracts that end on this date, with their notices; give how many."""
    ended = endings.apply_due(first_account_id, last_account_id, on=on)
    for one in ended:
        _tell(one, on)
    return len(ended)


def final(account_id: int) -> Final | None:
    """The final statement of an ended contract; None while it goes on."""
    ending = endings.of(account_id)
    if ending is None or ending.returned_kop is None:
        return None
    account = Account.objects.get(id=account_id)
    assert account.balance_kop is not None
    return Final(ending.ends_on, ending.returned_kop, account.balance_kop)


def _tell(ended: endings.Ended, on: date) -> None:
    contracts.end(ended.contract_id, on=on)
    autopay_outcomes.contract_ended(ended.account_id)
    outbox.queue(
        key=f"contract_ended:{ended.account_id}",
        contract_id=ended.contract_id,
        kind="contract_ended",
        params={"on": on.isoformat(), "returned_kop": ended.returned_kop, "balance_kop": ended.balance_kop},
    )
    events.publish(f"contract:{ended.contract_id}", "ended", {"on": on.isoformat()})


def _record(action: str, made: Ending, actor: str, address: str | None, why: str = "") -> None:
    audit.record(
        actor=actor,
        action=f"billing.{action}",
        subject=f"account:{made.account_id}",
        new={"ends_on": made.ends_on.isoformat()},
        why=why,
        address=address,
    )
