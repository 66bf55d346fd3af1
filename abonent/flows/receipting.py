"""Which cause gets a receipt, and what it says: payments, refunds, and the months' offsets (receipt_offsets.py).

    crediting ──► for_payment: a row, in the transaction of the money ──► receipt_delivery: the register, afterwards

A register that is down, slow or refuses stops no payment: the row waits. Each cause has one row (unique), each row
one key, stored before the register hears of it.
"""

import contextlib
from datetime import date, datetime
from typing import Any

from django.conf import settings

from abonent.core import audit, db
from abonent.flows import receipt_delivery, receipt_items
from abonent.payments import receipts
from abonent.payments.gateways import yookassa_receipts
from abonent.payments.models import Channel, Payment
from abonent.payments.models_receipts import Receipt, ReceiptKind, Way
from abonent.subscribers.models import CustomerKind

LOOKED_AT = 5000  # newest payments, each tick


def way() -> Way | None:
    """Who registers receipts now; None: the operator gives none by us."""
    said = settings.PROFILE.receipts
    return None if said == "none" else Way(said)


def channels() -> tuple[Channel, ...]:
    """Whose payments get receipts by the profile's `receipts`."""
    if way() == Way.YOOKASSA:
        return (Channel.YOOKASSA,)  # the bank prints for its own payments only
    return tuple(Channel) if way() == Way.ATOL else ()


def keep_duty(at: datetime) -> None:
    """Remember from when whose payments get receipts. `load_profile` calls it at each start.   at: the instant."""
    receipts.keep_duty(channels(), at=at)


def for_payment(payment: Payment) -> bool:
    """Queue the receipt of a payment being credited, in its transaction; give whether it gets one.

    A transfer from one company's account to another's gets none: the law asks for none.
    """
    wanted = of_payment(payment)
    if wanted is None:
        return False
    receipts.queue(wanted)
    receipt_delivery.deliver.wake()
    return True


def of_payment(payment: Payment) -> receipts.Wanted | None:
    """The receipt of a payment being credited; None: it gets none."""
    if payment.channel not in channels():
        return None
    if payment.channel == Channel.BANK and _is_company(payment.account_id):
        return None
    assert payment.on is not None, payment.id
    return receipts.Wanted(
        cause=f"advance:{payment.id}",
        kind=ReceiptKind.ADVANCE,
        way=str(way()),
        account_id=payment.account_id,
        payment_id=payment.id,
        amount_kop=payment.amount_kop,
        on=payment.on,
        known_as=f"advance:{payment.channel}:{payment.external_id}",
    )


def for_refund(payment: Payment, *, cause: str, amount_kop: int, on: date, external_id: str) -> bool:
    """Queue the receipt of money that goes back, in the transaction that takes it; give whether it gets one.

    Only a payment that got a receipt gets one for what goes back of it. The bank prints for its own refunds only:
    money given back past it is not told to the tax service by us.

    cause: "refund:<id>", "reversal:<id>": unique.   on: the operator's date the money went.
    external_id: what the outside calls it: the bank's id of the refund, the cash order's number.
    """
    first = receipts.advance_of(payment)
    if first is None or (first.way == Way.YOOKASSA and not cause.startswith("refund:")):
        return False
    receipts.queue(
        receipts.Wanted(
            cause=cause,
            kind=ReceiptKind.REFUND,
            way=first.way,
            account_id=payment.account_id,
            payment_id=payment.id,
            amount_kop=amount_kop,
            on=on,
            known_as=f"refund:{payment.channel}:{external_id}",
            refund_external_id=external_id,
        )
    )
    receipt_delivery.deliver.wake()
    return True


def for_bank(*, account_id: int, amount_kop: int, on: date) -> dict[str, Any] | None:
    """The `receipt` in the body of a payment through the bank, or of its refund; None: this shop's carry none.

    The bank of a shop with fiscalisation refuses a payment without one.   on: the operator's date.
    """
    if way() != Way.YOOKASSA:
        return None
    return yookassa_receipts.body(receipt_items.advance(account_id, amount_kop=amount_kop, on=on))


def make_good(now: datetime) -> int:
    """Queue what crediting has not: a payment of the minutes in which a new profile began. The schedule calls it."""
    found = receipts.without_receipt(newest=LOOKED_AT)
    made = 0
    for payment in found:
        with db.atomic():
            made += for_payment(payment)
    receipt_delivery.wake_if_due()
    return made


def retry(receipt_id: int, *, actor: str, address: str | None = None) -> Receipt:
    """A person lets a failed receipt be tried again.   Raises receipts.UnableToRetry."""
    with db.atomic():
        receipt = receipts.again(receipt_id)
        audit.record(actor=actor, action="receipts.retry", subject=f"receipt:{receipt_id}", address=address)
        receipt_delivery.deliver.wake()
    return receipt


def retry_all(most: int, *, actor: str, address: str | None = None) -> int:
    """The oldest that are stuck, `most` at most, each under its own key; give how many: after a register's bad day."""
    tried = 0
    for one in receipts.stuck(most):
        with contextlib.suppress(receipts.UnableToRetry):  # somebody was faster
            retry(one.pk, actor=actor, address=address)
            tried += 1
    return tried


def _is_company(account_id: int) -> bool:
    return receipt_items.customer_of(account_id).kind == CustomerKind.LEGAL_ENTITY
