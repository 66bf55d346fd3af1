"""Lists of the API: filters, pages, cursors. Newest first."""

import re
import sqlite3
from collections.abc import Mapping

from sandbox import instants
from sandbox.bank import errors, shops
from sandbox.store import Store

COMPARISONS = {"gte": ">=", "gt": ">", "lte": "<=", "lt": "<"}
STATUSES = {
    "payment": ("pending", "waiting_for_capture", "succeeded", "canceled"),
    "refund": ("pending", "succeeded", "canceled"),
}
LIMIT, LIMIT_MAX = 10, 100


def page(store: Store, shop: shops.Shop, table: str, query: Mapping[str, str]) -> tuple[list[sqlite3.Row], str | None]:
    """(rows, next_cursor). table: "payment" or "refund"."""
    conditions: list[str] = ["shop_id = ?"]
    values: list[object] = [shop.id]

    def narrow(condition: str, value: object) -> None:
        conditions.append(condition)
        values.append(value)

    for moment in ("created", "captured") if table == "payment" else ("created",):
        for name, comparison in COMPARISONS.items():
            parameter = f"{moment}_at.{name}"
            if parameter in query:
                narrow(f"{moment}_ms {comparison} ?", _instant(parameter, query[parameter]))
    if "status" in query:
        if query["status"] not in STATUSES[table]:
            raise errors.invalid("status", f"status must be one of: {', '.join(STATUSES[table])}")
        narrow("status = ?", query["status"])
    if table == "payment" and "payment_method" in query:
        narrow("card_name is not null and method_type = ?", query["payment_method"])
    if table == "refund" and "payment_id" in query:
        narrow("payment_id = ?", query["payment_id"])
    if "cursor" in query:
        start = store.row(f"select seq from {table} where shop_id = ? and id = ?", shop.id, query["cursor"])
        if start is None:
            raise errors.invalid("cursor", "The cursor is not known: take next_cursor of the answer before")
        narrow("seq <= ?", start["seq"])
    limit = _limit(query.get("limit"))
    rows = store.rows(
        f"select * from {table} where {' and '.join(conditions)} order by seq desc limit {limit + 1}", *values
    )
    return rows[:limit], rows[limit]["id"] if len(rows) > limit else None


def _instant(parameter: str, text: str) -> int:
    try:
        return instants.parse_iso(text)
    except instants.UnableToReadInstant as error:
        raise errors.invalid(parameter, f"{parameter} must be like 2018-07-18T10:51:18.139Z") from error


def _limit(text: str | None) -> int:
    if text is None:
        return LIMIT
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= LIMIT_MAX:
        raise errors.invalid("limit", f"limit must be from 1 to {LIMIT_MAX}")
    return int(text)
