"""Find a subscriber by what a caller says: the contract's number, a name, a phone. Reads only.

For staff: the screen asks a permission first, and notes whom it has opened.
"""

from datetime import date
from typing import Any, NamedTuple

from abonent.addresses import spelling
from abonent.core import db
from abonent.subscribers import contacts, contracts, customers

AT_MOST = 20
LEAST_CHARS = 2
_FIND = db.read_sql(__file__, "find_contracts")
_ONE = db.read_sql(__file__, "one_contract")
_PLACE = ("settlement", "street", "house", "korpus", "stroenie", "liter", "flat")


class FoundContract(NamedTuple):
    """A contract as staff see it in a list."""

    id: int
    number: str
    customer_id: int
    customer_kind: str
    full_name: str
    signed_on: date
    ended_on: date | None
    closed_on: date | None
    phone: str  # the first; "" where none is known
    address: str


def find(text: str) -> list[FoundContract]:
    """The likeliest first: a number as typed, a phone, then names that hold every word; then names that sound so.

    One statement, two where nothing fits. Fewer than two characters find nothing.
    """
    text = " ".join(text.split())[:80]
    if len(text) < LEAST_CHARS:
        return []
    said = {
        "number": contracts.tidy_number(text),
        "phone": _phone(text),
        "words": [f"%{_plain(word)}%" for word in customers.sort_key(text).split()],
        "name": customers.sort_key(text),
        "limit": AT_MOST,
    }
    for sounding in (False, True):
        found = db.rows(_FIND, {**said, "sounding": sounding})
        if found:
            return [_contract(row) for row in found]
    return []


def one(number: str) -> FoundContract | None:
    """The contract of that number, closed or not."""
    found = db.rows(_ONE, [contracts.tidy_number(number)])
    return _contract(found[0]) if found else None


def _contract(row: dict[str, Any]) -> FoundContract:
    address = spelling.spell(*(str(row.pop(name) or "") for name in _PLACE))
    return FoundContract(address=address, **row)


def _phone(text: str) -> str:
    try:
        return contacts.read_phone(text)
    except contacts.UnableToReadContact:
        return ""


def _plain(word: str) -> str:
    """What is typed is no pattern."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
