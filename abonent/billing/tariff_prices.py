"""What a change of tariff would cost, line by line, and what it would do to the add-ons. Writes nothing."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from django.conf import settings

from abonent.billing import policies, quotes, repricing, resuming, returns, rules, runs, waking
from abonent.billing.models import Change, ParkedAccount, Subscription, SubscriptionState
from abonent.billing.models_changes import ChangeState, ChangeWhat
from abonent.catalog import queries as catalog
from abonent.catalog.models import Offer, OfferRole, OfferVersion
from abonent.core import db, periods
from abonent.ledger.models import Account

_HELD = db.read_sql(__file__, "held")


class UnableToChange(Exception):
    """The change cannot be made now; its class says why, the page says it kindly."""


class NothingToChange(UnableToChange):
    """The subscription is not this account's, is no tariff, or has ended: changed in another window, perhaps."""


class TariffWithdrawn(UnableToChange):
    """The tariff is not on sale, or not for this line."""


class SameTariff(UnableToChange):
    """That is the tariff already."""


class NotNow(UnableToChange):
    """The account is paused, parked, or today's charges are being made."""


class LimitReached(UnableToChange):
    """The profile lets the current tariff be changed so many times a month."""

    def __init__(self, most: int, again_on: date) -> None:
        super().__init__(f"{most} changes a month at most; again from {again_on}")
        self.most, self.again_on = most, again_on


class AskedAlready(UnableToChange):
    """A request for such a change waits already."""


class MoneyShort(UnableToChange):
    """The account does not cover it."""

    def __init__(self, missing_kop: int) -> None:
        super().__init__(f"{missing_kop} kopecks are missing")
        self.missing_kop = missing_kop


class Priced(NamedTuple):
    """An offer and what a person wants to know around it."""

    offered: quotes.Offered
    subscription: Subscription
    version: OfferVersion
    dropped: list[Subscription]  # add-ons that the new tariff cannot carry
    state: str  # of the subscription now
    available_kop: int
    balance_kop: int
    next_on: date | None  # the next charge after the change
    next_kop: int

    @property
    def missing_kop(self) -> int:
        return max(0, self.offered.total_kop - self.available_kop)

    @property
    def balance_after_kop(self) -> int:
        return self.balance_kop - self.offered.total_kop


class Held(NamedTuple):
    """What the account has, as SQL gives it."""

    account: Account
    rows: list[dict[str, Any]]
    available_kop: int


def held(account_id: int) -> Held:
    account = Account.objects.get(id=account_id)
    rows = db.rows(_HELD, [account_id])
    extra_kop = rows[0]["credit_limit_kop"] + rows[0].get("deferral_kop", 0) if rows else 0
    assert account.balance_kop is not None
    return Held(account, rows, account.balance_kop + extra_kop)


def today_of(on: date) -> date:
    """The operator's date, never before the last date whose run has finished: its days are settled."""
    return max(on, runs.charged_through() or on)


def next_period(subscription: Subscription, on: date) -> date:
    """When the next billing period begins; not before what is paid."""
    begins = periods.cycle(on, subscription.anchor_day).end
    if subscription.state == SubscriptionState.ACTIVE and subscription.paid_until is not None:
        return max(begins, subscription.paid_until)
    return begins


def price(*, account_id: int, subscription_id: int, code: str, is_now: bool, on: date, change_id: int = 0) -> Priced:
    """What the change would cost on this date.

    code: of the new tariff.   is_now: from today; else from the next billing period, free.
    change_id: of the request that is being approved: it does not stand in its own way.
    Raises UnableToChange.
    """
    on = today_of(on)
    subscription = (
        Subscription.objects.select_related("version__offer", "line")
        .filter(id=subscription_id, account_id=account_id, role=OfferRole.TARIFF)
        .exclude(state=SubscriptionState.ENDED)
        .first()
    )
    if subscription is None:
        raise NothingToChange(f"subscription {subscription_id} is no tariff of account {account_id}")
    _require_possible(subscription, is_now=is_now, on=on, change_id=change_id)
    effective_on = on if is_now else next_period(subscription, on)
    version = _version(subscription, code, effective_on)
    dropped = not_carried(subscription, version.offer)
    has = held(account_id)
    if is_now:
        fee_kop = settings.PROFILE.tariff_change.fee_kop
        after_fee = has._replace(available_kop=has.available_kop - fee_kop)
        lines = _lines_now(subscription, version, dropped, after_fee, on)
        if fee_kop:
            lines.insert(0, line_of("fee", version, fee_kop))
    else:
        lines = [line_of("from_next_period", version, 0), *(line_of("addon_ends", one.version, 0) for one in dropped)]
    total_kop = sum(line["amount_kop"] for line in lines)
    next_on, next_kop = _next_charge(has.rows, subscription, version, dropped, on, is_now=is_now)
    return Priced(
        offered=quotes.Offered(lines, total_kop, effective_on),
        subscription=subscription,
        version=version,
        dropped=dropped,
        state=subscription.state,
        available_kop=has.available_kop,
        balance_kop=has.account.balance_kop or 0,
        next_on=next_on,
        next_kop=next_kop,
    )


