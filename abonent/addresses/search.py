"""Find a building by what people type: mistyped, shortened, in the wrong keyboard layout. Reads only."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from abonent.addresses import reading, spelling
from abonent.core import db

AT_MOST = 8
TYPOS_AT_MOST = 3  # in all the words together
_STREETS = 40  # looked at for a number
_CANDIDATES = 500  # of a reading: a town's name alone is on thousands of streets
_WORDS = db.read_sql(__file__, "find_words")
# A reading: the streets that have one of each group of words. PostgreSQL intersects the groups in the index.
_OF_READING = "(select {} as reading, settlement, street, words from addresses_street where {} limit {})"
_HAS_ONE = "words && %s::varchar[]"
_FIND_BUILDINGS = db.read_sql(__file__, "find_buildings")


class Match(NamedTuple):
    """A building of the operator's directory."""

    building_id: int
    settlement: str
    street: str
    house: str
    korpus: str
    stroenie: str
    liter: str
    segment: str
    connected: str  # "yes", "planned", "no"
    technology: str
    floors: int | None
    flats: int | None
    flat: str  # as typed, "" when none was
    exact: bool  # the number is the one typed; else it only begins so
    planned_on: date | None = None  # by when it is reached, of what is planned

    def __str__(self) -> str:
        return spelling.spell(self.settlement, self.street, self.house, self.korpus, self.stroenie, self.liter)


class StreetMatch(NamedTuple):
    settlement: str
    street: str


class Elsewhere(NamedTuple):
    """A house that exists, and is not in the operator's directory."""

    settlement: str
    street: str
    house: str
    korpus: str
    stroenie: str
    liter: str
    flat: str

    def __str__(self) -> str:
        where = spelling.spell(self.settlement, self.street, self.house, self.korpus, self.stroenie, self.liter)
        return f"{self.settlement}, {where}" if self.street and self.settlement else where


class Found(NamedTuple):
    """What may be meant, the likeliest first."""

    buildings: tuple[Match, ...] = ()
    streets: tuple[StreetMatch, ...] = ()  # where no building of that number is known, or none is typed yet
    elsewhere: tuple[Elsewhere, ...] = ()  # of lookup.find


def find(text: str, *, limit: int = AT_MOST) -> Found:
    """The buildings that `text` may mean, at most `limit`; streets while no house is typed or known.

    First as typed, each word whole or cut short; then with up to three typos; then as typed in the wrong layout.
    Three statements, six where a word is mistyped.
    """
    best = Found()
    layouts = [text]
    if reading.in_russian_layout(text) != text.lower():
        layouts.append(reading.in_russian_layout(text))
    for typed in layouts:
        meant = reading.readings(typed)
        for fuzzy in (False, True):
            found = _find(meant, fuzzy=fuzzy, limit=limit)
            if found.buildings:
                return found
            best = best if best.streets else found
    return best


def _find(meant: Sequence[reading.Reading], *, fuzzy: bool, limit: int) -> Found:
    streets = _streets(meant, fuzzy=fuzzy)
    if not streets:
        return Found()
    rows = []
    numbered = [row for row in streets if meant[row["reading"]].number]
    if numbered:
        rows = db.rows(
            _FIND_BUILDINGS,
            {
                "reading": [row["reading"] for row in numbered],
                "settlement": [row["settlement"] for row in numbered],
                "street": [row["street"] for row in numbered],
                "number": [meant[row["reading"]].number for row in numbered],
                "cost": [row["cost"] for row in numbered],
                "limit": limit,
            },
        )
    matches: dict[int, Match] = {}
    for row in rows:
        flat = meant[row.pop("reading")].flat
        matches.setdefault(row["id"], Match(row.pop("id"), **row, flat=flat))
    named = dict.fromkeys(StreetMatch(row["settlement"], row["street"]) for row in streets)
    return Found(tuple(matches.values()), tuple(named)[:limit])


def _streets(meant: Sequence[reading.Reading], *, fuzzy: bool) -> list[dict[str, Any]]:
    words = sorted({word for one in meant for word in one.words})
    if not words:
        return []
    typos = [_typos(word) for word in words]
    known: dict[str, list[tuple[str, int]]] = {}
    for row in db.rows(_WORDS, {"words": words, "typos": typos, "fuzzy": fuzzy}):
        known.setdefault(row["typed"], []).append((row["word"], row["cost"]))
    asked = {number: one for number, one in enumerate(meant) if all(word in known for word in one.words)}
    if not asked:
        return []
    selects, params = [], []
    for number, one in asked.items():
        selects.append(_OF_READING.format(number, " and ".join([_HAS_ONE] * len(one.words)), _CANDIDATES))
        params += [[word for word, _cost in known[typed]] for typed in one.words]
    found = db.rows(" union all ".join(selects), params)
    for row in found:
        groups = [known[typed] for typed in asked[row["reading"]].words]
        row["cost"] = sum(min(cost for word, cost in group if word in row["words"]) for group in groups)
    # A typo costs two, a word cut short one.
    found = [row for row in found if row["cost"] <= 2 * TYPOS_AT_MOST + len(words)]
    found.sort(key=lambda row: (row["cost"], row["reading"], row["settlement"], row["street"]))
    return found[:_STREETS]


def _typos(word: str) -> int:
    """How many letters of a word may be wrong: none in a short one, which would become another."""
    return 0 if any(char.isdigit() for char in word) else min(TYPOS_AT_MOST, len(word) // 3, max(0, len(word) - 3))
