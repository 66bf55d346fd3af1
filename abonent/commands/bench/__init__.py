"""`abonent bench NAME`: measure against the floor, in one run: a table, and a JSON line each.

A bench is a module of this package with `HELP`, `add_arguments(parser)` and `run(args) -> Iterator[dict]`; a row has at
least `bench`, `what`, `seconds`, `floor_seconds` and `ratio` (smaller is better; 1 is the limit itself).
"""

import argparse
import importlib
import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

BENCHES = (
    "charge",
    "portal",
    "payments",
    "preview",
    "addresses",
    "signin",
    "radius",
    "access",
    "streams",
    "sms",
    "search",
    "import",
    "documents",
)
HELP = f"measure against the floor: {', '.join(BENCHES)}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    benches = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    for name in BENCHES:
        module = importlib.import_module(f"{__name__}.{name}")
        bench = benches.add_parser(name, help=module.HELP)
        bench.add_argument("--json", action="store_true", help="JSON lines alone, without the table")
        module.add_arguments(bench)


def run(args: argparse.Namespace) -> int:
    module = importlib.import_module(f"{__name__}.{args.name}")
    rows: list[dict[str, Any]] = []
    for row in module.run(args):
        rows.append(row)
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    if not args.json:
        Console(highlight=False).print(_table(args.name, rows))
    return 0


def _table(name: str, rows: list[dict[str, Any]]) -> Table:
    columns = list(dict.fromkeys(key for row in rows for key in row if key != "bench"))
    table = Table(title=f"bench {name}")
    for column in columns:
        table.add_column(column, justify="left" if column == "what" else "right")
    for row in rows:
        table.add_row(*[_shown(row.get(column)) for column in columns])
    return table


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value or "")
