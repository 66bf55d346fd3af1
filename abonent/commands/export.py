"""`abonent export DIR`: everything in files that `abonent import` reads, and the books beside: nobody is locked in."""

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn
from rich.table import Table

HELP = "write everything into a new folder: the bundle that import reads, the ledger, the list of documents"

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--by", default="system:export", metavar="NAME", help="who answers for it")


def run(args: argparse.Namespace) -> int:
    """0: written; 1: the folder is not empty, or cannot be written."""
    from abonent.flows import moving_out

    try:
        with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=errors, transient=True) as bar:
            task = bar.add_task("begin", total=None)
            report = moving_out.export(
                args.folder,
                actor=args.by,
                progress=lambda what, rows: bar.update(task, description=f"{what}: {rows}"),
            )
    except moving_out.UnableToMoveOut as error:
        errors.print(f"abonent: {error}", markup=False, soft_wrap=True)
        return 1
    table = Table(title=f"{args.folder}: {report.seconds} s")
    for name in ("", "rows", "sum"):
        table.add_column(name, justify="left" if not name else "right")
    for one in report.tables:
        table.add_row(one.table, str(one.rows), moving_out.spelled_kop(one.kop))
    console.print(table)
    return 0
