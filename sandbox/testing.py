"""Starts a sandbox for a test, in a process of its own on free ports.

with testing.start(tmp_path, abonent_url="http://127.0.0.1:8000", webhook_path="/hooks/") as bank:
    bank.control("", {"webhooks": "double"})
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.sms import gateway

ROOT = Path(__file__).parent.parent
SHOP_ID, SECRET = "100500", "test_sandbox"
OTHER_SHOP_ID, OTHER_SECRET = "100501", "test_other"
SMS_LOGIN, SMS_PASSWORD = gateway.LOGIN, gateway.PASSWORD
READY_WITHIN_SECONDS = 20
TRIES = 5


class UnableToStartSandbox(Exception): ...


class UnableToControl(Exception):
    """The control interface refused; the message is its answer."""


class Running:
    """A sandbox that runs. base_url has no slash at its end; api_url is what a YooKassa client takes."""

    def __init__(self, home: Path, abonent_url: str, webhook_path: str | None) -> None:
        self.home = home
        self._abonent_url = abonent_url
        self._webhook_path = webhook_path
        self.port = self.smtp_port = 0
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/v3"

    @property
    def sms_url(self) -> str:
        return f"{self.base_url}/sms/sys/send.php"

    @property
    def log_path(self) -> Path:
        return self.home.joinpath("sandbox.log")

    def control(self, path: str = "", body: dict[str, Any] | None = None) -> Any:
        """GET /control/<path>, or POST of `body` where one is given. Raises UnableToControl."""
        request = urllib.request.Request(f"{self.base_url}/control/{path}")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with _opener.open(request, timeout=30) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                raise UnableToControl(error.read().decode()) from error

    def succeed(self, payment_id: str, card: str = "pays") -> Any:
        """The payer pays, without a browser. card: a name of sandbox.bank.cards."""
        return self.control(f"payments/{payment_id}/succeed", {"card": card})

    def cancel(self, payment_id: str, reason: str = "general_decline") -> Any:
        return self.control(f"payments/{payment_id}/cancel", {"reason": reason})

    def payments(self) -> list[dict[str, Any]]:
        """Newest first, of all shops."""
        found: list[dict[str, Any]] = self.control("payments")
        return found

    def sms(self, phone: str = "") -> list[dict[str, Any]]:
        """Newest first: id, phone, sender, text, parts, received_at."""
        return self._read(f"/sms/messages.json?phone={phone}")

    def letters(self, to: str = "") -> list[dict[str, Any]]:
        """Newest first: id, received_at, from, to, subject, headers, text, attachments."""
        return self._read(f"/mail/messages.json?to={urllib.parse.quote(to)}")

    def start(self) -> None:
        """Where it was stopped or killed: again on the same ports, with all it knew."""
        for _ in range(1 if self.port else TRIES):
            ports = (self.port, self.smtp_port) if self.port else free_ports()
            if self._try(*ports):
                return
        raise UnableToStartSandbox(self.log_path.read_text(encoding="utf-8")[-2000:])

    def stop(self) -> int:
        """Asks it to end; its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(how)
        try:
            return self.process.wait(timeout=READY_WITHIN_SECONDS)
        finally:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _read(self, path: str) -> list[dict[str, Any]]:
        with _opener.open(f"{self.base_url}{path}", timeout=30) as answer:
            found: list[dict[str, Any]] = json.loads(answer.read())
            return found

    def _try(self, port: int, smtp_port: int) -> bool:
        arguments = ["--port", str(port), "--smtp-port", str(smtp_port), "--home", str(self.home)]
        arguments += ["--abonent", self._abonent_url]
        if self._webhook_path is not None:
            arguments += ["--webhook-path", self._webhook_path]
        self.home.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "sandbox", *arguments],
                cwd=ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            try:
                with _opener.open(f"http://127.0.0.1:{port}/healthz", timeout=5):
                    self.process, self.port, self.smtp_port = process, port, smtp_port
                    return True
            except OSError:
                time.sleep(0.02)
        process.kill()
        process.wait()
        return False


@contextlib.contextmanager
def start(home: Path, *, abonent_url: str = "http://127.0.0.1:9", webhook_path: str | None = None) -> Iterator[Running]:
    """Runs while the block does. home: a folder for its store; the log lies there too.

    abonent_url: on loopback.  webhook_path: without one no notification goes out;
    Running.control("webhook_url", {"url": …}) can name an address later.
    """
    running = Running(home, abonent_url, webhook_path)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def free_ports() -> tuple[int, int]:
    """Two that were free a moment ago."""
    with socket.socket() as first, socket.socket() as second:
        for probe in (first, second):
            probe.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
