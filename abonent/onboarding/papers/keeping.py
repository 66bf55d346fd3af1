"""By which document a person signed; what was printed. The only module that writes PersonDocument, ContractPaper."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from abonent.core import db
from abonent.onboarding.models import ContractPaper, PersonDocument
from abonent.onboarding.models_papers import DocumentKind
from abonent.subscribers.models import Customer

ADULT_YEARS = 18
OLDEST_YEARS = 120
_PASSPORT = re.compile(r"[0-9]{10}")
_OTHER = re.compile(r"[0-9A-Z\u0410-\u042f]{5,20}")
_SEPARATORS = re.compile(r"[\s\u2116.\u2010-\u2015-]")


class UnableToReadDocument(Exception):
    """`field` of Given, and `why`: "number", "young", "old", "future", "early"."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field, self.why = field, why


class DocumentOfAnother(Exception):
    """Another customer is known by that document."""


@dataclass(frozen=True, slots=True)
class Given:
    """A person's document as it lies on the table, checked by `read`."""

    kind: str
    number: str
    issued_by: str
    issued_on: date
    birth_date: date
    registered_address: str


def read(given: Given, *, on: date) -> Given:
    """The same with its number as it is kept.   on: the operator's today.   Raises UnableToReadDocument."""
    number = read_number(given.kind, given.number)
    if given.birth_date > on:
        raise UnableToReadDocument("birth_date", "future")
    if _years(given.birth_date, on) < ADULT_YEARS:
        raise UnableToReadDocument("birth_date", "young")
    if _years(given.birth_date, on) > OLDEST_YEARS:
        raise UnableToReadDocument("birth_date", "old")
    if given.issued_on > on:
        raise UnableToReadDocument("issued_on", "future")
    if given.issued_on <= given.birth_date:
        raise UnableToReadDocument("issued_on", "early")
    return Given(
        given.kind, number, _tidy(given.issued_by), given.issued_on, given.birth_date, _tidy(given.registered_address)
    )


def read_number(kind: str, text: str) -> str:
    """ "40 12 345678" → "4012345678".   Raises UnableToReadDocument."""
    number = _SEPARATORS.sub("", text).upper()
    if not (_PASSPORT if kind == DocumentKind.PASSPORT else _OTHER).fullmatch(number):
        raise UnableToReadDocument("number", "number")
    return number


def keep_document(customer_id: int, given: Given) -> PersonDocument:
    """The document a customer is known by now; a new one takes the place of the old.   Raises DocumentOfAnother."""
    db.require_transaction()
    facts = {name: getattr(given, name) for name in given.__slots__}
    try:
        with transaction.atomic():
            return PersonDocument.objects.update_or_create(customer_id=customer_id, defaults=facts)[0]
    except IntegrityError as error:
        if "onboarding_document_once" in str(error):
            raise DocumentOfAnother from None
        raise


def keep_paper(contract_id: int, data: dict[str, Any], *, actor: str, at: datetime) -> ContractPaper:
    """What the contract says on paper, once and for ever."""
    db.require_transaction()
    return ContractPaper.objects.create(contract_id=contract_id, data=data, made_by=actor, made_at=at)


def customer_by_document(kind: str, number: str) -> Customer | None:
    found = PersonDocument.objects.filter(kind=kind, number=number).select_related("customer__user").first()
    return None if found is None else found.customer


def paper_of(number: str) -> ContractPaper | None:
    """Of a contract by its number."""
    return ContractPaper.objects.filter(contract__number=number).select_related("contract__customer__user").first()


def _years(since: date, on: date) -> int:
    return on.year - since.year - ((on.month, on.day) < (since.month, since.day))


def _tidy(text: str) -> str:
    return " ".join(text.split())
