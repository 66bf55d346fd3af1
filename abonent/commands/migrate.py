"""`abonent migrate`: bring the database to this version, with the profile's tariffs and addresses in it."""

import argparse

from rich.console import Console

HELP = "bring the database to this version; safe to run at any time"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="say nothing when all is well")


def run(args: argparse.Namespace) -> int:
    bring_up_to_date()
    if not args.quiet:
        Console(highlight=False).print("The database is up to date.")
    return 0


def bring_up_to_date() -> None:
    """Migrations, the profile mirrored into the database, partitions three months ahead.

    Two processes at once: the second waits on an advisory lock and finds nothing to do.
    """
    from django.core.management import call_command
    from django.db import connection

    from abonent.core import clock, partitions
    from abonent.flows import load_profile

    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(hashtext('abonent.migrate'))")
    try:
        call_command("migrate", verbosity=0, interactive=False)
        load_profile.mirror()
        today = clock.today()
        load_profile.load(today)
        partitions.ensure_ahead(today)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_unlock(hashtext('abonent.migrate'))")
