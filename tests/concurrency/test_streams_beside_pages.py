"""Pages and streams on one port: hundreds of open streams keep no page waiting, and neither does stopping."""

import contextlib
import socket
import time
from collections.abc import Iterator

import httpx
import pytest

from abonent.core import events
from tests.concurrency.pages import Person, Server, free_port, page, sign_in
from tests.concurrency.processes import running, wait_for

pytestmark = pytest.mark.committing

STREAMS = 600  # more than the server's backlog, which is how many requests it lets in by default
OF_EACH = 20


@pytest.fixture
def site(own_database: str) -> Iterator[Server]:
    port = free_port()
    with running("abonent.commands.serve_web", str(port), "1", dsn=own_database) as process:
        server = Server(process, f"http://127.0.0.1:{port}")
        wait_for(lambda: health(server) == 200)
        yield server
        process.terminate()
        process.wait(20)


def health(server: Server) -> int:
    try:
        return server.get("/healthz").status_code
    except httpx.TransportError:
        return 0


def open_stream(server: Server, person: Person) -> socket.socket:
    stream = socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=20)
    stream.sendall(f"GET /events/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {person.cookie}\r\n\r\n".encode())
    return stream


def test_hundreds_of_streams_keep_no_page_waiting(site: Server) -> None:
    people = [sign_in(f"reader{n}") for n in range(STREAMS // OF_EACH)]
    with contextlib.ExitStack() as opened:
        streams = [opened.enter_context(open_stream(site, person)) for person in people for _ in range(OF_EACH)]
        for stream in streams:
            assert stream.recv(4096).startswith(b"HTTP/1.1 200 OK")
        began = time.monotonic()
        assert health(site) == 200
        assert time.monotonic() - began < 5
        events.publish(people[-1].topic, "payment", {})
        for stream in streams[-OF_EACH:]:
            while b"event: payment" not in stream.recv(4096):
                pass
        began = time.monotonic()
        site.process.terminate()
        assert site.process.wait(20) == 0
        assert time.monotonic() - began < 8  # when the server would kill what is open


def test_a_stranger_to_the_streams_is_answered_by_the_pages(site: Server) -> None:
    anna = sign_in("anna")
    with page(site, anna) as open_page:
        events.publish(anna.topic, "payment", {})
        assert open_page.next().name == "payment"
        assert site.get("/events").status_code in {301, 404}
        assert site.get("/events/").status_code == 403
        assert site.get("/nowhere/").headers["content-type"].startswith("text/html")
