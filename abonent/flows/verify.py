"""Check every invariant of money and access, room by room and between rooms. Reads only."""

from collections.abc import Iterator

from django.db import connection, transaction

from abonent.billing import invariants as billing
from abonent.billing.documents import invariants as documents
from abonent.core import db, partitions
from abonent.ledger import invariants as ledger
from abonent.network import invariants as network
from abonent.payments import invariants as payments

_RULES = db.read_sql(__file__, "verify").split("-- rule: ")[1:]


def problems() -> Iterator[str]:
    """A line for each thing that is wrong; nothing when all is in order.

    All rules look at one moment, so that a payment that comes meanwhile is not a difference.
    """
    with transaction.atomic():
        if not connection.savepoint_ids:  # a transaction of our own, not a test's
            db.run("set transaction isolation level repeatable read, read only")
        found = [
            *ledger.problems(),
            *billing.problems(),
            *documents.problems(),
            *payments.problems(),
            *network.problems(),
            *ledger.broken(_RULES),
            *_strays(),
        ]
    yield from found


def _strays() -> Iterator[str]:
    for table, count in partitions.strays().items():
        yield f"a default partition is empty: {table} has {count} rows that no month's partition holds"
