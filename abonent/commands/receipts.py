"""`abonent receipts`: the receipts of 54-FZ that are stuck: list them, say why, let them be tried again."""

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from abonent.payments.models_receipts import Receipt

HELP = "receipts of 54-FZ: what is stuck and why; try again"

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="what is stuck; --all: what waits as well")
    listing.add_argument("--all", action="store_true")
    retry = verbs.add_parser("retry", help="try a stuck one again, or all of them")
    retry.add_argument("id", type=int, nargs="?")
    retry.add_argument("--all", action="store_true")
    explain = verbs.add_parser("explain", help="everything known of one, and what to do")
    explain.add_argument("id", type=int)


def run(args: argparse.Namespace) -> int:
    """0: done; 1: it could not be, and the text says why."""
    from abonent.payments import receipts

    if args.verb == "list":
        return _list([*receipts.stuck(), *(receipts.open_ones() if args.all else ())])
    if args.verb == "explain":
        return _explain(args.id)
    if (args.id is None) == (not args.all):
        return _refuse("give the id of a receipt, or --all")
    return _retry([one.id for one in receipts.stuck()] if args.all else [args.id])


def _list(found: "Iterable[Receipt]") -> int:
    from abonent.core import money

    table = Table()
    for column in ("id", "what", "sum", "state", "tries", "why"):
        table.add_column(column)
    for one in found:
        row = (str(one.id), one.cause, money.show(one.amount_kop), one.state, str(one.attempts), one.error[:80])
        table.add_row(*row)
    if not table.row_count:
        console.print("No receipt is stuck.")
        return 0
    console.print(table)
    return 0


def _retry(ids: list[int]) -> int:
    from abonent.flows import receipting
    from abonent.payments import receipts

    for receipt_id in ids:
        try:
            receipting.retry(receipt_id, actor="system:receipts")
        except receipts.UnableToRetry as refused:
            return _refuse(str(refused))
    console.print(f"{len(ids)} will be tried again; `abonent worker` does it.")
    return 0


def _explain(receipt_id: int) -> int:
    from django.utils import translation

    from abonent.core import money
    from abonent.payments import receipt_meanings
    from abonent.payments.models_receipts import Receipt

    one = Receipt.objects.filter(id=receipt_id).select_related("account__contract").first()
    if one is None or one.account.contract is None:
        return _refuse(f"there is no receipt {receipt_id}")
    facts = {
        "receipt": f"{one.id}, {one.cause}, through {one.way}",
        "contract": one.account.contract.number,
        "sum": money.show(one.amount_kop),
        "state": f"{one.state}, tries {one.attempts}, turn {one.turn}",
        "key": one.key,
        "the register's id": one.external_id or "—",
        "fiscal data": f"FN {one.fn_number}, FD {one.fd_number}, FP {one.fp}" if one.fd_number else "—",
        "said": one.error or "—",
    }
    for name, value in facts.items():
        console.print(f"{name}: {value}", markup=False, soft_wrap=True)
    if (meaning := receipt_meanings.of(one.error)) is not None:
        with translation.override("en"):  # as all that a command says
            console.print(f"It means: {meaning.means}. To do: {meaning.to_do}.", markup=False, soft_wrap=True)
    return 0


def _refuse(why: str) -> int:
    errors.print(f"abonent: {why}", markup=False, soft_wrap=True)
    return 1
