"""`abonent statement`: the bank's statements loaded, and the documents that wait for a decision."""

import argparse
from pathlib import Path

from rich.console import Console
from rich.table import Table

HELP = "the bank's statement (1CClientBankExchange): load a file, list and decide what waits"

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    load = verbs.add_parser("load", help="credit what is new in a file; loaded again it credits nothing again")
    load.add_argument("file", type=Path)
    load.add_argument("--dry-run", action="store_true", help="say what would be done, write nothing")
    load.add_argument("--by", default="system:statement", metavar="NAME", help="who loads it")
    verbs.add_parser("queue", help="documents that staff decide, the oldest first")
    assign = verbs.add_parser("assign", help="credit a document to a contract")
    assign.add_argument("id", type=int)
    assign.add_argument("contract")
    give = verbs.add_parser("return", help="a document's money was sent back to its payer")
    give.add_argument("id", type=int)
    for one in (assign, give):
        one.add_argument("--by", required=True, metavar="NAME", help="who of the staff decides")
        one.add_argument("--why", required=one is give, default="", metavar="TEXT", help="why; of a return its order")


def run(args: argparse.Namespace) -> int:
    """0: done; 1: it could not be, or the bank's sums do not add up, and the text says why."""
    from abonent.commands import staff_names
    from abonent.flows import import_statement
    from abonent.identity import permissions
    from abonent.payments import bank_entries

    if args.verb == "load":
        return _load(args.file, args.by, dry_run=args.dry_run)
    if args.verb == "queue":
        return _queue()
    refusal = staff_names.refusal(args.by, permissions.CORRECT_MONEY)
    if not refusal and args.verb == "return":
        refusal = _beyond(args.by, args.id)
    if refusal:
        return _refuse(refusal)
    try:
        if args.verb == "assign":
            made = import_statement.assign(
                entry_id=args.id, contract_number=args.contract, actor=args.by, why=args.why
            )  # fmt: skip
        else:
            made = import_statement.send_back(entry_id=args.id, actor=args.by, why=args.why)
    except bank_entries.UnableToDecide as error:
        return _refuse(str(error))
    console.print(f"{made.pk}: {made.state}", markup=False)
    return 0


def _beyond(name: str, entry_id: int) -> str:
    """Why this person does not send so much back alone; "" where he does."""
    from abonent.flows import four_eyes
    from abonent.identity import queries
    from abonent.payments.models_desk import BankEntry

    by, entry = queries.staff_by_name(name), BankEntry.objects.filter(id=entry_id).first()
    if by is None or entry is None or not four_eyes.needs_second(by, entry.amount_kop):
        return ""
    return (
        f"«{name}» does not give {entry.amount_kop} kopecks away alone: a colleague whose role may more sends it back"
    )


def _load(path: Path, actor: str, *, dry_run: bool) -> int:
    from abonent.core import clock, money
    from abonent.flows import import_statement

    try:
        said = import_statement.load(path.read_bytes(), actor=actor, on=clock.today(), dry_run=dry_run)
    except OSError as error:
        return _refuse(f"{path}: {error.strerror}")
    except import_statement.UnableToLoad as error:
        return _refuse(f"{path.name} is refused whole: {error}")
    table = Table(title=f"{said.first_on} to {said.last_on}" + (" (nothing is written)" if dry_run else ""))
    for column in ("", "documents", "sum"):
        table.add_column(column, justify="left" if not column else "right")
    for name in ("incoming", "known", "credited", "queued", "ignored", "outgoing"):
        one: import_statement.Sum = getattr(said, name)
        table.add_row(name, str(one.documents), money.show(one.kop))
    if said.others:
        table.add_row("others", str(said.others), "")
    console.print(table)
    if said.problem:
        return _refuse(f"the sums do not add up: {said.problem}")
    return 0


def _queue() -> int:
    from abonent.core import money
    from abonent.payments import bank_entries

    table = Table()
    for column in ("id", "received", "sum", "payer", "purpose", "may be of", "why it waits"):
        table.add_column(column)
    for one in bank_entries.queue():
        table.add_row(
            str(one.pk),
            str(one.received_on),
            money.show(one.amount_kop),
            one.payer,
            one.purpose,
            one.suggested,
            one.why,
        )
    console.print(table)
    return 0


def _refuse(why: str) -> int:
    errors.print(f"abonent: {why}", markup=False, soft_wrap=True)
    return 1
