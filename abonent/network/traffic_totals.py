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
_TARIFFS = f"""{_USED}
    select coalesce(offer.code, '') as tariff, count(*) as subscriptions, sum(used.down_octets)::bigint as down_octets,
           sum(used.up_octets)::bigint as up_octets
    from used
    left join billing_subscription s on s.id = used.subscription_id
    left join catalog_offerversion version on version.id = s.version_id
    left join catalog_offer offer on offer.id = version.offer_id
    group by 1
    order by sum(used.down_octets + used.up_octets) desc, 1
"""
_TOP = f"""{_USED}
    select most.subscription_id, contract.number, coalesce(offer.code, '') as tariff, most.down_octets, most.up_octets
    from (
        select * from used order by down_octets + up_octets desc, subscription_id limit {TOP}
    ) most
    left join billing_subscription s on s.id = most.subscription_id
    left join catalog_offerversion version on version.id = s.version_id
    left join catalog_offer offer on offer.id = version.offer_id
    left join ledger_account account on account.id = s.account_id
    left join subscribers_contract contract on contract.id = account.contract_id
    order by most.down_octets + most.up_octets desc, most.subscription_id
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


class OfTariff(NamedTuple):
    tariff: str  # its code
    subscriptions: int
    down_octets: int
    up_octets: int


class User(NamedTuple):
    subscription_id: int
    number: str | None  # of the contract
    tariff: str
    down_octets: int
    up_octets: int


def by_day(period: periods.Period) -> list[Day]:
    return [Day(**row) for row in db.rows(_DAYS, _params(period))]


def by_tariff(period: periods.Period) -> list[OfTariff]:
    """The most used first."""
    return [OfTariff(**row) for row in db.rows(_TARIFFS, _params(period))]


def top(period: periods.Period) -> list[User]:
    """The TOP subscriptions by what they received and sent."""
    return [User(**row) for row in db.rows(_TOP, _params(period))]


def rows(
    period: periods.Period, *, tariff: str = EVERY, way: str = "", after: int = 0, most: int = figures.PAGE
) -> figures.Page:
    """By subscription.   way: "down", "up"; "": both.   about: the tariff's code."""
    return figures.page(_ROWS, _params(period) | {"tariff": tariff, "way": way}, after=after, most=most)


def _params(period: periods.Period) -> dict[str, date]:
    return {"start": period.start, "end": period.end}
