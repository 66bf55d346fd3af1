"""Lock the accounts that a step of the charge run is about, and park the one that makes no sense: it stops no other."""

from datetime import date

from abonent.core import alarms, db
from abonent.ledger.models import Account

_PARK = """
    insert into billing_parkedaccount (account_id, reason) values (%s, %s)
    on conflict (account_id) do nothing
"""


def park(account_id: int, reason: str) -> None:
    """Write the reason and raise an alarm, once."""
    if db.run(_PARK, [account_id, reason]):
        alarms.raise_alarm(key=f"parked:{account_id}", what=f"account {account_id} is parked: {reason}")


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
