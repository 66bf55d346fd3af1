"""ARPU: what the house earned in a month by each subscriber who was charged in it; by tariff and segment too. Reads.

ARPU = revenue (charges and fees, less what was returned) ÷ subscriber-months (subscribers charged in each month).
"""

from datetime import date
from typing import NamedTuple

from abonent.core import db, figures, money, periods

_ARPU = db.read_sql(__file__, "arpu")
_FIGURES = f"""{_ARPU}
    select coalesce(month::text, '') as month, coalesce(tariff, '') as tariff, coalesce(segment, '') as segment,
           case when grouping(month) = 0 then 'month' when grouping(tariff) = 0 then 'tariff' else 'segment' end as by,
           sum(kop)::bigint as kop, count(*) filter (where is_charged) as charged
    from counted
    group by grouping sets ((month), (tariff), (segment))
    order by 1, 5 desc, 2, 3
"""
_ROWS = f"""{_ARPU}
    select counted.account_id as id, min(counted.month) as "on", contract.number, tariff as about,
           sum(kop)::bigint as amount
    from counted
    join ledger_account account on account.id = counted.account_id
    join subscribers_contract contract on contract.id = account.contract_id
    where (%(tariff)s = '*' or tariff = %(tariff)s) and (%(segment)s = '*' or segment = %(segment)s)
    group by counted.account_id, contract.number, tariff
"""
EVERY = "*"


class Figure(NamedTuple):
    by: str  # "month", "tariff", "segment"
    month: date | None
    tariff: str  # its code; "": the account had none
    segment: str
    kop: int  # revenue
    charged: int  # subscriber-months

    @property
    def arpu_kop(self) -> int:
        """Rounded half up; 0 where nobody was charged."""
        if not self.charged:
            return 0
        whole = money.part(abs(self.kop), 1, self.charged)
        return whole if self.kop >= 0 else -whole


def of(period: periods.Period) -> list[Figure]:
    """The months in order; tariffs and segments by revenue."""
    found = db.rows(_FIGURES, {"start": period.start, "end": period.end})
    return [Figure(**row | {"month": date.fromisoformat(row["month"]) if row["month"] else None}) for row in found]


def rows(
    period: periods.Period, *, tariff: str = EVERY, segment: str = EVERY, after: int = 0, most: int = figures.PAGE
) -> figures.Page:
    """By account: the revenue of the period.   about: the code of the tariff it counts under."""
    params = {"start": period.start, "end": period.end, "tariff": tariff, "segment": segment}
    return figures.page(_ROWS, params, after=after, most=most)
