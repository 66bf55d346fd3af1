"""Processes of ours that a test starts, kills and waits for."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]


class NotInTime(AssertionError): ...


@contextlib.contextmanager
def running(module: str, *args: str, dsn: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m module args` on the test's database; killed at the end if it still runs.

    Its own children outlive it, as they would in life.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", module, *args],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": dsn,
            **environment,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(30)


def wait_for(what: Callable[[], T], seconds: float = 60) -> T:
    """The first true answer of `what`.   Raises NotInTime."""
    deadline = time.monotonic() + seconds
    while True:
        answer = what()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise NotInTime(f"{seconds:g} s have passed")
        time.sleep(0.02)
