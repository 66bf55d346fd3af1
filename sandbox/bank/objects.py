"""Rows → the JSON objects of the API."""

import hashlib
import json
import sqlite3
import urllib.parse
from typing import Any

from sandbox import instants
from sandbox.bank import cards, kopecks, methods, payments, shops

FEE_PER_MILLE = 28


def payment(row: sqlite3.Row, port: int) -> dict[str, Any]:
    """port: where the payer's page is served."""
    status = row["status"]
    shop = shops.SHOPS[row["shop_id"]]
    paid = status in (payments.WAITING, payments.SUCCEEDED)
    body: dict[str, Any] = {
        "id": row["id"],
        "status": status,
        "amount": kopecks.wire(row["amount_kop"]),
        "recipient": {"account_id": shop.id, "gateway_id": shop.gateway_id},
        "created_at": instants.iso(row["created_ms"]),
        "test": True,
        "paid": paid,
        "refundable": status == payments.SUCCEEDED and row["refunded_kop"] < row["amount_kop"],
        "metadata": json.loads(row["metadata"]),
    }
    for name in ("description", "merchant_customer_id"):
        if row[name] is not None:
            body[name] = row[name]
    if row["card_name"] is not None:
        body["payment_method"] = method(row, saved=paid and (bool(row["save_method"]) or row["method_id"] != row["id"]))
    if status == payments.PENDING:
        body["confirmation"] = confirmation(row, page_address(row, port))
    elif status == payments.WAITING:
        body["expires_at"] = instants.iso(row["expires_ms"])
    elif status == payments.SUCCEEDED:
        body["captured_at"] = instants.iso(row["captured_ms"])
        body["income_amount"] = kopecks.wire(row["amount_kop"] - row["amount_kop"] * FEE_PER_MILLE // 1000)
        body["refunded_amount"] = kopecks.wire(row["refunded_kop"])
    else:
        body["cancellation_details"] = {"party": row["cancel_party"], "reason": row["cancel_reason"]}
    if paid:
        body["authorization_details"] = authorisation(row)
    if row["receipt"] is not None:
        registered = {payments.SUCCEEDED: "succeeded", payments.CANCELED: "canceled"}
        body["receipt_registration"] = registered.get(status, "pending")
    return body


def method(row: sqlite3.Row, *, saved: bool) -> dict[str, Any]:
    """As it stands in a payment."""
    status = methods.ACTIVE if saved else methods.INACTIVE
    return {"id": row["method_id"], "saved": saved, "status": status, **_means(row, row["method_type"])}


def saved_method(row: sqlite3.Row, port: int) -> dict[str, Any]:
    """As `GET /payment_methods/{id}` shows it."""
    shop = shops.SHOPS[row["shop_id"]]
    body: dict[str, Any] = {
        "id": row["id"],
        "saved": row["status"] == methods.ACTIVE,
        "status": row["status"],
        "holder": {"account_id": shop.id, "gateway_id": shop.gateway_id},
        "metadata": json.loads(row["metadata"]),
    }
    if row["card_name"] is not None and row["status"] != methods.PENDING:
        return {**body, **_means(row, row["type"])}
    body["type"] = row["type"]
    if row["status"] == methods.PENDING:
        body["confirmation"] = confirmation(row, binding_address(row, port))
    return body


def _means(row: sqlite3.Row, kind: str) -> dict[str, Any]:
    """What the payer paid with, as far as it may be told."""
    if kind == "sbp":
        return {"type": kind, "title": "SBP", "payer_bank_details": cards.SBP_BANK}
    card = json.loads(row["card"])
    return {"type": kind, "title": f"Bank card *{card['last4']}", "card": card}


def confirmation(row: sqlite3.Row, page: str) -> dict[str, Any]:
    """page: of ours, where the payer confirms; a QR code leads there too."""
    if row["confirmation"] == "qr":
        return {"type": "qr", "confirmation_data": page}
    return {"type": "redirect", "return_url": row["return_url"], "confirmation_url": page}


def authorisation(row: sqlite3.Row) -> dict[str, Any]:
    """The numbers a bank would give, the same whenever asked."""
    number = int.from_bytes(hashlib.sha256(row["id"].encode()).digest()[:8])
    return {
        "rrn": f"{number % 10**12:012}",
        "auth_code": f"{number % 10**6:06}",
        "three_d_secure": {"applied": row["three_d_secure"] == "passed"},
    }


def page_address(row: sqlite3.Row, port: int) -> str:
    return f"{_site(row, port)}/bank/pay/{row['id']}/"


def binding_address(row: sqlite3.Row, port: int) -> str:
    return f"{_site(row, port)}/bank/bind/{row['id']}/"


def _site(row: sqlite3.Row, port: int) -> str:
    """On the host name the payer came by, so that a browser sees one site."""
    host = "localhost" if urllib.parse.urlsplit(row["return_url"] or "").hostname == "localhost" else "127.0.0.1"
    return f"http://{host}:{port}"


def refund(row: sqlite3.Row) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": row["id"],
        "payment_id": row["payment_id"],
        "status": row["status"],
        "created_at": instants.iso(row["created_ms"]),
        "amount": kopecks.wire(row["amount_kop"]),
        "metadata": json.loads(row["metadata"]),
    }
    if row["description"] is not None:
        body["description"] = row["description"]
    if row["status"] == "canceled":
        body["cancellation_details"] = {"party": "refund_network", "reason": row["cancel_reason"]}
    if row["receipt"] is not None:
        body["receipt_registration"] = row["status"]
    return body


def shop(known: shops.Shop) -> dict[str, Any]:
    return {
        "account_id": known.id,
        "status": "enabled",
        "test": True,
        "fiscalization": {"enabled": False},
        "fiscalization_enabled": False,
        "payment_methods": ["bank_card", "sbp"],
        "itn": "7701234567",
    }
