"""Receipts that the bank prints: of payments and refunds that carried one, and those asked for apart.

The only writer of `bank_receipt`. What a payment's body carried is registered when the payment succeeds; nothing is
kept for it but the payment itself.

GET  /control/receipts   all of them, the newest first
POST /control/receipts   {"receipts": succeeded | pending | canceled}: what becomes of them; {"fiscalization": true}:
                         the shop refuses payments and refunds without a receipt, as a live one does
"""

import json
import re
import sqlite3
import uuid
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import instants
from sandbox.atol import documents
from sandbox.bank import errors, kopecks, payments, refunds, requests, shops
from sandbox.store import Store

OUTCOMES = ("succeeded", "pending", "canceled")
OF_ONE_MAX = 30
VAT_CODES = range(1, 13)
MODES = {
    "full_prepayment", "partial_prepayment", "advance", "full_payment", "partial_payment", "credit", "credit_payment",
}  # fmt: skip
SETTLEMENTS = {"cashless", "prepayment", "postpayment", "consideration"}
_WHOLE = re.compile(r"([0-9]{1,5})(?:\.0+)?", re.ASCII)


def control_routes(store: Store) -> list[Route]:
    async def show(request: Request) -> Response:
        return JSONResponse(everything(store))

    async def turn(request: Request) -> Response:
        if not request.headers.get("Content-Type", "").startswith("application/json"):
            return JSONResponse({"error": "Content-Type must be application/json"}, 400)
        body = requests.body_of(await request.body())
        if body.get("receipts", OUTCOMES[0]) not in OUTCOMES or set(body) - {"receipts", "fiscalization"}:
            return JSONResponse({"error": "there are: receipts, fiscalization"}, 400)
        with store.transaction() as sql:
            for name, value in body.items():
                store.set_knob(sql, name, value)
        return JSONResponse({})

    return [
        Route("/control/receipts", show, methods=["GET"]),
        Route("/control/receipts", turn, methods=["POST"]),
    ]


def require(store: Store, receipt: dict[str, Any] | None) -> None:
    """A shop with fiscalisation takes no payment without a receipt. Raises UnableToServe."""
    if receipt is None and is_demanded(store):
        raise errors.invalid("receipt", "Receipt is missing or illegal")
    for place, item in enumerate((receipt or {}).get("items", ())):
        if item.get("payment_mode", "full_payment") not in MODES or int(str(item["vat_code"])) not in VAT_CODES:
            raise errors.invalid(f"receipt.items[{place}]", "Receipt is missing or illegal")


def is_demanded(store: Store) -> bool:
    return bool(store.knob("fiscalization", False))


def create(store: Store, sql: sqlite3.Connection, shop: shops.Shop, body: dict[str, Any]) -> str:
    """The id of a receipt asked for apart. Raises UnableToServe."""
    what = body.get("type")
    if what not in ("payment", "refund"):
        raise errors.invalid("type", "type must be payment or refund")
    about = body.get(f"{what}_id")
    if not isinstance(about, str):
        raise errors.invalid(f"{what}_id", f"Missing parameter: {what}_id")
    row = payments.find_of(sql, shop, about) if what == "payment" else refunds.find_of(sql, shop, about)
    if row["status"] != "succeeded":
        raise errors.invalid(f"{what}_id", f"The {what} is {row['status']}: only succeeded gets a receipt")
    requests.receipt_of({"receipt": body})
    require(store, body)
    total_kop = _total_kop(body)
    settlements = body.get("settlements")
    if not isinstance(settlements, list) or not settlements:
        raise errors.invalid("settlements", "Missing parameter: settlements")
    for one in settlements:
        if not isinstance(one, dict) or one.get("type") not in SETTLEMENTS:
            raise errors.invalid("settlements", "Incorrect settlement")
    if sum(requests.amount(one) for one in settlements) != total_kop:
        raise errors.invalid("settlements", "The settlements are not the sum of the items")
    if total_kop > row["amount_kop"]:
        raise errors.invalid("items", f"The receipt is of more than the {what}")
    if len(_rows(store, what, about)) >= OF_ONE_MAX:
        raise errors.invalid(f"{what}_id", f"A {what} has at most {OF_ONE_MAX} receipts")
    receipt_id = str(uuid.uuid4())
    sql.execute(
        "insert into bank_receipt (id, shop_id, type, about, body, created_ms) values (?, ?, ?, ?, ?, ?)",
        (receipt_id, shop.id, what, about, json.dumps(body, ensure_ascii=False), store.now_ms()),
    )
    return receipt_id


