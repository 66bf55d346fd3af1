"""Who did what: written with what it tells about, and never changed."""

from datetime import date

import pytest
from django.db import DatabaseError, transaction

from abonent.core import audit, clock
from abonent.core import db as database
from abonent.core.models import AuditEntry


def write() -> AuditEntry:
    with transaction.atomic():
        return audit.record(
            actor="cashier",
            action="payments.credit_cash",
            subject="payment:17",
            old={"state": "pending"},
            new={"state": "succeeded"},
            why="receipt 42",
            address="192.0.2.7",
        )


def test_an_entry_says_who_what_when_and_why(db: None) -> None:
    with clock.frozen(clock.at_noon(date(2026, 12, 14))):
        entry = AuditEntry.objects.get(pk=write().pk)
        assert entry.at == clock.now()
    assert (entry.actor, entry.action, entry.subject) == ("cashier", "payments.credit_cash", "payment:17")
    assert (entry.old, entry.new, entry.why) == ({"state": "pending"}, {"state": "succeeded"}, "receipt 42")
    assert entry.address == "192.0.2.7"


@pytest.mark.parametrize(
    "change",
    [
        "update core_auditentry set actor = 'nobody'",
        "delete from core_auditentry",
        "truncate core_auditentry",
    ],
)
def test_an_entry_cannot_be_changed_nor_taken_away(db: None, change: str) -> None:
    write()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        database.run(change)
    assert AuditEntry.objects.get().actor == "cashier"


@pytest.mark.committing
def test_an_entry_stands_only_in_a_transaction(own_database: str) -> None:
    with pytest.raises(AssertionError, match="transaction"):
        audit.record(actor="cashier", action="payments.credit_cash", subject="payment:17")
