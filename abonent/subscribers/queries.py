"""Whose contracts these are. A screen never looks a contract up but through its signed-in user."""

from datetime import date
from typing import NamedTuple

from abonent.addresses import spelling
from abonent.core import db

_CONTRACTS_OF = db.read_sql(__file__, "contracts_of")


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


def contracts_of(user_id: int) -> list[OwnContract]:
    """All contracts of a user's customer: those in force first, then by number. One query."""
    return [_own_contract(row) for row in db.rows(_CONTRACTS_OF, [user_id])]


def _own_contract(row: dict[str, object]) -> OwnContract:
    parts = [str(row.pop(name) or "") for name in ("settlement", "street", "house", "korpus", "flat")]
    address = spelling.spell(*parts)
    return OwnContract(address=address, **row)  # type: ignore[arg-type]  # the columns are the fields
