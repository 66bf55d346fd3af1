"""Park the account that makes no sense, so that it stops no other, and take it back. Writes ParkedAccount."""

from datetime import date, datetime
from typing import NamedTuple

from abonent.billing import rules
from abonent.core import alarms, db
from abonent.ledger.models import Account

_PARK = """
    insert into billing_parkedaccount (account_id, reason) values (%s, %s)
    on conflict (account_id) do nothing
"""
_PARKED = """
    select p.account_id, a.contract_id, c.number as contract_number, p.reason, p.parked_at
    from billing_parkedaccount p
    join ledger_account a on a.id = p.account_id
    join subscribers_contract c on c.id = a.contract_id
"""
_SENSELESS = """
    select format('subscription %%s has the price of %%s kopecks by the «%%s»', id, price_kop, charging) as what
    from billing_subscription
    where account_id = %s and state <> 'ended' and (price_kop > %s or charging <> all (%s))
"""
# The days since were not served: what is not paid gives no access. So they are not charged either.
_STOP_OVERDUE = """
    update billing_subscription set state = 'suspended', stopped_on = paid_until
    where account_id = %(account_id)s and state = 'active'
      and paid_until <= (select "on" from billing_chargedthrough)
"""
_STAND = """
    update billing_subscription s set state = 'standing', stopped_on = parent.stopped_on
    from billing_subscription parent
    where parent.id = s.parent_id and parent.state = 'suspended' and s.state = 'active'
      and s.account_id = %(account_id)s
"""


class UnableToUnpark(Exception):
    """The account is not parked, or makes no sense still; the text says what to mend."""


class SenselessStill(UnableToUnpark):
    """What it was parked for is not mended.   what: as a reason of parking."""

    def __init__(self, what: str) -> None:
        super().__init__(f"mend it first: {what}")
        self.what = what


class Parked(NamedTuple):
    """An account that no run charges."""

    account_id: int
    contract_id: int
    contract_number: str
    reason: str
    parked_at: datetime


def park(account_id: int, reason: str) -> None:
    """Write the reason and raise an alarm, once."""
    if db.run(_PARK, [account_id, reason]):
        alarms.raise_alarm(key=f"parked:{account_id}", what=f"account {account_id} is parked: {reason}")


def parked(most: int | None = None) -> list[Parked]:
    """The oldest first; `most` at most."""
    return [Parked(**row) for row in db.rows(f"{_PARKED} order by p.parked_at, p.account_id limit %s", [most])]


def unpark(account_id: int) -> Parked:
    """Let the runs charge the account again, and give what it was parked for. Then call `resume`.

    What was not paid meanwhile was not served: it is suspended, and resumes as if from a suspension. Locks the
    account. Raises UnableToUnpark.
    """
    db.require_transaction()
    found = db.rows(f"{_PARKED} where p.account_id = %s", [account_id])
    if not found:
        raise UnableToUnpark(f"account {account_id} is not parked: `abonent charge parked` lists those that are")
    db.lock(Account, [account_id])
    senseless = db.rows(_SENSELESS, [account_id, rules.MAX_PRICE_KOP, list(rules.CHARGED)])
    if senseless:
        raise SenselessStill("; ".join(row["what"] for row in senseless))
    if not db.run("delete from billing_parkedaccount where account_id = %s", [account_id]):
        raise UnableToUnpark(f"account {account_id} is not parked: somebody else has just taken it back")
    db.run(_STOP_OVERDUE, {"account_id": account_id})
    db.run(_STAND, {"account_id": account_id})
    return Parked(**found[0])


def lock_due(due: str, first_account_id: int, last_account_id: int, on: date) -> list[int]:
    """Lock, in id order, the accounts of `[first, last]` that `due` names, and are not parked; give their ids.

    due: "<table> where <condition>" with `account_id` and `%(on)s`. Nothing is due, mostly: one look in a small index.
    """
    db.require_transaction()
    found = db.rows(
        f"select distinct account_id from {due} and account_id between %(first)s and %(last)s"
        " and account_id not in (select account_id from billing_parkedaccount)",
        {"first": first_account_id, "last": last_account_id, "on": on},
    )
    ids = sorted(row["account_id"] for row in found)
    if ids:
        db.lock(Account, ids)
    return ids
