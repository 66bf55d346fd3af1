"""A bank's statement is loaded: each incoming document once, credited to its contract or queued for staff.

    load ──► read whole, matched, compared ──► one transaction keeps it ──► each document: one transaction credits it

A kill in between leaves documents that are kept and not credited: the next load, or the schedule, goes on with them.
"""

import hashlib
import itertools
from datetime import date, timedelta
from typing import NamedTuple

from django.conf import settings

from abonent.core import alarms, audit, clock, db, money, partitions
from abonent.flows import crediting
from abonent.ledger import transfers
from abonent.ledger.models import Account
from abonent.payments import bank_entries, invoice_offsets, payers, payments
from abonent.payments.bank_statements import owners, parsing
from abonent.payments.models import Channel
from abonent.payments.models_desk import BankEntry, BankEntryState, BankStatement
from abonent.subscribers import contracts
from abonent.subscribers.models import Contract

CREDIT_AT_MOST = 100_000
OLDEST = timedelta(days=3 * 366)  # what is older is a slip, and would make a partition a month back to it
TWIN = "the same document stands twice in one file"


class UnableToLoad(Exception):
    """Nothing of the file was written; the message says why."""


class Sum(NamedTuple):
    documents: int
    kop: int


class Report(NamedTuple):
    """What a file holds and what became of it, or would: sums in kopecks."""

    first_on: date
    last_on: date
    incoming: Sum
    known: Sum  # stood in an earlier file
    credited: Sum  # credited now; what would be, in a dry run
    queued: Sum  # newly waiting for staff
    ignored: Sum  # newly found to be nobody's: acquirers, our own
    outgoing: Sum
    others: int  # documents that are neither to us nor from us
    problem: str  # where the bank's sums do not add up; "" where they do


def load(content: bytes, *, actor: str, on: date, dry_run: bool = False) -> Report:
    """Load a file of the bank's. Loaded again it credits nothing again.

    on: the operator's today.   actor: who loads it.   Not to be called in a transaction.
    Raises UnableToLoad: the file is refused whole.
    """
    if settings.PROFILE.requisites is None:
        raise UnableToLoad("the profile has no requisites: the operator's own account is not known")
    own = settings.PROFILE.requisites.bank.account
    try:
        said = parsing.read(content)
    except parsing.UnableToRead as error:
        raise UnableToLoad(str(error)) from error
    turnovers = [one for one in said.turnovers if one.account == own]
    if not turnovers:
        raise UnableToLoad(f"line {said.turnovers[0].line}: the statement is of account {said.turnovers[0].account}, "
                           f"ours is {own}")  # fmt: skip
    documents = [one for one in said.documents if one.payee_account == own and one.received_on is not None]
    for one in documents:
        if one.received_on is not None and not on - OLDEST <= one.received_on <= on:
            raise UnableToLoad(f"line {one.line}: the money came on {one.received_on}, today is {on}")
    incoming = _matched(documents, own)
    spent = [one for one in said.documents if one.payer_account == own and one.spent_on is not None]
    statement = _statement(content, turnovers, len(incoming), len(spent), actor)
    statement.problem = _problem(turnovers, documents, spent)
    known = bank_entries.known([one.key for one in incoming])
    new = [one for one in incoming if one.key not in known]
    if not dry_run:
        _keep(statement, incoming)
    report = Report(
        first_on=statement.first_on,
        last_on=statement.last_on,
        incoming=_sum(incoming),
        known=_sum([one for one in incoming if one.key in known]),
        credited=_sum([one for one in new if one.owner.account_id is not None]),
        queued=_sum([one for one in new if one.owner.account_id is None and not one.owner.is_money_of_nobody]),
        ignored=_sum([one for one in new if one.owner.is_money_of_nobody]),
        outgoing=Sum(len(spent), sum(one.amount_kop for one in spent)),
        others=len(said.documents) - len(documents) - len(spent),
        problem=statement.problem,
    )
    if not dry_run:
        credit_new()
    return report


def credit_new() -> int:
    """Credit every kept document that has an owner; give how many. The schedule calls it too."""
    return sum(_credit(entry_id) for entry_id in bank_entries.new_ids(CREDIT_AT_MOST))


def assign(
    *,
    entry_id: int,
    contract_number: str,
    actor: str,
    why: str = "",
    address: str | None = None,
    remember: bool = False,
) -> BankEntry:
    """Staff say whose a queued document is: it is credited.

    remember: from now on its payer pays for this contract: what he sends by its invoices is credited by itself.
    Raises bank_entries.UnableToDecide: it waits no more, or there is no such open contract.
    """
    contract = Contract.objects.filter(number=contracts.tidy_number(contract_number)).first()
    if contract is None or contract.closed_on is not None:
        raise bank_entries.UnableToDecide(f"there is no open contract {contract_number}")
    account_id = Account.objects.values_list("id", flat=True).get(contract_id=contract.pk)
    with db.atomic():
        entry = bank_entries.lock(entry_id)
        bank_entries.assign(entry, account_id, actor=actor, why=why, at=clock.now())
        _record("assign_bank_entry", entry, actor, why, address, contract=contract.number)
        if remember and entry.payer_inn:
            payers.add(contract_id=contract.pk, inn=entry.payer_inn, name=entry.payer, actor=actor, address=address)
    _credit(entry_id)
    return BankEntry.objects.get(id=entry_id)


