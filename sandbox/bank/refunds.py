"""Refunds: what goes back to the card. The only writer of `refund` and of `payment.refunded_kop`."""

import json
import sqlite3
import uuid

from sandbox.bank import errors, payments, requests, shops

OUTCOMES = ("succeeded", "pending", "canceled")


class UnableToFinishRefund(Exception): ...


def create(sql: sqlite3.Connection, shop: shops.Shop, new: requests.NewRefund, outcome: str, now_ms: int) -> str:
    """The id of a new refund. outcome: one of OUTCOMES, the sandbox's knob.

    Raises UnableToServe where the payment is not paid, or less is left of it (pending refunds count).
    """
    try:
        payment = payments.find_of(sql, shop, new.payment_id)
    except errors.UnableToServe as error:
        raise errors.invalid("payment_id", "Payment doesn't exist or access denied") from error
    if payment["status"] != payments.SUCCEEDED:
        raise errors.invalid("payment_id", f"Payment is {payment['status']}: only succeeded can be refunded")
    (promised_kop,) = sql.execute(
        "select coalesce(sum(amount_kop), 0) from refund where payment_id = ? and status <> 'canceled'",
        (payment["id"],),
    ).fetchone()
    left_kop = payment["amount_kop"] - promised_kop
    if new.amount_kop > left_kop:
        raise errors.invalid("amount.value", "The sum of the refund is greater than what is left of the payment")
    refund_id = str(uuid.uuid4())
    sql.execute(
        "insert into refund (id, shop_id, payment_id, status, amount_kop, description, metadata, receipt,"
        " created_ms) values (?, ?, ?, 'pending', ?, ?, ?, ?, ?)",
        (
            refund_id,
            shop.id,
            payment["id"],
            new.amount_kop,
            new.description,
            json.dumps(new.metadata, ensure_ascii=False),
            None if new.receipt is None else json.dumps(new.receipt, ensure_ascii=False),
            now_ms,
        ),
    )
    if outcome != "pending":
        finish(sql, refund_id, succeeded=outcome == "succeeded")
    return refund_id


def find(sql: sqlite3.Connection, refund_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = sql.execute("select * from refund where id = ?", (refund_id,)).fetchone()
    if row is None:
        raise errors.missing("Refund", refund_id)
    return row


def find_of(sql: sqlite3.Connection, shop: shops.Shop, refund_id: str) -> sqlite3.Row:
    row = find(sql, refund_id)
    if row["shop_id"] != shop.id:
        raise errors.missing("Refund", refund_id)
    return row


def finish(sql: sqlite3.Connection, refund_id: str, *, succeeded: bool, reason: str = "general_decline") -> None:
    """pending → succeeded | canceled. Raises UnableToFinishRefund where it is final already."""
    row = find(sql, refund_id)
    if row["status"] != "pending":
        raise UnableToFinishRefund(f"the refund is {row['status']}")
    if succeeded:
        sql.execute("update refund set status = 'succeeded' where id = ?", (refund_id,))
        sql.execute(
            "update payment set refunded_kop = refunded_kop + ? where id = ?",
            (row["amount_kop"], row["payment_id"]),
        )
    else:
        sql.execute("update refund set status = 'canceled', cancel_reason = ? where id = ?", (reason, refund_id))
