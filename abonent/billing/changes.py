"""Change tariffs: at once by a quote, later by a plan, or after the staff's yes. Writes Change.

A change is a new subscription beside an old one that ends: each keeps its name, its price and its charges.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from abonent.billing import (
    discounts,
    fees,
    obstacles,
    policies,
    quotes,
    resuming,
    returns,
    rules,
    tariff_prices,
    waking,
)
from abonent.billing.models import Change, Quote, Subscription, SubscriptionState
from abonent.billing.models_changes import OPEN_STATES, ChangeState, ChangeWhat
from abonent.billing.tariff_prices import UnableToChange
from abonent.catalog.models import OfferVersion
from abonent.core import alarms, db
from abonent.ledger.models import Account

TARIFF = "tariff"  # what a quote is for
_HELD = db.read_sql(__file__, "held")


class NotOpen(UnableToChange):
    """The change is not this account's, or it is done, withdrawn or refused already."""


def quote(*, account_id: int, subscription_id: int, code: str, is_now: bool, on: date, at: datetime) -> Quote:
    """Compute and keep what a change of tariff would cost.   Raises tariff_prices.UnableToChange."""
    params: dict[str, Any] = {"subscription_id": subscription_id, "code": code, "is_now": is_now}
    priced = price(account_id=account_id, on=on, **params)
    return quotes.make(account_id=account_id, what=TARIFF, params=params, offered=priced.offered, at=at)


def price(
    *, account_id: int, subscription_id: int, code: str, is_now: bool, on: date, change_id: int = 0
) -> tariff_prices.Priced:
    """What `tariff_prices.price` says, where nothing stands in the way.   Raises tariff_prices.UnableToChange."""
    obstacles.require_none(account_id, subscription_id, on=tariff_prices.today_of(on))
    if not is_now and not change_id and settings.PROFILE.tariff_change.mode == "on_approval":
        obstacles.require_no_plan(subscription_id)
    return tariff_prices.price(
        account_id=account_id, subscription_id=subscription_id, code=code, is_now=is_now, on=on, change_id=change_id
    )


def confirm(*, account_id: int, token: str, on: date, at: datetime, actor: str) -> Change:
    """Do what was quoted: change at once, plan, or ask the staff, as the quote and the profile say.

    Raises quotes.UnableToConfirm, tariff_prices.UnableToChange; MoneyShort names the missing sum. Nothing is done then.
    """
    seen: list[tariff_prices.Priced] = []

    def compute(params: dict[str, Any]) -> quotes.Offered:
        seen.append(price(account_id=account_id, on=on, **params))
        return seen[0].offered

    used = quotes.confirm(account_id=account_id, token=token, what=TARIFF, at=at, compute=compute)
    priced, is_now = seen[0], bool(used.params["is_now"])
    if priced.missing_kop:
        raise tariff_prices.MoneyShort(priced.missing_kop)
    change = Change.objects.filter(
        subscription=priced.subscription,
        what=ChangeWhat.TARIFF,
        is_now=is_now,
        state=ChangeState.TO_AGREE,
        version=priced.version,
    ).first()
    approved = change is not None or settings.PROFILE.tariff_change.mode == "instant"
    if change is None:
        _withdraw_to_agree(priced.subscription, is_now=is_now)
    change = change or Change(
        account_id=account_id,
        what=ChangeWhat.TARIFF,
        is_now=is_now,
        subscription=priced.subscription,
        version=priced.version,
        made_by=actor,
    )
    change.quote = used
    if approved:
        return _carry_out(change, priced)
    return _keep(change, priced, ChangeState.ASKED, waits_from=on)


def approve(change_id: int, *, by: str, on: date, at: datetime) -> Change:
    """The staff's yes to a request: done at today's sum; if that is higher, the subscriber must agree anew.

    Raises NotOpen, tariff_prices.UnableToChange.
    """
    change = _lock_open(change_id, None)
    if change.state != ChangeState.ASKED:
        raise NotOpen(f"change {change_id} is {change.state}")
    assert change.version is not None
    code = change.version.offer.code
    priced = price(
        account_id=change.account_id,
        subscription_id=change.subscription_id,
        code=code,
        is_now=change.is_now,
        on=on,
        change_id=change.id,
    )
    change.decided_by, change.decided_at = by, at
    if priced.offered.total_kop > change.total_kop or priced.version.id != change.version_id:
        change.version = priced.version
        return _keep(change, priced, ChangeState.TO_AGREE, waits_from=on)
    if priced.missing_kop:
        raise tariff_prices.MoneyShort(priced.missing_kop)
    return _carry_out(change, priced)


def refuse(change_id: int, *, by: str, why: str, at: datetime) -> Change:
    """The staff's no, with the reason that the subscriber reads.   Raises NotOpen."""
    change = _lock_open(change_id, None)
    change.state, change.decided_by, change.decided_at, change.why = ChangeState.REFUSED, by, at, why
    change.save()
    return change


