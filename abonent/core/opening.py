"""Is a department or an office open now, until when, or when does it open next. Pure."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from abonent.core.profile_places import WEEKDAYS, Opening

_AHEAD_DAYS = 14
_MIDNIGHT = time()


class Now(NamedTuple):
    is_open: bool
    at: datetime  # open: until then; closed: opens then


def now(openings: Iterable[Opening], local: datetime, closed_on: Collection[date] = ()) -> Now | None:
    """None where no hours are known, or nothing opens within two weeks.   local: the operator's wall clock."""
    spans = sorted(_spans(openings, local, closed_on))
    for start, end in spans:
        if start <= local < end:
            while (later := next((after for before, after in spans if before == end), None)) is not None:
                end = later  # one span begins as another ends
            return Now(True, end)
        if local < start:
            return Now(False, start)
    return None


def always(openings: Iterable[Opening]) -> bool:
    """Round the clock, every day."""
    whole = {day for one in openings if one.start == one.end == _MIDNIGHT for day in one.days}
    return whole == set(WEEKDAYS)


def _spans(
    openings: Iterable[Opening], local: datetime, closed_on: Collection[date]
) -> Iterable[tuple[datetime, datetime]]:
    zone = local.tzinfo
    for one in openings:
        for ahead in range(_AHEAD_DAYS):
            on = local.date() + timedelta(days=ahead)
            if WEEKDAYS[on.weekday()] in one.days and on not in closed_on:
                last = on + timedelta(days=1) if one.end == _MIDNIGHT else on
                yield datetime.combine(on, one.start, zone), datetime.combine(last, one.end, zone)
