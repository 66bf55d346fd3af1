"""Bring the buildings in line with the operator's list. The only module that writes Building, Street and Word."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection

from abonent.addresses import reading
from abonent.addresses.models import Street, Word
from abonent.core import db, profile_schema

_BATCH = 2_000
_LISTED = """
    create temporary table addresses_listed (
        settlement text, street text, house text, korpus text, stroenie text, liter text, number_key text, segment text,
        connected text, technology text, entrances smallint, floors smallint, flats smallint
    ) on commit drop
"""
_TAKE_IN = db.read_sql(__file__, "take_in")


class Loaded(NamedTuple):
    """What an import did, or would do: buildings."""

    new: int
    changed: int
    same: int

    @property
    def all(self) -> int:
        return self.new + self.changed + self.same


def load(buildings: Iterable[profile_schema.Building]) -> Loaded:
    """Write the buildings, known ones anew; twice is as good as once. Each stands in the list once.

    A building that the list leaves out stays: people may live in it.
    """
    db.require_transaction()
    db.run("drop table if exists pg_temp.addresses_listed")
    db.run(_LISTED)
    count, streets = 0, set()
    with connection.cursor() as cursor, cursor.copy("copy addresses_listed from stdin") as copy:
        for one in buildings:
            copy.write_row(_row(one))
            streets.add((one.settlement, one.street))
            count += 1
    written = db.rows(_TAKE_IN)[0]
    learn(streets)
    return Loaded(written["new"], written["changed"], count - written["new"] - written["changed"])


def _row(one: profile_schema.Building) -> tuple[object, ...]:
    number_key = reading.number_key(one.house, one.korpus, one.stroenie, one.liter)
    where = (one.settlement, one.street, one.house, one.korpus, one.stroenie, one.liter, number_key)
    return (*where, one.segment, one.connected, one.technology or "", one.entrances, one.floors, one.flats)


def learn(streets: set[tuple[str, str]]) -> None:
    """The search knows the streets of the buildings, and their words."""
    named = [
        Street(settlement=settlement, street=street, words=list(reading.words_of(f"{settlement} {street}")))
        for settlement, street in sorted(streets)
    ]
    Street.objects.bulk_create(named, batch_size=_BATCH, ignore_conflicts=True)
    words = sorted({word for one in named for word in one.words})
    Word.objects.bulk_create([Word(word=word) for word in words], batch_size=_BATCH, ignore_conflicts=True)
