"""Committed events on their way to the open pages of this process: one LISTEN connection, fan-out in memory.

For the event loop: no Django queries here. A listener that lost the database comes back by itself and first hands
out what was committed meanwhile. A subscriber that does not keep up is dropped: it comes back and reads what it
missed from the table.
"""

import asyncio
import contextlib
import json
import logging
from collections import OrderedDict
from typing import Any, NamedTuple

import psycopg
import psycopg_pool
from psycopg.rows import dict_row

from abonent.core import apart, db, events

QUEUE_AT_MOST = 64  # events a slow page may be behind
REMEMBERED = 32_768  # ids, so that an event told twice is handed out once; more than a minute has
CAUGHT_UP_AT_MOST = 2000  # after a loss; when there are more, everybody reads the table for himself
LISTENER_CHECKED_EVERY_SECONDS = 10
RECONNECT_AT_MOST_SECONDS = 5
POOL_SIZE = 3
POOL_WAIT_SECONDS = 20  # hundreds of pages may come back at once; waiting costs no thread

log = logging.getLogger(__name__)

_AFTER = db.read_sql(__file__, "events_after")


class UnableToAsk(Exception):
    """The database does not answer just now."""


class Event(NamedTuple):
    id: int
    topic: str
    name: str
    data: str  # JSON on one line


class Subscription:
    """What one page waits for. `ended` is set when it will hear nothing more; `lagging`: for it did not keep up."""

    def __init__(self, topics: frozenset[str]) -> None:
        self.topics = topics
        self.queue: asyncio.Queue[Event] = asyncio.Queue(QUEUE_AT_MOST)
        self.ended = asyncio.Event()
        self.lagging = False

    def hand(self, event: Event) -> None:
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.lagging = True
            self.ended.set()


class Hub:
    """Start it in a running loop. Its few pooled connections are held for one question at a time."""

    def __init__(self) -> None:
        self.listening = asyncio.Event()  # set once it has heard the database for the first time
        self._subscribers: dict[str, set[Subscription]] = {}
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._last_id: int | None = None
        self._pool: psycopg_pool.AsyncConnectionPool[Any] | None = None
        self._listener: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._pool = psycopg_pool.AsyncConnectionPool(
            kwargs={**apart.params(), "autocommit": True, "row_factory": dict_row},
            min_size=1,
            max_size=POOL_SIZE,
            timeout=POOL_WAIT_SECONDS,
            open=False,
            check=psycopg_pool.AsyncConnectionPool.check_connection,
            name="streams",
        )
        await self._pool.open()
        self._listener = asyncio.create_task(self._listen(), name="events listener")

    async def stop(self) -> None:
        self.end_all()
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener
        if self._pool is not None:
            await self._pool.close(timeout=1)

    def subscribe(self, topics: frozenset[str]) -> Subscription:
        made = Subscription(topics)
        for topic in topics:
            self._subscribers.setdefault(topic, set()).add(made)
        return made

    def unsubscribe(self, gone: Subscription) -> None:
        for topic in gone.topics:
            others = self._subscribers.get(topic, set())
            others.discard(gone)
            if not others:
                self._subscribers.pop(topic, None)

    def end_all(self) -> None:
        for subscribers in self._subscribers.values():
            for one in subscribers:
                one.ended.set()

    async def rows(self, sql: str, params: Any = None) -> list[dict[str, Any]]:
        """One question on a connection given back at once.   Raises UnableToAsk."""
        assert self._pool is not None
        try:
            async with self._pool.connection() as connection:
                found: list[dict[str, Any]] = await (await connection.execute(sql, params)).fetchall()
                return found
        except (psycopg.OperationalError, psycopg_pool.PoolTimeout, OSError) as error:
            raise UnableToAsk(type(error).__name__) from error

    async def after(self, last_id: int, topics: frozenset[str] | None, most: int = 10_000) -> list[Event]:
        """Kept events after that one, oldest first; one committed late may come twice.   Raises UnableToAsk."""
        wanted = None if topics is None else sorted(topics)
        found = await self.rows(_AFTER, {"last": last_id, "topics": wanted, "most": most})
        return [Event(row["id"], row["topic"], row["name"], row["data"]) for row in found]

    async def _listen(self) -> None:
        pause_seconds = 0.1
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    **apart.params(), autocommit=True, connect_timeout=5
                ) as connection:
                    await connection.execute(f"listen {events.CHANNEL}")
                    await self._catch_up()
                    self.listening.set()
                    pause_seconds = 0.1
                    while True:
                        async for told in connection.notifies(timeout=LISTENER_CHECKED_EVERY_SECONDS):
                            await self._take(json.loads(told.payload))
                        await connection.execute("select 1")
                        await self._look_again()
            except (psycopg.Error, OSError, UnableToAsk) as error:
                log.warning("the events' listener lost the database: %s", type(error).__name__)
            await asyncio.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 2, RECONNECT_AT_MOST_SECONDS)

    async def _catch_up(self) -> None:
        if self._last_id is None:
            newest = await self.rows("select coalesce(max(id), 0) as id from core_event")
            self._last_id = int(newest[0]["id"])
            return
        missed = await self.after(self._last_id, None, CAUGHT_UP_AT_MOST)
        for event in missed:
            self._hand_out(event)
        if len(missed) == CAUGHT_UP_AT_MOST:
            self._last_id = None
            await self._catch_up()
            self.end_all()

    async def _look_again(self) -> None:
        """What was committed and not told: its teller was killed in between (events.tell)."""
        if self._last_id is not None and self._subscribers:
            for event in await self.after(self._last_id, frozenset(self._subscribers)):
                self._hand_out(event)

    async def _take(self, told: dict[str, Any]) -> None:
        if told["data"] is None:  # too long for a notification
            found = await self.rows("select data::text as data from core_event where id = %s", [told["id"]])
            data = found[0]["data"] if found else "{}"
        else:
            data = json.dumps(told["data"], ensure_ascii=False)
        self._hand_out(Event(told["id"], told["topic"], told["name"], data))

    def _hand_out(self, event: Event) -> None:
        if event.id in self._seen:
            return
        self._seen[event.id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        self._last_id = max(self._last_id or 0, event.id)
        for one in self._subscribers.get(event.topic, ()):
            one.hand(event)
