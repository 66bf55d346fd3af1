"""The one clock. Screens, jobs and commands read it; the domain takes `on=` / `at=`.

`now()` is the real instant plus the sandbox's offset (whole seconds; moved forward only), which lives in one row so
that every process and SQL's `core.operator_today()` agree. Sessions, TLS, CSRF and job scheduling stay on real
time. With the sandbox off the row is never read.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

_OFFSET_KEPT_SECONDS = 1.0


class UnableToMoveClock(Exception):
    """The demo's clock goes forward only, and only in the sandbox."""


class _State:
    frozen_at: datetime | None = None
    offset_seconds: int = 0
    read_at: float = float("-inf")


def now() -> datetime:
    """The instant, in UTC."""
    if _State.frozen_at is not None:
        return _State.frozen_at
    return datetime.now(UTC) + timedelta(seconds=_offset_seconds())


def today() -> date:
    """The operator's date."""
    return on_date(now())


def on_date(instant: datetime) -> date:
    """The operator's date of an instant."""
    return instant.astimezone(zone()).date()


def local(instant: datetime) -> datetime:
    """The instant as the operator's wall clock shows it."""
    return instant.astimezone(zone())


def zone() -> ZoneInfo:
    return ZoneInfo(settings.PROFILE.time_zone)


def move_to(day: date) -> None:
    """Move the sandbox's clock so that the operator's today is `day`, at the same time of day.

    Raises UnableToMoveClock with the sandbox off, or when `day` is not after today.
    """
    if not settings.SANDBOX:
        raise UnableToMoveClock("the clock moves only in the demo")
    if day <= today():
        raise UnableToMoveClock("the clock goes forward only")
    _add_offset(day)


def start_at(day: date) -> None:
    """Set the demo's first day, before it has any history: the only move that may go back.

    Raises UnableToMoveClock with the sandbox off.
    """
    if not settings.SANDBOX:
        raise UnableToMoveClock("the clock moves only in the demo")
    _add_offset(day)


def _add_offset(day: date) -> None:
    here = now()
    # Subtracted in UTC: within one zone Python subtracts wall clocks, blind to the days of 23 and 25 hours.
    there = datetime.combine(day, local(here).timetz()).astimezone(UTC)
    ahead_seconds = int((there - here).total_seconds())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("update core_installation set clock_offset_seconds = clock_offset_seconds + %s", [ahead_seconds])
    forget()


def forget() -> None:
    """Read the offset anew at the next look: another process may have moved it."""
    _State.read_at = float("-inf")


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Hold the clock of this process still: tests, and the demo's history. SQL's clock is not touched."""
    before, _State.frozen_at = _State.frozen_at, at
    try:
        yield
    finally:
        _State.frozen_at = before


def at_noon(day: date) -> datetime:
    """Noon of an operator's date, in UTC."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=zone()).astimezone(UTC)


def _offset_seconds() -> int:
    if not settings.SANDBOX:
        return 0
    if time.monotonic() - _State.read_at > _OFFSET_KEPT_SECONDS:
        with connection.cursor() as cursor:
            cursor.execute("select clock_offset_seconds from core_installation")
            row = cursor.fetchone()
        _State.offset_seconds = row[0] if row else 0
        _State.read_at = time.monotonic()
    return _State.offset_seconds
