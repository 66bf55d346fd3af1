"""`abonent refund`: give a card payment back through the bank, and see what has not arrived yet."""

import argparse
import secrets

from rich.console import Console
from rich.table import Table

HELP = "give a card payment back through the bank; list refunds that are open"

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("list", help="refunds that are not with their payer, and parked ones")
    ask = verbs.add_parser("ask", help="give a payment back, whole or in part, to the card it came from")
    ask.add_argument("payment", type=int, help="our id of the payment")
    ask.add_argument("sum", help="roubles: 500 or 500,00")
    ask.add_argument("--by", required=True, metavar="NAME", help="who of the staff gives it back")
    ask.add_argument("--why", required=True, metavar="TEXT")
    ask.add_argument("--beyond", action="store_true", help="more than the balance gives back; the role must allow it")
    ask.add_argument("--token", default="", metavar="TOKEN", help="of an earlier call that ended unsurely: not twice")


def run(args: argparse.Namespace) -> int:
    """0: done or on its way; 1: it could not be, and the text says why."""
    from abonent.commands import staff_names
    from abonent.core import clock, money
    from abonent.flows import four_eyes, refunding
    from abonent.identity import permissions, queries
    from abonent.payments import refunds, warrants
    from abonent.payments.models import Channel, Payment

    if args.verb == "list":
        return _list()
    wanted = permissions.REFUND_BEYOND_LIMITS if args.beyond else permissions.REFUND
    refusal = staff_names.refusal(args.by, wanted)
    if refusal:
        return _refuse(refusal)
    payment = Payment.objects.filter(id=args.payment).first()
    if payment is None:
        return _refuse(f"there is no payment {args.payment}")
    by = queries.staff_by_name(args.by)
    assert by is not None, args.by
    token = args.token or secrets.token_urlsafe(24)
    console.print(f"token {token}", markup=False)
    try:
        amount_kop = money.parse(args.sum)
        if payment.channel == Channel.YOOKASSA and four_eyes.needs_second(by, amount_kop):
            if args.beyond:
                return _refuse("--beyond and more than one gives alone: that needs a role that may both")
            asked = four_eyes.Wanted("refund", payment.account_id, amount_kop, {"payment_id": payment.pk})
            waits = four_eyes.ask(asked, token=token, why=args.why, actor=args.by, at=clock.now())
            console.print(f"warrant {waits.pk}: waits for a colleague's yes at /staff/second-yes/", markup=False)
            return 0
        made = refunding.ask(
            payment_id=args.payment, amount_kop=amount_kop, submit_token=token, actor=args.by, why=args.why,
            on=clock.today(), beyond=args.beyond,
        )  # fmt: skip
    except money.UnableToParse:
        return _refuse(f"«{args.sum}» is not a sum: 500 or 500,00")
    except (refunds.UnableToRefund, warrants.UnableToWarrant) as error:
        return _refuse(f"{type(error).__name__}: {error}")
    if made.state == "canceled":
        return _refuse(f"the bank refuses: {made.cancel_reason}")
    console.print(f"{made.pk}: {made.state}", markup=False)
    return 0


def _list() -> int:
    from abonent.core import money
    from abonent.payments.models_desk import Refund

    table = Table()
    for column in ("id", "payment", "sum", "state", "due", "by", "note"):
        table.add_column(column)
    for one in Refund.objects.filter(state__in=["new", "pending", "parked"]).order_by("id"):
        table.add_row(
            str(one.pk),
            str(one.payment_id),
            money.show(one.amount_kop),
            one.state,
            str(one.due_on),
            one.asked_by,
            one.note,
        )
    console.print(table)
    return 0


def _refuse(why: str) -> int:
    errors.print(f"abonent: {why}", markup=False, soft_wrap=True)
    return 1
