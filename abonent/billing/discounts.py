"""Give, begin and end discounts. Writes Discount and Subscription.discount_kop.

A discount counts for the periods whose first day it holds. The charge run of a date ends and begins what that date
brings, before its charges, so that `discount_kop` is the discount of the last date whose run has finished.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from abonent.billing import parking, rules, runs
from abonent.billing.models import Discount, Subscription, SubscriptionState
from abonent.billing.models_discounts import DiscountKind, DiscountState
from abonent.core import db, periods
from abonent.ledger.models import Account

OPEN = (DiscountState.PLANNED, DiscountState.RUNNING)
_TO_END = "billing_discount where state = 'running' and to_on <= %(on)s"
_TO_BEGIN = "billing_discount where state = 'planned' and from_on <= %(on)s"
_END = """
    with ended as (
        update billing_discount set state = 'over'
        where state = 'running' and to_on <= %(on)s and account_id = any(%(ids)s)
        returning subscription_id
    )
    update billing_subscription s set discount_kop = 0 from ended where s.id = ended.subscription_id
"""
# What was to begin and end within dates that nobody charged has nothing to take off any more.
_PASS_OVER = """
    update billing_discount d
    set state = case when s.state = 'ended' then 'void' else 'over' end
    from billing_subscription s
    where d.state = 'planned' and d.from_on <= %(on)s and d.account_id = any(%(ids)s) and s.id = d.subscription_id
      and (s.state = 'ended' or d.to_on <= %(on)s)
"""
_BEGINNING = """
    update billing_discount d set state = 'running'
    from billing_subscription s
    where d.state = 'planned' and d.from_on <= %(on)s and d.account_id = any(%(ids)s) and s.id = d.subscription_id
    returning d.kind, d.percent_hundredths, d.amount_kop, d.from_on, d.to_on, s.id, s.price_kop
"""
_TAKE_OFF = """
    update billing_subscription s set discount_kop = x.discount_kop
    from unnest(%s::bigint[], %s::bigint[]) as x (id, discount_kop)
    where s.id = x.id
