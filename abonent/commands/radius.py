"""`abonent radius`: FreeRADIUS's configuration for a site, written from the access servers of the database."""

import argparse
from pathlib import Path

from rich.console import Console

HELP = "write FreeRADIUS's configuration: access servers, the database, accounting's spool"

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    configure = verbs.add_parser("configure", help="write everything into a folder; again after each new access server")
    configure.add_argument("folder", type=Path, metavar="DIR")
    configure.add_argument("--listen", default="*", metavar="ADDRESS", help="default: every address")
    configure.add_argument("--auth-port", type=int, default=1812)
    configure.add_argument("--acct-port", type=int, default=1813)
    configure.add_argument(
        "--password", metavar="FILE", type=Path, help="a file with the password of the database's role abonent_radius"
    )


def run(args: argparse.Namespace) -> int:
    """0: written, and FreeRADIUS would start; 1: not, and the text says why."""
    from abonent.network import freeradius

    site = freeradius.Site(args.folder.resolve(), args.listen, args.auth_port, args.acct_port)
    try:
        password = args.password.read_text(encoding="utf-8").strip() if args.password else None
        freeradius.configure(site, password=password)
    except (freeradius.UnableToConfigure, OSError) as error:
        errors.print(f"abonent: {error}", markup=False)
        return 1
    problems = freeradius.problems(site.folder)
    for problem in problems:
        errors.print(f"abonent: {problem}", markup=False)
    if not problems:
        console.print(f"Written to {site.folder}. Start it: {freeradius.program()} -f -d {site.folder}", markup=False)
    return 1 if problems else 0
