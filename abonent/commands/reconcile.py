"""`abonent reconcile`: their books and ours of a date; the list of what differs."""

import argparse
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

HELP = "compare a date's payments with the bank's and the agents' books; list and close what differs"

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--on", type=date.fromisoformat, metavar="DATE", help="the operator's date; default: yesterday")
    parser.add_argument("--registry", type=Path, metavar="FILE", help="an agent's registry (CSV) instead of the bank")
    parser.add_argument("--channel", choices=["osmp", "sber"], help="whose registry it is")
    parser.add_argument("--dry-run", action="store_true", help="of a registry: compare, credit and write nothing")
    parser.add_argument("--list", action="store_true", help="what differs and is open, the oldest first")
    parser.add_argument("--close", type=int, metavar="ID", help="a difference that was looked into")
    parser.add_argument("--by", default="system:reconcile", metavar="NAME", help="who of the staff does it")
    parser.add_argument("--why", default="", metavar="TEXT", help="what a closed difference was")


def run(args: argparse.Namespace) -> int:
    """0: both agree, or it is done; 1: something differs, or could not be compared, and the text says what."""
    from abonent.payments.gateways import yookassa

    if args.list:
        return _list()
    if args.close is not None:
        return _close(args)
    try:
        return _compare(args)
    except yookassa.BankUnknown as error:
        return _refuse(f"the bank does not answer ({error}): try again later, nothing is lost")
    except yookassa.BankRefused as error:
        return _refuse(f"the bank refuses: {error}")


def _compare(args: argparse.Namespace) -> int:
    from abonent.core import clock, money, periods
    from abonent.flows import reconciling
    from abonent.payments.models import Channel

    if args.registry is None:
        outcome = reconciling.yookassa_day(args.on or clock.today() - periods.ONE_DAY)
    elif args.channel is None:
        return _refuse("--registry needs --channel: osmp or sber")
    else:
        try:
            outcome = reconciling.registry(
                Channel(args.channel), args.registry.read_bytes(), on=args.on, actor=args.by, dry_run=args.dry_run
            )  # fmt: skip
        except OSError as error:
            return _refuse(f"{args.registry}: {error.strerror}")
        except reconciling.UnableToReconcile as error:
            return _refuse(f"{args.registry.name}: {error}")
    console.print(
        f"{outcome.channel} {outcome.on}: theirs {outcome.theirs} of {money.show(outcome.theirs_kop)}, "
        f"ours {outcome.ours} of {money.show(outcome.ours_kop)}, credited now {outcome.credited}, "
        f"differ {len(outcome.differ)}",
        markup=False,
        soft_wrap=True,
    )
    for one in outcome.differ:
        console.print(f"✗ {one.about} {one.external_id}: {one.what}", markup=False, soft_wrap=True)
    return 1 if outcome.differ else 0


def _list() -> int:
    from abonent.payments import differences

    table = Table()
    for column in ("id", "date", "channel", "about", "theirs", "what"):
        table.add_column(column)
    for one in differences.open_ones():
        table.add_row(str(one.pk), str(one.on), one.channel, one.about, one.external_id, one.what)
    console.print(table)
    return 0


def _close(args: argparse.Namespace) -> int:
    from abonent.commands import staff_names
    from abonent.flows import reconciling
    from abonent.identity import permissions
    from abonent.payments import differences

    refusal = staff_names.refusal(args.by, permissions.CORRECT_MONEY)
    if refusal:
        return _refuse(refusal)
    try:
        reconciling.close(difference_id=args.close, actor=args.by, why=args.why)
    except differences.UnableToClose as error:
        return _refuse(str(error))
    console.print(f"{args.close}: closed", markup=False)
    return 0


def _refuse(why: str) -> int:
    errors.print(f"abonent: {why}", markup=False, soft_wrap=True)
    return 1
