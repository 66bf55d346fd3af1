"""`abonent import BUNDLE`: a provider moves in. Shows how the files are read and what they sum to; asks; takes over."""

import argparse
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from abonent.flows import moving_in

HELP = "take over customers, contracts, services and balances from another system: a folder of CSV, or an XLSX"
_SOURCE = re.compile(r"[a-z0-9_-]{1,32}")

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", type=Path, metavar="BUNDLE")
    parser.add_argument("--dry-run", action="store_true", help="do all of it, show it, and take it back")
    parser.add_argument("--yes", action="store_true", help="take it over without asking")
    parser.add_argument("--source", default="before", help="which system it comes from, where there are several")
    parser.add_argument("--errors", type=Path, metavar="FILE.csv", help="where mistakes are written")
    parser.add_argument("--by", default="system:import", metavar="NAME", help="who answers for it")


def run(args: argparse.Namespace) -> int:
    """0: taken over, or would be; 1: something is wrong, or the answer was no; nothing is written then."""
    from abonent.core import clock
    from abonent.flows import moving_files, moving_in

    if not _SOURCE.fullmatch(args.source):
        return _refuse("--source is up to 32 of a-z, 0-9, - and _")
    path = args.errors or Path(f"{args.bundle.resolve().stem}-errors.csv")
    try:
        with _bar() as progress:
            report = moving_in.load(
                args.bundle,
                errors=path,
                on=clock.today(),
                actor=args.by,
                source=args.source,
                dry_run=args.dry_run,
                confirm=lambda before: _confirm(before, progress, yes=args.yes),
                progress=lambda what, rows: _tell(progress, what, rows),
            )
    except (moving_files.UnableToRead, moving_in.UnableToMoveIn) as error:
        return _refuse(str(error))
    if report.problems:
        _show(report)
        return _refuse(f"{report.problems} mistakes, nothing is written: see {path}")
    if not report.written and not args.dry_run:
        return _refuse("nothing is written")
    _show(report)
    done = "is taken over" if report.written else "would be taken over; nothing is written"
    console.print(f"{report.rows} rows in {report.seconds} s: all agrees with the files, and {done}.", markup=False)
    console.print(f"Charging begins with {report.first_day}: nobody is charged for a day before.", markup=False)
    return 0


@contextmanager
def _bar() -> Iterator[Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f}"), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        bar.add_task("read", total=None)
        yield bar


def _tell(bar: Progress, what: str, rows: int) -> None:
    bar.update(bar.task_ids[0], description=what, completed=rows)


def _confirm(before: "moving_in.Report", bar: Progress, *, yes: bool) -> bool:
    bar.stop()
    _show(before)
    if yes:
        return True
    if not sys.stdin.isatty():
        errors.print("abonent: nobody to ask: say --yes, or --dry-run")
        return False
    return console.input("Take it over? [y/N] ").strip().lower() in {"y", "yes"}


def _show(report: "moving_in.Report") -> None:
    from abonent.core import money

    for one in report.headers:
        columns = ", ".join(ours if ours == theirs else f"{ours} ← {theirs}" for ours, theirs in one.columns.items())
        unused = f"; not used: {', '.join(one.unused)}" if one.unused else ""
        console.print(f"{one.file} ({one.encoding} {one.delimiter!r}): {columns}{unused}", markup=False, soft_wrap=True)
    table = Table(title="control totals")
    for name in ("", "rows", "new", "known", "sum", "in the database", "sum there"):
        table.add_column(name, justify="left" if not name else "right")
    for total in report.totals:
        there = ("", "") if total.there is None else (str(total.there), money.show(total.there_kop or 0))
        table.add_row(
            total.table, str(total.rows), str(total.new), str(total.known), money.show(total.kop), *there
        )  # fmt: skip
    console.print(table)


def _refuse(why: str) -> int:
    errors.print(f"abonent: {why}", markup=False, soft_wrap=True)
    return 1
