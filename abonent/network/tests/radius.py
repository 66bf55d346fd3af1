"""A real FreeRADIUS for a test: its own folder and free loopback ports, as this user, on the test's database."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from abonent.network import freeradius
from abonent.network.models import Nas, NasKind
from sandbox.network import nas as sandbox_nas

SECRET = "only-for-tests"
START_SECONDS = 20


class Server:
    """A running FreeRADIUS and the access servers that speak to it."""

    def __init__(self, site: freeradius.Site) -> None:
        self.site = site
        self._process: subprocess.Popen[bytes] | None = None
        self._opened: list[sandbox_nas.Nas] = []

    def start(self) -> None:
        freeradius.configure(self.site)
        self.run()

    def run(self) -> None:
        """On what is written."""
        (self.site.folder / "log" / "radius.log").unlink(missing_ok=True)  # it would tell of the run before
        found = freeradius.program()
        assert found is not None
        self._process = subprocess.Popen(
            [found, "-f", "-l", str(self.site.folder / "log" / "radius.log"), "-d", str(self.site.folder)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        self._wait_until_it_listens()

    def stop(self) -> None:
        for one in self._opened:
            one.close()
        self._opened.clear()
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def nas(self, row: Nas) -> sandbox_nas.Nas:
        """The access server of a row of the look-up table, alive."""
        made = sandbox_nas.Nas(
            str(row.address), row.secret, "127.0.0.1", self.site.auth_port, self.site.acct_port, row.coa_port
        )
        self._opened.append(made)
        return made

    def log(self) -> str:
        return (self.site.folder / "log" / "radius.log").read_text(errors="replace")

    def _wait_until_it_listens(self) -> None:
        assert self._process is not None
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self._process.poll() is not None:
                problems = freeradius.problems(self.site.folder)
                raise AssertionError(f"FreeRADIUS ended: {problems} {self.log()[-2000:]}")
            with contextlib.suppress(FileNotFoundError):
                if "Ready to process requests" in self.log():
                    return
            time.sleep(0.02)
        raise AssertionError("FreeRADIUS does not listen")


@contextmanager
def serving(*kinds: str) -> Iterator[Server]:
    """FreeRADIUS on the database this process points at, with an access server of each kind in the table."""
    require()
    folder = Path(tempfile.mkdtemp(prefix="abonent-radius-"))
    auth_port, acct_port = free_port(), free_port()
    server = Server(freeradius.Site(folder, "127.0.0.1", auth_port, acct_port, reject_delay_seconds=0))
    for number, kind in enumerate(kinds or NasKind.values, 11):
        make_nas(kind, f"127.0.0.{number}")
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def make_nas(kind: str, address: str, **more: object) -> Nas:
    fields = {"coa_port": free_port(), "coa_timeout_seconds": 1, "secret": SECRET, "interim_seconds": 300, **more}
    return Nas.objects.create(name=f"{kind}-{address}", address=address, kind=kind, **fields)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def require() -> None:
    """CI installs it, and there a skip is a failure."""
    if freeradius.program() is None:
        assert os.environ.get("CI") != "true", "CI has no FreeRADIUS"
        pytest.skip("FreeRADIUS is not installed: apt install freeradius freeradius-postgresql freeradius-utils")
