"""A provider moves in: one bundle of customers, contracts, services and balances is taken over, whole or not at all.

    files ──► staged (COPY) ──► checked ──► shown, confirmed ──► each room takes in its rows ──► totals agree ──► commit

All of it is one transaction: a kill at any line leaves nothing, and the bundle is loaded again. What is known from an
earlier load, by its name in the system before, stays as it is here. Nobody is charged for days before the import: what
was used up to then stands in the balance he comes with, which is one transfer of the ledger.
"""

import csv
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from abonent.addresses import moving_in as addresses
from abonent.billing import moving_in as billing
from abonent.billing import runs
from abonent.billing.models import ChargeRun, RunState
from abonent.catalog import moving_in as catalog
from abonent.core import audit, cells, db, partitions, periods
from abonent.flows import moving_files, moving_shape
from abonent.identity import moving_in as identity
from abonent.ledger import accounts, transfers
from abonent.network import moving_in as network
from abonent.payments import moving_in as payments
from abonent.subscribers import moving_in as subscribers

MOST_PROBLEMS = 10_000  # of one rule, in the file of errors
SOURCE = "before"
_TOLD_EVERY_ROWS = 5_000
_STAGED_WHOLE = ("tariffs", "addresses")  # the others are resolved from moving_raw_<table>
_NAME = 0x4D4F5645  # an advisory lock: one import at a time
_RESOLVE = db.read_sql(__file__, "moving_resolve")
_LINES = db.read_sql(__file__, "moving_lines")
_OPENING = db.read_sql(__file__, "moving_opening")
_NAMES = db.read_sql(__file__, "moving_names")
_TOTALS = db.read_sql(__file__, "moving_totals")
_CHECKS = db.read_sql(__file__, "moving_checks").split("-- rule: ")[1:]
_CHECKS_LINES = db.read_sql(__file__, "moving_checks_lines").split("-- rule: ")[1:]
_WANTED_LINES = """
    create temporary table moving_lines on commit drop as
    select distinct contract_own_id, premises_id, segment, null::bigint as line_id, false as is_new
    from moving_subscriptions where is_new and segment is not null
"""
BROKEN: Promise = _("the line is broken: it has not as many cells as the first, or a quote never closes")
NEEDED: Promise = _("something: it must not be empty")
_TWICE = _("it stands in the file twice: leave one")
_UNKNOWN = _("there is no such row: not in the bundle without mistakes, and not from an earlier import")
_FUTURE = _("a date that has come: not later than today")
WHY: dict[str, Promise] = {
    "twice": _TWICE,
    "unknown": _UNKNOWN,
    "future": _FUTURE,
    "meaning": _("the tariff of that code is of another kind here: give it a new code"),
    "taken": _("another contract or device here has it already"),
    "no_sign_in": _("the customer has no sign-in yet: leave his row in customers too"),
    "internet": _("an internet tariff needs an address, or at least a segment"),
    "ended": _("only ended: the contract has ended"),
    "other": _("it was taken over already with another sum, and money is not moved twice"),
    "two_tariffs": _("one internet tariff a line: there is another at this address"),
    "no_parent": _("an add-on needs its tariff on the same contract and address"),
    "no_line": _("a subscription at that address, or the contract's only one"),
}


class UnableToMoveIn(Exception):
    """Nothing is written; the message says why."""


class Total(NamedTuple):
    """A table's control total: rows and kopecks of the file, and what of it stands in the database."""

    table: str
    rows: int
    kop: int
    new: int  # not known from an earlier import
    there: int | None  # rows; None: not written yet
    there_kop: int | None

    @property
    def known(self) -> int:
        return self.rows - self.new

    @property
    def agrees(self) -> bool:
        return self.there is None or (self.rows, self.kop) == (self.there, self.there_kop)


class Report(NamedTuple):
    """What a load did, or would do."""

    headers: tuple[moving_files.Header, ...]
    totals: tuple[Total, ...]
    problems: int  # lines of the file of errors
    first_day: date  # the first that is charged here
    seconds: int
    written: bool

    @property
    def rows(self) -> int:
        return sum(one.rows for one in self.totals)


