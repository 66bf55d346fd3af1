"""`abonent charge`: the charge run of a date, and of any missed before it."""

import argparse
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from abonent.flows.charge_run import Ran

HELP = "charge what is due: today, and any date missed before it"

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--date", type=_date, metavar="D", help="charge up to this date, as 2026-12-01; by default today"
    )
    parser.add_argument("--dry-run", action="store_true", help="do everything, tell, and roll it back")
    parser.add_argument(
        "--late", action="store_true", help="yes, charge dates more days late than the profile lets pass"
    )


def run(args: argparse.Namespace) -> int:
    """0: all is charged, by this run or before it; 1: it could not be, and the text says why."""
    from abonent.billing import rules, runs
    from abonent.core import clock
    from abonent.flows import charge_run

    today = clock.today()
    wanted = args.date or today
    if wanted > today:
        errors.print(f"abonent: {wanted} has not come yet: today is {today}")
        return 1
    dates = runs.missed(wanted)
    if not dates:
        console.print(f"{wanted} is charged already: charged through {runs.charged_through()}.")
        return 0
    try:
        if args.dry_run:
            _print(charge_run.dry_run(dates), title="Dry run: nothing was written")
        else:
            runs.require_next(dates[0], today=today, late_yes=args.late)
            _print(charge_run.catch_up(wanted, late_yes=args.late), title="Charged")
    except rules.UnableToCharge as refused:
        errors.print(f"abonent: {refused}", markup=False)
        return 1
    return 0


def _print(ran: "Sequence[Ran]", *, title: str) -> None:
    from abonent.core import money

    table = Table(title=title)
    table.add_column("date")
    for column in ("accounts", "charges", "amount", "suspended", "parked", "seconds"):
        table.add_column(column, justify="right")
    for one in ran:
        table.add_row(
            str(one.on),
            f"{one.accounts:,}",
            f"{one.charges:,}",
            money.show(one.amount_kop),
            f"{one.suspensions:,}",
            f"{one.parked:,}",
            f"{one.seconds:.1f}",
        )
    console.print(table)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"«{text}» is not a date: write it as 2026-12-01") from None
