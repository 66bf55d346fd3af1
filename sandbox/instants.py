"""Instants: milliseconds since 1970 UTC inside, ISO 8601 on the wire, the demo's zone on a page."""

import datetime
import zoneinfo

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
MILLISECOND = datetime.timedelta(milliseconds=1)


class UnableToReadInstant(Exception): ...


def iso(instant_ms: int) -> str:
    """1531224283123 → "2018-07-10T12:04:43.123Z"."""
    text = (EPOCH + instant_ms * MILLISECOND).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def parse_iso(text: str) -> int:
    """Milliseconds since 1970. Raises UnableToReadInstant for what is not ISO 8601 with a zone."""
    try:
        instant = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise UnableToReadInstant(text) from error
    if instant.tzinfo is None:
        raise UnableToReadInstant(text)
    return (instant - EPOCH) // MILLISECOND


def local(instant_ms: int, zone: zoneinfo.ZoneInfo) -> str:
    """For people: "21.11.2026 23:59:01" in the zone given."""
    return (EPOCH + instant_ms * MILLISECOND).astimezone(zone).strftime("%d.%m.%Y %H:%M:%S")


def month(instant_ms: int) -> tuple[int, int]:
    """(year, month), UTC."""
    instant = EPOCH + instant_ms * MILLISECOND
    return instant.year, instant.month


def seconds(duration_ms: int) -> float:
    """What asyncio takes as a delay."""
    return datetime.timedelta(milliseconds=duration_ms).total_seconds()
