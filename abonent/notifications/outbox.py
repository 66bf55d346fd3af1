"""Queue what is to be said, in the transaction of what it tells about. The only module that adds a Notice.

A notice's key makes it once: queueing it again does nothing. `delivery.deliver` sends what is queued.
"""

import json
import re
from datetime import date, datetime
from typing import Any

from abonent.core import db, masking, sealing
from abonent.notifications import delivery, texts

_QUEUE = db.read_sql(__file__, "outbox_queue")
_PARAMS = "%(params)s::jsonb"
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
    written = db.prepared_rows(
        *statement(
            key=key, contract_id=contract_id, kind=kind, params=params, to=to, secret=secret, not_after=not_after
        )
    )
    delivery.deliver.wake()
    return bool(written)


def statement(
    *,
    key: str,
    contract_id: int,
    kind: str,
    params: dict[str, Any],
    more: str = "",
    to: str = "",
    secret: str = "",
    not_after: datetime | None = None,
) -> db.Statement:
    """`queue` for who sends it along with others, and wakes `delivery.deliver` once they are committed.

    more: SQL of a jsonb value that joins the params: what only the statements before it make known.
    """
    if not more:
        texts.check(kind, params, has_secret=bool(secret))
    said = json.dumps(masking.values(params), default=str)
    sql = _QUEUE.replace(_PARAMS, f"{_PARAMS} || ({more})") if more else _QUEUE
    values = {
        "key": key,
        "contract_id": str(contract_id),
        "kind": kind,
        "params": said,
        "to": to,
        "secret": sealing.seal(delivery.SECRETS, secret) if secret else "",
        "not_after": not_after.isoformat() if not_after else None,
    }
    return db.Statement(sql, values)


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
