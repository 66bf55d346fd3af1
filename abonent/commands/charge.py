"""`abonent charge`: the charge run of a date, and of any missed before it; the runs that stopped; parked accounts."""

import argparse
from datetime import date
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

if TYPE_CHECKING:
    from abonent.identity.models import User

HELP = "charge what is due: today, and any date missed before it"
MOST_WORKERS = 16

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--date", type=_date, metavar="D", help="charge up to this date, as 2026-12-01; by default today"
    )
    parser.add_argument(
        "--plan", action="store_true", help="only show the plan of the next date, beside the run before"
    )
    parser.add_argument("--dry-run", action="store_true", help="do everything, tell, and roll it back")
    parser.add_argument(
        "--late", action="store_true", help="yes, charge dates more days late than the profile lets pass"
    )
    parser.add_argument(
        "--workers", type=_workers, default=0, metavar="N", help="processes; by default two for a large plan, else one"
    )
    parser.add_argument(
        "--continue", dest="let_go_on", metavar="RUN", help="let a stopped run go on: its date, or its number"
    )
    parser.add_argument("--by", metavar="NAME", help="who of the staff answers for it")
    parser.add_argument("--why", metavar="TEXT", help="the reason, for those who look later")
    verbs = parser.add_subparsers(dest="verb", metavar="parked | unpark")
    verbs.add_parser("parked", help="the accounts that no run charges until a person has looked")
    unpark = verbs.add_parser("unpark", help="let the runs charge an account again")
    unpark.add_argument("account", type=int, help="its number in the list of the parked")
    unpark.add_argument("--by", required=True, metavar="NAME", help="who of the staff has looked")
    unpark.add_argument("--why", required=True, metavar="TEXT", help="what was wrong and is mended")


def run(args: argparse.Namespace) -> int:
    """0: done; 1: it could not be, and the text says why."""
    from abonent.billing import parking, rules

    try:
        if args.verb == "parked":
            return _list_parked()
        if args.verb == "unpark":
            return _unpark(args.account, by=args.by, why=args.why)
        if args.let_go_on:
            return _let_go_on(args)
        if args.by or args.why:
            return _refuse("--by and --why go with --continue RUN")
        return _charge(args)
    except (rules.UnableToCharge, parking.UnableToUnpark) as refused:
        return _refuse(str(refused))


def _charge(args: argparse.Namespace) -> int:
    from abonent.billing import runs
    from abonent.commands import charge_tables
    from abonent.core import clock
    from abonent.flows import charge_run

    today = clock.today()
    wanted = args.date or today
    if wanted > today and not args.plan:
        return _refuse(f"{wanted} has not come yet: today is {today}")
    dates = runs.missed(wanted)
    if not dates:
        console.print(f"{wanted} is charged already: charged through {runs.charged_through()}.")
        return 0
    if args.plan:
        console.print(charge_tables.of_plan(dates[0], charge_run.plan(dates[0])))
        return 0
    if args.dry_run:
        console.print(charge_tables.of_runs(charge_run.dry_run(dates), title="Dry run: nothing was written"))
        return 0
    runs.require_next(dates[0], today=today, late_yes=args.late)
    with _progress() as bar:
        ran = charge_run.catch_up(wanted, late_yes=args.late, watch=_Terminal(bar), workers=args.workers)
    console.print(charge_tables.of_runs(ran, title="Charged"))
    return 0


def _let_go_on(args: argparse.Namespace) -> int:
    from abonent.billing import runs
    from abonent.billing.models import ChargeRun
    from abonent.flows import charge_run
    from abonent.identity import permissions

    if not (args.by and args.why):
        return _refuse("say who lets the run go on, and why: --by NAME --why TEXT")
    user = _staff(args.by)
    if user is None:
        return 1
    if not permissions.may(user.role.permissions if user.role else (), permissions.CONTINUE_CHARGE_RUNS):
        return _refuse(f"the role of {args.by} may not let a stopped charge run go on: ask an accountant")
    on: date | None
    if args.let_go_on.isdigit():
        on = ChargeRun.objects.filter(id=int(args.let_go_on)).values_list("on", flat=True).first()
        if on is None:
            return _refuse(f"there is no run {args.let_go_on}")
    else:
        try:
            on = _date(args.let_go_on)
        except argparse.ArgumentTypeError as error:
            return _refuse(str(error))
    try:
        charge_run.let_go_on(on, by=args.by, why=args.why)
    except runs.UnableToContinue as refused:
        return _refuse(str(refused))
    console.print(f"The run of {on} goes on: {args.by} answers for it.", markup=False)
    args.date = args.date or on
    return _charge(args)


def _list_parked() -> int:
    from abonent.billing import parking

    table = Table("account", "contract", "since", "why", title="Parked accounts")
    for one in parking.parked():
        table.add_row(str(one.account_id), one.contract_number, f"{one.parked_at:%Y-%m-%d}", one.reason)
    console.print(table if table.row_count else "No account is parked.")
    return 0


def _unpark(account_id: int, *, by: str, why: str) -> int:
    from abonent.core import clock
    from abonent.flows import unpark

    if _staff(by) is None:
        return 1
    resumed = unpark.unpark(account_id, on=clock.today(), by=by, why=why)
    rest = "something is suspended still: money is missing" if resumed.still_suspended else "nothing is suspended"
    console.print(f"Account {account_id} is charged again; {rest}.")
    return 0


def _staff(name: str) -> "User | None":
    from abonent.identity import queries

    user = queries.staff_by_name(name)
    if user is None:
        _refuse(f"«{name}» is none of the staff: give the name that signs in at /staff/login/")
    return user


class _Terminal:
    """Looks on while a run goes: the plan before it, a bar in a terminal."""

    def __init__(self, bar: Progress) -> None:
        self.bar = bar
        self.task = bar.add_task("", total=None, visible=False)

    def planned(self, on: date, plan: dict[str, Any]) -> None:
        from abonent.commands import charge_tables

        if plan["accounts"]:
            console.print(charge_tables.of_plan(on, plan))
        self.bar.reset(self.task, total=plan["accounts"], description=f"{on}", visible=bool(plan["accounts"]))

    def went_on(self, done_accounts: int, accounts: int) -> None:
        self.bar.update(self.task, completed=done_accounts, total=accounts)


def _progress() -> Progress:
    """Accounts done of all; quiet where nobody looks (the log says each chunk)."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )


def _refuse(why: str) -> int:
    errors.print(f"abonent: {why}", markup=False, soft_wrap=True)
    return 1


def _workers(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= MOST_WORKERS:
        raise argparse.ArgumentTypeError(f"«{text}»: from 1 to {MOST_WORKERS} processes")
    return int(text)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"«{text}» is not a date: write it as 2026-12-01") from None
