"""The life of a payment: opened, pending, credited, canceled or parked. The only module that writes Payment.

    new → pending → succeeded | canceled     new, pending, canceled → parked
    new → canceled                           canceled → pending, succeeded: the bank's later word is the true one

Every step from a state takes the row locked; the money itself is the ledger's, moved by the flow in the same
transaction.
"""

import functools
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import connection

from abonent.core import db, masking
from abonent.payments import gateway_asks
from abonent.payments.models import Channel, Payment, PaymentState
from abonent.payments.models_gateways import GatewayAsk

OPEN = (PaymentState.NEW, PaymentState.PENDING)
CREDITABLE = (PaymentState.NEW, PaymentState.PENDING, PaymentState.CANCELED)


# Of money that is there already: nobody was asked, nothing was bound, nothing went wrong.
_OF_PAID = {
    "state": "'succeeded'",
    "submit_token": "null",
    "card_id": "null",
    "request": "'{}'",
    "confirmation_url": "''",
    "cancel_reason": "''",
    "method_title": "''",
    "note": "''",
}


class UnableToOpen(Exception):
    """The payment was not opened."""


class TokenUsed(UnableToOpen):
    """The form's token is known with another account or sum."""


def reserve_id() -> int:
    """The id of a payment to be opened: what the bank is asked names it before the row stands."""
    with connection.cursor() as cursor:
        cursor.execute("select nextval(pg_get_serial_sequence('payments_payment', 'id'))")
        return int(cursor.fetchone()[0])


def open_card(
    *,
    payment_id: int,
    account_id: int,
    amount_kop: int,
    submit_token: str,
    request: Mapping[str, Any],
    at: datetime,
    card_id: int | None = None,
) -> tuple[Payment, bool]:
    """A card payment with its key, before the bank hears of it; and whether it is a new one.

    A second submit of the same form finds the first one's payment.
    payment_id: from `reserve_id`.   request: the body the bank will be asked with.   at: the instant.
    card_id: the bound card it is paid by; its token joins the body at the call alone.
    Raises TokenUsed when the token stands for another account or another sum.
    """
    db.require_transaction()
    _insert(
        Payment(
            id=payment_id,
            account_id=account_id,
            channel=Channel.YOOKASSA,
            amount_kop=amount_kop,
            idempotence_key=f"pay-{payment_id}",
            submit_token=submit_token,
            request=dict(request),
            card_id=card_id,
            created_at=at,
        )
    )
    found = Payment.objects.get(submit_token=submit_token)
    if (found.account_id, found.amount_kop) != (account_id, amount_kop):
        raise TokenUsed(submit_token)
    return found, found.id == payment_id


def open_charge(
    *,
    payment_id: int,
    account_id: int,
    amount_kop: int,
    card_id: int,
    attempt_id: int,
    request: Mapping[str, Any],
    at: datetime,
) -> Payment:
    """The row of a debit without the payer, with the key of its attempt: an attempt asks the bank for one payment."""
    db.require_transaction()
    return Payment.objects.create(
        id=payment_id,
        account_id=account_id,
        channel=Channel.YOOKASSA,
        amount_kop=amount_kop,
        idempotence_key=f"auto-{attempt_id}",
        request=dict(request),
        card_id=card_id,
        created_at=at,
    )


def open_found(
    *, account_id: int, amount_kop: int, external_id: str, metadata: Mapping[str, str], at: datetime
) -> Payment:
    """The row of a bank's payment that we have none of: lost with a backup, or paid past our row."""
    db.require_transaction()
    _insert(
        Payment(
            account_id=account_id,
            channel=Channel.YOOKASSA,
            amount_kop=amount_kop,
            idempotence_key=f"found-{external_id}"[:64],
            request={"metadata": dict(metadata)},
            external_id=external_id,
            created_at=at,
        )
    )
    return Payment.objects.get(channel=Channel.YOOKASSA, external_id=external_id)


def open_received(
    *, channel: Channel, account_id: int, amount_kop: int, external_id: str, on: date, at: datetime
) -> Payment:
    """The row of money that is there already, found again by what its channel calls it.

    The caller locks it and compares: a repeat finds the first one's account, sum and date.

    external_id: the receipt's number, the terminal's id, the bank's; up to 58 characters.
    on: the operator's date it is credited on.   at: the instant.
    """
    db.require_transaction()
    _insert(
        Payment(
            account_id=account_id,
            channel=channel,
            amount_kop=amount_kop,
            idempotence_key=f"{channel}-{external_id}",
            external_id=external_id,
            on=on,
            created_at=at,
        )
    )
    return Payment.objects.get(channel=channel, external_id=external_id)


