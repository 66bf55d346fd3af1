"""The life of a refund: asked, pending, with the payer, or canceled. The only module that writes Refund.

    new → pending → succeeded | canceled     new → succeeded | canceled     new, canceled (nothing had moved) → parked
    canceled (nothing had moved) → pending, succeeded: the bank's later word is the true one

Every step takes the payment's row locked; the money is the ledger's, moved by the flow in the same transaction.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Sum

from abonent.core import db, masking
from abonent.payments.models import Channel, Payment, PaymentState
from abonent.payments.models_desk import Refund, RefundState, Reversal

OPEN = (RefundState.NEW, RefundState.PENDING)
TAKEN_ON = (RefundState.PENDING, RefundState.SUCCEEDED)  # its transfer is made


class UnableToRefund(Exception):
    """Nothing was given back, nobody was asked to."""


class NotRefundable(UnableToRefund):
    """The payment is not credited, or it is taken back already."""


class MoreThanPaid(UnableToRefund):
    """left_kop: of the payment, less its earlier refunds."""

    def __init__(self, left_kop: int) -> None:
        super().__init__(f"{left_kop} kopecks of the payment are left to give back")
        self.left_kop = left_kop


class TokenUsed(UnableToRefund):
    """The form's token is known with another payment or sum."""


def reserve_id() -> int:
    """The id of a refund to be opened: what the bank is asked names it before the row stands."""
    with connection.cursor() as cursor:
        cursor.execute("select nextval(pg_get_serial_sequence('payments_refund', 'id'))")
        return int(cursor.fetchone()[0])


def left_kop(payment: Payment) -> int:
    """What of a locked payment may still go back, in kopecks.   Raises NotRefundable."""
    if payment.state != PaymentState.SUCCEEDED:
        raise NotRefundable(f"payment {payment.pk} is {payment.state}: only a credited one goes back")
    if Reversal.objects.filter(payment_id=payment.pk).exists():
        raise NotRefundable(f"payment {payment.pk} is taken back already")
    given = Refund.objects.filter(payment_id=payment.pk).exclude(state=RefundState.CANCELED)
    return payment.amount_kop - int(given.aggregate(kop=Sum("amount_kop"))["kop"] or 0)


def require_left(payment: Payment, amount_kop: int) -> None:
    """payment: locked.   Raises MoreThanPaid, NotRefundable."""
    left = left_kop(payment)
    if not 0 < amount_kop <= left:
        raise MoreThanPaid(left)


def held_kop(account_id: int) -> int:
    """What is promised to go back and has not left the account yet."""
    found = Refund.objects.filter(account_id=account_id, state=RefundState.NEW)
    return int(found.aggregate(kop=Sum("amount_kop"))["kop"] or 0)


def open_refund(
    payment: Payment,
    *,
    refund_id: int,
    channel: Channel | str,
    amount_kop: int,
    submit_token: str,
    request: Mapping[str, Any],
    due_on: date,
    beyond: bool,
    actor: str,
    why: str,
    at: datetime,
) -> Refund:
    """The row of a refund with its key, before anybody hears of it.

    payment: locked.   refund_id: from `reserve_id`.   request: the body the bank will be asked with, or {}.
    due_on: by when the payer must have it.   Raises MoreThanPaid, NotRefundable.
    """
    db.require_transaction()
    require_left(payment, amount_kop)
    return Refund.objects.create(
        id=refund_id,
        payment_id=payment.pk,
        account_id=payment.account_id,
        channel=channel,
        amount_kop=amount_kop,
        idempotence_key=f"refund-{refund_id}",
        submit_token=submit_token,
        request=dict(request),
        due_on=due_on,
        beyond=beyond,
        asked_by=actor,
        why=masking.text(why),
        created_at=at,
    )


