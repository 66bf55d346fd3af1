"""A provider's site: PostgreSQL of its own behind a password, FreeRADIUS as the command configures it.

Its PostgreSQL may be killed: the one that all tests share may not.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql

from abonent.core import db as database
from abonent.core import embedded
from abonent.core.embedded import server as server_of_home
from abonent.network import freeradius
from abonent.network.models import NasKind
from abonent.network.tests import radius

NAME = "site"
PASSWORD, RADIUS_PASSWORD = "the site's own", 'of: "radius" \\ alone'
SECRET = "a\"b\\c ${x} it's"
# Not durable against a lost machine; SIGKILL takes only what PostgreSQL has not yet given to the system.
SETTINGS = {"fsync": "off", "max_connections": "60", "autovacuum": "off"}


class Site:
    def __init__(self, home: Path) -> None:
        self.home = home
        self._held = embedded.hold(home, settings=SETTINGS, database=NAME)
        self.port = self._held.port

    def fill(self, template: str) -> None:
        """Our tables and our role's password; a copy of the migrated template, for a migration takes too long."""
        with psycopg.connect(self._held.dsn, autocommit=True) as conn:
            conn.execute(sql.SQL("create role {} nologin").format(sql.Identifier(freeradius.ROLE)))
            conn.execute(sql.SQL("alter role abonent password {}").format(sql.Literal(PASSWORD)))
        programs = embedded.binaries()
        dumped = subprocess.run(
            [programs / "pg_dump", "--dbname", self._template_dsn(template)],
            stdin=subprocess.DEVNULL, capture_output=True, check=True,
        )  # fmt: skip
        subprocess.run(
            [programs / "psql", "--quiet", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "--dbname", self._held.dsn],
            input=dumped.stdout, stdout=subprocess.DEVNULL, check=True,
        )  # fmt: skip

    def configure(self, server: radius.Server) -> None:
        """`abonent radius configure`, as its administrator does it."""
        secret = self.home / "password"
        secret.write_text(f"{RADIUS_PASSWORD}\n")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("ABONENT_", "DJANGO_"))}
        done = subprocess.run(
            [
                sys.executable, "-m", "abonent.commands.main", "radius", "configure", str(server.site.folder),
                "--listen", server.site.address, "--auth-port", str(server.site.auth_port),
                "--acct-port", str(server.site.acct_port), "--password", str(secret),
            ],
            env={**clean, "ABONENT_HOME": str(self.home / "ours"), "DATABASE_URL": self.dsn("abonent", PASSWORD)},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def dsn(self, role: str, password: str = "") -> str:
        """Over TCP."""
        secret = f":{urllib.parse.quote(password, safe='')}" if password else ""
        return f"postgresql://{role}{secret}@127.0.0.1:{self.port}/{NAME}"

    def kill(self) -> None:
        """SIGKILL to PostgreSQL and to each of its processes, as a machine short of memory does."""
        with psycopg.connect(self._held.dsn) as conn:
            pids = [pid for (pid,) in conn.execute("select pid from pg_stat_activity").fetchall()]
        first = int((self._held.data_dir / "postmaster.pid").read_text().splitlines()[0])
        connections["default"].close()
        for pid in (first, *pids):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._held.release()

    def start(self) -> None:
        """PostgreSQL again, where it was."""
        self._held = embedded.hold(self.home, settings={**SETTINGS, "port": str(self.port)}, database=NAME)

    def release(self) -> None:
        self._held.release()

    @property
    def sockets(self) -> Path:
        return self._held.socket_dir

    def _template_dsn(self, template: str) -> str:
        return embedded.dsn(settings.HOME, database=template)


@contextmanager
def serving(template: str) -> Iterator[tuple[Site, radius.Server]]:
    """The site and its FreeRADIUS; every connection of this process goes to the site's database."""
    radius.require()
    home = Path(tempfile.mkdtemp(prefix="abonent-site-"))
    home.chmod(0o755)  # PostgreSQL is another user where we are root
    site = Site(home)
    folder = home / "radius"
    server = radius.Server(freeradius.Site(folder, "127.0.0.1", radius.free_port(), radius.free_port()))
    try:
        site.fill(template)
        with _pointed_at(site):
            radius.make_nas(NasKind.MIKROTIK, "127.0.0.11")
            radius.make_nas(NasKind.CISCO, "127.0.0.12", secret=SECRET)
            site.configure(server)
            server.run()
            yield site, server
    finally:
        server.stop()
        site.release()
        shutil.rmtree(site.sockets, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _pointed_at(site: Site) -> Iterator[None]:
    connection, known = connections["default"], connections.settings["default"]
    connection.close()
    before = {name: known[name] for name in ("NAME", "HOST", "PORT")}
    now = {"NAME": NAME, "HOST": str(site.sockets), "PORT": str(server_of_home.DSN_PORT)}
    try:
        known.update(now)
        connection.settings_dict.update(now)
        yield
    finally:
        connection.close()
        known.update(before)
        connection.settings_dict.update(before)


def connected() -> list[dict[str, object]]:
    """Who has the site's database open, other than this connection."""
    return database.rows(
        "select usename as role, host(client_addr) as address, application_name as program from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"
    )
