"""Add-ons: connect now or from the next period, disconnect now or at the period's end; each by a quote."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction

from abonent.billing import (
    changes,
    obstacles,
    policies,
    quotes,
    resuming,
    returns,
    rules,
    subscriptions,
    tariff_prices,
    waking,
)
from abonent.billing.models import Change, ParkedAccount, Quote, Subscription, SubscriptionState
from abonent.billing.models_changes import OPEN_STATES, ChangeState, ChangeWhat
from abonent.billing.tariff_prices import NothingToChange, NotNow, TariffWithdrawn, UnableToChange
from abonent.catalog import queries as catalog
from abonent.catalog.models import Offer, OfferRole, OfferVersion
from abonent.core import alarms, db
from abonent.ledger.models import Account

ON, OFF = "addon_on", "addon_off"  # what a quote is for
_BEGIN = """
    update billing_subscription set state = 'active', paid_until = %s
    where id = %s and state = 'waiting'
"""


class CannotStand(UnableToChange):
    """It requires what is not there, excludes what is, or is connected already."""


class TariffAsleep(NotNow):
    """Its tariff is suspended or waits: beside it something is connected from the next period only."""


class OnlyNow(UnableToChange):
    """What is charged once is bought, not planned."""


class Unfit(NamedTuple):
    """An add-on on sale that cannot be connected beside what the account has, and why."""

    version: OfferVersion
    needs_kinds: list[str]  # of services, any of them
    needs: list[Offer]  # any of them
    excluded_by: list[Offer]


class Priced(NamedTuple):
    offered: quotes.Offered
    subscription: Subscription  # the tariff beside which it is connected; the add-on that ends
    version: OfferVersion
    available_kop: int
    balance_kop: int
    next_on: date | None  # the next charge of anything, after it
    next_kop: int

    @property
    def missing_kop(self) -> int:
        return max(0, self.offered.total_kop - self.available_kop)

    @property
    def balance_after_kop(self) -> int:
        return self.balance_kop - self.offered.total_kop


def price_on(*, account_id: int, subscription_id: int, code: str, is_now: bool, on: date) -> Priced:
    """What connecting an add-on beside a tariff would cost: a part now, or nothing until the next period.

    Raises tariff_prices.UnableToChange.
    """
    on = tariff_prices.today_of(on)
    obstacles.require_none(account_id, subscription_id, on=on)
    tariff = _own(account_id, subscription_id, OfferRole.TARIFF, on)
    effective_on = on if is_now else tariff_prices.next_period(tariff, on)
    version = _version(tariff, code, effective_on)
    _require_fits(tariff, version.offer)
    has = tariff_prices.held(account_id)
    if is_now:
        if tariff.state != SubscriptionState.ACTIVE:
            raise TariffAsleep("the tariff does not work: connect it from the next period")
        due = rules.next_due(version.charging, on, tariff.anchor_day)
        cost_kop = rules.amount_kop(version.charging, version.price_kop, due, policies.in_force().proration_days)
        lines = [tariff_prices.line_of_charge(version, due, cost_kop)]
        begins_on = due.period.end
    elif version.charging == rules.ONCE:
        raise OnlyNow(code)
    else:
        lines = [tariff_prices.line_of("from_next_period", version, 0)]
        begins_on = effective_on
    held = [resuming.held_of(row) for row in has.rows]
    if version.charging != rules.ONCE:
        held.append(_as_held(tariff, version, begins_on))
    return _priced(lines, effective_on, tariff, version, has, held)


def price_off(*, account_id: int, subscription_id: int, is_now: bool, on: date) -> Priced:
    """What disconnecting an add-on gives back: now, by the profile's addon_return; at the period's end, nothing."""
    on = tariff_prices.today_of(on)
    addon = _own(account_id, subscription_id, OfferRole.ADDON, on)
    working = addon.state in (SubscriptionState.ACTIVE, SubscriptionState.STANDING)
    effective_on = on if is_now or not working or addon.paid_until is None else max(on, addon.paid_until)
    lines = []
    if is_now and settings.PROFILE.addon_return == "unused_days":
        lines = [tariff_prices.line_of_return(addon, back, "return") for back in returns.would_return(addon, on)]
    lines = lines or [tariff_prices.line_of("addon_off", addon.version, 0)]
    has = tariff_prices.held(account_id)
    held = [
        one
        for one in map(resuming.held_of, has.rows)
        if one.id != addon.id or (one.paid_until is not None and one.paid_until < effective_on)
    ]
    return _priced(lines, effective_on, addon, addon.version, has, held)


def offered(tariff: Subscription, on: date) -> list[OfferVersion]:
    """The add-ons on sale that may be connected beside a tariff, and are not yet."""
    segment = tariff.line.segment if tariff.line else None
    found = catalog.on_sale(on, role=OfferRole.ADDON, segment=segment, kind=tariff.kind)
    have = {one.version.offer.code for one in _beside(tariff)}
    planned = set(
        Change.objects.filter(subscription=tariff, what=ChangeWhat.ADDON_ON, state__in=OPEN_STATES).values_list(
            "version__offer__code", flat=True
        )
    )
    return [
        one
        for one in found
        if one.charging in rules.CHARGED
        and one.offer.code not in have | planned
        and tariff_prices.fits(one.offer, [tariff.version.offer])
    ]


def unfit(tariffs: Sequence[Subscription], on: date) -> list[Unfit]:
    """The add-ons on sale at these tariffs' places that none of them can carry now, and what it would take."""
    segments = {one.line.segment for one in tariffs if one.line}
    found: dict[str, OfferVersion] = {}
    for segment in sorted(segments):
        found |= {one.offer.code: one for one in catalog.on_sale(on, role=OfferRole.ADDON, segment=segment)}
    return [
        told
        for version in found.values()
        if (told := _unfit(version, [one for one in tariffs if one.kind == version.offer.kind])) is not None
    ]


