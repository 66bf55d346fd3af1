"""A discount is given or ended by the staff: the row, the price and the audit together."""

from datetime import date

from abonent.billing import discounts
from abonent.billing.models import Discount
from abonent.core import audit, clock, db, events


def give(
    subscription_id: int, *, kind: str, value: int, from_on: date | None, to_on: date | None, reason: str, actor: str
) -> Discount:
    """See discounts.give.   from_on: None: today.   actor: of the staff.   Raises discounts.UnableToDiscount."""
    today = clock.today()
    with db.atomic():
        made = discounts.give(
            subscription_id,
            kind=kind,
            value=value,
            from_on=from_on or today,
            to_on=to_on,
            reason=reason,
            by=actor,
            on=today,
        )
        _record("give_discount", made, actor)
    return made


def end(discount_id: int, *, actor: str) -> Discount:
    """See discounts.end.   Raises discounts.UnableToDiscount."""
    with db.atomic():
        ended = discounts.end(discount_id, by=actor, on=clock.today())
        _record("end_discount", ended, actor)
    return ended


def _record(action: str, one: Discount, actor: str) -> None:
    audit.record(
        actor=actor,
        action=f"billing.{action}",
        subject=f"subscription:{one.subscription_id}",
        new={
            "discount_id": one.pk,
            "kind": str(one.kind),
            "value": one.percent_hundredths or one.amount_kop,
            "from_on": one.from_on.isoformat(),
            "to_on": one.to_on.isoformat() if one.to_on else None,
            "state": str(one.state),
        },
        why=one.reason,
    )
    events.publish(f"contract:{one.account.contract_id}", "discount", {"discount_id": one.pk})
