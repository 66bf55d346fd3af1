"""The command line: find the command, make the ground it needs, run it.

A command is a module of this package with `HELP`, `add_arguments(parser)` and `run(args) -> int`. `NEEDS` says how
much ground it wants: "nothing", "settings" (no database), or "database" (the default: held for as long as it runs).
"""

import argparse
import importlib
import os
import secrets
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType

from rich.console import Console

from abonent.core import embedded, profile

COMMANDS = (
    "serve", "web", "streams", "worker", "sandbox", "migrate", "demo", "charge", "verify", "staff", "bench", "doctor",
    "django",
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
    with ExitStack() as ground:
        try:
            prepare(module, ground)
            return int(module.run(args))
        except (embedded.UnableToStart, profile.UnableToLoadProfile, UnableToPrepare) as error:
            errors.print(f"abonent: {error}", markup=False)
            return 1


class UnableToPrepare(Exception):
    """The settings or the database are not fit to be used; the message says what to do."""


def prepare(module: ModuleType, ground: ExitStack) -> None:
    """Lay as much ground as the module's NEEDS says, and have it taken away when `ground` closes.

    Raises UnableToPrepare, embedded.UnableToStart or profile.UnableToLoadProfile.
    """
    needs = getattr(module, "NEEDS", "database")
    if needs == "nothing":
        return
    home = Path(os.environ.get("ABONENT_HOME", "var")).resolve()
    try:
        home.mkdir(parents=True, exist_ok=True)
        os.environ.setdefault("ABONENT_SECRET_KEY", _secret_key(home))
    except OSError as error:
        raise UnableToPrepare(
            f"the folder {home} cannot be used ({error.strerror}): set ABONENT_HOME to one that may be written"
        ) from error
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "abonent.settings")
    if needs == "database" and not os.environ.get("DATABASE_URL"):
        key = profile.load(os.environ.get("ABONENT_PROFILE", "skynet")).key
        server = embedded.hold(home, database=f"abonent_{key}")
        ground.callback(server.release)
        os.environ["DATABASE_URL"] = server.dsn  # the children of this command use what it holds
        ground.callback(os.environ.pop, "DATABASE_URL", None)
    import django

    django.setup()
    from django.db import connections

    from abonent.core import installation

    ground.callback(connections.close_all)
    problems = installation.problems_of_settings()
    if needs == "database" and not problems:
        problems = installation.problems_of_database()
    if problems:
        raise UnableToPrepare("\nabonent: ".join(problems))


def _secret_key(home: Path) -> str:
    """The installation's own key, made once; production may give its own in ABONENT_SECRET_KEY."""
    path = home / "secret_key"
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        key = secrets.token_urlsafe(50)
        file.write(key)
    return key


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