def quote(
    *, account_id: int, what: str, subscription_id: int, code: str, is_now: bool, on: date, at: datetime
) -> Quote:
    """Compute and keep.   what: ON or OFF.   code: of the add-on to connect; "" for OFF."""
    params: dict[str, Any] = {"subscription_id": subscription_id, "is_now": is_now}
    if what == ON:
        params["code"] = code
    priced = price(account_id=account_id, what=what, params=params, on=on)
    return quotes.make(account_id=account_id, what=what, params=params, offered=priced.offered, at=at)


def price(*, account_id: int, what: str, params: dict[str, Any], on: date) -> Priced:
    return (price_on if what == ON else price_off)(account_id=account_id, on=on, **params)


def confirm(*, account_id: int, token: str, what: str, on: date, at: datetime, actor: str) -> Change:
    """Do what was quoted.   Raises quotes.UnableToConfirm, tariff_prices.UnableToChange: nothing is done then."""
    seen: list[Priced] = []

    def compute(params: dict[str, Any]) -> quotes.Offered:
        seen.append(price(account_id=account_id, what=what, params=params, on=on))
        return seen[0].offered

    used = quotes.confirm(account_id=account_id, token=token, what=what, at=at, compute=compute)
    priced = seen[0]
    if priced.missing_kop:
        raise tariff_prices.MoneyShort(priced.missing_kop)
    at_once = priced.offered.effective_on <= tariff_prices.today_of(on)
    try:
        with transaction.atomic():
            change = Change.objects.create(
                account_id=account_id,
                what=what,
                is_now=at_once,
                subscription=priced.subscription,
                version=priced.version,
                state=ChangeState.DONE if at_once else ChangeState.PLANNED,
                effective_on=priced.offered.effective_on,
                quote=used,
                lines=priced.offered.lines,
                total_kop=priced.offered.total_kop,
                made_by=actor,
            )
    except IntegrityError as error:
        raise tariff_prices.AskedAlready("it is planned already") from error
    if at_once:
        _carry_out(change, priced)
    return change


def apply_due(first_account_id: int, last_account_id: int, *, on: date) -> int:
    """Add-ons planned to begin or to end on `on`, of a range of accounts: a step of the charge run."""
    db.require_transaction()
    due = Change.objects.filter(
        what__in=[ChangeWhat.ADDON_ON, ChangeWhat.ADDON_OFF],
        state=ChangeState.PLANNED,
        effective_on__lte=on,
        account_id__gte=first_account_id,
        account_id__lte=last_account_id,
    )
    ids = sorted(set(due.values_list("account_id", flat=True)))
    if not ids:
        return 0
    db.lock(Account, ids)
    done = 0
    for change in due.select_related("version__offer").order_by("account_id", "id"):
        try:
            with transaction.atomic():
                done += _apply(change, on)
        except (subscriptions.UnableToSubscribe, UnableToChange, IntegrityError) as error:
            Change.objects.filter(id=change.id).update(state=ChangeState.FAILED, why=str(error)[:500])
            alarms.raise_alarm(key=f"change:{change.id}", what=f"change {change.id} of an add-on: {error}")
    return done


def _carry_out(change: Change, priced: Priced) -> None:
    on = change.effective_on
    if change.what == ON:
        made = _connect(priced.subscription, priced.version, on)
        changes.charge_first(made, on=on)
        change.result = made
        change.save(update_fields=["result"])
    else:
        if settings.PROFILE.addon_return == "unused_days":
            returns.give_back(priced.subscription, on=on, reason="addon_off")
        changes.end(priced.subscription, on=on)
    resuming.resume(change.account_id, on=on)


def _apply(change: Change, on: date) -> int:
    subscription = Subscription.objects.select_related("version__offer", "line").get(id=change.subscription_id)
    if subscription.state == SubscriptionState.ENDED:
        Change.objects.filter(id=change.id).update(state=ChangeState.FAILED)
        return 0
    working = subscription.state in (SubscriptionState.ACTIVE, SubscriptionState.STANDING, "paused")
    if working and subscription.paid_until is not None and subscription.paid_until > on:
        Change.objects.filter(id=change.id).update(effective_on=subscription.paid_until)
        return 0
    Change.objects.filter(id=change.id).update(state=ChangeState.DONE, effective_on=on)
    if change.what == OFF:
        changes.end(subscription, on=on)
        return 1
    assert change.version is not None
    _require_fits(subscription, change.version.offer)
    made = _connect(subscription, change.version, on)
    if subscription.state == SubscriptionState.ACTIVE:
        db.run(_BEGIN, [on, made.id])  # the run itself charges it, or suspends it
    Change.objects.filter(id=change.id).update(result=made)
    return 1


