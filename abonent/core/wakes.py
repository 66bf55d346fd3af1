"""Wakes of one process, drawn together: the first goes at once, those within a moment after it as one.

A web process under load wakes the same sweeper hundreds of times a second, each time a question to the database that a
payer waits for. Off until `draw_together`, so that whoever runs jobs in his own thread finds them there.
"""

import logging
import threading
import time
from collections.abc import Callable

from django.db import connections

APART_SECONDS = 0.1

log = logging.getLogger(__name__)


class _Late:
    """What is to be woken in a moment, and the thread that does it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._gone_at: dict[str, float] = {}  # on the clock that never goes back
        self._waiting: dict[str, Callable[[], object]] = {}
        self._thread: threading.Thread | None = None

    def is_now(self, name: str, wake: Callable[[], object]) -> bool:
        """Whether the caller wakes himself; else it is done in a moment, for all who come until then."""
        with self._changed:
            now = time.monotonic()
            if name not in self._waiting and now >= self._gone_at.get(name, float("-inf")) + APART_SECONDS:
                self._gone_at[name] = now
                return True
            self._waiting.setdefault(name, wake)
            if self._thread is None:  # not before: a server forks after it has imported us
                self._thread = threading.Thread(target=self._run, name="wakes", daemon=True)
                self._thread.start()
            self._changed.notify()
        return False

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
            time.sleep(APART_SECONDS)
            with self._changed:  # first: who commits from here on needs another
                due, self._waiting = self._waiting, {}
                self._gone_at.update(dict.fromkeys(due, time.monotonic()))
            for name, wake in due.items():
                try:
                    wake()
                except Exception as error:  # the schedule makes it good
                    log.error("the wake of %s failed: %s", name, type(error).__name__)
            connections.close_all()


_late: _Late | None = None


def draw_together() -> None:
    """In this process, from now on."""
    global _late
    _late = _Late()


def apart() -> None:
    """Each by itself again: for tests."""
    global _late
    _late = None


def go(name: str, wake: Callable[[], object]) -> None:
    """Wake now, or in a moment for all who came meanwhile: that one sees what each of them has committed."""
    if _late is None or _late.is_now(name, wake):
        wake()
