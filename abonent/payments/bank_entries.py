"""The bank's statements and their incoming documents: kept once, credited, queued for staff.

The only module that writes BankStatement and BankEntry; the money itself is the flow's.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Count, Sum

from abonent.core import db, masking
from abonent.payments.bank_statements.owners import Owner
from abonent.payments.bank_statements.parsing import Document
from abonent.payments.models import Payment
from abonent.payments.models_desk import BankEntry, BankEntryState, BankStatement

OPEN = (BankEntryState.NEW, BankEntryState.QUEUED)
EXTERNAL_CHARS = 40


class UnableToDecide(Exception):
    """The document is not in the queue any more, or the decision has no reason."""


class Incoming(NamedTuple):
    """A document of a file, its name, and whose it is."""

    key: str
    document: Document
    owner: Owner


def keys(documents: Sequence[Document]) -> list[str]:
    """The names that make each one document, in whatever files it stands: number, date, sum, payer, payee.

    Two alike in one file are told apart by their order, so that neither is lost.
    """
    seen: dict[str, int] = {}
    named = []
    for one in documents:
        said = [one.number, one.on, one.amount_kop, one.payer_account, one.payer_bik, one.payee_account]
        body = "|".join(str(part) for part in said)
        turn = seen[body] = seen.get(body, 0) + 1
        named.append(hashlib.sha256(f"{body}|{turn}".encode() if turn > 1 else body.encode()).hexdigest())
    return named


def known(names: Sequence[str]) -> set[str]:
    return set(BankEntry.objects.filter(key__in=names).values_list("key", flat=True))


def previous(account: str, before: date) -> BankStatement | None:
    """The last statement of the account that ends before a date."""
    found = BankStatement.objects.filter(account=account, last_on__lt=before)
    return found.order_by("-last_on", "-id").first()


def keep(statement: BankStatement, incoming: Sequence[Incoming]) -> BankStatement:
    """Write the statement and those of its documents that no file before had.   statement: not saved yet."""
    db.require_transaction()
    names = [one.key for one in incoming]
    statement.new_count = len(set(names) - known(names))
    statement.save()
    BankEntry.objects.bulk_create([_row(statement, one) for one in incoming], ignore_conflicts=True, batch_size=500)
    return statement


def external_id(entry: BankEntry) -> str:
    """What its payment is called: another name after each correction."""
    return entry.key[:EXTERNAL_CHARS] + (f"-{entry.turn}" if entry.turn else "")


def lock(entry_id: int) -> BankEntry:
    return db.lock(BankEntry, [entry_id])[entry_id]


def new_ids(limit: int) -> list[int]:
    """Documents with an owner whose money is not credited yet, the oldest first."""
    found = BankEntry.objects.filter(state=BankEntryState.NEW)
    return list(found.order_by("id").values_list("id", flat=True)[:limit])


def queue(most: int | None = None) -> list[BankEntry]:
    """What staff decide, the oldest first; `most` at most."""
    return list(BankEntry.objects.filter(state=BankEntryState.QUEUED).order_by("id")[:most])


def queued() -> tuple[int, int]:
    """How many wait for staff, and their kopecks."""
    found = BankEntry.objects.filter(state=BankEntryState.QUEUED).aggregate(n=Count("id"), kop=Sum("amount_kop"))
    return found["n"], found["kop"] or 0


def mark_credited(entry: BankEntry, payment: Payment) -> None:
    assert entry.state == BankEntryState.NEW, entry.pk
    entry.state, entry.payment = BankEntryState.CREDITED, payment
    entry.save(update_fields=["state", "payment"])


def assign(entry: BankEntry, account_id: int, *, actor: str, why: str, at: datetime) -> None:
    """Staff say whose a locked, queued document is.   Raises UnableToDecide."""
    _require_queued(entry)
    entry.state, entry.account_id, entry.matched_by = BankEntryState.NEW, account_id, "staff"
    _decided(entry, actor, why, at, "account", "matched_by")


def send_back(entry: BankEntry, *, actor: str, why: str, at: datetime) -> None:
    """Staff have sent a locked, queued document's money back to its payer.   Raises UnableToDecide."""
    _require_queued(entry)
    if not why.strip():
        raise UnableToDecide("money that goes back to its payer goes with a reason: the number of the order")
    entry.state = BankEntryState.RETURNED
    _decided(entry, actor, why, at)


def release(payment_id: int, *, why: str) -> None:
    """Its payment was a mistake and is taken back: staff decide anew whose the document is."""
    db.require_transaction()
    found = BankEntry.objects.filter(payment_id=payment_id).select_for_update(no_key=True).first()
    if found is None:
        return
    found.state, found.payment, found.account = BankEntryState.QUEUED, None, None
    found.turn, found.why, found.matched_by = found.turn + 1, why, ""
    found.save(update_fields=["state", "payment", "account", "turn", "why", "matched_by"])


def _require_queued(entry: BankEntry) -> None:
    if entry.state != BankEntryState.QUEUED:
        raise UnableToDecide(f"document {entry.pk} is {entry.state}, it waits for nobody's decision")


def _decided(entry: BankEntry, actor: str, why: str, at: datetime, *fields: str) -> None:
    entry.decided_by, entry.decided_at, entry.why = actor, at, masking.text(why) or entry.why
    entry.save(update_fields=["state", "decided_by", "decided_at", "why", *fields])


def _row(statement: BankStatement, one: Incoming) -> BankEntry:
    document, owner = one.document, one.owner
    assert document.received_on is not None, document.line
    state = BankEntryState.NEW if owner.account_id else BankEntryState.QUEUED
    return BankEntry(
        key=one.key,
        statement=statement,
        number=document.number,
        document_on=document.on,
        received_on=document.received_on,
        amount_kop=document.amount_kop,
        payer=masking.text(document.payer),
        payer_inn=document.payer_inn,
        payer_account=document.payer_account,
        payer_bik=document.payer_bik,
        purpose=masking.text(document.purpose),
        state=BankEntryState.IGNORED if owner.is_money_of_nobody else state,
        matched_by=owner.by,
        account_id=owner.account_id,
        suggested=owner.suggested,
        why=owner.why,
    )
