"""What moved between subscribers and the house in a period, by house account and month: for reports of money.

Each figure opens to its transfers: `rows`. All of it is the ledger itself, so they agree to the kopeck.
"""

from datetime import date
from typing import NamedTuple

from abonent.core import db, figures, periods

# By day first: dates are few, and to cut each transfer's to its month costs more than to read it.
_TURNOVER = """
    select house.code, date_trunc('month', days."on")::date as month, sum(days.gave)::bigint as gave_kop,
           sum(days.took)::bigint as took_kop, sum(days.transfers)::bigint as transfers
    from (
        select t."on", side.house_id, sum(side.gave) as gave, sum(side.took) as took, count(*) as transfers
        from ledger_transfer t
        cross join lateral (
            values (t.debit_id, t.amount_kop, 0::bigint), (t.credit_id, 0::bigint, t.amount_kop)
        ) side (house_id, gave, took)
        where t."on" >= %(start)s and t."on" < %(end)s and side.house_id < 1000
        group by 1, 2
    ) days
    join ledger_account house on house.id = days.house_id
    group by 1, 2
    order by 1, 2
"""
_ROWS = """
    select t.id, t."on", contract.number, t.reason as about,
           case when t.debit_id = house.id then t.amount_kop else -t.amount_kop end as amount
    from ledger_account house
    join ledger_transfer t on t."on" >= %(start)s and t."on" < %(end)s and house.id in (t.debit_id, t.credit_id)
    join ledger_account account on account.id = case when t.debit_id = house.id then t.credit_id else t.debit_id end
    left join subscribers_contract contract on contract.id = account.contract_id
    where house.code like %(code)s
      and (%(side)s = '' or (%(side)s = 'gave') = (t.debit_id = house.id))
"""
SIDES = ("", "gave", "took")  # both; to subscribers; from subscribers


class Line(NamedTuple):
    code: str  # of the house account: "clearing:cash", "revenue:internet"
    month: date  # its first day
    gave_kop: int  # to subscribers
    took_kop: int  # from subscribers
    transfers: int


def of(period: periods.Period) -> list[Line]:
    """By house account, then by month."""
    return [Line(**row) for row in db.rows(_TURNOVER, {"start": period.start, "end": period.end})]


def rows(
    code: str, period: periods.Period, *, side: str = "", after: int = 0, most: int = figures.PAGE
) -> figures.Page:
    """The transfers of a house account, as their subscribers' balances saw them.

    code: "clearing:cash", or the beginning of several: "clearing:".   about: the transfer's reason.
    """
    assert side in SIDES, side
    like = f"{code}%" if code.endswith(":") else code
    params = {"code": like.replace("_", r"\_"), "side": side, "start": period.start, "end": period.end}
    return figures.page(_ROWS, params, after=after, most=most)
