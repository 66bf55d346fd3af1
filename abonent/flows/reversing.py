"""Credited payments taken back whole: the desk's own mistakes, and what the bank takes against our will."""

from datetime import date

from abonent.core import alarms, audit, clock, db
from abonent.flows import receipting
from abonent.ledger import transfers
from abonent.ledger.models import Account
from abonent.payments import payments, reversals
from abonent.payments.models import Payment
from abonent.payments.models_desk import Reversal, ReversalKind


def charge_back(*, payment_id: int, actor: str, why: str, on: date, address: str | None = None) -> Reversal:
    """The bank has taken a payment back whole, against our will: reversed, with an alarm. Twice is once.

    Raises reversals.UnableToReverse.
    """
    return take_back(
        payment_id=payment_id, kind=ReversalKind.CHARGEBACK, actor=actor, why=why, on=on, address=address
    )  # fmt: skip


def take_back(
    *, payment_id: int, kind: ReversalKind, actor: str, why: str, on: date, address: str | None = None
) -> Reversal:
    """Reverse a credited payment. Twice is once.   Raises reversals.UnableToReverse."""
    with transfers.alarm_on_refusal(), db.atomic():
        payment = payments.lock(payment_id)
        known = reversals.of(payment_id)
        if known is not None:
            return known
        return reverse(payment, kind=kind, actor=actor, why=why, on=on, address=address)


def reverse(payment: Payment, *, kind: ReversalKind, actor: str, why: str, on: date, address: str | None) -> Reversal:
    """`take_back` in the caller's transaction.   payment: locked."""
    reversals.require_reversible(payment)
    assert payment.transfer_on is not None, payment.pk
    assert payment.transfer_id is not None, payment.pk
    db.lock(Account, [payment.account_id])
    posted = transfers.reverse(
        key=f"reversal:{payment.channel}:{payment.external_id}",
        on_of=payment.transfer_on,
        id_of=payment.transfer_id,
        on=on,
    )
    receipting.for_refund(
        payment,
        cause=f"reversal:{payment.pk}",
        amount_kop=payment.amount_kop,
        on=on,
        external_id=f"reversal-{payment.external_id}",
    )
    if kind == ReversalKind.CHARGEBACK:
        what = f"the bank has taken payment {payment.pk} of {payment.amount_kop} kopecks back: {why}"
        alarms.raise_alarm(key=f"payment:chargeback:{payment.pk}", what=what)
    audit.record(
        actor=actor,
        action=f"payments.{kind}",
        subject=f"payment:{payment.pk}",
        new={"account_id": payment.account_id, "amount_kop": payment.amount_kop},
        why=why,
        address=address,
    )
    return reversals.keep(
        payment, kind=kind, transfer_on=posted.on, transfer_id=posted.id, why=why, actor=actor, at=clock.now()
    )
