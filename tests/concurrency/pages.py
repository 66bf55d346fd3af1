"""Signed-in people and their open pages: a real server of streams, read over HTTP."""

import contextlib
import json
import queue
import socket
import subprocess
import threading
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import httpx
from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore

from abonent.identity.models import User
from abonent.subscribers.models import Contract, Customer, CustomerKind
from tests.concurrency.processes import running, wait_for


class Person(NamedTuple):
    user: User
    contract_ids: list[int]
    cookie: str

    @property
    def topic(self) -> str:
        return f"contract:{self.contract_ids[0]}"


def sign_in(name: str, contracts: int = 1) -> Person:
    """A user with that many contracts and a session."""
    user = User.objects.create(username=name)
    user.set_password(f"demo-{name}")
    user.save()
    customer = Customer.objects.create(kind=CustomerKind.PERSON, full_name=name, sort_key=name, user=user)
    ids = [
        Contract.objects.create(number=f"{name}-{n}", customer=customer, signed_on=date(2026, 11, 1)).pk
        for n in range(contracts)
    ]
    return Person(user, ids, session_of(user))


def session_of(user: User) -> str:
    session = SessionStore()
    session[auth.SESSION_KEY] = str(user.pk)
    session[auth.BACKEND_SESSION_KEY] = "abonent.portal.sign_in.ContractNumberBackend"
    session[auth.HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    assert session.session_key is not None
    return f"sessionid={session.session_key}"


class Server(NamedTuple):
    process: subprocess.Popen[bytes]
    url: str

    def get(self, path: str = "/events/", **headers: str) -> httpx.Response:
        with httpx.Client(trust_env=False, timeout=10) as client:
            return client.get(f"{self.url}{path}", headers=headers)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def serving(dsn: str) -> Iterator[Server]:
    """`abonent streams` on a free port."""
    port = free_port()
    with running("abonent.commands.main", "streams", "--port", str(port), dsn=dsn) as process:
        server = Server(process, f"http://127.0.0.1:{port}")
        wait_for(lambda: _answers(server, process))
        yield server
        process.terminate()
        process.wait(15)


def _answers(server: Server, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, f"the server ended with {process.returncode}"
    try:
        return server.get("/nowhere/").status_code == 404
    except httpx.TransportError:
        return False


class Told(NamedTuple):
    id: int
    name: str
    data: Any


class Page:
    """An open page: a stream read by a thread of its own."""

    def __init__(self, server: Server, person: Person, last_id: int | None = None, path: str = "/events/") -> None:
        self.told: queue.Queue[Told] = queue.Queue()
        self.opened, self.ended = threading.Event(), threading.Event()
        self.first_line = ""
        self.ended_in_form = False
        headers = {"cookie": person.cookie}
        if last_id is not None:
            headers["last-event-id"] = str(last_id)
        self._client = httpx.Client(trust_env=False, timeout=httpx.Timeout(10, read=None))
        self._request = self._client.build_request("GET", f"{server.url}{path}", headers=headers)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        assert self.opened.wait(10), "the stream did not open"

    def _read(self) -> None:
        try:
            response = self._client.send(self._request, stream=True)
            self.response = response
            lines: dict[str, str] = {}
            for line in response.iter_lines():
                self.first_line = self.first_line or line
                self.opened.set()
                if line:
                    field, _, value = line.partition(": ")
                    lines[field] = value
                elif "data" in lines:
                    self.told.put(Told(int(lines["id"]), lines["event"], json.loads(lines["data"])))
                    lines = {}
                else:
                    lines = {}
            self.ended_in_form = True
        except (httpx.TransportError, httpx.StreamError):
            pass
        finally:
            self.opened.set()
            self.ended.set()

    def next(self, seconds: float = 10) -> Told:
        return self.told.get(timeout=seconds)

    def nothing_more(self) -> bool:
        return self.told.empty()

    def close(self) -> None:
        """As a browser that goes away."""
        for sock in [self.response.extensions["network_stream"].get_extra_info("socket")]:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._client.close()


@contextlib.contextmanager
def page(server: Server, person: Person, last_id: int | None = None, path: str = "/events/") -> Iterator[Page]:
    opened = Page(server, person, last_id, path)
    try:
        yield opened
    finally:
        opened.close()
