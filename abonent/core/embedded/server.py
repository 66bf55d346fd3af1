"""One server's data folder and process: init, start, stop. Whoever calls it holds the start lock."""

import contextlib
import logging
import os
import re
import shlex
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from abonent.core.embedded import places, programs

log = logging.getLogger(__name__)

ROLE = "abonent"
SUPERUSER = "postgres"
START_SECONDS = 600
ANSWER_SECONDS = 15
LOG_BYTES = 16 << 20
# The server has a port of its own choice; a link of this number in the socket folder leads to it.
DSN_PORT = 5432


@dataclass(frozen=True)
class Cluster:
    """The folder that holds `server/`, the programs, and the account they run under (None: our own)."""

    place: Path
    programs_dir: Path
    account: programs.Account | None

    @property
    def data(self) -> Path:
        return self.place / "server" / "data"

    @property
    def log(self) -> Path:
        return self.place / "server" / "log"

    @property
    def sockets(self) -> Path:
        return places.socket_dir(self.place)

    def ensure_running(self, settings: Mapping[str, str], start_lock: int) -> None:
        """Make and start the server unless it runs; a real connection is the proof."""
        if not os.path.lexists(self.place / "server"):
            self._init(start_lock, no_sync=settings.get("fsync") == "off")
        self._check_data()
        self._ensure_sockets()
        gives_up_at = time.monotonic() + START_SECONDS
        while True:
            try:
                self._connect().close()
                return
            except psycopg.OperationalError as error:
                refusal = programs.last_line(str(error))
            if not self._alive():
                self._start(settings, gives_up_at)
            self._link_port()
            if self._status() == "ready":  # it answers all others, so it ought to answer us soon
                gives_up_at = min(gives_up_at, time.monotonic() + ANSWER_SECONDS)
            if time.monotonic() > gives_up_at:
                raise programs.UnableToStart(
                    f"PostgreSQL runs in {self.data} but refuses us ({refusal}): see {self.log}."
                )
            time.sleep(0.05)

    def ensure_database(self, database: str) -> None:
        """Make the role, with the rights of a production owner, and the database unless they are there."""
        with self._connect() as conn:
            if not conn.execute("select 1 from pg_roles where rolname = %s", [ROLE]).fetchone():
                with conn.transaction():
                    conn.execute(f"create role {ROLE} login createdb createrole")
                    # The last one: to drop a database, autovacuum in it is ended.
                    conn.execute(f"grant pg_monitor, pg_checkpoint, pg_signal_backend to {ROLE}")
                    if conn.info.server_version >= 160000:  # before 16 this came with createrole
                        conn.execute(f"alter role {ROLE} set createrole_self_grant = 'set, inherit'")
            if not conn.execute("select 1 from pg_database where datname = %s", [database]).fetchone():
                create = sql.SQL("create database {} owner {}")
                conn.execute(create.format(sql.Identifier(database), sql.Identifier(ROLE)))

    def port(self) -> int:
        return int(self._pid_file()[3])

    def stop(self) -> None:
        if not self._alive():
            return
        answer = self._pg_ctl("stop", "-m", "fast")
        if answer.returncode != 0 and self._alive():
            log.warning("PostgreSQL in %s did not stop: %s", self.data, programs.reason(answer.stderr))

    def _init(self, start_lock: int, *, no_sync: bool) -> None:
        """Make `server/` under another name, then rename: a kill leaves all of it or nothing."""
        if self.account:
            places.make_own_folder(places.STATE, 0o755)
            places.make_own_folder(self.place, 0o711)
        making = self.place / "making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        if self.account:
            os.chown(making, self.account.uid, self.account.gid)
        options = [f"--username={SUPERUSER}", "--auth-local=trust", "--auth-host=scram-sha-256"]
        options += ["--encoding=UTF8", "--locale=C.UTF-8"]
        if (programs.major(self.programs_dir) or 0) >= 17:
            options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if no_sync:
            options.append("--no-sync")
        initdb = self.programs_dir / "initdb"
        # An initdb that outlives us keeps the start lock, so that nobody makes the same folder beside it.
        answer = programs.run(initdb, "-D", making / "data", *options, account=self.account, keep_open=[start_lock])
        if answer.returncode != 0:
            shutil.rmtree(making, ignore_errors=True)
            raise programs.UnableToStart(
                f"PostgreSQL could not make its data folder {self.data} ({programs.reason(answer.stderr)}): "
                "mend that or choose another folder."
            )
        making.rename(self.place / "server")

    def _check_data(self) -> None:
        try:
            found = (self.data / "PG_VERSION").read_text().strip()
        except (FileNotFoundError, NotADirectoryError):
            raise programs.UnableToStart(
                f"{self.data} is not PostgreSQL's data: move {self.place / 'server'} away and try again."
            ) from None
        ours = str(programs.major(self.programs_dir))
        if found != ours:
            raise programs.UnableToStart(
                f"{self.data} holds data of PostgreSQL {found}, but the programs here are of {ours}: "
                f"install PostgreSQL {found}, or move the folder away and restore a backup."
            )

    def _ensure_sockets(self) -> None:
        """The socket folder, ours alone: whoever owns it could answer in the server's stead."""
        if not os.path.lexists(self.sockets):
            programs.run("mkdir", "-m", "700", self.sockets, account=self.account)
        found = os.lstat(self.sockets)
        owner_uid = self.account.uid if self.account else os.geteuid()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner_uid or found.st_mode & 0o077:
            raise programs.UnableToStart(
                f"{self.sockets} is not a private folder of the database's user: remove it and start again."
            )

    def _start(self, settings: Mapping[str, str], gives_up_at: float) -> None:
        self._forget_reused_pid()
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            programs.run("mv", "-f", self.log, self.log.with_name("log.old"), account=self.account)
        while True:
            port = settings.get("port") or str(self._free_port())
            options = {**settings, "port": port, "unix_socket_directories": f'"{self.sockets}"'}
            options["unix_socket_permissions"] = "0700"
            text = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())
            seen_bytes = self.log.stat().st_size if self.log.exists() else 0
            answer = self._pg_ctl("start", "-l", self.log, "-o", text)
            # A pg_ctl that outlived its killed holder may have started the server before ours did.
            if answer.returncode == 0 or self._alive():
                return
            said = self._log_after(seen_bytes) or answer.stderr
            # Backends of a killed server live until they notice; a port may be taken before we take it.
            passes = "shared memory block" in said or ("Address already in use" in said and "port" not in settings)
            if not passes or time.monotonic() > gives_up_at:
                raise programs.UnableToStart(
                    f"PostgreSQL does not start in {self.data} ({programs.reason(said)}): see {self.log}."
                )
            time.sleep(0.1)

    def _pg_ctl(self, verb: str, *options: str | Path) -> subprocess.CompletedProcess[str]:
        pg_ctl = self.programs_dir / "pg_ctl"
        waiting = ("-w", "-t", str(START_SECONDS))
        return programs.run(pg_ctl, verb, "-D", self.data, *waiting, *options, account=self.account)

    def _log_after(self, seen_bytes: int) -> str:
        try:
            return self.log.read_bytes()[seen_bytes:].decode(errors="replace")
        except FileNotFoundError:
            return ""

    def _free_port(self) -> int:
        """The port of the last time when it is still free, else another."""
        with contextlib.suppress(OSError):
            last = re.search(r"\bport=(\d+)", (self.data / "postmaster.opts").read_text())
            if last and _is_free(int(last[1])):
                return int(last[1])
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    def _link_port(self) -> None:
        port = self._pid_file()[3]
        link = self.sockets / f".s.PGSQL.{DSN_PORT}"
        target = f".s.PGSQL.{port}"
        if port and target != link.name and not (link.is_symlink() and os.readlink(link) == target):
            programs.run("ln", "-sfn", target, link, account=self.account)

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.sockets),
            port=DSN_PORT,
            user=SUPERUSER,
            dbname="postgres",
            autocommit=True,
            connect_timeout=10,
        )

    def _pid_file(self) -> list[str]:
        """Lines of postmaster.pid: pid first, port fourth, status eighth; empty where not there."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            lines = []
        return [line.strip() for line in lines] + [""] * 8

    def _status(self) -> str:
        return self._pid_file()[7]

    def _alive(self) -> bool:
        """Whether the process of postmaster.pid is our server: no zombie, no other with its number."""
        pid = self._pid_file()[0]
        if not pid.isdigit():
            return False
        try:
            return os.fsencode(self.data) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return not Path("/proc/self").exists() and _exists(int(pid))

    def _forget_reused_pid(self) -> None:
        # PostgreSQL believes a server runs when any process has its number; its look at the shared memory,
        # which needs no file, still keeps a second server off living backends.
        pid = self._pid_file()[0]
        if pid.isdigit() and _exists(int(pid)):
            stale = [self.data / "postmaster.pid", *self.sockets.glob(".s.PGSQL.*")]
            programs.run("rm", "-f", *stale, account=self.account)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
