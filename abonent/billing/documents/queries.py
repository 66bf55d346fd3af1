"""Which documents there are, which are due, and which the ledger has overtaken."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from django.db import models

from abonent.billing.models import ChargedThrough
from abonent.billing.models_documents import Document, DocumentCounter, DocumentKind
from abonent.core import db, periods
from abonent.subscribers.models import Contract

_DUE = db.read_sql(__file__, "due")
_OUTDATED = db.read_sql(__file__, "outdated")
_OF_MONTH = db.read_sql(__file__, "of_month")
_SUM_OF_MONTH = db.read_sql(__file__, "sum_of_month")
MOST_OF_MONTH = 100


class Due(NamedTuple):
    contract_id: int
    month: date


class OfMonth(NamedTuple):
    """What a contract has of a month: ids of what holds, by kind; 0: there is none of the kind."""

    contract_id: int
    contract_number: str
    customer_name: str
    total_kop: int
    vat_kop: int
    correction: int  # of the last one; 0: none
    invoice_id: int
    act_id: int
    vat_invoice_id: int


class Sum(NamedTuple):
    contracts: int
    total_kop: int


class OutdatedNamed(NamedTuple):
    document_id: int
    month: date
    contract_number: str
    customer_name: str


class Outdated(NamedTuple):
    """A month whose documents want a correction; `document_id` is one of its last."""

    contract_id: int
    month: date
    document_id: int


def of_contract(contract_id: int) -> list[Document]:
    """Everything made for a contract, the newest month first; a correction after its first. Without `data`."""
    found = Document.objects.filter(contract_id=contract_id).defer("data")
    return list(found.order_by("-month", "kind", "correction"))


def own(contract_id: int, document_id: int) -> Document | None:
    """A document, looked up through the contract of the signed-in user."""
    return Document.objects.filter(contract_id=contract_id, id=document_id).first()


def last_of_month(contract_id: int, month: date) -> list[Document]:
    """The documents that hold: of each kind the last correction, else the first. month: its first day."""
    found = Document.objects.filter(contract_id=contract_id, month=month)
    return list(found.order_by("kind", "-correction").distinct("kind"))


def act_of(document: Document) -> Document | None:
    """The act that the VAT invoice of the month belongs to, of the same correction."""
    found = Document.objects.filter(
        contract_id=document.contract_id, month=document.month, kind=DocumentKind.ACT, correction=document.correction
    )
    return found.first()


def closed_months(on: date) -> list[date]:
    """The months to be documented by `on`, as first days: over, charged to their last day, from the newest that has
    documents, for it may have been left half done.

    An installation without documents begins with the last month: its past has been documented elsewhere.
    """
    through = ChargedThrough.objects.values_list("on", flat=True).first()
    if through is None:
        return []
    last = periods.month(min(on, through + periods.ONE_DAY).replace(day=1), -1)
    newest = Document.objects.aggregate(newest=models.Max("month"))["newest"] or last
    return months_before(last, (last.year - newest.year) * 12 + last.month - newest.month + 1)


def months_before(last: date, count: int) -> list[date]:
    """`count` first days of months, up to `last` and with it."""
    return [periods.month(last, -n) for n in range(count - 1, -1, -1)]


def due(months: Sequence[date]) -> list[Due]:
    """Of postpaid legal entities, in one statement. months: first days."""
    return [Due(**row) for row in db.rows(_DUE, {"months": list(months)})]


def outdated(months: Sequence[date]) -> list[Outdated]:
    """In one statement. months: first days."""
    return [Outdated(**row) for row in db.rows(_OUTDATED, {"months": list(months)})]


def of_month(month: date, *, after: str = "") -> list[OfMonth]:
    """A page of contracts with documents of a month, by number, from the one after `after`; one more than shown."""
    rows = db.rows(_OF_MONTH, {"month": month, "after": after, "most": MOST_OF_MONTH + 1})
    return [OfMonth(**row) for row in rows]


def sum_of_month(month: date) -> Sum:
    """How many contracts have documents of it, and for how much in all."""
    (row,) = db.rows(_SUM_OF_MONTH, {"month": month})
    return Sum(**row)


def outdated_named(months: Sequence[date]) -> list[OutdatedNamed]:
    """`outdated`, with whose they are: two statements."""
    found = outdated(months)
    named = Contract.objects.select_related("customer").in_bulk([one.contract_id for one in found])
    return [
        OutdatedNamed(
            one.document_id, one.month, named[one.contract_id].number, named[one.contract_id].customer.full_name
        )
        for one in found
    ]


def of_number(number: int, year: int | None, most: int) -> list[Document]:
    """Documents of any kind with that number, the newest first.   year: None: of any."""
    found = Document.objects.filter(kind__in=DocumentKind.values, number=number)
    if year is not None:
        found = found.filter(year=year)
    else:
        found = found.filter(year__in=DocumentCounter.objects.values("year"))
    return list(found.order_by("-issued_on", "-id")[:most])
