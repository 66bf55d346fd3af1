"""When a technician comes: the windows of a day, in the operator's zone. Pure."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

HOURS = ((10, 12), (12, 14), (14, 16), (16, 18), (18, 20))
AHEAD_DAYS = 60  # a visit is agreed for two months ahead at most


class UnableToReadWindow(Exception):
    """It is none of the windows of a day."""


class Window(NamedTuple):
    start: datetime
    end: datetime

    @property
    def key(self) -> str:
        """As it stands in a form: "2026-11-16T10"."""
        return f"{self.start:%Y-%m-%dT%H}"


def of_day(on: date, zone: ZoneInfo) -> list[Window]:
    """The windows of an operator's date, as instants of that zone."""
    return [Window(_at(on, begins, zone), _at(on, ends, zone)) for begins, ends in HOURS]


def read(key: str, zone: ZoneInfo) -> Window:
    """ "2026-11-16T10" → the window that begins then.   Raises UnableToReadWindow."""
    try:
        on = datetime.strptime(key, "%Y-%m-%dT%H").date()  # noqa: DTZ007  # only the date is taken
    except ValueError:
        raise UnableToReadWindow(key[:40]) from None
    for window in of_day(on, zone):
        if window.key == key:
            return window
    raise UnableToReadWindow(key[:40])


def week(on: date) -> Iterator[date]:
    """The seven days that begin with the Monday of that week."""
    monday = on - timedelta(days=on.weekday())
    return (monday + timedelta(days=number) for number in range(7))


def _at(on: date, hour: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(on, time(hour), zone)
