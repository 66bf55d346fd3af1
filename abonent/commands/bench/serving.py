"""Processes of a bench: the web server as in production, and what stands beside it."""

import os
import subprocess
import sys
import time
import urllib.request
from urllib.error import URLError

from abonent.commands.bench import load


def start(
    dsn: str, port: int, environment: dict[str, str] | None = None, *, workers: int = 2, threads: int = 4
) -> "subprocess.Popen[bytes]":
    """`abonent web`, its log included; that goes nowhere.   Raises load.UnableToLoad."""
    command = ["abonent.commands.main", "web", "--workers", str(workers), "--threads", str(threads)]
    process = beside([*command, "--port", str(port)], dsn, **(environment or {}))
    wait_ready(process, f"http://127.0.0.1:{port}/readyz")
    return process


def beside(command: list[str], dsn: str, **environment: str) -> "subprocess.Popen[bytes]":
    """`python -m …` on the bench's database."""
    return subprocess.Popen(
        [sys.executable, "-m", *command],
        env={**os.environ, "DATABASE_URL": dsn, "ABONENT_LOG_LEVEL": "INFO", **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_ready(process: "subprocess.Popen[bytes]", url: str) -> None:
    """Until the address answers 200.   Raises load.UnableToLoad."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    process.terminate()
    raise load.UnableToLoad(f"nothing answers at {url}: start it by hand, its lines say why")


def end(*processes: "subprocess.Popen[bytes]") -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