def _connect(tariff: Subscription, version: OfferVersion, on: date) -> Subscription:
    try:
        return subscriptions.subscribe(
            account_id=tariff.account_id, line_id=tariff.line_id, version_id=version.id, on=on, parent_id=tariff.id
        )
    except subscriptions.UnableToSubscribe as error:
        raise CannotStand(str(error)) from error


def _priced(
    lines: list[dict[str, Any]],
    effective_on: date,
    subscription: Subscription,
    version: OfferVersion,
    has: tariff_prices.Held,
    after: Sequence[waking.Held],
) -> Priced:
    """after: what the account holds once it is done."""
    total_kop = sum(line["amount_kop"] for line in lines)
    next_on, next_kop = _next_charge(after)
    return Priced(
        quotes.Offered(lines, total_kop, effective_on),
        subscription,
        version,
        has.available_kop,
        has.account.balance_kop or 0,
        next_on,
        next_kop,
    )


def _as_held(tariff: Subscription, version: OfferVersion, paid_until: date) -> waking.Held:
    """The add-on as it will be, for its next charge."""
    return waking.Held(
        0, tariff.id, version.charging, version.price_kop, tariff.state, paid_until, None, paid_until, tariff.anchor_day
    )


def _next_charge(held: Sequence[waking.Held]) -> tuple[date | None, int]:
    working = [one for one in held if one.state == waking.ACTIVE and one.paid_until is not None]
    first = min((one.paid_until for one in working if one.paid_until), default=None)
    if first is None:
        return None, 0
    costs = [
        rules.cost(
            one.charging,
            rules.price_on(first, one.price_kop, one.new_prices),
            one.discounts,
            rules.next_due(one.charging, first, one.anchor_day),
            policies.in_force().proration_days,
        )
        for one in working
        if one.paid_until == first
    ]
    return first, sum(one.amount_kop for one in costs)


def _unfit(version: OfferVersion, tariffs: Sequence[Subscription]) -> Unfit | None:
    """None: one of the tariffs carries it, or has it already."""
    offer = version.offer
    if not tariffs:
        return Unfit(version, [offer.kind], [], [])
    excluded_by: dict[str, Offer] = {}
    for tariff in tariffs:
        beside = [tariff.version.offer, *(one.version.offer for one in _beside(tariff))]
        if any(one.code == offer.code for one in beside) or tariff_prices.fits(offer, beside):
            return None
        excluded_by |= {one.code: one for one in beside if one.code in offer.excludes or offer.code in one.excludes}
    if excluded_by:
        return Unfit(version, [], [], list(excluded_by.values()))
    known = {one.code: one for one in Offer.objects.filter(code__in=offer.requires)}
    kinds = [one for one in offer.requires if one not in known]
    return Unfit(version, kinds, list(known.values()), [])


def _own(account_id: int, subscription_id: int, role: str, on: date) -> Subscription:
    found = (
        Subscription.objects.select_related("version__offer", "line")
        .filter(id=subscription_id, account_id=account_id, role=role)
        .exclude(state=SubscriptionState.ENDED)
        .first()
    )
    if found is None:
        raise NothingToChange(f"subscription {subscription_id} is none of account {account_id}")
    if ParkedAccount.objects.filter(account_id=account_id).exists() or found.state == "paused":
        raise NotNow("the service is paused, or the account is looked at by staff")
    if found.state == SubscriptionState.ACTIVE and found.paid_until is not None and found.paid_until < on:
        raise NotNow("the charges of the last dates are being made")
    return found


def _version(tariff: Subscription, code: str, on: date) -> OfferVersion:
    try:
        version = catalog.version_on(code, on)
    except catalog.UnableToFindVersion:
        raise TariffWithdrawn(code) from None
    offer = version.offer
    segment = tariff.line.segment if tariff.line else None
    wrong = offer.role != OfferRole.ADDON or offer.kind != tariff.kind or version.charging not in rules.CHARGED
    if wrong or not offer.on_sale or (segment is not None and segment not in offer.segments):
        raise TariffWithdrawn(code)
    return version


def _beside(tariff: Subscription) -> list[Subscription]:
    own = Subscription.objects.filter(parent=tariff, account_id=tariff.account_id).select_related("version__offer")
    return list(own.exclude(state=SubscriptionState.ENDED))


def _require_fits(tariff: Subscription, offer: Offer) -> None:
    beside = [one.version.offer for one in _beside(tariff)]
    if any(one.code == offer.code for one in beside):
        raise CannotStand(f"{offer.code} is connected already")
    if not tariff_prices.fits(offer, [tariff.version.offer, *beside]):
        raise CannotStand(f"{offer.code} cannot stand beside what is connected")
