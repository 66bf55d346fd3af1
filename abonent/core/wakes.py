"""Wakes of one process, drawn together: the first goes at once, those within a moment after it as one.

A web process under load wakes the same sweeper hundreds of times a second, each time a question to the database that a
payer waits for. Off until `draw_together`, so that whoever runs jobs in his own thread finds them there.
"""

import logging
import threading
import time
from collections.abc import Callable

from django.db import connections

APART_SECONDS = 0.05

log = logging.getLogger(__name__)

_lock = threading.Lock()
_gone_at: dict[str, float] | None = None  # by name, on the clock that never goes back
_waiting: set[str] = set()


def draw_together() -> None:
    """In this process, from now on."""
    global _gone_at
    _gone_at = {}


def apart() -> None:
    """Each by itself again: for tests."""
    global _gone_at
    _gone_at = None


def go(name: str, wake: Callable[[], object]) -> None:
    """Wake now, or in a moment for all who came meanwhile: that one sees what each of them has committed."""
    with _lock:
        if name in _waiting:
            return
        wait_seconds = _put_off_seconds(name)
        if wait_seconds:
            _waiting.add(name)
    if not wait_seconds:
        wake()
        return
    # Not a daemon: a process that ends waits for it.
    threading.Timer(wait_seconds, _go_late, (name, wake)).start()


def _put_off_seconds(name: str) -> float:
    if _gone_at is None:
        return 0
    now = time.monotonic()
    wait_seconds = _gone_at.get(name, float("-inf")) + APART_SECONDS - now
    if wait_seconds > 0:
        return wait_seconds
    _gone_at[name] = now
    return 0


def _go_late(name: str, wake: Callable[[], object]) -> None:
    with _lock:  # first: who commits from here on needs another
        _waiting.discard(name)
        if _gone_at is not None:
            _gone_at[name] = time.monotonic()
    try:
        wake()
    except Exception as error:  # the schedule makes it good
        log.error("the wake of %s failed: %s", name, type(error).__name__)
    finally:
        connections.close_all()
