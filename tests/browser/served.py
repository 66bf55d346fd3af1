"""The whole of Abonent as `abonent serve` gives it: pages, streams, worker, bank; its own database, free ports."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError

FIRST_DAY = "2026-11-14"
READY_WITHIN_SECONDS = 240  # three months of history are made first, on a machine that may be busy


@dataclass(frozen=True)
class Served:
    profile: str
    url: str
    log: Path
    env: dict[str, str]  # of its process: commands run beside it

    def path(self, path: str) -> str:
        return f"{self.url}{path}"


class UnableToServe(Exception):
    """It did not become ready; the message is the end of its log."""


@contextmanager
def serve(profile: str, home: Path, dsn: str) -> Iterator[Served]:
    """Start it with the demo's cast on 14 November 2026, and stop it as Ctrl-C would."""
    port = _free_ports(5)
    log = home / "serve.log"
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ABONENT_", "DJANGO_"))}
    env = {
        **clean,
        "ABONENT_HOME": str(home),
        "ABONENT_PROFILE": profile,
        "ABONENT_SANDBOX": "1",
        "ABONENT_SANDBOX_DATE": FIRST_DAY,
        "DATABASE_URL": dsn,
        "PORT": str(port),
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "abonent.commands.main", "serve"],
            env=env,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_ready(process, port, log)
        yield Served(profile, f"http://localhost:{port}", log, env)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_ready(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (URLError, ConnectionError, TimeoutError, HTTPException):  # a port nobody has may answer itself
            time.sleep(0.1)
    raise UnableToServe(log.read_text(errors="replace")[-3000:])


def _free_ports(count: int) -> int:
    """The first of `count` neighbouring free ports: pages, sandbox, mail out, streams, mail in."""
    for first in range(18000 + os.getpid() % 2000 * 10, 60000, 10):
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first
    raise UnableToServe("no free ports")
