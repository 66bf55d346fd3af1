"""A provider moves out, or keeps a copy of his own: everything in files that `moving_in` reads, and the books beside.

One moment for all files; memory stays flat. `totals.csv` is written last: an export without it was broken off.
"""

import csv
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection
from django.utils.translation import gettext as _

from abonent.core import audit, cells, db, money
from abonent.flows import moving_shape

TOTALS = "totals.csv"
_PARTS = db.read_sql(__file__, "moving_out").split("-- table: ")[1:]
_CHUNK_ROWS = 2_000
_NAMED = (
    "coalesce((select min({external}) from core_importedid i where i.noun = '{noun}' and i.own_id = {own}),"
    " 'abonent-' || {own})"
)


class UnableToMoveOut(Exception):
    """The folder cannot be written to; the message says why."""


class Written(NamedTuple):
    table: str
    rows: int
    kop: int  # of its sums


class Report(NamedTuple):
    tables: tuple[Written, ...]
    seconds: int


def export(
    folder: Path,
    *,
    actor: str,
    progress: Callable[[str, int], None] = lambda what, rows: None,
    address: str | None = None,
) -> Report:
    """Write everything into a new or empty folder that only its owner may read.

    Raises UnableToMoveOut.   Not to be called in a transaction.
    """
    began = time.monotonic()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UnableToMoveOut(_("%(folder)s is not empty: name a new folder") % {"folder": folder})
        with db.atomic():
            db.run("set transaction isolation level repeatable read, read only")
            written = tuple(_write(folder, part, progress) for part in _PARTS)
        with folder.joinpath(TOTALS).open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, delimiter=";")
            writer.writerow(["table", "rows", "sum"])
            writer.writerows([one.table, one.rows, spelled_kop(one.kop)] for one in written)
    except OSError as error:
        raise UnableToMoveOut(f"{folder}: {error.strerror}") from error
    with db.atomic():
        audit.record(
            actor=actor,
            action="flows.move_out",
            subject="export:all",
            new={one.table: {"rows": one.rows, "kop": one.kop} for one in written},
            address=address,
        )
    return Report(written, int(time.monotonic() - began))


def spelled_kop(amount_kop: int | None) -> str:
    """Roubles as they stand in a cell: 1250,50; below zero with a minus."""
    if amount_kop is None:
        return ""
    return money.plain(amount_kop).replace(".", ",")


def _write(folder: Path, part: str, progress: Callable[[str, int], None]) -> Written:
    """One table. Columns that end in `_kop` are sums, and lose the ending."""
    table, _newline, select = part.partition("\n")
    table = table.strip()
    count, kop = 0, 0
    with (
        connection.chunked_cursor() as cursor,
        (folder / f"{table}.csv").open("w", encoding="utf-8-sig", newline="") as file,
    ):
        cursor.execute(_with_names(select))
        rows = cursor.fetchmany(_CHUNK_ROWS)
        names = [column[0] for column in cursor.description or ()]
        sums = [name.endswith("_kop") for name in names]
        writer = csv.writer(file, delimiter=";")
        writer.writerow([name.removesuffix("_kop") for name in names])
        while rows:
            writer.writerows(_cells(row, sums) for row in rows)
            count += len(rows)
            kop += sum(one or 0 for row in rows for one, is_sum in zip(row, sums, strict=True) if is_sum)
            progress(table, count)
            rows = cursor.fetchmany(_CHUNK_ROWS)
    return Written(table, count, kop)


def _cells(row: Sequence[Any], sums: Sequence[bool]) -> list[str]:
    return [
        cells.quiet(spelled_kop(one) if is_sum else moving_shape.spelled(one))
        for one, is_sum in zip(row, sums, strict=True)
    ]


def _with_names(select: str) -> str:
    """`{noun:column}` becomes what the thing is called there: as it came, or by our own id."""
    many = db.rows("select count(distinct source) > 1 as many from core_importedid")[0]["many"]
    external = "i.source || ':' || i.external_id" if many else "i.external_id"
    for noun in ("customer", "contract", "premises", "subscription"):
        while (at := select.find(f"{{{noun}:")) >= 0:
            until = select.index("}", at)
            own = select[at + len(noun) + 2 : until]
            named = _NAMED.format(external=external, noun=noun, own=own)
            select = select[:at] + named + select[until + 1 :]
    return select
