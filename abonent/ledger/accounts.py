"""Open subscribers' accounts and name the house's. The only module that creates Account rows."""

import functools

from abonent.core import db
from abonent.ledger.models import FIRST_SUBSCRIBER_ID, Account, AccountKind

_OPEN_BATCH = """
    insert into ledger_account (id, kind, contract_id, balance_kop)
    select account_id, 'subscriber', contract_own_id, 0 from {table} order by account_id
"""


class UnableToFindHouse(Exception):
    """No house account has that code: the kind or the channel is unknown to the ledger."""


def open_account(contract_id: int) -> Account:
    """The account of a contract's money, with a balance of 0. A contract has one."""
    return Account.objects.create(kind=AccountKind.SUBSCRIBER, contract_id=contract_id, balance_kop=0)


def open_batch(table: str) -> int:
    """Accounts for all rows of a temporary table with `account_id` and `contract_own_id`; give how many."""
    return db.run(_OPEN_BATCH.format(table=table))


@functools.cache
def house_id(code: str) -> int:
    """The id of a house account: "revenue:internet", "clearing:cash", "bonus", "write_off".

    Kept for the life of the process: a trigger refuses to delete or rename an account.
    Raises UnableToFindHouse.
    """
    found = Account.objects.filter(code=code).values_list("id", flat=True).first()
    if found is None:
        raise UnableToFindHouse(f"the ledger has no house account {code!r}")
    return found


def keeps_balance(account_id: int) -> bool:
    """House accounts have small ids and keep no balance: nothing ever locks them."""
    return account_id >= FIRST_SUBSCRIBER_ID
