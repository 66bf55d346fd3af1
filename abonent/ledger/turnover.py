"""What moved between subscribers and the house in a period, by house account and month: for reports of money.

Each figure opens to its transfers: `rows`. All of it is the ledger itself, so they agree to the kopeck.
"""

from datetime import date
from typing import NamedTuple

from abonent.core import db, periods

MOST_ROWS = 1000

_TURNOVER = """
    select house.code, date_trunc('month', sides."on")::date as month, sum(sides.gave)::bigint as gave_kop,
           sum(sides.took)::bigint as took_kop, count(*) as transfers
    from (
        select "on", debit_id as house_id, amount_kop as gave, 0 as took from ledger_transfer
        where "on" >= %(start)s and "on" < %(end)s and debit_id < 1000
        union all
        select "on", credit_id, 0, amount_kop from ledger_transfer
        where "on" >= %(start)s and "on" < %(end)s and credit_id < 1000
    ) sides
    join ledger_account house on house.id = sides.house_id
    group by 1, 2
    order by 1, 2
"""
_ROWS = """
    select t."on", t.id, t.reason, contract.number,
           case when t.debit_id = house.id then t.amount_kop else -t.amount_kop end as amount_kop
    from ledger_account house
    join ledger_transfer t on t."on" >= %(start)s and t."on" < %(end)s and house.id in (t.debit_id, t.credit_id)
    join ledger_account account on account.id = case when t.debit_id = house.id then t.credit_id else t.debit_id end
    left join subscribers_contract contract on contract.id = account.contract_id
    where house.code = %(code)s
    order by t."on", t.id
    limit %(most)s
"""


class Line(NamedTuple):
    code: str  # of the house account: "clearing:cash", "revenue:internet"
    month: date  # its first day
    gave_kop: int  # to subscribers
    took_kop: int  # from subscribers
    transfers: int


class Row(NamedTuple):
    """A transfer, as its subscriber's balance saw it."""

    on: date
    id: int
    reason: str
    number: str | None  # of the contract
    amount_kop: int  # more than 0: the balance grew


def of(period: periods.Period) -> list[Line]:
    """By house account, then by month."""
    return [Line(**row) for row in db.rows(_TURNOVER, {"start": period.start, "end": period.end})]


def rows(code: str, period: periods.Period, most: int = MOST_ROWS) -> list[Row]:
    """The transfers of a house account, the oldest first."""
    params = {"code": code, "start": period.start, "end": period.end, "most": most}
    return [Row(**row) for row in db.rows(_ROWS, params)]
