"""One PostgreSQL for all tests; a migrated template made once; a clone a worker, and a clone a committing test.

A test rolls back in its worker's clone. A test that commits (races, kills, browser, workers) takes `own_database`:
nothing is ever flushed, because the ledger refuses TRUNCATE by design.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from abonent.core import embedded

if TYPE_CHECKING:
    from tests.world import World

ROOT = Path(__file__).resolve().parent
NOT_DURABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    # Its workers are a superuser's, and a database in which one looks round cannot be dropped by force.
    "autovacuum": "off",
}


@pytest.fixture(scope="session")
def server() -> Iterator[embedded.Server]:
    """The tests' PostgreSQL; kept between runs, stopped by the last who leaves."""
    from django.conf import settings

    programs = os.environ.get("ABONENT_TEST_POSTGRES")  # a folder of another PostgreSQL's programs
    held = embedded.hold(settings.HOME, settings=NOT_DURABLE, programs_dir=Path(programs) if programs else None)
    yield held
    held.release()


@pytest.fixture(scope="session")
def template(server: embedded.Server, django_db_blocker: Any) -> str:
    """The name of a migrated database, made once per state of the migrations (third parties' too) and the profile."""
    from django.conf import settings

    made_by = _fingerprint("abonent/*/migrations/*", "requirements/run.txt", "abonent/settings.py")
    name = f"template_{settings.PROFILE.key}_{made_by}"
    with open(settings.HOME / "template.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _exists(name):
            making = f"{name}_making"
            _on_server(f'drop database if exists "{making}" with (force)', f'create database "{making}"')
            with django_db_blocker.unblock():
                _migrate(making)
            _on_server(f'alter database "{making}" rename to "{name}"')
    return name


@pytest.fixture(scope="session")
def django_db_setup(template: str, django_db_blocker: Any) -> Iterator[None]:
    """A worker's own clone of the template, instead of pytest-django's way of making a database."""
    name = f"worker_{os.getpid()}"
    with clone(template, name):
        yield


@pytest.fixture
def own_database(template: str, django_db_blocker: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    """A clone of the template for one test that commits; its DSN. Threads and processes may use it."""
    digest = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]
    with django_db_blocker.unblock(), clone(template, f"own_{os.getpid()}_{digest}") as dsn:
        yield dsn


@pytest.fixture(scope="session")
def populated(template: str, django_db_blocker: Any) -> str:
    """The name of a database with the demo's cast in it, three months into their lives; made once per state."""
    from django.conf import settings

    name = f"cast_{settings.PROFILE.key}_{_fingerprint('abonent/**/*.py', 'abonent/**/*.sql', 'abonent/**/*.toml')}"
    with open(settings.HOME / "cast.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _exists(name):
            _drop_like("cast_%")
            making = f"{name}_making"
            _on_server(f'create database "{making}" template "{template}" strategy wal_log')
            with django_db_blocker.unblock(), _pointed_at(making):
                _load_profile()
                _world().populate()
            _on_server(f'alter database "{making}" rename to "{name}"')
    return name


@pytest.fixture
def world(populated: str, django_db_blocker: Any, request: pytest.FixtureRequest) -> "Iterator[World]":
    """The cast, in a database of the test's own: it may commit, use threads and processes."""
    digest = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]
    with django_db_blocker.unblock(), clone(populated, f"world_{os.getpid()}_{digest}"):
        made = _world()()
        yield made
        made.close()


@contextmanager
def clone(template: str, name: str) -> Iterator[str]:
    from django.conf import settings

    _on_server(
        f'drop database if exists "{name}" with (force)',
        f'create database "{name}" template "{template}" strategy wal_log',
    )
    try:
        with _pointed_at(name):
            yield embedded.dsn(settings.HOME, database=name)
    finally:
        _on_server(f'drop database if exists "{name}" with (force)')


def _fingerprint(*patterns: str) -> str:
    digest = hashlib.sha256()
    for path in sorted({path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()}):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _drop_like(pattern: str) -> None:
    """What an older state of the code has left."""
    with _admin() as conn:
        found = conn.execute("select datname from pg_database where datname like %s", [pattern]).fetchall()
    for (name,) in found:
        _on_server(f'drop database if exists "{name}" with (force)')


def _load_profile() -> None:
    from abonent.flows import load_profile

    load_profile.load(date(2026, 1, 1))


def _world() -> "type[World]":
    from tests.world import World

    return World


def _exists(name: str) -> bool:
    with _admin() as conn:
        return conn.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is not None


def _on_server(*statements: str) -> None:
    with _admin() as conn:
        for statement in statements:
            conn.execute(statement)  # names are ours


def _admin() -> "psycopg.Connection[Any]":
    from django.conf import settings

    return psycopg.connect(embedded.dsn(settings.HOME, database="postgres"), autocommit=True)


def _migrate(name: str) -> None:
    from django.core.management import call_command

    with _pointed_at(name):
        call_command("migrate", verbosity=0, interactive=False)


@contextmanager
def _pointed_at(name: str) -> Iterator[None]:
    """Every connection of this process, in any thread, goes to this database."""
    from django.db import connections

    connection, known = connections["default"], connections.settings["default"]
    connection.close()
    before = known["NAME"]
    known["NAME"] = connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        known["NAME"] = connection.settings_dict["NAME"] = before


LONG = ("sandbox", "tests/stories", "tests/concurrency", "tests/browser")
LONGEST = "tests/browser/test_every_page.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The fast ones first; then modules with a browser, which want the processors, evenly among those that wait.

    The longest module begins first, so that no worker is left alone with it.
    """
    paths = {item: item.path.relative_to(ROOT).as_posix() for item in items}
    long = sorted({path for path in paths.values() if path.startswith(LONG)}, key=lambda path: (path != LONGEST, path))
    place = dict.fromkeys(paths.values(), 0)
    for with_browser in (True, False):
        modules = [path for path in long if path.startswith("tests/browser") is with_browser]
        for number, path in enumerate(modules):
            place[path] = 1 + number * 1000 // len(modules)
    items.sort(key=lambda item: (place[paths[item]], paths[item] if place[paths[item]] else ""))


def pytest_unconfigure(config: pytest.Config) -> None:
    """What stands in memory goes with CI's run; a developer keeps his templates for the next one."""
    home = os.environ.get("ABONENT_HOME", "")
    if os.environ.get("CI") == "true" and not hasattr(config, "workerinput") and home.startswith("/dev/shm/"):
        shutil.rmtree(home, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """In CI everything is installed, so a skipped test is a test that was lost."""
    if os.environ.get("CI") == "true" and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("CI: a skipped test is a failure", red=True)
        terminalreporter._session.exitstatus = 1
