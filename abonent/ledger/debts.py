"""Debt by age as of any date, from the transfers: for reports. Reads only.

What an account owes is the last of what was taken from it, as payments cover the oldest first; each part is as old as
its transfer.
"""

from datetime import date
from typing import NamedTuple

from abonent.core import db, figures

AGES = ("d30", "d60", "d90", "older")  # days: 0 to 30, 31 to 60, 61 to 90, more
EVERY = ""

_DEBTS = db.read_sql(__file__, "debts")
_FIGURES = f"""{_DEBTS}
    select coalesce(age, '') as age, kind, count(distinct account_id) as accounts, sum(kop)::bigint as kop
    from named group by grouping sets ((age, kind), (kind)) order by age, kind
"""
_ROWS = f"""{_DEBTS}
    select account_id as id, min("on") as "on", number, kind as about, sum(kop)::bigint as amount
    from named
    where (%(age)s = '' or age = %(age)s) and (%(kind)s = '' or kind = %(kind)s)
    group by account_id, number, kind
"""


class Debt(NamedTuple):
    age: str  # of AGES; EVERY: all of them
    kind: str  # of the customer
    accounts: int
    kop: int


def of(on: date) -> list[Debt]:
    """What was owed when the day `on` was over."""
    return [Debt(**row) for row in db.rows(_FIGURES, {"on": on})]


def rows(on: date, *, age: str = EVERY, kind: str = "", after: int = 0, most: int = figures.PAGE) -> figures.Page:
    """By account: since when, and how much, of that age.   about: the kind of the customer."""
    return figures.page(_ROWS, {"on": on, "age": age, "kind": kind}, after=after, most=most)
