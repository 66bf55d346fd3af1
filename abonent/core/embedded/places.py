"""Where the parts of an embedded database stand, how their folders are made and locked."""

import contextlib
import errno
import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

STATE = Path("/var/lib/abonent")
# Every holder must compute the same folder, whatever its TMPDIR.
SHORT_SOCKETS = Path("/tmp")
# A socket's path ends in "/.s.PGSQL.65535" and has at most 103 bytes on macOS, 107 on Linux.
SOCKET_DIR_BYTES = 88


def place(home: Path) -> Path:
    """The folder where `server/` of `home` stands or would stand."""
    base = home / "postgres"
    if os.geteuid() != 0 or os.path.lexists(base / "server"):
        return base
    aside = STATE.joinpath(digest(home))
    fits = len(os.fsencode(base / "server" / "socket")) <= SOCKET_DIR_BYTES
    is_open = all(folder.stat().st_mode & stat.S_IXOTH for folder in [base, *base.parents] if folder.exists())
    return base if fits and is_open and not (aside / "server").exists() else aside


def socket_dir(place: Path) -> Path:
    """The folder of the server's socket, short enough for one."""
    inside = place / "server" / "socket"
    fits = len(os.fsencode(inside)) <= SOCKET_DIR_BYTES
    return inside if fits else SHORT_SOCKETS / f"abonent-{digest(place)}"


def digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def make_folder(path: Path, mode: int) -> bool:
    """Make `path` and its parents unless it is there, under the umask; whether it was made."""
    try:
        path.mkdir(mode=mode, parents=True)
    except FileExistsError:
        if path.is_dir():
            return False
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path)) from None
    return True


def make_own_folder(path: Path, mode: int) -> None:
    """The same, with exactly this mode when it is we who made it."""
    if make_folder(path, mode):
        path.chmod(mode)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[int]:
    """Hold `path` exclusively; waits for whoever holds it. Gives the descriptor."""
    descriptor = open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
        fcntl.flock(descriptor, fcntl.LOCK_UN)  # after an error it falls with its last copy: see Cluster._init
    finally:
        os.close(descriptor)


def open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
