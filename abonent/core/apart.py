"""Connections apart from Django's: for the worker's engine, the streams, and the schedule's lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

WAIT_AT_MOST = "15min"


def params() -> dict[str, Any]:
    """What psycopg needs to reach the database of the settings; without Django's ways of reading values."""
    found = connection.get_connection_params()
    return {name: value for name, value in found.items() if name not in {"cursor_factory", "context"}}


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Hold the name for oneself among all processes; the database frees it when the holder dies.

    On a connection apart: held on Django's, it would stay with a pooled connection that outlives the holder.
    Raises psycopg.errors.LockNotAvailable when another holds it for longer than WAIT_AT_MOST.
    """
    with psycopg.connect(**params(), autocommit=True) as own:
        own.execute(f"set lock_timeout = '{WAIT_AT_MOST}'")
        own.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [name])
        yield
