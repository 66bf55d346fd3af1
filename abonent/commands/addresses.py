"""`abonent addresses`: the directory of buildings from a file, and a look at what the search makes of a text."""

import argparse
from pathlib import Path

from rich.console import Console

HELP = "the buildings the network reaches: import a list, try the search"

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    take_in = verbs.add_parser("import", help="take in a CSV: new buildings, and known ones anew")
    take_in.add_argument("file", type=Path, metavar="FILE.csv")
    take_in.add_argument("--dry-run", action="store_true", help="say what it would do, and do nothing")
    find = verbs.add_parser("find", help="what the search makes of a text")
    find.add_argument("text")


def run(args: argparse.Namespace) -> int:
    """0: done; 1: the file has mistakes, each told by its line, and nothing is taken in."""
    return _find(args.text) if args.verb == "find" else _import(args.file, dry_run=args.dry_run)


def _import(file: Path, *, dry_run: bool) -> int:
    from django.db import transaction

    from abonent.addresses import listing, loading
    from abonent.core import db

    try:
        buildings = listing.read(file)
    except listing.UnableToRead as error:
        errors.print(f"abonent: {error}", markup=False, soft_wrap=True)
        return 1
    with db.atomic():
        loaded = loading.load(buildings)
        transaction.set_rollback(dry_run)
    would = "would be " if dry_run else ""
    console.print(f"{would}new: {loaded.new}, changed: {loaded.changed}, as they were: {loaded.same}")
    return 0


def _find(text: str) -> int:
    from abonent.addresses import search

    found = search.find(text)
    for one in found.buildings:
        flat = f"  apt. {one.flat}" if one.flat else ""
        console.print(f"{one.settlement}, {one}{flat}  {one.segment}, connected: {one.connected}", markup=False)
    for street in found.streets if not found.buildings else ():
        console.print(f"{street.settlement}, {street.street}: no such house", markup=False)
    if not found.streets and not found.buildings:
        console.print("nothing is found")
    return 0
