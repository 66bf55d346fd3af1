"""How far the requests of a period came, and how long each stage took them: for reports. Reads only."""

from datetime import datetime
from typing import Any, NamedTuple

from abonent.core import db, figures

WAY = ("new", "called", "address", "visit", "connected", "signed", "paid", "online")
ENDED = ("refused", "no_coverage")

_REQUESTS = db.read_sql(__file__, "funnel")
_STAGES = f"""{_REQUESTS}
    select stage.state, stage.place::int as place,
           (select count(*) from furthest where furthest.place >= stage.place) as reached,
           times.count as timed, times.median, times.most
    from unnest(%(way)s::text[]) with ordinality as stage (state, place)
    cross join lateral (
        select count(seconds) as count, (percentile_cont(0.5) within group (order by seconds))::bigint as median,
               (percentile_cont(0.9) within group (order by seconds))::bigint as most
        from paced where paced.place = stage.place
    ) times
    order by stage.place
"""
_STATES = """
    select state, count(*) as count
    from onboarding_connectionrequest
    where created_at >= %(start)s and created_at < %(end)s
    group by state order by state
"""
_REACHED_ROWS = f"""{_REQUESTS}
    select id, (created_at at time zone %(zone)s)::date as "on", id::text as number, state as about, 1 as amount
    from furthest where place >= array_position(%(way)s::text[], %(state)s)
"""
_TIME_ROWS = f"""{_REQUESTS}
    select asked.id, (asked.created_at at time zone %(zone)s)::date as "on", asked.id::text as number,
           asked.state as about, case when %(whole)s then paced.whole_seconds else paced.seconds end as amount
    from paced
    join asked on asked.id = paced.request_id
    where paced.place = array_position(%(way)s::text[], %(state)s)
      and (%(whole)s or paced.seconds is not null)
"""
_STATE_ROWS = """
    select id, (created_at at time zone %(zone)s)::date as "on", id::text as number, state as about, 1 as amount
    from onboarding_connectionrequest
    where created_at >= %(start)s and created_at < %(end)s and state = %(state)s
"""
_WHOLE = f"""{_REQUESTS}
    select count(*) as timed, (percentile_cont(0.5) within group (order by whole_seconds))::bigint as median,
           (percentile_cont(0.9) within group (order by whole_seconds))::bigint as most
    from paced where place = array_length(%(way)s::text[], 1)
"""


class Stage(NamedTuple):
    state: str
    place: int  # 1: the first
    reached: int  # requests that came to it or beyond
    timed: int  # of those that came to it from the stage before
    median: int | None  # seconds from the stage before; None: nobody came
    most: int | None  # what 90 of 100 do not exceed


class Whole(NamedTuple):
    """From the first stage to the last."""

    timed: int
    median: int | None
    most: int | None


def of(start: datetime, end: datetime) -> list[Stage]:
    """Of requests made in `[start, end)`; repeats of another request are left out."""
    return [Stage(**row) for row in db.rows(_STAGES, _params(start, end))]


def whole(start: datetime, end: datetime) -> Whole:
    return Whole(**db.rows(_WHOLE, _params(start, end))[0])


def states(start: datetime, end: datetime) -> dict[str, int]:
    """How many of them stand where now, repeats too."""
    return {row["state"]: row["count"] for row in db.rows(_STATES, _params(start, end))}


def reached_rows(
    state: str, start: datetime, end: datetime, *, zone: str, after: int = 0, most: int = figures.PAGE
) -> figures.Page:
    """Requests that came to a stage of WAY or beyond.   about: the state now.   zone: the operator's."""
    params = _params(start, end) | {"state": state, "zone": zone}
    return figures.page(_REACHED_ROWS, params, after=after, most=most)


def time_rows(
    state: str, start: datetime, end: datetime, *, zone: str, whole: bool, after: int = 0, most: int = figures.PAGE
) -> figures.Page:
    """Seconds to a stage from the one before; `whole`: from the very first."""
    params = _params(start, end) | {"state": state, "zone": zone, "whole": whole}
    return figures.page(_TIME_ROWS, params, after=after, most=most)


def state_rows(
    state: str, start: datetime, end: datetime, *, zone: str, after: int = 0, most: int = figures.PAGE
) -> figures.Page:
    """Requests that stand in a state now."""
    params = _params(start, end) | {"state": state, "zone": zone}
    return figures.page(_STATE_ROWS, params, after=after, most=most)


def _params(start: datetime, end: datetime) -> dict[str, Any]:
    return {"start": start, "end": end, "way": list(WAY)}
