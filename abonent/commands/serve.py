"""`abonent serve`: everything on one port: pages, streams and workers, the sandbox beside them in the demo.

Each part is a process of its own; this one watches them. Ctrl-C: stop taking requests and end the streams, let the
jobs finish (10 s), then the sandbox, then the database.
"""

import argparse
import ctypes
import os
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack
from types import FrameType
from urllib.error import URLError

from rich.console import Console

from abonent.commands import sandbox

HELP = "everything on one port; Ctrl-C stops it"
STOP_SECONDS = 12
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
READY_SECONDS = 60
console = Console(highlight=False)


class UnableToServe(Exception):
    """A part did not start, or ended by itself."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=int, default=1, help="processes of the web server")


def run(args: argparse.Namespace) -> int:
    from django.conf import settings

    began = time.monotonic()
    _prepare()
    with ExitStack() as parts:
        watched: list[tuple[str, subprocess.Popen[bytes]]] = []
        # Stopped in the reverse order: web first, then the workers, then the sandbox.
        commands = [
            ("worker", [sys.executable, "-m", "abonent.commands.main", "worker"]),
            (
                "web",
                [sys.executable, "-m", "abonent.commands.serve_web", str(settings.PORT), str(args.workers)],
            ),
        ]
        commands.insert(1, ("mail", [sys.executable, "-m", "abonent.commands.main", "mail"]))
        if settings.SANDBOX:
            commands.insert(0, ("sandbox", sandbox.command_line()))
        _serve_radius(parts)
        stop = _Stop(parts)
        try:
            for name, command in commands:
                process = subprocess.Popen(
                    command, start_new_session=True, stdin=subprocess.DEVNULL, preexec_fn=_end_with_parent
                )
                parts.callback(_end, process)
                watched.append((name, process))
            _wait_ready(watched, stop)
            _greet(time.monotonic() - began)
            _watch(watched, stop)
        except UnableToServe as error:
            console.print(f"abonent: {error}", markup=False)
            return 1
    return 0


def _serve_radius(parts: ExitStack) -> None:
    """The demo's FreeRADIUS, where it is installed. Not watched: without it nobody dials in, all else works."""
    from django.conf import settings
    from django.db import connections

    from abonent.demo import network

    command = network.serve() if settings.SANDBOX else None
    connections.close_all()
    if command is None:
        return
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        command, start_new_session=True, stdin=quiet, stdout=quiet, stderr=quiet, preexec_fn=_end_with_parent
    )
    parts.callback(_end, process)


class _Stop:
    """Set by the first SIGINT or SIGTERM."""

    def __init__(self, parts: ExitStack) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            before = signal.signal(number, self._ask)
            parts.callback(signal.signal, number, before)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


def _prepare() -> None:
    from django.conf import settings
    from django.db import connections

    from abonent.commands import migrate
    from abonent.ui import stylesheet

    migrate.bring_up_to_date()
    stylesheet.collect(settings.HOME)
    if settings.SANDBOX:
        from abonent.demo import make

        make.once(console)
    connections.close_all()


def _wait_ready(watched: list[tuple[str, subprocess.Popen[bytes]]], stop: _Stop) -> None:
    from django.conf import settings

    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and not stop.asked:
        _refuse_dead(watched)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{settings.PORT}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    if not stop.asked:
        raise UnableToServe(f"nothing answers on port {settings.PORT} after {READY_SECONDS} s; the lines above say why")


def _watch(watched: list[tuple[str, subprocess.Popen[bytes]]], stop: _Stop) -> None:
    while not stop.asked:
        _refuse_dead(watched)
        time.sleep(0.25)
    console.print("\nStopping…")


def _refuse_dead(watched: list[tuple[str, subprocess.Popen[bytes]]]) -> None:
    for name, process in watched:
        if process.poll() is not None:
            raise UnableToServe(f"{name} ended with code {process.returncode}; the rest is stopped with it")


def _end_with_parent() -> None:
    """In the child: a parent that is killed (not asked) takes its parts along, so that the ports are free again."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _greet(seconds: float) -> None:
    from django.conf import settings

    console.print(
        f"\n[bold]{settings.PROFILE.brand}[/bold] is served at [bold]{settings.PUBLIC_URL}[/bold]"
        f" ({seconds:.1f} s). Ctrl-C stops it."
    )
    if settings.SANDBOX:
        from abonent.demo import cast

        console.print("\nWho can sign in:")
        for line in cast.lines():
            console.print(f"  {line}", markup=False)
        console.print(
            f"\nThe clock: {settings.PUBLIC_URL}/sandbox/clock/  the bank, SMS and mail: {settings.SANDBOX_URL}/"
        )