"""


class UnableToDiscount(Exception):
    """Nothing was done; the text says why."""


class Overlaps(UnableToDiscount):
    """Another discount of the subscription has some of the dates."""


def give(
    subscription_id: int,
    *,
    kind: str,
    value: int,
    from_on: date,
    to_on: date | None,
    reason: str,
    by: str,
    on: date,
) -> Discount:
    """Let a discount come off the subscription's price on the dates `[from_on, to_on)`.

    kind, value: "percent", hundredths of a percent up to 10,000; or "fixed", kopecks off the price of a whole period
    (of a day, where a plain day is charged).   from_on: not before `on`, the operator's today.   to_on: None: open.
    Locks the account. Days charged already stay as they are.   Raises UnableToDiscount.
    """
    subscription = _locked(subscription_id)
    if value <= 0 or (kind == DiscountKind.PERCENT and value > rules.WHOLE_PERCENT) or value > rules.MAX_PRICE_KOP:
        raise UnableToDiscount("a discount is more than 0; a percent is 100 at most")
    if to_on is not None and to_on <= from_on:
        raise UnableToDiscount(f"it would end on {to_on}, before it begins on {from_on}")
    if from_on < on:
        raise UnableToDiscount(f"{from_on} is over: what is charged stays charged; take {on} or later")
    begun = from_on <= (runs.hold_charged_through() or date.min)
    try:
        with transaction.atomic():
            made = Discount.objects.create(
                subscription=subscription,
                account_id=subscription.account_id,
                kind=kind,
                percent_hundredths=value if kind == DiscountKind.PERCENT else None,
                amount_kop=value if kind == DiscountKind.FIXED else None,
                from_on=from_on,
                to_on=to_on,
                state=DiscountState.RUNNING if begun else DiscountState.PLANNED,
                reason=reason,
                created_by=by,
            )
    except IntegrityError as error:
        raise Overlaps(f"subscription {subscription_id} has a discount on some of these dates") from error
    if begun:
        _set(subscription, as_rule(made).of_kop(subscription.price_kop))
    return made


def end(discount_id: int, *, by: str, on: date) -> Discount:
    """Call a discount off that has not begun, or end it with the first date whose charges are not made.

    on: the operator's today. Locks the account.   Raises UnableToDiscount.
    """
    whose = Discount.objects.filter(id=discount_id).values_list("subscription_id", flat=True).first()
    if whose is None:
        raise UnableToDiscount(f"there is no discount {discount_id}")
    _locked(whose)
    found = Discount.objects.get(id=discount_id)
    if found.state not in OPEN:
        raise UnableToDiscount(f"discount {discount_id} is {found.state}")
    found.ended_by = by
    if found.state == DiscountState.PLANNED:
        found.state = DiscountState.VOID
    else:
        through = runs.hold_charged_through()
        last = on if through is None else max(on, through + periods.ONE_DAY)
        if found.to_on is not None and found.to_on <= last:
            raise UnableToDiscount(f"discount {discount_id} ends on {found.to_on} by itself")
        found.to_on = last
    found.save(update_fields=["state", "to_on", "ended_by"])
    return found


def end_due(first_account_id: int, last_account_id: int, *, on: date) -> int:
    """End the discounts of a range of accounts whose date has come; give of how many accounts. Safe to repeat."""
    ids = parking.lock_due(_TO_END, first_account_id, last_account_id, on)
    if ids:
        db.run(_END, {"ids": ids, "on": on})
    return len(ids)


def begin_due(first_account_id: int, last_account_id: int, *, on: date) -> int:
    """Begin the discounts of a range of accounts whose date has come; give of how many accounts. Safe to repeat.

    It follows `end_due` of the same date: on one date a discount ends and the next one begins.
    """
    ids = parking.lock_due(_TO_BEGIN, first_account_id, last_account_id, on)
    if ids:
        params = {"ids": ids, "on": on}
        db.run(_PASS_OVER, params)
        begun = db.rows(_BEGINNING, params)
        offs_kop = [rules.Discount(*_terms(row)).of_kop(row["price_kop"]) for row in begun]
        db.run(_TAKE_OFF, [[row["id"] for row in begun], offs_kop])
    return len(ids)


def move(old: Subscription, new: Subscription, *, on: date) -> None:
    """What is given for a tariff goes on with the one that takes its place on `on`. The account is locked.

    A percent is of the new price, a fixed sum no more than it.
    """
    for one in Discount.objects.filter(subscription=old, state__in=OPEN).order_by("from_on"):
        was = one.state
        one.state = DiscountState.OVER if one.from_on < on else DiscountState.VOID
        goes_on = one.to_on is None or one.to_on > on
        from_on, to_on = max(one.from_on, on), one.to_on
        if goes_on and one.from_on < on:
            one.to_on = on
        one.save(update_fields=["state", "to_on"])
        if not goes_on:
            continue
        follower = Discount.objects.create(
            subscription=new,
            account_id=new.account_id,
            kind=one.kind,
            percent_hundredths=one.percent_hundredths,
            amount_kop=one.amount_kop,
            from_on=from_on,
            to_on=to_on,
            state=was,
            reason=one.reason,
            follows=one,
            created_by=one.created_by,
        )
        if was == DiscountState.RUNNING:
            _set(new, as_rule(follower).of_kop(new.price_kop))
    if old.discount_kop:
        _set(old, 0)


def of_account(account_id: int) -> list[Discount]:
    """Every discount an account was given, the newest first."""
    found = Discount.objects.filter(account_id=account_id).select_related("subscription__version__offer")
    return list(found.order_by("-from_on", "-id"))


def as_rule(one: Discount) -> rules.Discount:
    return rules.Discount(one.kind, one.percent_hundredths, one.amount_kop, one.from_on, one.to_on)


def _locked(subscription_id: int) -> Subscription:
    account_id = Subscription.objects.filter(id=subscription_id).values_list("account_id", flat=True).first()
    if account_id is None:
        raise UnableToDiscount(f"there is no subscription {subscription_id}")
    db.lock(Account, [account_id])
    subscription = Subscription.objects.get(id=subscription_id)
    if subscription.state == SubscriptionState.ENDED:
        raise UnableToDiscount(f"subscription {subscription_id} has ended")
    return subscription


def _set(subscription: Subscription, discount_kop: int) -> None:
    subscription.discount_kop = discount_kop
    subscription.save(update_fields=["discount_kop"])


def _terms(row: dict[str, Any]) -> Iterable[Any]:
    return (row[field] for field in rules.Discount._fields)
