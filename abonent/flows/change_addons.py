"""A subscriber connects and disconnects add-ons: quote, confirm, take a plan back. Here billing meets the notices."""

from abonent.billing import addons, changes, quotes, rules
from abonent.billing.models import Change, Quote
from abonent.billing.models_changes import ChangeState
from abonent.core import audit, clock, db, events
from abonent.flows import network_extras
from abonent.ledger import transfers
from abonent.ledger.models import Account
from abonent.notifications import outbox

ON, OFF = addons.ON, addons.OFF
NoAddressFree = network_extras.NoAddressFree


def quote(*, account_id: int, what: str, subscription_id: int, code: str, is_now: bool) -> Quote:
    """A binding price.   what: ON or OFF.   Raises tariff_prices.UnableToChange."""
    with db.atomic():
        return addons.quote(
            account_id=account_id,
            what=what,
            subscription_id=subscription_id,
            code=code,
            is_now=is_now,
            on=clock.today(),
            at=clock.now(),
        )


def look(quoted: Quote) -> addons.Priced:
    """Around a quote: the balance after it, what is missing."""
    return addons.price(account_id=quoted.account_id, what=quoted.what, params=quoted.params, on=clock.today())


def confirm(*, account_id: int, token: str, what: str, actor: str, address: str | None = None) -> Change:
    """Agree to a quote, once.   Raises quotes.UnableToConfirm, tariff_prices.UnableToChange: nothing was done."""
    with transfers.alarm_on_refusal(), db.atomic():
        change = addons.confirm(
            account_id=account_id, token=token, what=what, on=clock.today(), at=clock.now(), actor=actor
        )
        network_extras.follow(change)
        _tell(change, actor=actor, action="billing.change_addon", address=address)
    return change


def cancel(change_id: int, *, account_id: int, actor: str, address: str | None = None) -> Change:
    """Take a plan back.   Raises changes.NotOpen."""
    with db.atomic():
        change = changes.cancel(change_id, account_id=account_id)
        _tell(change, actor=actor, action="billing.cancel_change", address=address)
    return change


def fresh(refused: quotes.QuoteChanged | quotes.QuoteExpired) -> Quote:
    """The new quote in place of one that says something else now.   Raises tariff_prices.UnableToChange."""
    old = refused.quote
    return quote(account_id=old.account_id, what=old.what, **{"code": "", **old.params})


def _tell(change: Change, *, actor: str, action: str, address: str | None) -> None:
    contract_id = Account.objects.values_list("contract_id", flat=True).get(id=change.account_id)
    assert contract_id is not None
    assert change.version is not None
    offer = change.version.offer
    audit.record(
        actor=actor,
        action=action,
        subject=f"change:{change.id}",
        old={"subscription_id": change.subscription_id},
        new={
            "what": str(change.what),
            "addon": offer.code,
            "state": str(change.state),
            "on": change.effective_on.isoformat(),
            "total_kop": change.total_kop,
        },
        address=address,
    )
    events.publish(f"contract:{contract_id}", "addon", {"change": change.id, "state": str(change.state)})
    if change.state == ChangeState.CANCELLED:
        return
    gigabytes = network_extras.pack_gb(change)
    if gigabytes:
        outbox.queue(
            key=f"{change.what}:{change.id}",
            contract_id=contract_id,
            kind="traffic_added",
            params={"gb": gigabytes, "total_kop": change.total_kop},
        )
        return
    kind = "addon_disconnected"
    if change.what == ON:
        kind = "addon_ordered" if change.version.charging == rules.ONCE else "addon_connected"
    outbox.queue(
        key=f"{change.what}:{change.id}",
        contract_id=contract_id,
        kind=kind,
        params={
            "name_ru": offer.name_ru,
            "name_en": offer.name_en,
            "on": change.effective_on,
            "total_kop": change.total_kop,
        },
    )
