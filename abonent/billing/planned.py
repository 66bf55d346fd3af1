"""What is planned for an account, as values for its forecast: asked for only where `overview` says there is any."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.conf import settings

from abonent.billing import deferrals, forecast, queries, returns, rules
from abonent.billing import forecast_account as values
from abonent.billing.models import Change, Subscription
from abonent.billing.models_changes import ChangeState, ChangeWhat
from abonent.catalog.models import Offer
from abonent.core import db

_UNRETURNED = db.read_sql(__file__, "unreturned")
_WEEKS_DAYS = 70


def of(seen: queries.Overview) -> forecast.Planned:
    """No statement for an account with nothing planned; four at most."""
    automatic = _automatic(seen)
    if not (seen.has_open_changes or seen.deferral_ends_on or seen.contract_ends_on or automatic):
        return forecast.NOTHING
    changes = _changes(seen.account_id) if seen.has_open_changes else ()
    offers = _offers(seen.account_id) if changes else {}
    ends = automatic or seen.deferral_ends_on or seen.contract_ends_on
    may_return = ends or any(one.what == ChangeWhat.TARIFF for one in changes)
    return forecast.Planned(changes, offers, _charges(seen) if may_return else {}, automatic)


def _automatic(seen: queries.Overview) -> values.Automatic | None:
    """Where the operator gives deferrals by itself."""
    policy = settings.PROFILE.deferral
    if not (policy.automatic and policy.max_kop and seen.subscriptions):
        return None
    again_on = deferrals.again_on(seen.account_id)
    return values.Automatic(policy.max_kop, policy.days, policy.every_days, policy.fee_kop, again_on)


def _changes(account_id: int) -> tuple[values.Change, ...]:
    found = Change.objects.filter(account_id=account_id, state=ChangeState.PLANNED)
    return tuple(_change(one) for one in found.select_related("version__offer").order_by("id"))


def _change(one: Change) -> values.Change:
    plain = values.Change(one.id, str(one.what), one.subscription_id, one.effective_on)
    if one.version is None or one.what == ChangeWhat.ADDON_OFF:
        return plain
    offer = one.version.offer
    return plain._replace(
        charging=one.version.charging,
        price_kop=one.version.price_kop,
        priority=rules.priority(role=offer.role, kind=offer.kind, kinds=settings.PROFILE.priority),
        offer=offer,
    )


def _offers(account_id: int) -> dict[int, Offer]:
    own = Subscription.objects.filter(account_id=account_id).exclude(state="ended")
    return {one.id: one.version.offer for one in own.select_related("version__offer")}


def _charges(seen: queries.Overview) -> dict[int, list[returns.Charged]]:
    """The charges whose days may still be unused: of the last weeks, or all where pauses have moved those days far."""
    through = seen.charged_through or seen.signed_on
    for since in (through - timedelta(days=_WEEKS_DAYS), seen.signed_on):
        found: dict[int, list[returns.Charged]] = {}
        for row in db.rows(_UNRETURNED, {"account_id": seen.account_id, "since": since}):
            found.setdefault(row["subscription_id"], []).append(returns.charged(row))
        if all(_cover(one, found.get(one.id, ()), through) for one in seen.subscriptions):
            break
    return found


def _cover(one: queries.SubscriptionRow, charges: Sequence[returns.Charged], through: date) -> bool:
    """Have these charges all the paid days that are left?"""
    if one.paid_until is None:
        return True
    left = one.paid_until - min(through, one.stopped_on or through)
    return sum(charge.period.days for charge in charges) >= left.days