Progress = Callable[[str, int], None]  # what is being done, rows so far


def load(
    path: Path,
    *,
    errors: Path,
    on: date,
    actor: str,
    source: str = SOURCE,
    dry_run: bool = False,
    confirm: Callable[[Report], bool] = lambda report: True,
    also: Callable[[Report], None] = lambda report: None,
    progress: Progress = lambda what, rows: None,
    address: str | None = None,
) -> Report:
    """Take over a bundle; loaded again it takes over only what is new in it.

    path: a folder of CSV, or a workbook.   errors: where the mistakes are written, a line each; made only if any.
    on: the operator's today.   source: which system it comes from; the same names of two systems are two things.
    confirm: sees what would be done and says whether to; asked only where nothing is wrong, not in a dry run.
    also: what the caller writes with it, in the same transaction, when all agrees; not in a dry run.
    Raises UnableToMoveIn, moving_files.UnableToRead.   Not to be called in a transaction.
    """
    began = time.monotonic()
    partitions.ensure_ahead(on)
    with ExitStack() as held:
        bundle = held.enter_context(moving_files.opened(path))
        wrong = held.enter_context(_Errors(errors))
        held.enter_context(db.atomic())
        first_day = _hold(on)
        headers = tuple(_stage(bundle, table, wrong, progress) for table in moving_shape.TABLES)
        progress("check", 0)
        _resolve(source, on)
        wrong.add_rules(_CHECKS, {"on": on})
        if not wrong.count:
            _take_in_lines()
            wrong.add_rules(_CHECKS_LINES)
        shown = tuple(one for one in headers if one is not None)

        def report(*, written: bool, totals: tuple[Total, ...]) -> Report:
            return Report(shown, totals, wrong.count, first_day, int(time.monotonic() - began), written)

        before = report(written=False, totals=_totals(source, written=False))
        if wrong.count or not (dry_run or confirm(before)):
            transaction.set_rollback(True)
            return before
        progress("write", 0)
        _take_in(source, on, first_day)
        done = report(written=not dry_run, totals=_totals(source, written=True))
        if not all(one.agrees for one in done.totals):
            named = ", ".join(one.table for one in done.totals if not one.agrees)
            said = gettext("the totals of %(tables)s disagree with the file: nothing is written") % {"tables": named}
            raise UnableToMoveIn(said)
        if dry_run:
            transaction.set_rollback(True)
        else:
            _record(done, path, source, actor, address)
            also(done)
    return done


