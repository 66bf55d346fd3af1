"""Idempotence-Key: the same key and the same body give the same object, for 24 hours."""

import hashlib
import json
import re
import sqlite3
from typing import Any

from sandbox.bank import errors, shops

HEADER = "Idempotence-Key"
KEPT_MS = 24 * 3_600_000
KEY = re.compile(r"[0-9a-zA-Z+_.\-]{1,64}")


def check(key: str | None) -> str:
    """Raises UnableToServe where the key is absent or of a wrong shape."""
    if not key:
        raise errors.invalid(HEADER, "Idempotence key is missing: every POST needs one")
    if len(key) > 64:
        raise errors.invalid(HEADER, "Idempotence key is too long. Send the value in accordance with the documentation")
    if not KEY.fullmatch(key):
        raise errors.invalid(HEADER, "Idempotence key may hold letters, digits and + - _ . only")
    return key


def hash_of(path: str, body: dict[str, Any]) -> str:
    """The same for bodies that say the same, in whatever order."""
    return hashlib.sha256(f"{path}\n{json.dumps(body, sort_keys=True)}".encode()).hexdigest()


def known(sql: sqlite3.Connection, shop: shops.Shop, key: str, request_hash: str, now_ms: int) -> str | None:
    """The id of the object made under the key. Raises UnableToServe where the key came with another body."""
    sql.execute("delete from idempotence where created_ms <= ?", (now_ms - KEPT_MS,))
    row = sql.execute("select * from idempotence where shop_id = ? and key = ?", (shop.id, key)).fetchone()
    if row is None:
        return None
    if row["request_hash"] != request_hash:
        raise errors.invalid(HEADER, "Idempotence key duplicated")
    return str(row["object_id"])


def keep(sql: sqlite3.Connection, shop: shops.Shop, key: str, request_hash: str, object_id: str, now_ms: int) -> None:
    """In the transaction that makes the object."""
    sql.execute(
        "insert into idempotence (shop_id, key, request_hash, object_id, created_ms) values (?, ?, ?, ?, ?)",
        (shop.id, key, request_hash, object_id, now_ms),
    )