def open_found(payment: Payment, *, external_id: str, amount_kop: int, on: date, at: datetime) -> Refund:
    """The row of money that the bank gave back past us: in its own cabinet, or by a claim of the payer's."""
    db.require_transaction()
    row = Refund(
        payment_id=payment.pk,
        account_id=payment.account_id,
        channel=payment.channel,
        amount_kop=amount_kop,
        idempotence_key=f"found-{external_id}"[:64],
        external_id=external_id,
        due_on=on,
        beyond=True,
        asked_by="bank",
        created_at=at,
    )
    Refund.objects.bulk_create([row], ignore_conflicts=True)
    return Refund.objects.get(channel=payment.channel, external_id=external_id)


def by_token(submit_token: str, *, payment_id: int, amount_kop: int) -> Refund | None:
    """What an earlier submit of the form has made.   Raises TokenUsed."""
    found = Refund.objects.filter(submit_token=submit_token).first()
    if found is not None and (found.payment_id, found.amount_kop) != (payment_id, amount_kop):
        raise TokenUsed(submit_token)
    return found


def lock(refund_id: int) -> tuple[Payment, Refund]:
    """The refund and its payment, the payment locked first: nobody changes a refund without it."""
    payment_id = Refund.objects.values_list("payment_id", flat=True).get(id=refund_id)
    payment = db.lock(Payment, [payment_id])[payment_id]
    return payment, db.lock(Refund, [refund_id])[refund_id]


def mark_known(refund: Refund, *, external_id: str, on: date) -> None:
    """Keep the bank's id and the operator's date its money moves on; once kept neither changes."""
    assert refund.external_id in {None, external_id}, (refund.pk, refund.external_id, external_id)
    refund.external_id = external_id
    refund.on = refund.on or on
    refund.save(update_fields=["external_id", "on"])


def mark_taken_on(refund: Refund, *, state: RefundState, transfer_on: date, transfer_id: int, at: datetime) -> None:
    """Only beside the transfer itself, in one transaction.   state: pending or succeeded."""
    assert state in TAKEN_ON, state
    assert refund.transfer_id in {None, transfer_id}, refund.pk
    refund.state, refund.transfer_on, refund.transfer_id = state, transfer_on, transfer_id
    refund.cancel_reason = ""
    refund.settled_at = at if state == RefundState.SUCCEEDED else None
    refund.save(update_fields=["state", "transfer_on", "transfer_id", "cancel_reason", "settled_at"])


def mark_canceled(
    refund: Refund, *, reason: str, at: datetime, returned_on: date | None = None, returned_id: int | None = None
) -> None:
    """The bank's no.   returned_on, returned_id: the reversal of its transfer, where there was one."""
    assert refund.state in OPEN, (refund.pk, refund.state)
    assert (refund.transfer_id is None) == (returned_id is None), refund.pk
    refund.state, refund.cancel_reason, refund.settled_at = RefundState.CANCELED, reason[:64], at
    refund.returned_on, refund.returned_id = returned_on, returned_id
    refund.save(update_fields=["state", "cancel_reason", "settled_at", "returned_on", "returned_id"])


def park(refund: Refund, *, note: str) -> None:
    """The bank's answer does not agree with ours: nothing more moves until staff have looked."""
    refund.state, refund.note = RefundState.PARKED, masking.text(note)  # the bank's own words stand in it
    refund.save(update_fields=["state", "note"])


def by_external_id(channel: str, external_id: str) -> Refund | None:
    return Refund.objects.filter(channel=channel, external_id=external_id).first()


def open_ids(*, channel: str, before: datetime, limit: int) -> list[int]:
    """Refunds asked before an instant and still open, the oldest first."""
    found = Refund.objects.filter(state__in=OPEN, channel=channel, created_at__lt=before)
    return list(found.order_by("created_at", "id").values_list("id", flat=True)[:limit])


def overdue(on: date) -> list[Refund]:
    """What the payer should have had before `on`."""
    return list(Refund.objects.filter(state__in=(*OPEN, RefundState.PARKED), due_on__lt=on).order_by("id"))
