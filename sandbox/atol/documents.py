"""Documents, checked as the register does, once for an external_id. The only writer of `atol_document`."""

import datetime
import hashlib
import json
import re
import sqlite3
import uuid
from typing import Any

from sandbox.atol import errors
from sandbox.store import Store

OPERATIONS = ("sell", "sell_refund")
VATS = {
    "none", "vat0", "vat5", "vat7", "vat10", "vat20", "vat22",
    "vat105", "vat107", "vat110", "vat120", "vat122",
}  # fmt: skip
SYSTEMS = {"osn", "usn_income", "usn_income_outcome", "envd", "esn", "patent"}
METHODS = {
    "full_prepayment", "prepayment", "advance", "full_payment", "partial_payment", "credit", "credit_payment",
}  # fmt: skip
OBJECTS = {"commodity", "job", "service", "payment", "agent_commission", "another"}
STATES = {"wait": "is being registered", "done": "registered", "fail": "not registered"}  # in words
SAID = {"advance", "full_payment"}  # the methods that its page has words for: what our provider uses
READY_SECONDS = 1
_SUM = re.compile(r"([0-9]{1,8})(?:\.([0-9]{1,2}))?", re.ASCII)
_PHONE = re.compile(r"\+?[0-9]{10,18}", re.ASCII)


class Number(str):
    """A fraction as it was written: no float touches it."""

    __slots__ = ()


def read(raw: bytes) -> dict[str, Any]:
    """Raises UnableToServe for what is no JSON object."""
    try:
        body = json.loads(raw, parse_float=Number)
    except (ValueError, RecursionError) as error:
        raise errors.UnableToServe(40) from error
    if not isinstance(body, dict):
        raise errors.UnableToServe(40)
    return body


def take(store: Store, sql: sqlite3.Connection, operation: str, body: dict[str, Any]) -> sqlite3.Row:
    """A new document.

    Raises UnableToServe: 32 for a wrong one, 33 with the first one's uuid for a known external_id.
    """
    if operation not in OPERATIONS:
        raise errors.UnableToServe(31, operation)
    wrong = [*_wrong(body)]
    if wrong:
        raise errors.UnableToServe(32, ", ".join(wrong), uuid=None)
    known = sql.execute("select * from atol_document where external_id = ?", (body["external_id"],)).fetchone()
    if known is not None:
        raise errors.UnableToServe(33, body["external_id"], uuid=known["uuid"])
    knobs, now_ms = store.knob("atol", {}), store.now_ms()
    failed = ""
    if knobs.get("fail", 0) > 0:
        failed = str(knobs.get("fail_with", "timeout:1"))
        store.set_knob(sql, "atol", {**knobs, "fail": knobs["fail"] - 1})
    document_id = str(uuid.uuid4())
    sql.execute(
        "insert into atol_document (uuid, external_id, operation, body, total_kop, failed, ready_ms, created_ms)"
        " values (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            document_id,
            body["external_id"],
            operation,
            json.dumps(body, ensure_ascii=False),
            kopecks(body["receipt"]["total"]),
            failed,
            now_ms + int(knobs.get("ready_seconds", READY_SECONDS)) * 1000,
            now_ms,
        ),
    )
    return find(sql, document_id)


def find(sql: sqlite3.Connection, document_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = sql.execute("select * from atol_document where uuid = ?", (document_id,)).fetchone()
    if row is None:
        raise errors.UnableToServe(30, document_id, uuid=None)
    return row


def report(row: sqlite3.Row, now_ms: int, link: str) -> dict[str, Any]:
    """What has become of it: the register's answer."""
    about = {"uuid": row["uuid"], "group_code": "sandbox_group", "daemon_code": "sandbox", "device_code": "KSR00000001"}
    if now_ms < row["ready_ms"]:
        raise errors.UnableToServe(34, **about)
    if row["failed"]:
        kind, _, code = row["failed"].partition(":")
        error = errors.error(int(code), errors.OF_DOCUMENTS.get(row["failed"], row["failed"]), kind)
        return {**about, "status": "fail", "error": error, "payload": None}
    body = json.loads(row["body"])
    payload = {
        "total": row["total_kop"] // 100 if row["total_kop"] % 100 == 0 else body["receipt"]["total"],
        "fns_site": "www.nalog.gov.ru",
        "fn_number": "9999078900012345",
        "shift_number": row["seq"] // 100 + 1,
        "receipt_datetime": body["timestamp"],
        "fiscal_receipt_number": row["seq"] % 100 + 1,
        "fiscal_document_number": row["seq"],
        "ecr_registration_number": "0000111122223333",
        "fiscal_document_attribute": sign(row["uuid"]),
        "ofd_receipt_url": link,
    }
    return {**about, "status": "done", "error": None, "payload": payload}


def sign(text: str) -> int:
    """A fiscal sign: ten digits, the same whenever asked."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) % 10**10


def kopecks(value: object) -> int:
    """A JSON number: 500, 500.0, 500.55. Raises ValueError."""
    if type(value) is int and value >= 0:
        return value * 100
    match = _SUM.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(value)
    return int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))


def _wrong(body: dict[str, Any]) -> list[str]:
    """The fields that are wrong; a shape that is none at all is one of them."""
    try:
        return [*_wrong_fields(body)]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return [f"{type(error).__name__} {error}"]


def _wrong_fields(body: dict[str, Any]) -> list[str]:
    receipt = body["receipt"]
    client, company, total_kop = receipt["client"], receipt["company"], kopecks(receipt["total"])
    datetime.datetime.strptime(body["timestamp"], "%d.%m.%Y %H:%M:%S")  # noqa: DTZ007  only its shape
    items = receipt["items"]
    checks = {
        "external_id": 0 < len(body["external_id"]) <= 128,
        "client": bool(client.get("email") or client.get("phone")),
        "client.email": len(client.get("email", "")) <= 64 and ("@" in client.get("email", "@")),
        "client.phone": "phone" not in client or bool(_PHONE.fullmatch(client["phone"])),
        "client.inn": len(client.get("inn", "0" * 10)) in (10, 12),
        "company.inn": company["inn"].isdigit() and len(company["inn"]) in (10, 12),
        "company.sno": company["sno"] in SYSTEMS,
        "company.email": "@" in company["email"],
        "company.payment_address": bool(company["payment_address"]),
        "items": 1 <= len(items) <= 100,
        "items.name": all(0 < len(item["name"]) <= 128 for item in items),
        "items.sum": all(kopecks(item["price"]) * item["quantity"] == kopecks(item["sum"]) for item in items),
        "items.vat": all(item["vat"]["type"] in VATS for item in items),
        "items.payment_method": all(item["payment_method"] in METHODS for item in items),
        "items.payment_object": all(item["payment_object"] in OBJECTS for item in items),
        "total": total_kop > 0 and sum(kopecks(item["sum"]) for item in items) == total_kop,
        "payments": sum(kopecks(one["sum"]) for one in receipt["payments"]) == total_kop,
        "payments.type": all(one["type"] in range(10) for one in receipt["payments"]),
        "prepayment": all((one["type"] == 2) == _is_service(items) for one in receipt["payments"]),
    }
    return [name for name, right in checks.items() if not right]


def _is_service(items: list[dict[str, Any]]) -> bool:
    """Ours: what is wholly paid was paid before; an advance is paid now."""
    return all(item["payment_method"] == "full_payment" for item in items)