def send_back(*, entry_id: int, actor: str, why: str, address: str | None = None) -> BankEntry:
    """Staff have sent a queued document's money back to its payer: nothing was credited, nothing moves here.

    why: the number of the order it went back with.   Raises bank_entries.UnableToDecide.
    """
    with db.atomic():
        entry = bank_entries.lock(entry_id)
        bank_entries.send_back(entry, actor=actor, why=why, at=clock.now())
        _record("return_bank_entry", entry, actor, why, address)
    return entry


def _matched(documents: list[parsing.Document], own: str) -> list[bank_entries.Incoming]:
    found, seen = [], set()
    for key, document in zip(bank_entries.keys(documents), documents, strict=True):
        owner = owners.of(document, own)
        body = (document.number, document.on, document.amount_kop, document.payer_account, document.payer_bik)
        if body in seen and not owner.is_money_of_nobody:
            # As a rule the bank's export has doubled it: a person looks before it is credited.
            owner = owners.Owner(None, why=TWIN, suggested=owner.suggested)
        seen.add(body)
        found.append(bank_entries.Incoming(key, document, owner))
    return found


def _statement(
    content: bytes, turnovers: list[parsing.Turnover], incoming: int, outgoing: int, actor: str
) -> BankStatement:
    in_order = sorted(turnovers, key=lambda one: (one.first_on, one.line))
    return BankStatement(
        sha256=hashlib.sha256(content).hexdigest(),
        account=in_order[0].account,
        first_on=in_order[0].first_on,
        last_on=max(one.last_on for one in in_order),
        opening_kop=in_order[0].opening_kop,
        received_kop=sum(one.received_kop for one in in_order),
        spent_kop=sum(one.spent_kop for one in in_order),
        closing_kop=in_order[-1].closing_kop,
        entries_count=incoming,
        outgoing_count=outgoing,
        loaded_by=actor,
        loaded_at=clock.now(),
    )


def _problem(
    turnovers: list[parsing.Turnover], documents: list[parsing.Document], spent: list[parsing.Document]
) -> str:
    """The bank's own sums against each other and against its documents; "" where all agree."""
    in_order = sorted(turnovers, key=lambda one: (one.first_on, one.line))
    for one in in_order:
        closing_kop = one.opening_kop + one.received_kop - one.spent_kop
        if closing_kop != one.closing_kop:
            return (
                f"line {one.line}: {_said(one.opening_kop)} + {_said(one.received_kop)} - {_said(one.spent_kop)} "
                f"is {_said(closing_kop)}, the bank closes with {_said(one.closing_kop)}"
            )
    for before, after in itertools.pairwise(in_order):
        if before.closing_kop != after.opening_kop:
            return f"line {after.line}: opens with {_said(after.opening_kop)}, the day before closed with " + _said(
                before.closing_kop
            )
    for word, said, found in (
        ("received", sum(one.received_kop for one in turnovers), sum(one.amount_kop for one in documents)),
        ("spent", sum(one.spent_kop for one in turnovers), sum(one.amount_kop for one in spent)),
    ):
        if said != found:
            return f"the bank says {_said(said)} was {word}, its documents are {_said(found)}"
    earlier = bank_entries.previous(in_order[0].account, in_order[0].first_on)
    if earlier is not None and earlier.closing_kop != in_order[0].opening_kop:
        return (
            f"opens with {_said(in_order[0].opening_kop)}, the statement up to {earlier.last_on} closed with "
            f"{_said(earlier.closing_kop)}: one in between is missing"
        )
    return ""


def _keep(statement: BankStatement, incoming: list[bank_entries.Incoming]) -> None:
    received = [one.document.received_on for one in incoming if one.document.received_on is not None]
    if received:
        partitions.ensure(min(received), max(received))
    with db.atomic():
        bank_entries.keep(statement, incoming)
        if statement.problem:
            what = f"the bank's statement of {statement.first_on} to {statement.last_on}: {statement.problem}"
            alarms.raise_alarm(key=f"statement:sums:{statement.sha256}", what=what)
        audit.record(
            actor=statement.loaded_by,
            action="payments.load_statement",
            subject=f"statement:{statement.pk}",
            new={"sha256": statement.sha256, "new": statement.new_count, "entries": statement.entries_count},
        )


def _credit(entry_id: int) -> int:
    """One document, one transaction; 1 where it was credited now. Twice is once."""
    at = clock.now()
    with transfers.alarm_on_refusal(), db.atomic():
        entry = bank_entries.lock(entry_id)
        if entry.state != BankEntryState.NEW:
            return 0
        assert entry.account_id is not None, entry_id
        found = payments.open_received(
            channel=Channel.BANK,
            account_id=entry.account_id,
            amount_kop=entry.amount_kop,
            external_id=bank_entries.external_id(entry),
            on=entry.received_on,
            at=at,
        )
        payment = payments.lock(found.pk)
        assert (payment.account_id, payment.amount_kop) == (entry.account_id, entry.amount_kop), entry_id
        crediting.credit(payment, on=entry.received_on, at=at)
        bank_entries.mark_credited(entry, payment)
        contract_id = Account.objects.values_list("contract_id", flat=True).get(id=entry.account_id)
        invoice_offsets.keep(payment, contract_id, owners.invoices_named(entry.purpose, contract_id))
    return 1


def _record(action: str, entry: BankEntry, actor: str, why: str, address: str | None, **new: str) -> None:
    audit.record(
        actor=actor,
        action=f"payments.{action}",
        subject=f"bank_entry:{entry.pk}",
        new={"amount_kop": entry.amount_kop, **new},
        why=why,
        address=address,
    )


def _sum(found: list[bank_entries.Incoming]) -> Sum:
    return Sum(len(found), sum(one.document.amount_kop for one in found))


def _said(kop: int) -> str:
    return money.plain(kop)
