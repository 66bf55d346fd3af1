"""Saved methods of payment: bound by a payment or by themselves. The only writer of the table `payment_method`.

pending → active | inactive;  active → inactive. Who is inactive never pays again.
"""

import json
import sqlite3
import uuid

from sandbox.bank import cards, errors, requests, shops

PENDING, ACTIVE, INACTIVE = "pending", "active", "inactive"
CONFIRMATION_MS = 3_600_000  # a binding that nobody confirms lives an hour


class UnableToBind(Exception):
    """The binding waits for nobody any more: `status` says what became of it."""

    def __init__(self, status: str) -> None:
        super().__init__(f"the method is {status}")
        self.status = status


def create(sql: sqlite3.Connection, shop: shops.Shop, new: requests.NewMethod, now_ms: int) -> str:
    """The id of a binding that waits for its payer; no money moves."""
    method_id = str(uuid.uuid4())
    sql.execute(
        "insert into payment_method (id, shop_id, type, status, return_url, locale, confirmation, metadata,"
        " created_ms, expires_ms) values (?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?)",
        (
            method_id,
            shop.id,
            new.type,
            new.return_url,
            new.locale,
            new.confirmation,
            json.dumps(new.metadata, ensure_ascii=False),
            now_ms,
            now_ms + CONFIRMATION_MS,
        ),
    )
    return method_id


def find(sql: sqlite3.Connection, method_id: str) -> sqlite3.Row:
    """Whosever it is: for the payer's page and the control interface."""
    row: sqlite3.Row | None = sql.execute("select * from payment_method where id = ?", (method_id,)).fetchone()
    if row is None:
        raise errors.missing("Payment method", method_id)
    return row


def find_of(sql: sqlite3.Connection, shop: shops.Shop, method_id: str) -> sqlite3.Row:
    row = find(sql, method_id)
    if row["shop_id"] != shop.id:
        raise errors.missing("Payment method", method_id)
    return row


def find_saved(sql: sqlite3.Connection, shop: shops.Shop, method_id: str) -> sqlite3.Row:
    """The one a payment names. Raises UnableToServe (400) for what was never saved."""
    row: sqlite3.Row | None = sql.execute(
        "select * from payment_method where id = ? and shop_id = ? and status <> 'pending' and card_name is not null",
        (method_id, shop.id),
    ).fetchone()
    if row is None:
        raise errors.invalid("payment_method_id", "Payment method doesn't exist or isn't saved")
    return row


def save(sql: sqlite3.Connection, payment: sqlite3.Row, now_ms: int) -> None:
    """A payment's own method is kept, as its maker asked and its payer agreed."""
    behaviour = cards.named(payment["card_name"])
    sql.execute(
        "insert into payment_method (id, shop_id, type, status, card, card_name, declines_with, declines_left,"
        " created_ms) values (?, ?, ?, 'active', ?, ?, ?, ?, ?)",
        (
            payment["method_id"],
            payment["shop_id"],
            payment["method_type"],
            payment["card"],
            payment["card_name"],
            behaviour.recurring_declines_with,
            behaviour.recurring_declines,
            now_ms,
        ),
    )


def attach(sql: sqlite3.Connection, method_id: str, card: cards.Card, masked: dict[str, object] | None) -> None:
    """The payer typed a card, or opened his bank's app. Raises UnableToBind unless it is pending."""
    _require_pending(find(sql, method_id))
    sql.execute(
        "update payment_method set card = ?, card_name = ?, declines_with = ?, declines_left = ?, three_d_secure = ?"
        " where id = ?",
        (
            None if masked is None else json.dumps(masked),
            card.name,
            card.recurring_declines_with,
            card.recurring_declines,
            "asked" if card.three_d_secure else "",
            method_id,
        ),
    )


def confirm(sql: sqlite3.Connection, method_id: str, *, passed: bool = True) -> None:
    """The card's bank says yes or no, as the card does. passed: the code of 3-D Secure was right."""
    row = find(sql, method_id)
    _require_pending(row)
    refused = not passed or cards.named(row["card_name"]).declines_with is not None
    secure = row["three_d_secure"] and ("passed" if passed else "failed")
    sql.execute(
        "update payment_method set status = ?, three_d_secure = ?, card_name = ? where id = ?",
        (INACTIVE if refused else ACTIVE, secure, None if refused else row["card_name"], method_id),
    )


def expire_due(sql: sqlite3.Connection, now_ms: int) -> None:
    sql.execute(
        "update payment_method set status = 'inactive', card_name = null where status = 'pending' and expires_ms <= ?",
        (now_ms,),
    )


def next_decline(sql: sqlite3.Connection, row: sqlite3.Row) -> str | None:
    """What a charge without the payer meets now: a reason, or None for success. Counted down at once."""
    if row["status"] == INACTIVE:
        return "permission_revoked"
    if row["declines_with"] is None or row["declines_left"] == 0:
        return None
    if row["declines_left"] is not None:
        sql.execute("update payment_method set declines_left = declines_left - 1 where id = ?", (row["id"],))
    return str(row["declines_with"])


def set_behaviour(sql: sqlite3.Connection, method_id: str, declines_with: str | None, times: int | None) -> None:
    """What charges without the payer will meet from now on: a reason, so many times (None: always), or success."""
    changed = sql.execute(
        "update payment_method set declines_with = ?, declines_left = ? where id = ?",
        (declines_with, times, method_id),
    )
    if changed.rowcount == 0:
        raise errors.missing("Payment method", method_id)


def revoke(sql: sqlite3.Connection, method_id: str) -> None:
    """The payer has forbidden it in his bank's app."""
    find(sql, method_id)
    sql.execute("update payment_method set status = 'inactive' where id = ?", (method_id,))


def _require_pending(row: sqlite3.Row) -> None:
    if row["status"] != PENDING:
        raise UnableToBind(row["status"])
