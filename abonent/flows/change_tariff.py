"""A subscriber changes the tariff: quote, confirm; or asks, and the staff approve. Here billing meets the notices.

quote ──► confirm ──► done at once │ planned for the next period │ asked (on_approval)
                                                                    ├─► approve ──► done │ planned │ to agree anew
                                                                    └─► nobody answers: expired
"""

import contextlib
from datetime import date

from abonent.billing import changes, quotes, tariff_prices
from abonent.billing.models import Change, Quote
from abonent.billing.models_changes import ChangeState
from abonent.core import audit, clock, db, events
from abonent.ledger import transfers
from abonent.ledger.models import Account
from abonent.notifications import outbox

_NOTICES = {
    ChangeState.DONE: "tariff_changed",
    ChangeState.PLANNED: "tariff_planned",
    ChangeState.TO_AGREE: "tariff_to_agree",
    ChangeState.REFUSED: "tariff_refused",
    ChangeState.EXPIRED: "tariff_expired",
}


def quote(*, account_id: int, subscription_id: int, code: str, is_now: bool) -> Quote:
    """A binding price, shown for half an hour at most.   Raises tariff_prices.UnableToChange."""
    with db.atomic():
        return changes.quote(
            account_id=account_id,
            subscription_id=subscription_id,
            code=code,
            is_now=is_now,
            on=clock.today(),
            at=clock.now(),
        )


def look(quoted: Quote) -> tariff_prices.Priced:
    """Around a quote: the balance after it, the next charge after it, what is missing."""
    return changes.price(account_id=quoted.account_id, on=clock.today(), **quoted.params)


def confirm(*, account_id: int, token: str, actor: str, why: str = "", address: str | None = None) -> Change:
    """Agree to a quote, once.   why: where one of the staff does it.

    Raises quotes.UnableToConfirm, tariff_prices.UnableToChange: nothing was done; ask for a fresh quote.
    """
    with transfers.alarm_on_refusal(), db.atomic():
        change = changes.confirm(account_id=account_id, token=token, on=clock.today(), at=clock.now(), actor=actor)
        _tell(change, actor=actor, action="billing.change_tariff", address=address, why=why)
    return change


def cancel(change_id: int, *, account_id: int, actor: str, address: str | None = None) -> Change:
    """Withdraw a request, or take the future tariff back.   Raises changes.NotOpen."""
    with db.atomic():
        change = changes.cancel(change_id, account_id=account_id)
        _tell(change, actor=actor, action="billing.cancel_change", address=address)
    return change


def look_asked(change: Change) -> tariff_prices.Priced:
    """What a yes to a request would do today; nothing is written.   Raises tariff_prices.UnableToChange."""
    assert change.version is not None, change.pk
    return changes.price(
        account_id=change.account_id, subscription_id=change.subscription_id, code=change.version.offer.code,
        is_now=change.is_now, on=clock.today(), change_id=change.pk,
    )  # fmt: skip


def approve(change_id: int, *, by: str, address: str | None = None) -> Change:
    """The staff's yes, at today's sum.   Raises tariff_prices.UnableToChange."""
    with transfers.alarm_on_refusal(), db.atomic():
        change = changes.approve(change_id, by=by, on=clock.today(), at=clock.now())
        _tell(change, actor=by, action="billing.approve_change", address=address)
    return change


def refuse(change_id: int, *, by: str, why: str, address: str | None = None) -> Change:
    """The staff's no; the subscriber reads why.   Raises changes.NotOpen."""
    with db.atomic():
        change = changes.refuse(change_id, by=by, why=why, at=clock.now())
        _tell(change, actor=by, action="billing.refuse_change", address=address)
    return change


def apply_due(first_account_id: int, last_account_id: int, *, on: date) -> int:
    """A step of the charge run: the changes planned for this date, with their notices; give how many."""
    done = changes.apply_due(first_account_id, last_account_id, on=on)
    for change in done:
        assert change.version is not None
        contract_id = _contract_id(change)
        outbox.queue(
            key=f"tariff_began:{change.pk}",
            contract_id=contract_id,
            kind="tariff_began",
            params={**_names(change), "price_kop": change.version.price_kop, "on": on},
        )
        events.publish(f"contract:{contract_id}", "tariff", {"change": change.pk, "state": str(change.state)})
    return len(done)


def expire_due(on: date) -> int:
    """Close the requests that nobody answered in time, or whose tariff is not offered any more; give how many.

    Each in a transaction of its own, with its notice. Safe twice. Call it outside a transaction.
    """
    closed = 0
    for change_id in changes.expired(on):
        with contextlib.suppress(changes.NotOpen), db.atomic():  # answered a moment ago
            change = changes.expire(change_id, on=on)
            _tell(change, actor="system:expire_requests", action="billing.expire_change")
            closed += 1
    return closed


def fresh(used: quotes.UnableToConfirm) -> Quote | None:
    """The new quote in place of one that says something else now, or is too old; None: there is nothing to price.

    Raises tariff_prices.UnableToChange.
    """
    if not isinstance(used, quotes.QuoteChanged | quotes.QuoteExpired):
        return None
    return quote(account_id=used.quote.account_id, **used.quote.params)


def _tell(change: Change, *, actor: str, action: str, address: str | None = None, why: str = "") -> None:
    """The audit log, the open pages, and the person."""
    contract_id = _contract_id(change)
    assert change.version is not None
    offer = change.version.offer
    audit.record(
        actor=actor,
        action=action,
        subject=f"change:{change.id}",
        old={"subscription_id": change.subscription_id},
        new={
            "tariff": offer.code,
            "state": str(change.state),
            "on": change.effective_on.isoformat(),
            "total_kop": change.total_kop,
        },
        why=why or change.why,
        address=address,
    )
    events.publish(f"contract:{contract_id}", "tariff", {"change": change.id, "state": str(change.state)})
    kind = _NOTICES.get(ChangeState(change.state))
    if kind is not None:
        outbox.queue(
            key=f"{kind}:{change.id}:{change.effective_on}:{change.total_kop}",
            contract_id=contract_id,
            kind=kind,
            params={
                **_names(change),
                "on": change.effective_on,
                "total_kop": change.total_kop,
                "why": change.why,
                "until": change.waits_until,
            },
        )


def _names(change: Change) -> dict[str, str]:
    assert change.version is not None
    return {"name_ru": change.version.offer.name_ru, "name_en": change.version.offer.name_en}


def _contract_id(change: Change) -> int:
    found = Account.objects.values_list("contract_id", flat=True).get(id=change.account_id)
    assert found is not None, change.account_id
    return found
