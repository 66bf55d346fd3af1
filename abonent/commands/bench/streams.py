"""Thousands of open pages on one process: memory a page, from saying to the page, and all of them coming back at once.

The floor beside each: the same server with an application that does nothing, and a bare LISTEN for a message.
"""

import argparse
import asyncio
import itertools
import resource
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from abonent.commands.bench import load, scratch, serving

HELP = "open pages on one process: memory, message to screen, a storm of reconnects"
MESSAGES = 500
A_SECOND = 100
WARM = 20
WHILE_DOWN = 200  # messages committed while the server is away
_FLOOR = "abonent.commands.bench.streams_floor"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--streams", type=int, default=2000)


def run(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from abonent.core import clock

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with scratch.database("streams", clock.on_date(datetime.now(UTC))) as dsn:
        tokens = _conversations(args.streams)
        floor = asyncio.run(_floor(dsn, args.streams))
        yield from asyncio.run(_measure(dsn, tokens, floor))


async def _floor(dsn: str, streams: int) -> dict[str, float]:
    """Of the empty application: octets a stream, seconds until all are back. Of a bare LISTEN: seconds a message."""
    port = _free_port()
    process = serving.beside([_FLOOR, str(port)], dsn)
    try:
        pages = Pages(port, [str(one) for one in range(streams)])
        await pages.up(process)
        octets = await pages.octets_each(process)
        serving.end(process)  # its worker too: killed, it would leave that behind with the port
        process = serving.beside([_FLOOR, str(port)], dsn)
        await pages.up(process)
        began = time.perf_counter()
        await pages.come_back()
        back = time.perf_counter() - began
        pages.close()
    finally:
        serving.end(process)
    bare = await asyncio.to_thread(_bare, dsn)
    return {"octets": octets, "back": back, "p50": bare[len(bare) // 2], "p99": bare[len(bare) * 99 // 100]}


async def _measure(dsn: str, tokens: list[str], floor: dict[str, float]) -> list[dict[str, Any]]:
    port = _free_port()
    command = ["abonent.commands.main", "streams", "--port", str(port)]
    process = serving.beside(command, dsn)
    rows = []
    try:
        pages = Pages(port, tokens)
        await pages.up(process)
        began = time.perf_counter()
        octets = await pages.octets_each(process)
        opened = time.perf_counter() - began
        rows.append(
            {
                "bench": "streams",
                "what": "memory of an open page",
                "streams": len(tokens),
                "seconds": round(opened, 2),
                "floor_seconds": 0,
                "kb_each": round(octets / 1000, 1),
                "floor_kb_each": round(floor["octets"] / 1000, 1),
                "ratio": round(octets / max(1, floor["octets"]), 1),
                "peak_rss_mb": _rss(process.pid) // 1_000_000,
            }
        )
        spent = sorted(await pages.messages(MESSAGES))
        p50, p99 = spent[len(spent) // 2], spent[len(spent) * 99 // 100]
        rows.append(
            {
                "bench": "streams",
                "what": "message to screen",
                "streams": len(tokens),
                "messages": len(spent),
                "seconds": round(p99, 4),
                "p50_ms": round(p50 * 1000, 1),
                "p99_ms": round(p99 * 1000, 1),
                "floor_seconds": round(floor["p99"], 4),
                "ratio": round(p99 / floor["p99"], 1),
            }
        )
        serving.end(process)  # its worker too: killed, it would leave that behind with the port
        await asyncio.to_thread(pages.publish, range(WHILE_DOWN))
        process = serving.beside(command, dsn)
        await pages.up(process)
        began = time.perf_counter()
        await pages.come_back()
        back = time.perf_counter() - began
        missed = await pages.wait_missed(range(WHILE_DOWN))
        rows.append(
            {
                "bench": "streams",
                "what": "all back after a restart",
                "streams": len(tokens),
                "seconds": round(back, 2),
                "per_second": int(len(tokens) / back),
                "messages": missed,
                "doubled": pages.doubled,
                "floor_seconds": round(floor["back"], 2),
                "ratio": round(back / floor["back"], 1),
                "peak_rss_mb": _rss(process.pid) // 1_000_000,
            }
        )
        pages.close()
    finally:
        serving.end(process)
    return rows


class Page(asyncio.Protocol):
    """An open page: what came, and when."""

    def __init__(self, pages: "Pages", number: int) -> None:
        self.pages, self.number, self.tail = pages, number, b""
        self.answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        last = self.pages.last.get(self.number)
        resume = f"Last-Event-ID: {last}\r\n" if last else ""
        token = self.pages.tokens[self.number]
        transport.write(f"GET /events/?talk={token} HTTP/1.1\r\nHost: 127.0.0.1\r\n{resume}\r\n".encode())

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self.tail += data
        while (cut := self.tail.find(b"\n\n")) >= 0:
            part, self.tail = self.tail[:cut], self.tail[cut + 2 :]
            if b"retry:" in part and not self.answered.done():
                self.answered.set_result(b"200 OK" in part or b"200 OK" in data)
            if b"event: bench" in part:
                self.pages.heard(self.number, part, now)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.answered.done():
            self.answered.set_result(False)


class Pages:
    """All of them; each knows the last event it has seen, as a browser does."""

    def __init__(self, port: int, tokens: list[str]) -> None:
        self.port, self.tokens = port, tokens
        self.last: dict[int, int] = {}
        self.sent: dict[int, float] = {}  # when a message was said
        self.spent: dict[int, float] = {}
        self.doubled = 0
        self._open: list[Page] = []
        self._numbers = itertools.count(1)
        self._news = asyncio.Event()

    async def up(self, process: Any) -> None:
        """The server takes connections."""
        for _ in range(600):
            assert process.poll() is None, "the server has ended"
            try:
                _reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.1)
                continue
            writer.close()
            await writer.wait_closed()
            return
        raise load.UnableToLoad("the server does not answer")

    async def octets_each(self, process: Any) -> float:
        """Open them all; what each takes of the server's memory, after the first few have warmed it up."""
        await self._connect(range(WARM))
        await asyncio.sleep(1)
        before = _rss(process.pid)
        await self._connect(range(WARM, len(self.tokens)))
        await asyncio.sleep(1)
        return (_rss(process.pid) - before) / (len(self.tokens) - WARM)

    async def come_back(self) -> None:
        """All at once, as after a restart."""
        self.close()
        await self._connect(range(len(self.tokens)), at_once=True)

    async def messages(self, count: int) -> list[float]:
        """Each to another page, so many a second; the seconds of each."""
        sender = threading.Thread(target=self.publish, args=(range(count), A_SECOND))
        sender.start()
        await self._until(count)
        sender.join()
        return list(self.spent.values())

    async def wait_missed(self, numbers: range) -> int:
        """How many of those that were sent while the server was away have come."""
        await self._until(MESSAGES + len(numbers))
        return len(self.spent) - MESSAGES

    def publish(self, numbers: range, a_second: int = 0) -> None:
        from django.db import connection

        from abonent.conversations.models import Conversation
        from abonent.core import events

        ids = dict(Conversation.objects.values_list("token", "id"))
        for number in numbers:
            page = number * 7 % len(self.tokens)
            message = next(self._numbers)
            if a_second:
                time.sleep(1 / a_second)
            self.sent[message] = time.perf_counter()
            events.publish(f"talk:{ids[self.tokens[page]]}", "bench", {"message": message})
        connection.close()

    def heard(self, number: int, part: bytes, at: float) -> None:
        self.last[number] = int(part.partition(b"id: ")[2].partition(b"\n")[0])
        message = int(part.partition(b'"message": ')[2].partition(b"}")[0])
        if message in self.spent:
            self.doubled += 1
            return
        self.spent[message] = at - self.sent[message]
        self._news.set()

    def close(self) -> None:
        for one in self._open:
            if one.transport is not None:
                one.transport.abort()
        self._open.clear()

    async def _connect(self, numbers: range, *, at_once: bool = False) -> None:
        """at_once: all of them knock; else fifty at a time."""
        step = len(numbers) if at_once else 50
        for start in range(0, len(numbers), step):
            await asyncio.gather(*(self._open_one(one) for one in numbers[start : start + step]))

    async def _open_one(self, number: int) -> None:
        """Comes again when it is turned away, as a browser does."""
        loop = asyncio.get_running_loop()
        for _ in range(400):
            try:
                _transport, page = await loop.create_connection(lambda: Page(self, number), "127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            if await page.answered:
                self._open.append(page)
                return
            if page.transport is not None:
                page.transport.abort()
            await asyncio.sleep(0.05)
        raise load.UnableToLoad("a page was turned away 400 times")

    async def _until(self, count: int) -> None:
        async with asyncio.timeout(60):
            while len(self.spent) < count:
                self._news.clear()
                await self._news.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _conversations(count: int) -> list[str]:
    from abonent.conversations.models import Conversation, Kind, State, Topic

    now = datetime.now(UTC)
    tokens = [f"bench-{number}" for number in range(count)]
    Conversation.objects.bulk_create(
        [
            Conversation(
                token=token,
                client_id=token,
                kind=Kind.CHAT,
                topic=Topic.GENERAL,
                state=State.WAITING,
                guest_name="guest",
                opened_at=now,
                last_at=now,
            )
            for token in tokens
        ]
    )
    return tokens


def _bare(dsn: str) -> list[float]:
    """A notification from one connection to another, as often: what PostgreSQL itself takes. Shortest first."""
    import psycopg

    spent = []
    with psycopg.connect(dsn, autocommit=True) as sender, psycopg.connect(dsn, autocommit=True) as listener:
        listener.execute("listen bench_bare")
        for _ in range(MESSAGES):
            sender.execute("select pg_notify('bench_bare', 'x')")
            began = time.perf_counter()
            next(listener.notifies(timeout=5, stop_after=1))
            spent.append(time.perf_counter() - began)
    return sorted(spent)


def _rss(pid: int) -> int:
    """Octets in memory of a process and its children."""
    found, waiting = 0, [pid]
    while waiting:
        one = waiting.pop()
        try:
            status = Path(f"/proc/{one}/status").read_text()
            for task in Path(f"/proc/{one}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
        found += next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) * 1024
    return found
