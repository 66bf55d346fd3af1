"""`abonent discount`: what comes off the price of a contract's services: list, give, end."""

import argparse
from datetime import date

from rich.console import Console
from rich.table import Table

HELP = "discounts of a contract's services: list them, give, end"

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    listed = verbs.add_parser("list", help="every discount of a contract, the newest first")
    listed.add_argument("contract", metavar="CONTRACT", help="its number")
    give = verbs.add_parser("give", help="let a percent or a sum come off the price of a service")
    give.add_argument("contract", metavar="CONTRACT", help="its number")
    give.add_argument("--service", metavar="CODE", help="of the tariff or add-on; needed where there are several")
    value = give.add_mutually_exclusive_group(required=True)
    value.add_argument("--percent", metavar="N", help='of the price: "10", "12,5"')
    value.add_argument("--sum", metavar="ROUBLES", help='off the price of a month (of a plain day): "100,00"')
    give.add_argument("--from", dest="from_on", type=date.fromisoformat, metavar="DATE", help="first day; today")
    give.add_argument("--through", type=date.fromisoformat, metavar="DATE", help="last day; none: until it is ended")
    give.add_argument("--by", required=True, metavar="NAME", help="who of the staff gives it")
    give.add_argument("--why", required=True, metavar="TEXT", help="the reason, for the record")
    end = verbs.add_parser("end", help="end a discount with the next charge, or call off one that has not begun")
    end.add_argument("contract", metavar="CONTRACT", help="its number")
    end.add_argument("id", type=int)
    end.add_argument("--by", required=True, metavar="NAME", help="who of the staff ends it")


def run(args: argparse.Namespace) -> int:
    """0: done; 1: it could not be, and the text says why."""
    from abonent.billing import discounts
    from abonent.identity.models import User
    from abonent.ledger.models import Account

    account = Account.objects.filter(contract__number=args.contract).first()
    if account is None:
        return _refuse(f"there is no contract {args.contract}")
    if args.verb == "list":
        return _list(account.pk)
    if not User.objects.filter(username=args.by, is_staff=True, is_active=True).exists():
        return _refuse(f"«{args.by}» is none of the staff: give the name that signs in at /staff/login/")
    try:
        return _give(args, account.pk) if args.verb == "give" else _end(args, account.pk)
    except discounts.UnableToDiscount as refused:
        return _refuse(str(refused))


def _give(args: argparse.Namespace, account_id: int) -> int:
    from abonent.billing.models import Subscription
    from abonent.core import money, periods
    from abonent.flows import give_discount

    own = Subscription.objects.filter(account_id=account_id).exclude(state="ended").select_related("version__offer")
    named = [one for one in own.order_by("priority", "id") if args.service in (None, one.version.offer.code)]
    if len(named) != 1:
        codes = ", ".join(sorted(one.version.offer.code for one in own))
        return _refuse(f"say which service with --service; the contract has: {codes or 'none'}")
    try:
        value = money.parse(args.percent or args.sum)  # hundredths of a percent, as kopecks are of a rouble
    except money.UnableToParse:
        return _refuse(f"«{args.percent or args.sum}» is no number: give it like 12,5")
    made = give_discount.give(
        named[0].id,
        kind="percent" if args.percent else "fixed",
        value=value,
        from_on=args.from_on,
        to_on=args.through + periods.ONE_DAY if args.through else None,
        reason=args.why,
        actor=args.by,
    )
    until = f"through {args.through}" if args.through else "until it is ended"
    console.print(
        f"{made.pk}: {_value(made)} off {named[0].version.offer.code} from {made.from_on} {until}", markup=False
    )
    return 0


def _end(args: argparse.Namespace, account_id: int) -> int:
    from abonent.billing.models import Discount
    from abonent.flows import give_discount

    if not Discount.objects.filter(id=args.id, account_id=account_id).exists():
        return _refuse(f"contract {args.contract} has no discount {args.id}")
    ended = give_discount.end(args.id, actor=args.by)
    said = "called off: it had not begun" if ended.state == "void" else f"counts no more from {ended.to_on}"
    console.print(f"{ended.pk}: {said}", markup=False)
    return 0


def _list(account_id: int) -> int:
    from abonent.billing import discounts
    from abonent.core import periods

    table = Table()
    for column in ("id", "service", "off", "from", "through", "state", "given by", "why"):
        table.add_column(column)
    for one in discounts.of_account(account_id):
        through = str(one.to_on - periods.ONE_DAY) if one.to_on else ""
        code = one.subscription.version.offer.code
        table.add_row(
            str(one.pk), code, _value(one), str(one.from_on), through, str(one.state), one.created_by, one.reason
        )
    console.print(table)
    return 0


def _value(one: object) -> str:
    from abonent.billing.models import Discount
    from abonent.core import money

    assert isinstance(one, Discount)
    if one.amount_kop is not None:
        return money.show(one.amount_kop)
    return f"{money.plain(one.percent_hundredths or 0)} %"


def _refuse(why: str) -> int:
    errors.print(f"abonent: {why}", markup=False, soft_wrap=True)
    return 1
