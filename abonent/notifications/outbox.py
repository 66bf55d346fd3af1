"""Queue what is to be said, in the transaction of what it tells about. The only module that adds a Notice.

A notice's key makes it once: queueing it again does nothing. `delivery.deliver` sends what is queued.
"""

import functools
import json
import re
from datetime import date, datetime
from typing import Any

from abonent.core import db, masking, sealing
from abonent.notifications import delivery, texts

_INSERT = db.read_sql(__file__, "outbox_queue")
_QUEUE = _INSERT.format(more="", source="")
_QUEUE_BATCH = db.read_sql(__file__, "outbox_queue_batch")
_TABLE_NAME = re.compile(r"^[a-z_][a-z0-9_]*$")


def queue(
    *,
    key: str,
    contract_id: int,
    kind: str,
    params: dict[str, Any],
    to: str = "",
    secret: str = "",
    not_after: datetime | None = None,
) -> bool:
    """Queue one notice; give whether it is new.

    key: "<kind>:<cause>", from the cause, never random: "payment_received:42".
    kind: one of texts.KINDS.   params: what its text needs: sums in kopecks, dates as "2026-12-01" or a date.
    to: "+79161234567" or a mail address; by default the customer's.
    secret: a code or a password; it is stored sealed and forgotten once it is sent.
    not_after: when it is good no more, and is not sent.
    """
    db.require_transaction()
    texts.check(kind, params, has_secret=bool(secret))
    said = _said(key, contract_id, kind, params)
    said["to"], said["secret"] = to, sealing.seal(delivery.SECRETS, secret) if secret else ""
    said["not_after"] = not_after.isoformat() if not_after else None
    written = db.prepared_rows(_QUEUE, said)
    delivery.deliver.wake()
    return bool(written)


def part(
    *, key: str, contract_id: int, kind: str, params: dict[str, Any], more: dict[str, str], source: str
) -> db.Statement:
    """`queue` as a part of a WITH, for who wakes `delivery.deliver` once it is committed.

    source: the part before it that says by a row that it is to be queued.   more: params that are its columns.
    """
    texts.check(kind, params | more)
    return db.Statement(_part_of(source, tuple(more.items())), _said(key, contract_id, kind, params))


def _said(key: str, contract_id: int, kind: str, params: dict[str, Any]) -> dict[str, Any]:
    return {
        "key": key,
        "contract_id": str(contract_id),
        "kind": kind,
        "params": json.dumps(masking.values(params), default=str),
        "to": "",
        "secret": "",
        "not_after": None,
    }


@functools.cache
def _part_of(source: str, more: tuple[tuple[str, str], ...]) -> str:
    values = ", ".join(f"'{name}', {source}.{column}" for name, column in more)
    return _INSERT.format(more=f"|| jsonb_build_object({values})", source=f"from {source}")


def queue_batch(kind: str, on: date, table: str) -> int:
    """Queue a notice for each row of a temporary table in one statement; give how many are new.

    table: its name; columns key text, contract_id bigint, params jsonb.   on: joins the params as "on".
    """
    db.require_transaction()
    assert kind in texts.KINDS, kind
    assert _TABLE_NAME.match(table), table
    written = db.run(_QUEUE_BATCH.replace("{table}", table), {"kind": kind, "on": on.isoformat()})
    if written:
        delivery.deliver.wake()
    return written


def call_off(start: str) -> set[int]:
    """Cancel what waits and was not tried yet, of the notices whose keys begin so; give their contracts."""
    db.require_transaction()
    rows = db.rows(
        "update notifications_notice set state = 'canceled', secret = '' "
        "where key like %s and state = 'queued' and attempts = 0 returning contract_id",
        [start.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%") + "%"],
    )
    return {row["contract_id"] for row in rows}