def cancel(change_id: int, *, account_id: int) -> Change:
    """The subscriber withdraws a request or takes a plan back. Free.   Raises NotOpen."""
    change = _lock_open(change_id, account_id)
    change.state = ChangeState.CANCELLED
    change.save(update_fields=["state"])
    return change


def expired(on: date) -> list[int]:
    """The ids of requests that wait no longer: nobody answered by their date, or the tariff is not offered any more."""
    waiting = Change.objects.filter(what=ChangeWhat.TARIFF, state__in=[ChangeState.ASKED, ChangeState.TO_AGREE])
    over = waiting.filter(Q(waits_until__lte=on) | Q(version__offer__on_sale=False))
    return list(over.order_by("id").values_list("id", flat=True))


def expire(change_id: int, *, on: date) -> Change:
    """Close a request that waits no longer; nothing was charged. Locks the account.   Raises NotOpen.

    `why` says which it was: "time", or "withdrawn" of the tariff.
    """
    change = _lock_open(change_id, None)
    assert change.version is not None
    if change.state == ChangeState.PLANNED:
        raise NotOpen(f"change {change_id} is planned")
    withdrawn = not change.version.offer.on_sale
    if not withdrawn and (change.waits_until is None or change.waits_until > on):
        raise NotOpen(f"change {change_id} waits until {change.waits_until}")
    change.state, change.why = ChangeState.EXPIRED, "withdrawn" if withdrawn else "time"
    change.save(update_fields=["state", "why"])
    return change


def open_changes(account_id: int) -> list[Change]:
    """What is asked for or planned, with its offers, the oldest first."""
    found = Change.objects.filter(account_id=account_id, state__in=OPEN_STATES)
    return list(found.select_related("version__offer", "subscription__version__offer").order_by("id"))


def of_quote(quote_id: int) -> Change | None:
    """What became of a quote that was used."""
    return Change.objects.filter(quote_id=quote_id).first()


def apply_due(first_account_id: int, last_account_id: int, *, on: date) -> list[Change]:
    """Changes of tariff planned for `on`, of a range of accounts, before its charges: a step of the charge run.

    The new tariff takes the old one's place and is charged by the run itself; give those that did.
    What is paid beyond `on`, or paused, waits until its paid days are over.
    """
    db.require_transaction()
    due = Change.objects.filter(
        what=ChangeWhat.TARIFF,
        state=ChangeState.PLANNED,
        effective_on__lte=on,
        account_id__gte=first_account_id,
        account_id__lte=last_account_id,
    )
    ids = sorted(set(due.values_list("account_id", flat=True)))
    if not ids:
        return []
    db.lock(Account, ids)
    done = []
    for change in due.select_related("version__offer", "subscription__line").order_by("account_id", "id"):
        try:
            with transaction.atomic():
                if _apply(change, on):
                    done.append(change)
        except (returns.UnableToReturn, IntegrityError) as error:
            _give_up(change, f"{type(error).__name__}: {error}".partition("\n")[0])
    return done


def replace(old: Subscription, version: OfferVersion, *, on: date, dropped: list[Subscription]) -> Subscription:
    """End a tariff and begin another in its place, as paid or as suspended as the old one was; charges nothing.

    dropped: add-ons that end with it; the others go on beside the new one. The account is locked.
    """
    for addon in dropped:
        end(addon, on=on)
    was = {"state": old.state, "paid_until": old.paid_until, "stopped_on": old.stopped_on}
    old.state, old.ended_on = SubscriptionState.ENDED, on
    old.save(update_fields=["state", "ended_on"])
    new = Subscription.objects.create(
        account_id=old.account_id,
        line_id=old.line_id,
        version=version,
        role=old.role,
        kind=old.kind,
        charging=version.charging,
        price_kop=version.price_kop,
        priority=old.priority,
        anchor_day=old.anchor_day,
        started_on=on,
        activated_on=old.activated_on,
        **was,
    )
    discounts.move(old, new, on=on)
    Subscription.objects.filter(parent=old).exclude(state=SubscriptionState.ENDED).update(parent=new)
    moved = Change.objects.filter(subscription=old, state__in=OPEN_STATES)
    moved.filter(version=version, what=ChangeWhat.TARIFF).update(state=ChangeState.CANCELLED)  # it is that already
    moved.filter(state__in=OPEN_STATES).update(subscription=new)
    return new


def end(subscription: Subscription, *, on: date) -> None:
    """End a subscription from `on`; what is planned for it falls away. Returns nothing: that is the caller's."""
    subscription.state, subscription.ended_on = SubscriptionState.ENDED, on
    subscription.save(update_fields=["state", "ended_on"])
    Change.objects.filter(subscription=subscription, state__in=OPEN_STATES).update(state=ChangeState.FAILED)


def charge_first(subscription: Subscription, *, on: date) -> int:
    """Charge a subscription that waits, from `on`, and make it active; give the kopecks. The account is locked."""
    rows = {row["id"]: row for row in db.rows(_HELD, [subscription.account_id])}
    one = resuming.held_of(rows[subscription.id])
    due = rules.next_due(one.charging, on, one.anchor_day)
    cost = rules.cost(one.charging, one.price_kop, one.discounts, due, policies.in_force().proration_days)
    resuming.charge(subscription.account_id, [waking.Wake(one.id, due, *cost, anchor_day=one.anchor_day)], rows, on)
    return cost.amount_kop


