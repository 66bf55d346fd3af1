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

_PAGE = "select of_figure.* from ({sql}) of_figure where id > %(after)s order by id limit %(most)s"
_SUMS = """
    select count(*) as number, coalesce(sum(amount), 0)::bigint as total,
           (percentile_cont(0.5) within group (order by amount))::bigint as median,
           (percentile_cont(0.9) within group (order by amount))::bigint as most
    from ({sql}) of_figure
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
    """Rows with an id above `after`, and what all rows come to. Two statements."""
    found = db.rows(_PAGE.format(sql=sql), params | {"after": after, "most": most + 1})
    sums = db.rows(_SUMS.format(sql=sql), params)[0]
    return Page([Row(**row) for row in found[:most]], len(found) > most, **sums)


@contextmanager
def patiently() -> Iterator[None]:
    """Statements inside are given up after PATIENCE_SECONDS each.   Raises TooMuch."""
    try:
        with transaction.atomic():
            db.run("select set_config('statement_timeout', %s, true)", [f"{PATIENCE_SECONDS}s"])
            yield
    except OperationalError as error:
        if isinstance(error.__cause__, psycopg.errors.QueryCanceled):
            raise TooMuch from error
        raise
