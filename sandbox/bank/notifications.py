"""What the bank tells the shop: planned with the change, sent until it is answered 200, for 24 hours.

The modes of the knob `webhooks`, and of some test cards:
normal: at once.  double: `times` times.  late: after `late_seconds`.  none: never.
shuffled: every second one a second and a half late, so that the one after it comes first; each comes twice.
early: before the change itself, which then waits `early_seconds`; of a change by an API call, before its
answer.
"""

import asyncio
import contextlib
import dataclasses
import json
import logging
import sqlite3
from typing import Any

import httpx

from sandbox import instants
from sandbox.store import Store

MODES = ("normal", "none", "double", "early", "late", "shuffled")
SHUFFLED_MS = 1_500
GIVE_UP_MS = 24 * 3_600_000
ANSWER_TIMEOUT_SECONDS = 10
AT_ONCE_MAX = 8
IDLE_MS = 15_000
PAUSE_MAX_MS = 600_000

log = logging.getLogger("sandbox.notifications")


@dataclasses.dataclass(frozen=True)
class Mode:
    webhooks: str = "normal"
    times: int = 2
    late_seconds: int = 10
    early_seconds: int = 1

    @property
    def copies(self) -> int:
        return self.times if self.webhooks in ("double", "shuffled") else 1


def mode(store: Store, of_card: str | None = None) -> Mode:
    """As the knobs say; a card that has a mode of its own goes before them."""
    knobs = store.knob("webhooks", {})
    chosen = Mode(**knobs)
    return chosen if of_card is None else dataclasses.replace(chosen, webhooks=of_card)


def body(event: str, about: dict[str, Any]) -> str:
    return json.dumps({"type": "notification", "event": event, "object": about}, ensure_ascii=False)


def plan(sql: sqlite3.Connection, event: str, about: dict[str, Any], how: Mode, now_ms: int, *, sent: bool) -> None:
    """In the transaction of the change. sent: it went out early and was answered."""
    closed = "delivered" if sent else "withheld" if how.webhooks == "none" else None
    due_ms = now_ms + how.late_seconds * 1000 if how.webhooks == "late" else now_ms
    if how.webhooks == "shuffled":
        (told,) = sql.execute("select count(distinct event || object_id) from notification").fetchone()
        due_ms += SHUFFLED_MS * (1 - told % 2)
    for _ in range(1 if sent else how.copies):
        sql.execute(
            "insert into notification (event, object_id, body, created_ms, due_ms, closed, attempts)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            (event, about["id"], body(event, about), now_ms, due_ms, closed, int(sent)),
        )


def pause_ms(attempts: int) -> int:
    """Before the next try: 1, 2, 3, 5, 8 … seconds, ten minutes at most."""
    earlier, pause = 1, 1
    for _ in range(min(attempts - 1, 20)):
        earlier, pause = pause, earlier + pause
    return min(pause * 1000, PAUSE_MAX_MS)


class Sender:
    """Sends what is due, a few notifications at a time: a slow receiver does not stop the others."""

    def __init__(self, store: Store, url: str | None) -> None:
        self.url = url
        self._store = store
        self._wake = asyncio.Event()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._client = httpx.AsyncClient(timeout=ANSWER_TIMEOUT_SECONDS, trust_env=False)

    def wake(self) -> None:
        self._wake.set()

    async def run(self, before_each_round: Any) -> None:
        """For ever. before_each_round: called with nothing; it may plan more."""
        try:
            while True:
                self._wake.clear()
                before_each_round()
                self._start_due()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), instants.seconds(self._until_next_ms()))
        finally:
            for task in self._tasks.values():
                task.cancel()
            await self._client.aclose()

    async def settled(self, object_id: str, within_seconds: int = ANSWER_TIMEOUT_SECONDS) -> None:
        """Waits until each notification about the object that is due now was tried once."""
        rows = self._store.rows(
            "select seq from notification where object_id = ? and closed is null and attempts = 0 and due_ms <= ?",
            object_id,
            self._store.now_ms(),
        )
        self._start_due()
        tasks = [self._tasks[row["seq"]] for row in rows if row["seq"] in self._tasks]
        if tasks:
            await asyncio.wait(tasks, timeout=within_seconds)

    async def post(self, content: str) -> str:
        """One try. What came back: "200", "503", or the name of the failure."""
        if self.url is None:
            return "no address"
        try:
            answer = await self._client.post(
                self.url, content=content.encode(), headers={"Content-Type": "application/json"}
            )
        except httpx.HTTPError as error:
            return type(error).__name__
        return str(answer.status_code)

    def _start_due(self) -> None:
        rows = self._store.rows(
            "select seq from notification where closed is null and due_ms <= ? order by due_ms, seq limit ?",
            self._store.now_ms(),
            AT_ONCE_MAX * 2,
        )
        for row in rows:
            if row["seq"] not in self._tasks and len(self._tasks) < AT_ONCE_MAX:
                self._tasks[row["seq"]] = asyncio.create_task(self._deliver(row["seq"]))

    def _until_next_ms(self) -> int:
        if len(self._tasks) >= AT_ONCE_MAX:
            return IDLE_MS  # the first to finish wakes us
        rows = self._store.rows(
            "select seq, due_ms from notification where closed is null order by due_ms, seq limit ?",
            AT_ONCE_MAX + 1,
        )
        due: list[int] = [row["due_ms"] - self._store.now_ms() for row in rows if row["seq"] not in self._tasks]
        return max(0, min([IDLE_MS, *due]))

    async def _deliver(self, seq: int) -> None:
        try:
            row = self._store.row("select * from notification where seq = ? and closed is null", seq)
            if row is None:
                return
            answer = await self.post(row["body"])
            attempts = row["attempts"] + 1
            now_ms = self._store.now_ms()
            if answer == "200":
                closed = "delivered"
            elif self.url is None:
                closed = "withheld"
            elif now_ms - row["created_ms"] > GIVE_UP_MS:
                closed = "given_up"
            else:
                closed = None
                log.debug("%s of %s: %s, will try again", row["event"], row["object_id"], answer)
            with self._store.transaction() as sql:
                sql.execute(
                    "update notification set attempts = ?, last_answer = ?, closed = ?, due_ms = ?"
                    " where seq = ? and closed is null",
                    (attempts, answer, closed, now_ms + pause_ms(attempts), seq),
                )
        finally:
            self._tasks.pop(seq, None)
            self.wake()
