"""The demo as its first start leaves it, made once a profile: each module of stories begins with a copy of it."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import psycopg
from django.conf import settings

from abonent.core import embedded
from tests.browser import served as serving

ROOT = Path(__file__).resolve().parents[2]


class Made(NamedTuple):
    database: str  # a template: nobody is connected to it
    home: Path  # the sandbox's store and what else stands beside the database


def once(profile: str) -> Made:
    """Start the demo and stop it, unless this state of the code was started before; safe in several processes.

    The demo's clock is an offset from the real one, so a copy made on another real date would tell another date.
    """
    name = f"demo_{profile}_{_fingerprint()}_{datetime.now(UTC):%Y%m%d}"
    made = Made(name, settings.HOME / "demos" / name)
    made.home.parent.mkdir(parents=True, exist_ok=True)
    with open(settings.HOME / f"demo_{profile}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.home.exists():
            _make(profile, made)
    return made


@contextmanager
def database(name: str, *, template: str = "template1") -> Iterator[str]:
    """A database, dropped at the end; its DSN."""
    _on_server(f'drop database if exists "{name}" with (force)', f'create database "{name}" template "{template}"')
    try:
        yield embedded.dsn(settings.HOME, database=name)
    finally:
        _on_server(f'drop database if exists "{name}" with (force)')


def _make(profile: str, made: Made) -> None:
    _forget_older(profile)
    making = made.home.with_name(f"{made.database}_making_{os.getpid()}")
    making.mkdir()
    with database(f"{made.database}_making") as dsn:
        with serving.serve(profile, making, dsn):
            pass
        _on_server(
            f'drop database if exists "{made.database}" with (force)',
            f'alter database "{made.database}_making" rename to "{made.database}"',
        )
    making.rename(made.home)  # last: it says that all of it is there


def _forget_older(profile: str) -> None:
    """What older states of the code have left."""
    for home in (settings.HOME / "demos").glob(f"demo_{profile}_*"):
        shutil.rmtree(home)
    with _admin() as conn:
        old = conn.execute("select datname from pg_database where datname like %s", [f"demo_{profile}_%"]).fetchall()
    for (name,) in old:
        _on_server(f'drop database if exists "{name}" with (force)')


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for folder in ("abonent", "sandbox"):
        for path in sorted(ROOT.joinpath(folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _on_server(*statements: str) -> None:
    with _admin() as conn:
        for statement in statements:
            conn.execute(statement)


def _admin() -> "psycopg.Connection[tuple[str]]":
    return psycopg.connect(embedded.dsn(settings.HOME, database="postgres"), autocommit=True)