def listed(store: Store, shop: shops.Shop, query: Mapping[str, str]) -> list[dict[str, Any]]:
    """All receipts of a payment or a refund of the shop's, the newest first."""
    for what, table in (("payment", "payment"), ("refund", "refund")):
        about = query.get(f"{what}_id")
        if about is not None:
            row = store.row(f"select * from {table} where id = ? and shop_id = ?", about, shop.id)
            carried = [_carried(store, what, row)] if row is not None and _is_registered(row) else []
            return [*(_shown(store, one) for one in _rows(store, what, about)), *carried]
    return [_shown(store, one) for one in store.rows("select * from bank_receipt where shop_id = ?", shop.id)][::-1]


def find_of(store: Store, shop: shops.Shop, receipt_id: str) -> dict[str, Any]:
    row = store.row("select * from bank_receipt where id = ? and shop_id = ?", receipt_id, shop.id)
    if row is not None:
        return _shown(store, row)
    for what in ("payment", "refund"):
        for one in store.rows(f"select * from {what} where shop_id = ? and receipt is not null", shop.id):
            if _id_of(what, one["id"]) == receipt_id and _is_registered(one):
                return _carried(store, what, one)
    raise errors.missing("Receipt", receipt_id)


def everything(store: Store) -> list[dict[str, Any]]:
    """For the control interface: of all shops, those carried by payments and refunds too."""
    found = [_shown(store, row) for row in store.rows("select * from bank_receipt order by seq desc")]
    for what in ("payment", "refund"):
        rows = store.rows(f"select * from {what} where receipt is not null order by seq desc")
        found += [_carried(store, what, row) for row in rows if _is_registered(row)]
    return found


def _rows(store: Store, what: str, about: str) -> list[sqlite3.Row]:
    return store.rows("select * from bank_receipt where type = ? and about = ? order by seq desc", what, about)


def _is_registered(row: sqlite3.Row) -> bool:
    return row["receipt"] is not None and row["status"] == "succeeded"


def _carried(store: Store, what: str, row: sqlite3.Row) -> dict[str, Any]:
    body = {**json.loads(row["receipt"])}
    settled = [{"type": "cashless", "amount": kopecks.wire(row["amount_kop"])}]
    return _object(store, _id_of(what, row["id"]), what, row["id"], {"settlements": settled, **body}, row["created_ms"])


def _shown(store: Store, row: sqlite3.Row) -> dict[str, Any]:
    return _object(store, row["id"], row["type"], row["about"], json.loads(row["body"]), row["created_ms"])


def _object(
    store: Store, receipt_id: str, what: str, about: str, body: dict[str, Any], created_ms: int
) -> dict[str, Any]:
    status = store.knob("receipts", "succeeded")
    found = {
        "id": receipt_id,
        "type": what,
        f"{what}_id": about,
        "status": status,
        "items": body["items"],
        "settlements": body["settlements"],
    }
    if status == "succeeded":
        number = documents.sign(receipt_id)
        found |= {
            "fiscal_document_number": str(number % 10**6),
            "fiscal_storage_number": "9288000100115785",
            "fiscal_attribute": str(number),
            "registered_at": instants.iso(created_ms),
            "fiscal_provider_id": receipt_id,
        }
    return found


def _id_of(what: str, about: str) -> str:
    """Of what a body carried: the same whenever asked."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"sandbox:{what}:{about}"))


def _total_kop(body: dict[str, Any]) -> int:
    total_kop = 0
    for item in body["items"]:
        whole = _WHOLE.fullmatch(str(item["quantity"]))
        if whole is None:
            raise errors.invalid("items", "This sandbox counts whole quantities only")
        total_kop += requests.amount(item) * int(whole[1])
    return total_kop
