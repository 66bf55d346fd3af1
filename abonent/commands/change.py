"""`abonent change`: the requests to change a tariff that wait for the staff's yes."""

import argparse

from rich.console import Console
from rich.table import Table

HELP = "requests to change a tariff: list them, approve, refuse"

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("list", help="what waits, the oldest first")
    approve = verbs.add_parser("approve", help="change the tariff at today's sum; a higher one is agreed to anew")
    approve.add_argument("id", type=int)
    approve.add_argument("--by", required=True, metavar="NAME", help="who of the staff says yes")
    refuse = verbs.add_parser("refuse", help="say no; the subscriber reads why")
    refuse.add_argument("id", type=int)
    refuse.add_argument("--by", required=True, metavar="NAME", help="who of the staff says no")
    refuse.add_argument("--why", required=True, metavar="TEXT", help="the reason, for the subscriber")


def run(args: argparse.Namespace) -> int:
    """0: done; 1: it could not be, and the text says why."""
    from abonent.billing import tariff_prices
    from abonent.flows import change_tariff
    from abonent.identity.models import User

    if args.verb == "list":
        return _list()
    if not User.objects.filter(username=args.by, is_staff=True, is_active=True).exists():
        return _refuse(f"«{args.by}» is none of the staff: give the name that signs in at /staff/login/")
    try:
        if args.verb == "approve":
            change = change_tariff.approve(args.id, by=args.by)
        else:
            change = change_tariff.refuse(args.id, by=args.by, why=args.why)
    except tariff_prices.MoneyShort as short:
        from abonent.core import money

        return _refuse(f"{money.show(short.missing_kop)} is missing on the account: the request goes on waiting")
    except tariff_prices.UnableToChange as refused:
        return _refuse(f"{type(refused).__name__}: {refused}")
    said = {
        "done": "the tariff is changed",
        "planned": f"the tariff changes on {change.effective_on}",
        "to_agree": "today it costs more than was agreed to: the subscriber is asked again",
        "refused": "refused; the subscriber is told why",
    }
    console.print(f"{change.id}: {said[str(change.state)]}", markup=False)
    return 0


def _list() -> int:
    from abonent.billing.models import Change
    from abonent.core import money

    table = Table()
    for column in ("id", "contract", "tariff", "from", "agreed"):
        table.add_column(column)
    asked = Change.objects.filter(state="asked", what="tariff").order_by("id")
    for change in asked.select_related("version__offer", "account__contract"):
        contract, version = change.account.contract, change.version
        assert contract is not None
        assert version is not None
        when = "today" if change.is_now else str(change.effective_on)
        table.add_row(str(change.id), contract.number, version.offer.code, when, money.show(change.total_kop))
    console.print(table)
    return 0


def _refuse(why: str) -> int:
    errors.print(f"abonent: {why}", markup=False, soft_wrap=True)
    return 1
