"""New, lost and paused subscribers by month: for reports. Reads only.

A subscriber is a contract here: new on the day it is signed, lost on the first day without service.
"""

from datetime import date
from typing import NamedTuple

from abonent.core import db, figures, periods

EVENTS = ("new", "lost", "paused", "back")
STOCKS = ("served", "on_pause")

_EVENTS = db.read_sql(__file__, "growth")
_FIGURES = f"""{_EVENTS}, months as (
        select month::date as month,
               least((month + interval '1 month')::date, %(end)s::date) as after
        from generate_series(date_trunc('month', %(start)s::date), %(end)s::date - 1, interval '1 month') month
    ), counted as (
        select date_trunc('month', "on")::date as month,
               count(*) filter (where what = 'new') as new, count(*) filter (where what = 'lost') as lost,
               count(*) filter (where what = 'paused') as paused, count(*) filter (where what = 'back') as back
        from events
        group by 1
    )
    select months.month, coalesce(new, 0) as new, coalesce(lost, 0) as lost, coalesce(paused, 0) as paused,
           coalesce(back, 0) as back,
           ((select count(*) from subscribers_contract
             where signed_on < %(start)s and (ended_on is null or ended_on >= %(start)s))
            + sum(coalesce(new, 0) - coalesce(lost, 0)) over (order by months.month))::bigint as served,
           (select count(*) from billing_pause pause
            where pause.state in ('running', 'over') and pause.starts_on < months.after
              and (pause.ends_on is null or pause.ends_on >= months.after)) as on_pause
    from months
    left join counted on counted.month = months.month
    order by months.month
"""
_EVENT_ROWS = f"""{_EVENTS}
    select id, "on", number, what as about, 1 as amount from events where what = %(what)s
"""
# On the last day of the period.
_STOCK_ROWS = {
    "served": """
        select contract.id, contract.signed_on as "on", contract.number, 'served' as about, 1 as amount
        from subscribers_contract contract
        where contract.signed_on < %(end)s and (contract.ended_on is null or contract.ended_on >= %(end)s)
    """,
    "on_pause": """
        select pause.id, pause.starts_on as "on", contract.number, 'on_pause' as about, 1 as amount
        from billing_pause pause
        join ledger_account account on account.id = pause.account_id
        join subscribers_contract contract on contract.id = account.contract_id
        where pause.state in ('running', 'over') and pause.starts_on < %(end)s
          and (pause.ends_on is null or pause.ends_on >= %(end)s)
    """,
}


class Month(NamedTuple):
    month: date  # its first day
    new: int
    lost: int
    paused: int  # pauses that began
    back: int  # pauses that ended
    served: int  # contracts in force on its last day
    on_pause: int  # of them, on its last day

    @property
    def net(self) -> int:
        return self.new - self.lost


def of(period: periods.Period) -> list[Month]:
    """Every month that the period touches, its days in the period."""
    return [Month(**row) for row in db.rows(_FIGURES, {"start": period.start, "end": period.end})]


def rows(what: str, period: periods.Period, *, after: int = 0, most: int = figures.PAGE) -> figures.Page:
    """what: of EVENTS, in the period; of STOCKS, on its last day."""
    assert what in EVENTS + STOCKS, what
    params = {"what": what, "start": period.start, "end": period.end}
    return figures.page(_STOCK_ROWS.get(what, _EVENT_ROWS), params, after=after, most=most)
