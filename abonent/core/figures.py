"""What stands behind a figure of a report: its rows a page at a time, what they come to, and how long a report may ask.

A room gives the SELECT of its rows with the columns of Row; the figure itself is asked by another statement of the
room, and tests hold the two to one another.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, NamedTuple

import psycopg
from django.db import OperationalError, transaction

from abonent.core import db

PAGE = 100
PATIENCE_SECONDS = 8  # of one statement: who asks for too much is told so, and does not hold the database

MEMORY = "64MB"  # of one step of it: what is grouped by account does not go to the disk

# The rows once, for both: what they come to, and a page of them.
_PAGE = """
    with of_figure as materialized ({sql}), sums as (
        select count(*) as number, coalesce(sum(amount), 0)::bigint as total,
               (percentile_cont(0.5) within group (order by amount))::bigint as median,
               (percentile_cont(0.9) within group (order by amount))::bigint as most
        from of_figure
    )
    select sums.number as of_number, sums.total as of_total, sums.median as of_median, sums.most as of_most, shown.*
    from sums
    left join (select * from of_figure where id > %(after)s order by id limit %(limit)s) shown on true
    order by shown.id
"""


_PATIENCE = """
    select set_config('statement_timeout', %(patience)s, true), set_config('work_mem', %(memory)s, true)
"""


class TooMuch(Exception):
    """The statement took longer than PATIENCE_SECONDS; nothing is known."""


class Row(NamedTuple):
    id: int  # rises along the pages
    on: date | None
    number: str | None  # of the contract, the request, the talk it is about
    about: str  # a code for the screen's words
    amount: int  # kopecks, octets, seconds; 1 where rows are counted


class Page(NamedTuple):
    rows: list[Row]
    has_more: bool
    number: int  # of all rows
    total: int  # of all rows
    median: int | None  # None: there are no rows
    most: int | None  # what 90 of 100 do not exceed


def page(sql: str, params: dict[str, Any], *, after: int, most: int = PAGE) -> Page:
    """Rows with an id above `after`, and what all rows come to. One statement."""
    found = db.rows(_PAGE.format(sql=sql), params | {"after": after, "limit": most + 1})
    sums = {name: found[0][f"of_{name}"] for name in ("number", "total", "median", "most")}
    rows = [Row(**{name: row[name] for name in Row._fields}) for row in found if row["id"] is not None]
    return Page(rows[:most], len(rows) > most, **sums)


@contextmanager
def patiently() -> Iterator[None]:
    """Statements inside are given up after PATIENCE_SECONDS each.   Raises TooMuch."""
    try:
        with transaction.atomic():
            db.run(_PATIENCE, {"patience": f"{PATIENCE_SECONDS}s", "memory": MEMORY})
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise TooMuch from error
        raise
