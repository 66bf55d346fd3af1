"""Payments taken back whole, and why. The only module that writes Reversal; the ledger's transfer is the flow's."""

from datetime import date, datetime

from abonent.core import db, masking
from abonent.payments.models import Payment, PaymentState
from abonent.payments.models_desk import Refund, RefundState, Reversal, ReversalKind


class UnableToReverse(Exception):
    """The payment stands as it was."""


class NotOwnDrawer(UnableToReverse):
    """It is not cash that this cashier took in the shift that is open."""


def require_reversible(payment: Payment) -> None:
    """payment: locked.   Raises UnableToReverse: not credited, or some of it has gone back as refunds."""
    if payment.state != PaymentState.SUCCEEDED:
        raise UnableToReverse(f"payment {payment.pk} is {payment.state}: nothing was credited")
    if Refund.objects.filter(payment_id=payment.pk).exclude(state=RefundState.CANCELED).exists():
        raise UnableToReverse(f"payment {payment.pk} has gone back in part: refund the rest instead")


def of(payment_id: int) -> Reversal | None:
    return Reversal.objects.filter(payment_id=payment_id).first()


def keep(
    payment: Payment,
    *,
    kind: ReversalKind,
    transfer_on: date,
    transfer_id: int,
    why: str,
    actor: str,
    at: datetime,
) -> Reversal:
    """Beside the reversing transfer, in one transaction, the payment locked."""
    db.require_transaction()
    return Reversal.objects.create(
        payment_id=payment.pk,
        kind=kind,
        transfer_on=transfer_on,
        transfer_id=transfer_id,
        why=masking.text(why),
        actor=actor,
        made_at=at,
    )