class _Errors:
    """The file of errors: made with the first one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held = ExitStack()
        self._writer: Any = None
        self.count = 0

    def __enter__(self) -> "_Errors":
        self._path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_raised: object) -> None:
        self._held.close()

    def add(self, table: str, line: int, column: str, value: str, allowed: "str | Promise") -> None:
        if self._writer is None:
            file = self._held.enter_context(self._path.open("w", encoding="utf-8-sig", newline=""))
            self._writer = csv.writer(file, delimiter=";")
            self._writer.writerow(["file", "line", "column", "value", "allowed"])
        self._writer.writerow([table, line, column, cells.quiet(value[:80]), str(allowed)])
        self.count += 1

    def add_rules(self, rules: list[str], params: dict[str, Any] | None = None) -> None:
        for rule in rules:
            name, _newline, select = rule.partition("\n")
            table, column, why = name.strip().split(".")
            for row in db.rows(f"{select} order by 1 limit {MOST_PROBLEMS}", params):
                self.add(table, row["line"], column, row["value"], WHY[why])


def _hold(on: date) -> date:
    """The first date that a run may charge those who come; it stays so until they are here.   Raises UnableToMoveIn."""
    if not db.rows("select pg_try_advisory_xact_lock(%s) as got", [_NAME])[0]["got"]:
        raise UnableToMoveIn(gettext("another import goes on: wait for its end"))
    through = runs.hold_charged_through()
    if ChargeRun.objects.exclude(state=RunState.FINISHED).exists():
        raise UnableToMoveIn(gettext("a charge run is not finished: let it finish, then import"))
    return on if through is None else max(on, through + periods.ONE_DAY)


def _stage(
    bundle: moving_files.Bundle, table: moving_shape.Table, wrong: _Errors, progress: Progress
) -> moving_files.Header | None:
    """The rows of a file without mistakes of their own into a temporary table, in one pass."""
    name = f"moving_{table.name}" if table.name in _STAGED_WHOLE else f"moving_raw_{table.name}"
    columns = [("line", "int"), *((one.name, one.sql) for one in table.columns)]
    columns += [(one, sql) for one, sql, _read in table.more]
    db.run(f"create temporary table {name} ({', '.join(f'{one} {sql}' for one, sql in columns)}) on commit drop")
    if table not in bundle.present:
        return None
    with bundle.opened(table) as opened, connection.cursor() as cursor:
        with cursor.copy(f"copy {name} from stdin") as copy:
            for row in _rows(table, opened.rows, wrong, progress):
                copy.write_row(row)
        header = opened.header
    db.run(f"analyze {name}")
    return header


def _rows(
    table: moving_shape.Table, rows: Iterator[tuple[int, list[str] | None]], wrong: _Errors, progress: Progress
) -> Iterator[list[Any]]:
    for count, (line, found) in enumerate(rows, start=1):
        if not count % _TOLD_EVERY_ROWS:
            progress(table.name, count)
        if found is None:
            wrong.add(table.name, line, "", "", BROKEN)
            continue
        row = _read(table, line, found, wrong)
        if row is not None:
            yield [line, *row.values()]


def _read(table: moving_shape.Table, line: int, found: list[str], wrong: _Errors) -> dict[str, Any] | None:
    """The row's values by column, or None and its mistakes."""
    row: dict[str, Any] = {}
    good = True
    for column, cell in zip(table.columns, found, strict=True):
        if not cell:
            row[column.name] = column.absent
            if column.needed:
                good = False
                wrong.add(table.name, line, column.name, cell, NEEDED)
            continue
        try:
            row[column.name] = column.read(cell)
        except moving_shape.Wrong as error:
            good = False
            wrong.add(table.name, line, column.name, cell, error.allowed)
    if not good:
        return None
    problem = table.whole(row)
    if problem is not None:
        wrong.add(table.name, line, problem[0], str(row[problem[0]] or ""), problem[1])
        return None
    for name, _sql, derive in table.more:
        row[name] = derive(row)
    return row


def _resolve(source: str, on: date) -> None:
    catalog.take_in()
    addresses.take_in()
    db.run(_RESOLVE, {"source": source, "on": on})


def _take_in_lines() -> None:
    """People, contracts, accounts and lines: what the rest hangs on."""
    identity.take_in()
    subscribers.take_in_customers()
    accounts.open_batch("(select account_id, own_id as contract_own_id from moving_contracts where is_new) moving")
    db.run(_WANTED_LINES)
    subscribers.take_in_lines()
    db.run(_LINES)


def _take_in(source: str, on: date, first_day: date) -> None:
    profile = settings.PROFILE
    runs.start_from(on)
    billing.take_in(on=on, first_day=first_day, billing_cycle=profile.billing_cycle, kinds=profile.priority)
    runs.forget_measures()  # so many at once are like no run before
    db.run(_OPENING, {"source": source, "on": on, "house": accounts.house_id("opening")})
    transfers.post_keyed_batch("moving_opening")
    payments.take_in(source)
    network.take_in()
    db.run(_NAMES, {"source": source})


def _totals(source: str, *, written: bool) -> tuple[Total, ...]:
    found = [
        Total(
            row["name"], row["rows"], int(row["kop"]), row["new"],
            row["there"] if written else None, int(row["there_kop"]) if written else None,
        )
        for row in db.rows(_TOTALS, {"source": source})
    ]  # fmt: skip
    return tuple(one for one in found if one.rows)


def _record(done: Report, path: Path, source: str, actor: str, address: str | None) -> None:
    audit.record(
        actor=actor,
        action="flows.move_in",
        subject=f"import:{source}",
        new={
            "bundle": path.name,
            "first_day": done.first_day.isoformat(),
            "tables": {one.table: {"rows": one.rows, "kop": one.kop, "new": one.new} for one in done.totals},
        },
        address=address,
    )
