"""Bring the buildings in line with the operator's list. Writes Building (so does buildings.py), Street and Word."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db import connection

from abonent.addresses import reading, spelling
from abonent.addresses.models import Street, Word
from abonent.core import db, profile_schema

_BATCH = 2_000
_LISTED = """
    create temporary table addresses_listed (
        settlement text, street text, house text, korpus text, stroenie text, liter text, number_key text, segment text,
        connected text, planned_on date, technology text, entrances smallint, floors smallint, flats smallint
    ) on commit drop
"""
_TAKE_IN = db.read_sql(__file__, "take_in")
_DIFFERENCES = db.read_sql(__file__, "differences")
_ADDRESS = ("settlement", "street", "house", "korpus", "stroenie", "liter")


class Change(NamedTuple):
    """A known building, and what the list says otherwise."""

    address: str
    old: dict[str, Any]
    new: dict[str, Any]


class Loaded(NamedTuple):
    """What an import did, or would do: buildings."""

    new: int
    changed: int
    same: int

    @property
    def all(self) -> int:
        return self.new + self.changed + self.same


def load(buildings: Iterable[profile_schema.Building], *, by_staff: bool = False) -> Loaded:
    """Write the buildings, known ones anew; twice is as good as once. Each stands in the list once.

    A building that the list leaves out stays: people may live in it.   by_staff: a list of theirs, which the profile's
    own does not overwrite at the next start.
    """
    db.require_transaction()
    count, streets = _stage(buildings)
    written = db.rows(_TAKE_IN, {"by_staff": by_staff})[0]
    learn(streets)
    return Loaded(written["new"], written["changed"], count - written["new"] - written["changed"])


def differences(buildings: Iterable[profile_schema.Building], most: int) -> list[Change]:
    """What a list of the staff's would change of buildings that are known, the first of it."""
    db.require_transaction()
    _stage(buildings)
    return [
        Change(spelling.spell(*(row.pop(name) for name in _ADDRESS)), row.pop("old"), row.pop("new"))
        for row in db.rows(_DIFFERENCES, {"most": most})
    ]


def _stage(buildings: Iterable[profile_schema.Building]) -> tuple[int, set[tuple[str, str]]]:
    """Into the temporary table; how many, and their streets."""
    db.run("drop table if exists pg_temp.addresses_listed")
    db.run(_LISTED)
    count, streets = 0, set()
    with connection.cursor() as cursor, cursor.copy("copy addresses_listed from stdin") as copy:
        for one in buildings:
            copy.write_row(_row(one))
            streets.add((one.settlement, one.street))
            count += 1
    return count, streets


def _row(one: profile_schema.Building) -> tuple[object, ...]:
    number_key = reading.number_key(one.house, one.korpus, one.stroenie, one.liter)
    where = (one.settlement, one.street, one.house, one.korpus, one.stroenie, one.liter, number_key)
    return (
        *where,
        one.segment,
        one.connected,
        one.planned_on,
        one.technology or "",
        one.entrances,
        one.floors,
        one.flats,
    )


def learn(streets: set[tuple[str, str]]) -> None:
    """The search knows the streets of the buildings, and their words."""
    named = [
        Street(settlement=settlement, street=street, words=list(reading.words_of(f"{settlement} {street}")))
        for settlement, street in sorted(streets)
    ]
    Street.objects.bulk_create(named, batch_size=_BATCH, ignore_conflicts=True)
    words = sorted({word for one in named for word in one.words})
    Word.objects.bulk_create([Word(word=word) for word in words], batch_size=_BATCH, ignore_conflicts=True)
