"""`abonent demo`: the cast with its history, and a crowd of any size."""

import argparse

from rich.console import Console

HELP = "demo data: the cast, and --subscribers N more of any number"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--subscribers", type=int, default=0, metavar="N", help="how many more, made by the thousand")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="another seed makes other people")


def run(args: argparse.Namespace) -> int:
    from django.conf import settings

    from abonent.commands import migrate
    from abonent.core import clock
    from abonent.demo import crowd, make

    console = Console(highlight=False)
    if not settings.SANDBOX:
        console.print("abonent: demo people belong in the sandbox: set ABONENT_SANDBOX=1")
        return 1
    migrate.bring_up_to_date()
    if make.once(console):
        console.print("The cast is made, with three months behind it.")
    if args.subscribers:
        with console.status(f"Making {args.subscribers:,} subscribers…"):
            crowd.make(args.subscribers, seed=args.seed, on=clock.today())
        console.print(f"{args.subscribers:,} subscribers are made and charged.")
    return 0
