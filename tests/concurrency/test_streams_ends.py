"""When a stream ends: the session is over, the page does not read, there are too many, the database is away."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from django.db import connections

from abonent import streams
from abonent.core import db, events, hub
from abonent.subscribers.models import Contract
from tests.concurrency.pages import Person, page, serving, sign_in

pytestmark = pytest.mark.committing


class Visit:
    """One request to the application in this process; it takes that many messages and no more."""

    def __init__(self, app: streams.Streams, person: Person, takes: int = 1000) -> None:
        self.takes = takes
        self.sent: list[dict[str, Any]] = []
        self.left = asyncio.Event()
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/events/",
            "query_string": b"",
            "headers": [(b"host", b"localhost:8000"), (b"cookie", person.cookie.encode())],
        }
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.sent.append(message)
        if len(self.sent) > self.takes:
            await asyncio.Event().wait()

    @property
    def text(self) -> str:
        return "".join(message.get("body", b"").decode() for message in self.sent)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    async def until(self, what: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not what():
                await asyncio.sleep(0.01)

    async def opened(self) -> None:
        await self.until(lambda: self.sent)

    async def ended(self) -> None:
        async with asyncio.timeout(10):
            await self.task


def with_streams(story: Callable[[streams.Streams], Awaitable[None]]) -> None:
    async def run() -> None:
        app = streams.Streams()
        await app.start()
        try:
            await story(app)
        finally:
            await app.stop()

    asyncio.run(run())


async def in_thread(function: Callable[[], object]) -> None:
    def run() -> None:
        try:
            function()
        finally:
            connections.close_all()

    await asyncio.to_thread(run)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "CHECK_EVERY_SECONDS", (0.02, 0.04))


@pytest.mark.parametrize(
    "end",
    [
        "delete from django_session",
        "update django_session set expire_date = now()",
        "update identity_user set password = 'changed'",
        "update identity_user set is_active = false",
    ],
)
def test_a_stream_ends_with_its_session(own_database: str, often: None, end: str) -> None:
    anna = sign_in("anna")

    async def story(app: streams.Streams) -> None:
        visit = Visit(app, anna)
        await visit.opened()
        assert visit.status == 200
        await in_thread(lambda: db.run(end))
        await visit.ended()
        assert visit.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}

    with_streams(story)


def test_a_stream_ends_when_a_contract_is_added_for_the_next_one_to_hear_it(own_database: str, often: None) -> None:
    anna, boris = sign_in("anna"), sign_in("boris")

    async def story(app: streams.Streams) -> None:
        visit = Visit(app, anna)
        await visit.opened()
        contract = Contract.objects.filter(pk=boris.contract_ids[0])
        await in_thread(lambda: contract.update(customer=anna.user.customer))
        await visit.ended()

    with_streams(story)


def test_a_stream_of_a_living_session_goes_on(own_database: str, often: None) -> None:
    anna = sign_in("anna")

    async def story(app: streams.Streams) -> None:
        visit = Visit(app, anna)
        await visit.opened()
        await asyncio.sleep(0.2)  # a few checks
        await in_thread(lambda: events.publish(anna.topic, "payment", {}))
        await visit.until(lambda: "event: payment" in visit.text)
        assert not visit.task.done()
        visit.left.set()
        await visit.ended()

    with_streams(story)


def test_a_silent_stream_says_that_it_lives(own_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "COMMENT_EVERY_SECONDS", 0.05)
    anna = sign_in("anna")

    async def story(app: streams.Streams) -> None:
        visit = Visit(app, anna)
        await visit.until(lambda: visit.text.count(":\n\n") >= 3)
        visit.left.set()
        await visit.ended()

    with_streams(story)


def test_of_too_many_streams_of_one_user_the_oldest_gives_way(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "STREAMS_OF_USER", 2)
    anna, boris = sign_in("anna"), sign_in("boris")

    async def story(app: streams.Streams) -> None:
        other = Visit(app, boris)
        await other.opened()
        visits = []
        for _ in range(3):
            visits.append(Visit(app, anna))
            await visits[-1].opened()
        await visits[0].ended()
        assert not any(visit.task.done() for visit in (other, *visits[1:]))
        for visit in (other, *visits[1:]):
            visit.left.set()
            await visit.ended()

    with_streams(story)


def test_while_the_database_does_not_answer_a_newcomer_is_asked_to_come_again(own_database: str) -> None:
    anna = sign_in("anna")

    async def story(app: streams.Streams) -> None:
        assert app.hub is not None
        assert app.hub._pool is not None
        await app.hub._pool.close()
        visit = Visit(app, anna)
        await visit.ended()
        assert visit.status == 503
        assert (b"retry-after", b"3") in visit.sent[0]["headers"]

    with_streams(story)


def test_a_page_that_does_not_take_what_is_sent_is_dropped_and_harms_no_other(own_database: str) -> None:
    anna = sign_in("anna")

    async def story(app: streams.Streams) -> None:
        reading, stuck = Visit(app, anna), Visit(app, anna, takes=2)
        await reading.opened()
        await stuck.opened()
        for n in range(hub.QUEUE_AT_MOST + 2):  # one that it takes no more, a full queue, one too many
            await in_thread(lambda n=n: events.publish(anna.topic, "payment", {"n": n}))  # type: ignore[misc]  # n: int
        await stuck.ended()
        await reading.until(lambda: reading.text.count("event: payment") == hub.QUEUE_AT_MOST + 2)
        assert stuck.sent[-1].get("more_body", True)  # cut off, not ended in form
        reading.left.set()
        await reading.ended()

    with_streams(story)


def test_a_browser_that_does_not_read_is_cut_off_by_the_server(own_database: str) -> None:
    anna = sign_in("anna")
    rounds, size, length = 120, 16, 6500  # 12 MB: more than the sockets between us hold
    publish = """
        with told as (
            insert into core_event (topic, name, data)
            select %s, 'big', jsonb_build_object('n', %s::int, 'text', repeat('x', %s)) from generate_series(1, %s)
            returning id, topic, name, data
        )
        select pg_notify('abonent_events',
            json_build_object('id', id, 'topic', topic, 'name', name, 'data', data)::text) from told
    """
    with serving(own_database) as site, page(site, anna) as reading, socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        slow.connect(("127.0.0.1", int(site.url.rpartition(":")[2])))
        request = f"GET /events/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {anna.cookie}\r\n\r\n"
        slow.sendall(request.encode())
        assert slow.recv(64).startswith(b"HTTP/1.1 200")
        for n in range(rounds):
            db.rows(publish, [anna.topic, n, length, size])
            assert {reading.next().data["n"] for _ in range(size)} == {n}
        slow.settimeout(30)
        received = 0
        while chunk := slow.recv(1 << 20):
            received += len(chunk)
        assert received < rounds * size * length
        events.publish(anna.topic, "payment", {})
        assert reading.next().name == "payment"
