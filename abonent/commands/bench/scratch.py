"""A migrated database of its own for a bench, on the server in use, dropped afterwards."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import connections


@contextmanager
def database(name: str, on: date) -> Iterator[str]:
    """Point this process (and, by the DSN given, others) at a fresh database with the profile's tariffs in it."""
    from django.conf import settings

    from abonent.commands import migrate

    connection, known = connections["default"], connections.settings["default"]
    own = f"bench_{name}_{os.getpid()}"
    parts = urlsplit(settings.DATABASE_URL)
    admin = urlunsplit(parts._replace(path="/postgres"))
    with psycopg.connect(admin, autocommit=True) as server:
        server.execute(f'create database "{own}"')
        before = known["NAME"]
        try:
            _leave()
            known["NAME"] = connection.settings_dict["NAME"] = own
            migrate.bring_up_to_date()
            yield urlunsplit(parts._replace(path=f"/{own}"))
        finally:
            _leave()
            known["NAME"] = connection.settings_dict["NAME"] = before
            server.execute(f'drop database "{own}" with (force)')


def _leave() -> None:
    """Give back every connection of this process: a database somebody is in cannot be dropped."""
    connection = connections["default"]
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's wrapper has it, the stubs' base has not
