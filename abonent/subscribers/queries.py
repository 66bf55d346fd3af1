"""Whose contracts these are. A screen never looks a contract up but through its signed-in user."""

from datetime import date
from typing import NamedTuple

from abonent.addresses import spelling
from abonent.core import db
from abonent.identity.models import User

_SIGNED_IN = db.read_sql(__file__, "signed_in")


class OwnContract(NamedTuple):
    """A contract as its owner sees it."""

    id: int
    number: str
    signed_on: date
    ended_on: date | None
    address: str  # of its first line that has one; "" where none has
    segment: str  # of its first line; "" where it has none
    customer_id: int
    customer_kind: str
    full_name: str
    given_name: str  # how the page greets; "" for a legal entity


class SignedIn(NamedTuple):
    user: User
    contracts: list[OwnContract]  # those in force first, then by number; none of staff


def signed_in(user_id: int) -> SignedIn | None:
    """A user who may come in, with all contracts of his customer: each page of the account asks it. One query.

    None: there is no such user, or he is blocked.
    """
    found = db.prepared_rows(_SIGNED_IN, [user_id])
    if not found:
        return None
    fields = [field.attname for field in User._meta.concrete_fields]
    values = [[row.pop(f"user_{name}") for name in fields] for row in found]
    contracts = [_own_contract(row) for row in found if row["id"] is not None]
    return SignedIn(User.from_db("default", fields, values[0]), contracts)


def contracts_of(user_id: int) -> list[OwnContract]:
    """The contracts of a user's customer that are not closed. One query."""
    found = signed_in(user_id)
    return found.contracts if found else []


def _own_contract(row: dict[str, object]) -> OwnContract:
    names = ("settlement", "street", "house", "korpus", "stroenie", "liter", "flat")
    parts = [str(row.pop(name) or "") for name in names]
    address = spelling.spell(*parts)
    return OwnContract(address=address, **row)  # type: ignore[arg-type]  # the columns are the fields
