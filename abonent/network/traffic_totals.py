"""Traffic of everybody by day and by tariff, and who has most: for reports. Reads only."""

from datetime import date
from typing import NamedTuple

from abonent.core import db, figures, periods

TOP = 20
EVERY = "*"

_DAYS = """
    select "on", count(*) as subscriptions, sum(down_octets)::bigint as down_octets, sum(up_octets)::bigint as up_octets
    from network_usage
    where "on" >= %(start)s and "on" < %(end)s
    group by "on" order by "on"
"""
_USED = """
    with used as (
        select subscription_id, sum(down_octets)::bigint as down_octets, sum(up_octets)::bigint as up_octets
        from network_usage
        where "on" >= %(start)s and "on" < %(end)s
        group by subscription_id
    )
"""
# Both at once: what each has used is summed once.
_TARIFFS_AND_TOP = f"""{_USED.replace("used as (", "used as materialized (")}, ranked as (
        select used.*, row_number() over (order by down_octets + up_octets desc, subscription_id) as place from used
    ), named as (
        select ranked.*, coalesce(offer.code, '') as tariff, s.account_id
        from ranked
        left join billing_subscription s on s.id = ranked.subscription_id
        left join catalog_offerversion version on version.id = s.version_id
        left join catalog_offer offer on offer.id = version.offer_id
    )
    select 0 as place, tariff, null as number, count(*) as subscriptions, sum(down_octets)::bigint as down_octets,
           sum(up_octets)::bigint as up_octets
    from named
    group by tariff
    union all
    select named.place, named.tariff, contract.number, 1, named.down_octets, named.up_octets
    from named
    left join ledger_account account on account.id = named.account_id
    left join subscribers_contract contract on contract.id = account.contract_id
    where named.place <= {TOP}
    order by 1, 5 desc, 2
"""
_ROWS = f"""{_USED}
    select used.subscription_id as id, %(start)s::date as "on", contract.number, coalesce(offer.code, '') as about,
           case %(way)s when 'down' then used.down_octets when 'up' then used.up_octets
                        else used.down_octets + used.up_octets end as amount
    from used
    left join billing_subscription s on s.id = used.subscription_id
    left join catalog_offerversion version on version.id = s.version_id
    left join catalog_offer offer on offer.id = version.offer_id
    left join ledger_account account on account.id = s.account_id
    left join subscribers_contract contract on contract.id = account.contract_id
    where %(tariff)s = '*' or coalesce(offer.code, '') = %(tariff)s
"""


class Day(NamedTuple):
    on: date
    subscriptions: int
    down_octets: int  # to subscribers
    up_octets: int


class Used(NamedTuple):
    """By everybody of a tariff; or by one of the TOP."""

    place: int  # from 1; 0: of a tariff
    tariff: str  # its code
    number: str | None  # of the contract
    subscriptions: int
    down_octets: int
    up_octets: int


def by_day(period: periods.Period) -> list[Day]:
    return [Day(**row) for row in db.rows(_DAYS, _params(period))]


def by_tariff_and_top(period: periods.Period) -> tuple[list[Used], list[Used]]:
    """By tariff, the most used first; and the TOP subscriptions by what they received and sent."""
    found = [Used(**row) for row in db.rows(_TARIFFS_AND_TOP, _params(period))]
    return [one for one in found if not one.place], [one for one in found if one.place]


def rows(
    period: periods.Period, *, tariff: str = EVERY, way: str = "", after: int = 0, most: int = figures.PAGE
) -> figures.Page:
    """By subscription.   way: "down", "up"; "": both.   about: the tariff's code."""
    return figures.page(_ROWS, _params(period) | {"tariff": tariff, "way": way}, after=after, most=most)


def _params(period: periods.Period) -> dict[str, date]:
    return {"start": period.start, "end": period.end}