def not_carried(subscription: Subscription, offer: Offer) -> list[Subscription]:
    """The add-ons of the tariff that cannot go on beside the offer."""
    own = Subscription.objects.select_related("version__offer").filter(
        parent=subscription, account_id=subscription.account_id
    )
    return [
        one
        for one in own.exclude(state=SubscriptionState.ENDED).order_by("priority", "id")
        if not fits(one.version.offer, [offer])
    ]


def fits(addon: Offer, beside: Sequence[Offer]) -> bool:
    """May the add-on stand beside these? It requires any of a list of kinds or codes, and excludes codes."""
    codes = {one.code for one in beside}
    kinds = {one.kind for one in beside}
    excluded = any(code in codes for code in addon.excludes) or any(addon.code in one.excludes for one in beside)
    return not excluded and (not addon.requires or any(one in codes or one in kinds for one in addon.requires))


def changes_this_month(subscription: Subscription, on: date) -> int:
    """How many times the current tariff of this line and kind was changed in the month of `on`."""
    month = periods.calendar_month(on)
    done = Change.objects.filter(
        account_id=subscription.account_id,
        what=ChangeWhat.TARIFF,
        is_now=True,
        state=ChangeState.DONE,
        effective_on__gte=month.start,
        effective_on__lt=month.end,
        subscription__kind=subscription.kind,
        subscription__line=subscription.line,
    )
    return done.count()


def line_of_return(one: Subscription, back: returns.Line, what: str) -> dict[str, Any]:
    """A line of a quote: charged − used = returned."""
    return line_of(
        what,
        one.version,
        -back.amount_kop,
        price_kop=back.price_kop,
        discount_kop=back.discount_kop,
        charging=back.charging,
        proration_days=back.proration_days,
        period=_dates(back.period),
        whole=_dates(back.whole),
        used=_dates(back.used),
        charged_kop=back.charged_kop,
        used_kop=back.used_kop,
    )


def line_of_charge(version: OfferVersion, due: rules.Due, amount_kop: int, discount_kop: int = 0) -> dict[str, Any]:
    """A line of a quote: (price − discount) × days ÷ days."""
    return line_of(
        "charge",
        version,
        amount_kop,
        price_kop=version.price_kop,
        discount_kop=discount_kop,
        charging=version.charging,
        proration_days=policies.in_force().proration_days,
        period=_dates(due.period),
        whole=_dates(due.whole),
    )


def _require_possible(subscription: Subscription, *, is_now: bool, on: date, change_id: int) -> None:
    if ParkedAccount.objects.filter(account_id=subscription.account_id).exists():
        raise NotNow("the account is looked at by staff")
    if subscription.state == "paused":
        raise NotNow("the service is paused")
    due = subscription.state == SubscriptionState.ACTIVE and subscription.paid_until
    if due and subscription.paid_until is not None and subscription.paid_until < on:
        raise NotNow("the charges of the last dates are being made")
    open_ones = Change.objects.filter(
        subscription=subscription, what=ChangeWhat.TARIFF, is_now=is_now, state=ChangeState.ASKED
    )
    if open_ones.exclude(id=change_id).exists():
        raise AskedAlready("a request waits already")
    most = settings.PROFILE.tariff_change.max_per_month
    if is_now and changes_this_month(subscription, on) >= most:
        raise LimitReached(most, periods.calendar_month(on).end)


def _version(subscription: Subscription, code: str, effective_on: date) -> OfferVersion:
    try:
        version = catalog.version_on(code, effective_on)
    except catalog.UnableToFindVersion:
        raise TariffWithdrawn(code) from None
    offer = version.offer
    segment = subscription.line.segment if subscription.line else None
    if not offer.on_sale or offer.role != OfferRole.TARIFF or offer.kind != subscription.kind:
        raise TariffWithdrawn(code)
    if segment is not None and segment not in offer.segments:
        raise TariffWithdrawn(code)
    if version.id == subscription.version_id:
        raise SameTariff(code)
    return version


