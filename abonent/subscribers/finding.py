"""Find a subscriber by what a caller says: the contract's number, a name, a phone, an address. Reads only.

For staff: the screen asks a permission first, and notes whom it has opened.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from abonent.addresses import search, spelling
from abonent.core import db
from abonent.subscribers import contacts, contracts, customers

AT_MOST = 20
LEAST_CHARS = 2
TYPOS_AT_MOST = 2  # in a word
_MOST_WORDS = 4
_WORD = re.compile(r"[^\W_]+")
_WORDS = db.read_sql(__file__, "find_words")
_FIND = db.read_sql(__file__, "find_contracts")
_SHOW = db.read_sql(__file__, "show_contracts")
_AT = """
    select distinct on (line.contract_id) line.contract_id as id, asked.place
    from unnest(%(buildings)s::bigint[], %(flats)s::text[]) with ordinality as asked (building_id, flat, place)
    join addresses_premises premises
      on premises.building_id = asked.building_id and (asked.flat = '' or premises.flat = asked.flat)
    join subscribers_line line on line.premises_id = premises.id
    limit %(limit)s
"""
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
    """The likeliest first: a number as typed, a phone, a number begun, names that hold every word; then mistyped ones.

    Three statements, five where nothing fits. Fewer than two characters find nothing.
    """
    text = " ".join(text.split())[:80]
    if len(text) < LEAST_CHARS:
        return []
    name = customers.sort_key(text)
    words = [] if any(char.isdigit() for char in name) else _WORD.findall(name)[:_MOST_WORDS]
    for fuzzy in (False, True) if words else (False,):
        groups = _groups(words, fuzzy=fuzzy)
        said = {"number": contracts.tidy_number(text), "phone": _phone(text), "name": name, "limit": AT_MOST}
        found = db.rows(_FIND, {**said, **dict(zip(("first", "second", "third", "fourth"), groups, strict=True))})
        if found:
            return show([row["id"] for row in found])
    return []


def at_address(text: str) -> list[FoundContract]:
    """Those whose line comes into the building that `text` may mean, of its flat where one is typed."""
    found = search.find(text, limit=3).buildings
    exact = [one for one in found if one.exact] or list(found)
    if not exact:
        return []
    said = {"buildings": [one.building_id for one in exact], "flats": [one.flat for one in exact], "limit": AT_MOST}
    rows = sorted(db.rows(_AT, said), key=lambda row: (row["place"], row["id"]))
    return show([row["id"] for row in rows])


def show(contract_ids: Sequence[int]) -> list[FoundContract]:
    """Those contracts, in that order. One statement."""
    return [_contract(row) for row in db.rows(_SHOW, [list(contract_ids)])] if contract_ids else []


def one(number: str) -> FoundContract | None:
    """The contract of that number, closed or not."""
    rows = db.rows("select id from subscribers_contract where number = %s", [contracts.tidy_number(number)])
    return next(iter(show([row["id"] for row in rows])), None)


def of_lines(line_ids: Sequence[int]) -> dict[int, FoundContract]:
    """The contract of each line."""
    rows = db.rows("select id, contract_id from subscribers_line where id = any(%s)", [list(line_ids)])
    known = {found.id: found for found in show(sorted({row["contract_id"] for row in rows}))}
    return {row["id"]: known[row["contract_id"]] for row in rows}


def forget_words() -> None:
    """Words of names that nobody has any more: after names were forgotten."""
    db.run(
        "delete from subscribers_nameword w where not exists "
        "(select from subscribers_customer c where subscribers_words(c.sort_key) && array[w.word::text])"
    )


def _groups(words: Sequence[str], *, fuzzy: bool) -> list[list[str]]:
    """Four groups of words, one of each of which must stand in the name; empty ones where a word is nobody's."""
    if not words:
        return [[]] * _MOST_WORDS
    typos = [min(TYPOS_AT_MOST, len(word) // 3) for word in words]
    rows = db.rows(_WORDS, {"words": list(words), "typos": typos, "fuzzy": fuzzy})
    known = {row["typed"]: row["words"] for row in rows}
    if len(known) < len(set(words)):
        return [[]] * _MOST_WORDS
    groups = sorted((known[word] for word in set(words)), key=len)
    return (groups * _MOST_WORDS)[:_MOST_WORDS]


def _contract(row: dict[str, Any]) -> FoundContract:
    address = spelling.spell(*(str(row.pop(name) or "") for name in _PLACE))
    return FoundContract(address=address, **row)


def _phone(text: str) -> str:
    try:
        return contacts.read_phone(text)
    except contacts.UnableToReadContact:
        return ""
