"""The command line: find the command, make the ground it needs, run it.

A command is a module of this package with `HELP`, `add_arguments(parser)` and `run(args) -> int`. `NEEDS` says how
much ground it wants: "nothing", "settings" (no database), or "database" (the default: held for as long as it runs).
"""

import argparse
import importlib
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from rich.console import Console

from abonent.commands import ground
from abonent.core import embedded, profile

COMMANDS = (
    "serve", "web", "streams", "worker", "sandbox", "migrate", "demo", "charge", "change", "verify", "staff",
    "password", "addresses", "bench", "doctor", "django",
    "statement", "refund", "reconcile",
    "discount", "receipts", "mail", "radius", "import", "export",
)  # fmt: skip

errors = Console(stderr=True, highlight=False)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 when it did what it says, 1 when it could not, 2 when it was called wrongly."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in {"-h", "--help"}:
        return _list_commands()
    if words[0] not in COMMANDS:
        errors.print(f"abonent: no command «{words[0]}»; `abonent --help` lists them")
        return 2
    module = importlib.import_module(f"abonent.commands.{words[0]}")
    parser = argparse.ArgumentParser(prog=f"abonent {words[0]}", description=module.HELP)
    module.add_arguments(parser)
    args = parser.parse_args(words[1:])
    with ExitStack() as held:
        try:
            ground.prepare(module, held)
            return int(module.run(args))
        except (embedded.UnableToStart, profile.UnableToLoadProfile, ground.UnableToPrepare) as error:
            errors.print(f"abonent: {error}", markup=False)
            return 1


def _list_commands() -> int:
    console = Console(highlight=False)
    console.print("Abonent: the subscriber's account, the billing and the workplace of a provider.\n")
    for name in COMMANDS:
        try:
            module = importlib.import_module(f"abonent.commands.{name}")
        except ModuleNotFoundError:
            continue
        console.print(f"  abonent {name:<10} {module.HELP}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
