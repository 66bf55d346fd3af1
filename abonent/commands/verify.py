"""`abonent verify`: every invariant of money and access; a list and exit 1 where one is broken."""

import argparse

from rich.console import Console

HELP = "check every invariant of money and access; exit 1 and a list where one is broken"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(args: argparse.Namespace) -> int:
    """0: all is in order; 1: something is broken, a line each."""
    from abonent.flows import verify

    console = Console(highlight=False)
    broken = 0
    for line in verify.problems():
        broken += 1
        console.print(f"✗ {line}", markup=False, soft_wrap=True)
    console.print("All is in order." if not broken else f"\nBroken: {broken}.")
    return 1 if broken else 0