def _carry_out(change: Change, priced: tariff_prices.Priced) -> Change:
    """Change now, or plan. The account is locked and the sum is agreed."""
    if not change.is_now:
        _cancel_planned(priced.subscription, but=change.id)
        return _keep(change, priced, ChangeState.PLANNED)
    subscription, on = priced.subscription, priced.offered.effective_on
    was_active = subscription.state == SubscriptionState.ACTIVE
    _keep(change, priced, ChangeState.DONE)
    _take_fee(change, priced, on)
    for one in (subscription, *priced.dropped):
        returns.give_back(one, on=on, reason="tariff_change")
    new = replace(subscription, priced.version, on=on, dropped=priced.dropped)
    if was_active:
        # Beside an old one that was paid the new one begins as if it had never been: with its first charge.
        new.state, new.paid_until = SubscriptionState.WAITING, None
        new.save(update_fields=["state", "paid_until"])
        charge_first(new, on=on)
    resuming.resume(change.account_id, on=on)
    change.result = new
    change.save(update_fields=["result"])
    return change


def _take_fee(change: Change, priced: tariff_prices.Priced, on: date) -> None:
    """What the agreed lines name, and not what the profile says by now."""
    change.fee_kop = sum(line["amount_kop"] for line in priced.offered.lines if line["what"] == "fee")
    posted = fees.take(
        key=f"fee:change:{change.pk}",
        account_id=change.account_id,
        fee_kop=change.fee_kop,
        on=on,
        kind=priced.subscription.kind,
    )
    if posted is not None:
        change.fee_transfer_on, change.fee_transfer_id = posted.on, posted.id
        change.save(update_fields=["fee_kop", "fee_transfer_on", "fee_transfer_id"])


def _withdraw_to_agree(subscription: Subscription, *, is_now: bool) -> None:
    """The subscriber wants another tariff than the one that waited for his yes to a higher sum."""
    Change.objects.filter(
        subscription=subscription, what=ChangeWhat.TARIFF, is_now=is_now, state=ChangeState.TO_AGREE
    ).update(state=ChangeState.CANCELLED)


def _keep(
    change: Change, priced: tariff_prices.Priced, state: ChangeState, *, waits_from: date | None = None
) -> Change:
    """waits_from: of a request: since when it waits for an answer."""
    change.state = state
    if waits_from is not None:
        change.waits_until = waits_from + timedelta(days=settings.PROFILE.tariff_change.request_days)
    change.effective_on = priced.offered.effective_on
    change.lines, change.total_kop = priced.offered.lines, priced.offered.total_kop
    change.save()
    return change


def _cancel_planned(subscription: Subscription, *, but: int | None) -> None:
    """Another future tariff takes the place of the one planned before."""
    planned = Change.objects.filter(
        subscription=subscription, what=ChangeWhat.TARIFF, is_now=False, state=ChangeState.PLANNED
    )
    planned.exclude(id=but or 0).update(state=ChangeState.CANCELLED)


def _apply(change: Change, on: date) -> bool:
    old = Subscription.objects.get(id=change.subscription_id)
    if old.state == SubscriptionState.ENDED:
        Change.objects.filter(id=change.id).update(state=ChangeState.FAILED)
        return False
    if old.state == "paused":
        return False
    if old.state == SubscriptionState.ACTIVE and old.paid_until is not None and old.paid_until > on:
        Change.objects.filter(id=change.id).update(effective_on=old.paid_until)
        return False
    assert change.version is not None
    dropped = tariff_prices.not_carried(old, change.version.offer)
    for addon in dropped:
        returns.give_back(addon, on=on, reason="tariff_change")
    change.state, change.effective_on = ChangeState.DONE, on
    change.save(update_fields=["state", "effective_on"])
    new = replace(old, change.version, on=on, dropped=dropped)
    change.result = new
    change.save(update_fields=["result"])
    return True


def _give_up(change: Change, why: str) -> None:
    """An account that makes no sense keeps its tariff, and stops no other's."""
    Change.objects.filter(id=change.id).update(state=ChangeState.FAILED, why=why)
    alarms.raise_alarm(key=f"change:{change.id}", what=f"change {change.id} of tariff was not made: {why}")


def _lock_open(change_id: int, account_id: int | None) -> Change:
    """The change with its account locked.   account_id: whose it must be; None: staff ask."""
    whose = Change.objects.filter(id=change_id).values_list("account_id", flat=True).first()
    if whose is None or account_id not in (None, whose):
        raise NotOpen(f"there is no change {change_id}")
    db.lock(Account, [whose])
    change = Change.objects.select_related("version__offer", "subscription").get(id=change_id)
    if change.state not in OPEN_STATES:
        raise NotOpen(f"change {change_id} is {change.state}")
    return change
