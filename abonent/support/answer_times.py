"""How fast people are answered, by department and by operator, and how the first promise is kept: for reports."""

from datetime import date, datetime
from typing import NamedTuple

from abonent.core import db, figures

MEASURES = ("begun", "answer", "close", "kept", "broken")
EVERY = "*"

_TALKS = db.read_sql(__file__, "answer_times")
_FIGURES = f"""{_TALKS}
    select case when grouping(month) = 0 then 'month' when grouping(department) = 0 then 'department'
                when grouping(owner_id) = 0 then 'operator' else 'all' end as by,
           month, coalesce(department, '') as department, coalesce(owner_id, 0) as owner_id,
           count(*) as begun,
           count(answer_seconds) as answered,
           (percentile_cont(0.5) within group (order by answer_seconds))::bigint as answer_median,
           (percentile_cont(0.9) within group (order by answer_seconds))::bigint as answer_most,
           count(close_seconds) as closed,
           (percentile_cont(0.5) within group (order by close_seconds))::bigint as close_median,
           (percentile_cont(0.9) within group (order by close_seconds))::bigint as close_most,
           count(*) filter (where promise = 'kept') as kept, count(*) filter (where promise = 'broken') as broken
    from (select talks.*, date_trunc('month', talks."on")::date as month from talks) talks
    group by grouping sets ((month), (department), (owner_id), ())
    order by month, begun desc, department, owner_id
"""
_ROWS = f"""{_TALKS}
    select id, "on", id::text as number, kind as about,
           case %(measure)s when 'answer' then answer_seconds when 'close' then close_seconds else 1 end as amount
    from talks
    where (%(department)s = '*' or department = %(department)s) and (%(owner_id)s < 0 or owner_id = %(owner_id)s)
      and case %(measure)s when 'answer' then answer_seconds is not null when 'close' then close_seconds is not null
                           when 'begun' then true else promise = %(measure)s end
"""
_NAMES = "select user_id, shown_name from support_operator"


class Times(NamedTuple):
    """Seconds; None where there is nothing to measure."""

    by: str  # "month", "department", "operator", "all"
    month: date | None
    department: str  # its key in the profile
    owner_id: int  # of the operator; 0: nobody's
    begun: int
    answered: int
    answer_median: int | None  # to the first answer
    answer_most: int | None  # what 90 of 100 do not exceed
    closed: int
    close_median: int | None
    close_most: int | None
    kept: int  # the first answer came in the promised time
    broken: int


def of(start: datetime, end: datetime, *, zone: str, now: datetime) -> list[Times]:
    """Of conversations begun in `[start, end)`.   zone: the operator's."""
    params = {"start": start, "end": end, "zone": zone, "now": now}
    return [Times(**row) for row in db.rows(_FIGURES, params)]


def operators() -> dict[int, str]:
    """Their names as visitors see them."""
    return {row["user_id"]: row["shown_name"] for row in db.rows(_NAMES)}


def rows(
    measure: str,
    start: datetime,
    end: datetime,
    *,
    zone: str,
    now: datetime,
    department: str = EVERY,
    owner_id: int = -1,
    after: int = 0,
    most: int = figures.PAGE,
) -> figures.Page:
    """Conversations behind a measure; seconds of "answer" and "close".   owner_id: -1: everybody's."""
    assert measure in MEASURES, measure
    params = {"start": start, "end": end, "zone": zone, "now": now, "measure": measure}
    return figures.page(_ROWS, params | {"department": department, "owner_id": owner_id}, after=after, most=most)
