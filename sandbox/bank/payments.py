"""Payments: the state machine, and the only writer of the table `payment`.

pending → succeeded | waiting_for_capture | canceled;  waiting_for_capture → succeeded | canceled.
succeeded and canceled are final.
"""

import json
import sqlite3
import uuid

from sandbox.bank import cards, errors, methods, requests, shops

PENDING, WAITING, SUCCEEDED, CANCELED = "pending", "waiting_for_capture", "succeeded", "canceled"
CONFIRMATION_MS = 3_600_000  # an unpaid payment lives an hour
HOLD_MS = 7 * 24 * 3_600_000  # money of a card is held seven days


class UnableToPay(Exception):
    """The payment waits for nobody any more: `status` says what became of it."""

    def __init__(self, status: str) -> None:
        super().__init__(f"the payment is {status}")
        self.status = status


def create(sql: sqlite3.Connection, shop: shops.Shop, new: requests.NewPayment, now_ms: int) -> str:
    """The id of a new payment: pending, or charged at once where a saved method is named.

    A saved card that wants a code gets it asked for where the payer is there: where the call names a confirmation.
    """
    payment_id = str(uuid.uuid4())
    method = None if new.method_id is None else methods.find_saved(sql, shop, new.method_id)
    by_code = method is not None and bool(new.confirmation) and cards.named(method["card_name"]).three_d_secure
    row: dict[str, object] = {
        "id": payment_id,
        "shop_id": shop.id,
        "status": PENDING,
        "amount_kop": new.amount_kop,
        "capture": new.capture,
        "save_method": new.save_method and method is None,
        "method_type": new.method_type if method is None else method["type"],
        "confirmation": new.confirmation,
        "description": new.description,
        "return_url": new.return_url,
        "locale": new.locale,
        "merchant_customer_id": new.merchant_customer_id,
        "metadata": json.dumps(new.metadata, ensure_ascii=False),
        "receipt": None if new.receipt is None else json.dumps(new.receipt, ensure_ascii=False),
        "created_ms": now_ms,
        "expires_ms": now_ms + CONFIRMATION_MS,
    }
    if method is not None:
        row |= {"method_id": method["id"], "card": method["card"], "card_name": method["card_name"]}
        row["three_d_secure"] = "asked" if by_code else ""
    places = ", ".join("?" * len(row))
    sql.execute(f"insert into payment ({', '.join(row)}) values ({places})", tuple(row.values()))
    if method is not None and not by_code:
        reason = methods.next_decline(sql, method)
        if reason is None:
            _authorise(sql, payment_id, now_ms)
        else:
            _cancel(sql, payment_id, reason)
    return payment_id


def find(sql: sqlite3.Connection, payment_id: str) -> sqlite3.Row:
    """Whosever it is: for the payer's page and the control interface."""
    row: sqlite3.Row | None = sql.execute("select * from payment where id = ?", (payment_id,)).fetchone()
    if row is None:
        raise errors.missing("Payment", payment_id)
    return row


def find_of(sql: sqlite3.Connection, shop: shops.Shop, payment_id: str) -> sqlite3.Row:
    row = find(sql, payment_id)
    if row["shop_id"] != shop.id:
        raise errors.missing("Payment", payment_id)
    return row


def attach_card(sql: sqlite3.Connection, payment_id: str, card: cards.Card, expiry: tuple[int, int]) -> None:
    """The payer typed a card. expiry: (year, month). Raises UnableToPay unless the payment is pending."""
    _require(find(sql, payment_id), PENDING)
    sql.execute(
        "update payment set method_id = ?, card = ?, card_name = ?, three_d_secure = ? where id = ?",
        (
            payment_id,
            json.dumps(cards.masked(card, *expiry)),
            card.name,
            "asked" if card.three_d_secure else "",
            payment_id,
        ),
    )