def _lines_now(
    subscription: Subscription, version: OfferVersion, dropped: list[Subscription], has: Held, on: date
) -> list[dict[str, Any]]:
    discounts = next(one.discounts for one in map(resuming.held_of, has.rows) if one.id == subscription.id)
    lines = []
    for one, what in [(subscription, "return"), *((each, "addon_return") for each in dropped)]:
        back = returns.would_return(one, on)
        if what == "addon_return" and not back:
            lines.append(line_of("addon_ends", one.version, 0))
        lines += [line_of_return(one, each, what) for each in back]
    if subscription.state == SubscriptionState.ACTIVE:
        due = rules.next_due(version.charging, on, subscription.anchor_day)
        cost = rules.cost(version.charging, version.price_kop, discounts, due, policies.in_force().proration_days)
        lines.append(line_of_charge(version, due, cost.amount_kop, cost.discount_kop))
    else:
        lines += _woken_lines(subscription, version, dropped, has, on)
    return lines


def _woken_lines(
    subscription: Subscription, version: OfferVersion, dropped: list[Subscription], has: Held, on: date
) -> list[dict[str, Any]]:
    """Of a suspended or waiting tariff: what the money would resume at once with the new price; else nothing."""
    gone = {one.id for one in dropped}
    after = [one for one in map(resuming.held_of, has.rows) if one.id not in gone]
    changed = [one._replace(charging=version.charging, price_kop=version.price_kop) for one in after]
    after = [new if new.id == subscription.id else one for one, new in zip(after, changed, strict=True)]
    left_kop = resuming.first_top_up_left_kop(has.account.id, has.rows[0], has.account.contract_id or 0)
    policy = policies.in_force()
    woken = waking.wake(after, available_kop=has.available_kop, on=on, policy=policy, first_top_up_left_kop=left_kop)
    versions = {
        one.id: one.version
        for one in Subscription.objects.select_related("version__offer").filter(
            id__in=[wake.id for wake in woken.charged]
        )
    } | {subscription.id: version}
    lines = [line_of_charge(versions[wake.id], wake.due, wake.amount_kop, wake.discount_kop) for wake in woken.charged]
    if not any(wake.id == subscription.id for wake in woken.charged):
        [new] = [one for one in after if one.id == subscription.id]
        first = waking.begin(new, max(on, subscription.stopped_on or on), policy, None)
        lines.insert(0, line_of("on_resume", version, 0, cost_kop=first.amount_kop))
    return lines


def _next_charge(
    rows: list[dict[str, Any]],
    subscription: Subscription,
    version: OfferVersion,
    dropped: list[Subscription],
    on: date,
    *,
    is_now: bool,
) -> tuple[date | None, int]:
    """The next date on which anything is charged after the change, and how much."""
    gone = {one.id for one in dropped}
    coming: list[tuple[date, int]] = []
    for one in map(resuming.held_of, rows):
        paid_until = one.paid_until
        if one.id in gone or one.state != waking.ACTIVE or paid_until is None:
            continue
        charging, price_kop, new_prices = one.charging, one.price_kop, one.new_prices
        if one.id == subscription.id:
            if is_now:
                paid_until = rules.next_due(version.charging, on, one.anchor_day).period.end
            begins = on if is_now else next_period(subscription, on)
            if paid_until >= begins:
                charging, price_kop = version.charging, version.price_kop
                new_prices = repricing.announced(version, started_on=begins)
        price_kop = rules.price_on(paid_until, price_kop, new_prices)
        due = rules.next_due(charging, paid_until, one.anchor_day)
        cost = rules.cost(charging, price_kop, one.discounts, due, policies.in_force().proration_days)
        coming.append((paid_until, cost.amount_kop))
    if not coming:
        return None, 0
    first = min(one for one, _kop in coming)
    return first, sum(kop for one, kop in coming if one == first)


def line_of(what: str, version: OfferVersion, amount_kop: int, **more: Any) -> dict[str, Any]:
    """A line of a quote as JSON.   amount_kop: below zero comes back."""
    return {
        "what": what,
        "version_id": version.id,
        "name_ru": version.offer.name_ru,
        "name_en": version.offer.name_en,
        "new_price_kop": version.price_kop,
        "new_charging": version.charging,
        "amount_kop": amount_kop,
        **more,
    }


def _dates(period: periods.Period) -> list[str]:
    return [period.start.isoformat(), period.end.isoformat()]