def open_paid(payment: Payment, ask: GatewayAsk | None = None) -> bool:
    """Insert money that is there already as a credited payment, beside what was asked and answered for it.

    False when its channel has told of it before: nothing is written; one not yet committed is waited for. Only before
    the transfer it names, in one transaction.
    payment: whole, with its own id and its transfer's, both taken from their sequences.
    """
    db.require_transaction()
    parts, params = paid_parts(payment, ask)
    return bool(db.prepared_rows(f"with {parts} select id from cause", params))


def paid_parts(payment: Payment, ask: GatewayAsk | None = None) -> db.Statement:
    """`open_paid` as parts of a WITH for its transfer's statement; the last one, `cause`, has a row where it is new."""
    assert payment.state == PaymentState.SUCCEEDED, payment.state
    values = {name: db.prepared_value(getattr(payment, attribute)) for name, attribute in _paid_values()}
    if ask is not None:
        values |= gateway_asks.params(ask)
    return db.Statement(_insert_paid(with_ask=ask is not None), values)


def lock(payment_id: int) -> Payment:
    """The row, locked: before the account, as everywhere."""
    return db.lock(Payment, [payment_id])[payment_id]


def is_taken(payment: Payment, external_id: str) -> bool:
    """Whether the bank's payment already belongs to another row."""
    taken = Payment.objects.filter(channel=payment.channel, external_id=external_id)
    return taken.exclude(id=payment.id).exists()


def mark_known(payment: Payment, *, external_id: str, method_title: str = "") -> None:
    """Keep the bank's id of a locked row. An id once kept never changes."""
    assert payment.external_id in {None, external_id}, (payment.id, payment.external_id, external_id)
    payment.external_id = external_id
    payment.method_title = method_title or payment.method_title
    payment.save(update_fields=["external_id", "method_title"])


def mark_pending(payment: Payment, *, confirmation_url: str) -> None:
    """The bank waits for the payer, at this address; also when we had given the payment up."""
    assert payment.state in CREDITABLE, (payment.id, payment.state)
    assert payment.external_id, payment.id
    payment.state = PaymentState.PENDING
    payment.confirmation_url = confirmation_url or payment.confirmation_url
    payment.cancel_reason, payment.settled_at = "", None
    payment.save(update_fields=["state", "confirmation_url", "cancel_reason", "settled_at"])


def mark_dated(payment: Payment, *, on: date) -> None:
    """Keep the operator's date it is credited on: whatever is repeated later, this date stands."""
    if payment.on is None:
        payment.on = on
        payment.save(update_fields=["on"])


def mark_succeeded(payment: Payment, *, transfer_on: date, transfer_id: int, at: datetime) -> None:
    """Only beside the transfer itself, in one transaction."""
    assert payment.state in CREDITABLE, (payment.id, payment.state)
    payment.state = PaymentState.SUCCEEDED
    payment.transfer_on, payment.transfer_id = transfer_on, transfer_id
    payment.cancel_reason = ""
    payment.settled_at = at
    payment.save(update_fields=["state", "transfer_on", "transfer_id", "cancel_reason", "settled_at"])


def mark_canceled(payment: Payment, *, reason: str, at: datetime) -> None:
    """reason: the bank's word, "insufficient_funds", or ours: "never_reached_bank"."""
    assert payment.state in OPEN, (payment.id, payment.state)
    payment.state = PaymentState.CANCELED
    payment.cancel_reason = reason[:64]
    payment.settled_at = at
    payment.save(update_fields=["state", "cancel_reason", "settled_at"])


def park(payment: Payment, *, note: str) -> None:
    """The bank's answer does not agree with ours: no money moves until staff have looked."""
    assert payment.state in CREDITABLE, (payment.id, payment.state)
    payment.state = PaymentState.PARKED
    payment.note = masking.text(note)  # the bank's own words stand in it
    payment.save(update_fields=["state", "note"])


@functools.cache
def _insert_paid(*, with_ask: bool) -> str:
    columns = [field.column for field in Payment._meta.concrete_fields]
    names = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(_OF_PAID.get(str(column), f"%(payment_{column})s") for column in columns)
    paid = f"insert into payments_payment ({names}) values ({values}) on conflict do nothing returning id"
    asked = f"asked as ({gateway_asks.insert_sql('paid')}), " if with_ask else ""
    return f"paid as ({paid}), {asked}cause as (select id from paid)"


@functools.cache
def _paid_values() -> list[tuple[str, str]]:
    """The parameters of `_insert_paid`, and where in the payment their values are."""
    fields = [field for field in Payment._meta.concrete_fields if field.column not in _OF_PAID]
    return [(f"payment_{field.column}", field.attname) for field in fields]


def _insert(payment: Payment) -> None:
    """Insert it, or leave the row that has one of its unique values; one not yet committed is waited for."""
    Payment.objects.bulk_create([payment], ignore_conflicts=True)
