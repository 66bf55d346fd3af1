"""Homes for embedded servers in tests, and the processes that hold them. Real servers, real kills."""

import contextlib
import fcntl
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from abonent.core import embedded
from abonent.core.embedded import programs

ROOT = Path(__file__).resolve().parents[3]
FAST = {"fsync": "off", "full_page_writes": "off", "shared_buffers": "16MB"}
IS_ROOT = os.geteuid() == 0
PEOPLE = ["root", "plain"] if IS_ROOT else ["plain"]
PLAIN = pwd.getpwnam("nobody") if IS_ROOT else pwd.getpwuid(os.geteuid())
DEBIANS_15 = Path("/usr/lib/postgresql/15/bin")
PROGRAMS = [embedded.binaries(), *([DEBIANS_15] if programs.major(DEBIANS_15) else [])]

# One holder: answers with what it holds or with why not, then leaves at the first line it reads.
HOLDER = """
import contextlib, json, os, sys
from pathlib import Path
import psycopg
from abonent.core import embedded
from abonent.core.embedded import places, programs

ask = json.loads(sys.argv[1])
places.STATE = places.SHORT_SOCKETS = Path(ask["state"])
folder = Path(ask["programs_dir"])
if ask["uid"] != os.geteuid():
    folder = programs.reachable(folder, programs.Account(ask["uid"], ask["gid"]))
    with contextlib.suppress(psycopg.OperationalError):
        psycopg.connect(host="/nowhere")  # imports all that a plain user may be unable to read
    os.setgroups([])
    os.setgid(ask["gid"])
    os.setuid(ask["uid"])
try:
    held = embedded.hold(Path(ask["home"]), settings=ask["settings"], programs_dir=folder)
except embedded.UnableToStart as error:
    sys.exit(json.dumps({"error": str(error)}))
answer = {"dsn": held.dsn, "data": str(held.data_dir), "sockets": str(held.socket_dir), "port": held.port}
sys.stderr.write(json.dumps(answer) + "\\n")
sys.stderr.flush()
sys.stdin.readline()
held.release()
"""


class Holder:
    """A process that holds the server until told to leave, or is killed."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def answer(self) -> dict[str, Any]:
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        assert line.startswith("{"), line + self.process.stderr.read()
        answer: dict[str, Any] = json.loads(line)
        return answer

    def leave(self) -> None:
        self.process.communicate("leave\n", timeout=60)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=60)


class Ground:
    """A home for a server and a person who starts holders there; everything of it is gone at the end."""

    def __init__(self, person: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="abonent-test-", dir="/tmp"))
        self.folder.chmod(0o755)
        self.uid, self.gid = (PLAIN.pw_uid, PLAIN.pw_gid) if person == "plain" else (0, 0)
        self.state = self.make("state")
        self.home = self.make("home")
        self.holders: list[Holder] = []

    def make(self, name: str, mode: int = 0o755) -> Path:
        path = self.folder.joinpath(name)
        path.mkdir(parents=True)
        path.chmod(mode)
        os.chown(path, self.uid, self.gid)
        return path

    def copy_server(self, model: "Ground") -> None:
        subprocess.run(["cp", "-a", model.home / "postgres", self.home], check=True)

    def spawn(self, **changed: object) -> Holder:
        ask = {"home": str(self.home), "state": str(self.state), "uid": self.uid, "gid": self.gid}
        ask |= {"settings": FAST, "programs_dir": str(embedded.binaries())} | changed
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, json.dumps(ask)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        )
        self.holders.append(Holder(process))
        return self.holders[-1]

    def hold(self, **changed: object) -> tuple[Holder, dict[str, Any]]:
        holder = self.spawn(**changed)
        return holder, holder.answer()

    def __enter__(self) -> "Ground":
        return self

    def __exit__(self, *exc: object) -> None:
        self.clear()

    def clear(self) -> None:
        for holder in self.holders:
            holder.kill()
        for pid_file in self.folder.rglob("postmaster.pid"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                pid = int(pid_file.read_text().splitlines()[0])
                if os.fsencode(pid_file.parent) in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, signal.SIGKILL)
        eventually(self._is_gone)

    def _is_gone(self) -> bool:
        shutil.rmtree(self.folder, ignore_errors=True)
        return not self.folder.exists()


def version(folder: Path) -> str:
    return f"PostgreSQL {programs.major(folder)}"


def eventually(holds: Callable[[], object]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.002)


def ask(dsn: str, query: str) -> Any:
    with psycopg.connect(dsn, autocommit=True) as conn:
        cursor = conn.execute(query)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def started_at(dsn: str) -> object:
    return ask(dsn, "select pg_postmaster_start_time()")


def is_stopped(answer: dict[str, Any]) -> bool:
    """Stopped in order: a server that was killed leaves its postmaster.pid."""
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(answer["dsn"])
    return not Path(answer["data"], "postmaster.pid").exists()


def pid_of(answer: dict[str, Any]) -> int:
    return int(Path(answer["data"], "postmaster.pid").read_text().splitlines()[0])


def kill_server(answer: dict[str, Any]) -> None:
    os.kill(pid_of(answer), signal.SIGKILL)


def is_free(lock: Path) -> bool:
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def is_at_work(dsn: str, backend_pid: int) -> bool:
    query = f"select state = 'active' from pg_stat_activity where pid = {backend_pid}"
    return bool(ask(dsn, query))


def is_alive(pid: int) -> bool:
    """No zombie: those have no command line."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except FileNotFoundError:
        return False
