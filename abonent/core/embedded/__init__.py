"""The embedded PostgreSQL of a home folder: made, started, shared by its holders, stopped by the last one.

Used before Django is set up, so it knows nothing of it. What lies in `<home>/postgres`:

    start.lock   held exclusively around init, start and stop
    users.lock   held shared by every holder for as long as it holds
    server/      data, socket, log: all that belongs to the server's user, made in one rename

PostgreSQL refuses root: as root all runs as a system user, and where that user cannot reach the home (or the
programs) `server/` (or a copy of the programs) stands under /var/lib/abonent. The rights of a folder we did
not make never change.
"""

import fcntl
import logging
import os
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from abonent.core.embedded import places, programs, server

log = logging.getLogger(__name__)

UnableToStart = programs.UnableToStart
binaries = programs.binaries

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",  # for RADIUS; nobody has a password, so TCP is shut until one is set
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True)
class Server:
    """A running server, ours until `release`. `dsn` is a URL; `port` is the TCP port on 127.0.0.1."""

    dsn: str
    data_dir: Path
    socket_dir: Path
    port: int
    _lease: "_Lease" = field(repr=False, compare=False)

    def release(self) -> None:
        """Leave; the last holder stops the server. Called twice, or in a forked child, it does nothing."""
        self._lease.release()


def hold(
    home: Path,
    *,
    settings: Mapping[str, str] | None = None,
    database: str = "abonent",
    programs_dir: Path | None = None,
) -> Server:
    """The server of `home`, made and started when it is not running, with the role and `database` in it.

    settings: PostgreSQL's, over SETTINGS; they count only for the holder that starts the server.
    programs_dir: the folder of initdb, pg_ctl and postgres; default `binaries()`.
    Raises UnableToStart.
    """
    home = home.resolve()
    base = home / "postgres"
    try:
        places.make_folder(home, 0o755)
        places.make_own_folder(base, 0o711 if os.geteuid() == 0 else 0o700)
        with places.locked(base / "start.lock") as start_lock:
            lease = _Lease(base)
            try:
                cluster = _cluster(home, programs_dir or binaries())
                lease.cluster = cluster
                cluster.ensure_running({**SETTINGS, **(settings or {})}, start_lock)
                cluster.ensure_database(database)
                return Server(dsn(home, database), cluster.data, cluster.sockets, cluster.port(), lease)
            except BaseException:
                lease.leave()
                raise
    except OSError as error:
        what = f"{error.filename or base}: {error.strerror or error}"
        raise UnableToStart(
            f"The database's folder {base} cannot be used ({what}): "
            "choose a folder this user may write to, with free space."
        ) from error
    except psycopg.Error as error:
        raise UnableToStart(
            f"The database in {base} went away as we met it ({programs.last_line(str(error))}): start again."
        ) from error


def dsn(home: Path, database: str = "abonent") -> str:
    """The URL of `database` on the server of `home`; starts nothing."""
    where = urllib.parse.quote(str(places.socket_dir(places.place(home.resolve()))), safe="")
    name = urllib.parse.quote(database, safe="")
    return f"postgresql://{server.ROLE}@/{name}?host={where}&port={server.DSN_PORT}"


def _cluster(home: Path, programs_dir: Path) -> server.Cluster:
    place = places.place(home)
    if os.geteuid() != 0:
        return server.Cluster(place, programs_dir, None)
    try:
        found = (place / "server").stat()
    except FileNotFoundError:
        account = programs.system_account(server.ROLE)
    else:
        account = programs.Account(found.st_uid, found.st_gid)
        if account.uid == 0:
            raise UnableToStart(
                f"{place / 'server'} belongs to root, as whom PostgreSQL refuses to run: "
                "give it and all in it to a plain user (chown -R)."
            )
    return server.Cluster(place, programs.reachable(programs_dir, account), account)


class _Lease:
    """One holder's shared lock on the users of a server."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.cluster: server.Cluster | None = None
        self._pid = os.getpid()
        self._users: int | None = places.open_lock(base / "users.lock")
        fcntl.flock(self._users, fcntl.LOCK_SH)

    def release(self) -> None:
        if self._users is None or os.getpid() != self._pid:
            return
        try:
            with places.locked(self.base / "start.lock"):
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
