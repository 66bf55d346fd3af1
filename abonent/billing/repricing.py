"""Move those who have an offer onto a version that was announced to them. The only module that writes Repricing.

A version takes hold of a subscription with its first period that begins on the version's date or later: by the month
with the next month charged, by the day on that very date. A step of the charge run, before its charges.
"""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings

from abonent.billing import rules
from abonent.billing.models_repricing import Repricing
from abonent.catalog.models import OfferVersion
from abonent.core import db

DAYS_OF_MONTH = 30  # of what is priced by the plain day, for the sum a month
_TOUCHED = db.read_sql(__file__, "touched")
_REPRICE = db.read_sql(__file__, "reprice")
_DISCOUNTED = db.read_sql(__file__, "reprice_discounted")
_MOVE_DISCOUNTED = """
    update billing_subscription s
    set version_id = %(version_id)s, price_kop = x.price_kop, discount_kop = x.discount_kop
    from unnest(%(ids)s::bigint[], %(prices_kop)s::bigint[], %(discounts_kop)s::bigint[])
        as x (id, price_kop, discount_kop)
    where s.id = x.id
"""
_RISES = """
    select kind, charging, sum(new_price_kop - price_kop)::bigint as moved_kop
    from billing_repriceable
    where moves_from <= %(on)s and state = 'active' and paid_until = %(on)s
    group by kind, charging
"""
_ANNOUNCED = """
    select v.price_kop, case when v.price_kop > was.price_kop
        then greatest(v.valid_from, %(started_on)s::date + r.notice_days + 1) else v.valid_from end as moves_from
    from billing_repricing r
    join catalog_offerversion v on v.id = r.version_id
    join catalog_offerversion was on was.offer_id = v.offer_id and was.number < v.number
    where was.id = %(version_id)s and was.charging = v.charging and r.moved_at is null and r.withdrawn_at is null
    order by v.number
"""
# A change planned at the old price begins with it and is moved too.
_LEFT = """
    select 1 as one from billing_repriceable where version_id = %(version_id)s
    union all
    select 1
    from billing_change c
    join catalog_offerversion was on was.id = c.version_id
    join catalog_offerversion v on v.offer_id = was.offer_id and v.number > was.number
    where v.id = %(version_id)s and c.state in ('asked', 'to_agree', 'planned')
    limit 1
"""


class Touched(NamedTuple):
    """Whom a version would move."""

    subscriptions: int
    accounts: int
    month_kop: int  # by how much all they pay a month changes
    own_price: int  # subscriptions whose price was agreed with them alone, or is taken in another way: they keep it


def nearest(today: date) -> date:
    """The first date from which a price of those who have it may change, if they are told now.

    The day of telling does not count, and a notice of the evening goes out in the morning.
    """
    return today + timedelta(days=settings.PROFILE.price_notice_days + 1)


def touched(offer_id: int, *, price_kop: int, charging: str) -> Touched:
    found = db.rows(_TOUCHED, {"offer_id": offer_id, "price_kop": price_kop, "charging": charging})[0]
    times = DAYS_OF_MONTH if charging == rules.PER_DAY else 1
    return Touched(found["subscriptions"], found["accounts"], found["moved_kop"] * times, found["own_price"])


def announced(version: OfferVersion, *, started_on: date) -> tuple[rules.NewPrice, ...]:
    """The prices that await who would begin with it on that date, as the view billing_repriceable says it later."""
    coming = db.rows(_ANNOUNCED, {"version_id": version.id, "started_on": started_on})
    return tuple(rules.NewPrice(row["moves_from"], row["price_kop"]) for row in coming)


def announce(version: OfferVersion, meant: Touched, *, on: date) -> Repricing:
    """From the version's date its offer's subscriptions move onto it.   on: the operator's today."""
    db.require_transaction()
    assert version.moves_all, version.pk
    return Repricing.objects.create(
        version=version,
        notice_days=settings.PROFILE.price_notice_days,
        subscriptions=meant.subscriptions,
        accounts=meant.accounts,
        month_kop=meant.month_kop,
        announced_on=on,
    )


def withdraw(version_id: int, *, at: datetime) -> bool:
    """Nobody moves; give whether anybody was to."""
    db.require_transaction()
    return bool(Repricing.objects.filter(pk=version_id, withdrawn_at=None, moved_at=None).update(withdrawn_at=at))


def locked(version_id: int) -> Repricing:
    """For who tells, chunk by chunk."""
    db.require_transaction()
    return db.lock(Repricing, [version_id])[version_id]


def advance(one: Repricing, *, through: int, is_last: bool, at: datetime) -> None:
    """So far they are told.   one: locked."""
    one.told_through = max(one.told_through, through)
    one.told_at = at if is_last else None
    one.save(update_fields=["told_through", "told_at"])


def advance_second(one: Repricing, *, through: int, is_last: bool, at: datetime) -> None:
    """So far they are told that it will not be.   one: locked."""
    one.called_off_through = max(one.called_off_through, through)
    one.called_off_at = at if is_last else None
    one.save(update_fields=["called_off_through", "called_off_at"])


def move_due(first_account_id: int, last_account_id: int, *, on: date) -> int:
    """Move the subscriptions of a range of accounts whose day has come; give how many. Safe to repeat.

    Follows the changes of the same date, so that what has just begun is on the right version; the accounts stand
    locked. Nothing was announced, mostly: one look in a small index.
    """
    db.require_transaction()
    begun = Repricing.objects.filter(moved_at=None, withdrawn_at=None, version__valid_from__lte=on)
    moved = 0
    for version_id in begun.order_by("version__offer_id", "version__number").values_list("pk", flat=True):
        params = {"version_id": version_id, "first": first_account_id, "last": last_account_id, "on": on}
        moved += _move_discounted(params) + db.run(_REPRICE, params)
    return moved


def rises(on: date) -> dict[tuple[str, str], int]:
    """By kind and way of charging: how much dearer what is due on `on` becomes by what was announced.

    The plan of a run asks before it takes the steps, and does not take it for a surprise.
    """
    if not Repricing.objects.filter(moved_at=None, withdrawn_at=None, version__valid_from__lte=on).exists():
        return {}
    return {(row["kind"], row["charging"]): row["moved_kop"] for row in db.rows(_RISES, {"on": on})}


def close(on: date, at: datetime) -> int:
    """Those of which nobody is left to move; give how many."""
    closed = 0
    begun = Repricing.objects.filter(moved_at=None, withdrawn_at=None, version__valid_from__lte=on)
    for version_id in begun.values_list("pk", flat=True):
        if not db.rows(_LEFT, {"version_id": version_id}):
            closed += Repricing.objects.filter(pk=version_id).update(moved_at=at)
    return closed


def _move_discounted(params: dict[str, Any]) -> int:
    rows = db.rows(_DISCOUNTED, params)
    if not rows:
        return 0
    offs_kop = [rules.discount(row["discount"]).of_kop(row["new_price_kop"]) if row["discount"] else 0 for row in rows]
    return db.run(
        _MOVE_DISCOUNTED,
        {
            "version_id": params["version_id"],
            "ids": [row["id"] for row in rows],
            "prices_kop": [row["new_price_kop"] for row in rows],
            "discounts_kop": offs_kop,
        },
    )
