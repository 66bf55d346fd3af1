"""From which tariff to which subscribers went in a period, and what it does to a month's sum: for reports."""

from typing import NamedTuple

from abonent.core import db, figures, periods

NONE = ""  # begun beside no tariff; ended for none

_STEPS = db.read_sql(__file__, "movement")
_FIGURES = f"""{_STEPS}
    select from_code, to_code, count(*) as steps, sum(from_kop)::bigint as from_kop, sum(to_kop)::bigint as to_kop
    from priced group by 1, 2 order by 3 desc, 1, 2
"""
_ROWS = f"""{_STEPS}
    select priced.id, priced."on", contract.number, to_code as about, (to_kop - from_kop)::bigint as amount
    from priced
    join ledger_account account on account.id = priced.account_id
    join subscribers_contract contract on contract.id = account.contract_id
    where from_code = %(from_code)s and to_code = %(to_code)s
"""


class Step(NamedTuple):
    from_code: str  # of an offer; NONE
    to_code: str
    steps: int
    from_kop: int  # a month, before
    to_kop: int  # a month, after

    @property
    def change_kop(self) -> int:
        return self.to_kop - self.from_kop


def of(period: periods.Period) -> list[Step]:
    """By pair of tariffs, the most frequent first."""
    return [Step(**row) for row in db.rows(_FIGURES, {"start": period.start, "end": period.end})]


def rows(
    from_code: str, to_code: str, period: periods.Period, *, after: int = 0, most: int = figures.PAGE
) -> figures.Page:
    """Each step of that pair.   amount: how much more a month is."""
    params = {"from_code": from_code, "to_code": to_code, "start": period.start, "end": period.end}
    return figures.page(_ROWS, params, after=after, most=most)