def attach_sbp(sql: sqlite3.Connection, payment_id: str, *, agreed: bool) -> None:
    """The payer said yes or no in his bank's app. Raises UnableToPay unless the payment is pending."""
    _require(find(sql, payment_id), PENDING)
    name = cards.SBP_PAYS if agreed else cards.SBP_REFUSES
    sql.execute("update payment set method_id = ?, card_name = ? where id = ?", (payment_id, name, payment_id))


def answer_three_d_secure(sql: sqlite3.Connection, payment_id: str, *, passed: bool) -> None:
    row = find(sql, payment_id)
    _require(row, PENDING)
    if row["three_d_secure"] != "asked":
        raise UnableToPay(row["status"])
    outcome = "passed" if passed else "failed"
    sql.execute("update payment set three_d_secure = ? where id = ?", (outcome, payment_id))


def authorise(sql: sqlite3.Connection, payment_id: str, now_ms: int) -> None:
    """The card's bank says yes or no, as the card does. Raises UnableToPay unless it is pending."""
    row = find(sql, payment_id)
    _require(row, PENDING)
    card = cards.named(row["card_name"])
    if row["three_d_secure"] == "failed":
        _cancel(sql, payment_id, "3d_secure_failed")
    elif card.declines_with is not None:
        _cancel(sql, payment_id, card.declines_with, card.declined_by)
    else:
        _authorise(sql, payment_id, now_ms)


def capture(sql: sqlite3.Connection, payment_id: str, amount_kop: int | None, now_ms: int) -> None:
    """amount_kop: at most what is held, None for all; the rest goes back to the card."""
    row = find(sql, payment_id)
    if row["status"] != WAITING:
        raise errors.invalid(None, f"Payment is {row['status']}: only waiting_for_capture can be captured")
    if amount_kop is not None and amount_kop > row["amount_kop"]:
        raise errors.invalid("amount.value", "The sum of the capture is greater than the sum held")
    sql.execute(
        "update payment set status = ?, amount_kop = ?, captured_ms = ? where id = ?",
        (SUCCEEDED, amount_kop or row["amount_kop"], now_ms, payment_id),
    )


def cancel_hold(sql: sqlite3.Connection, payment_id: str) -> None:
    row = find(sql, payment_id)
    if row["status"] != WAITING:
        raise errors.invalid(None, f"Payment is {row['status']}: only waiting_for_capture can be canceled")
    _cancel(sql, payment_id, "canceled_by_merchant")


def decline(sql: sqlite3.Connection, payment_id: str, reason: str) -> None:
    """The control interface ends a payment without a payer."""
    _require(find(sql, payment_id), PENDING, WAITING)
    _cancel(sql, payment_id, reason)


def expire_due(sql: sqlite3.Connection, now_ms: int) -> list[str]:
    """Ends what nobody paid or captured in time; the ids."""
    due = sql.execute(
        "select id, status from payment where status in (?, ?) and expires_ms <= ?",
        (PENDING, WAITING, now_ms),
    ).fetchall()
    for row in due:
        _cancel(sql, row["id"], "expired_on_confirmation" if row["status"] == PENDING else "expired_on_capture")
    return [row["id"] for row in due]


def _require(row: sqlite3.Row, *statuses: str) -> None:
    if row["status"] not in statuses:
        raise UnableToPay(row["status"])


def _authorise(sql: sqlite3.Connection, payment_id: str, now_ms: int) -> None:
    row = find(sql, payment_id)
    if row["capture"]:
        sql.execute("update payment set status = ?, captured_ms = ? where id = ?", (SUCCEEDED, now_ms, payment_id))
    else:
        sql.execute(
            "update payment set status = ?, expires_ms = ? where id = ?",
            (WAITING, now_ms + HOLD_MS, payment_id),
        )
    if row["save_method"]:
        methods.save(sql, find(sql, payment_id), now_ms)


def _cancel(sql: sqlite3.Connection, payment_id: str, reason: str, by: str | None = None) -> None:
    sql.execute(
        "update payment set status = ?, cancel_party = ?, cancel_reason = ? where id = ?",
        (CANCELED, by or cards.party(reason), reason, payment_id),
    )
