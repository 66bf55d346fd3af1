"""Numbers without gaps, and the documents that have them. The only module that writes Document and DocumentCounter."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from abonent.billing.models_documents import Document, DocumentKind
from abonent.core import db

_TAKE_NUMBERS = db.read_sql(__file__, "take_numbers")


class Composed(NamedTuple):
    """A document that has no number yet. One of a kind at a time."""

    contract_id: int
    kind: DocumentKind
    month: date  # its first day
    issued_on: date
    total_kop: int
    vat_kop: int
    data: dict[str, Any]


def take(composed: Sequence[Composed]) -> list[Document]:
    """Write the documents, each with the next number of its kind and year.

    It must be the last statement of its transaction: what fails before it takes no number, what fails after it
    gives the number back, and the counters are locked no longer than a commit takes.
    """
    db.require_transaction()
    wanted = json.dumps([one._asdict() for one in composed], default=date.isoformat)
    made = {row["kind"]: row for row in db.rows(_TAKE_NUMBERS, {"wanted": wanted})}
    assert len(made) == len(composed), (made, composed)
    return [Document(**{**one._asdict(), **made[one.kind]}) for one in composed]


def correct(first: Document, *, composed: Composed, correction: int, corrected_on: date) -> Document:
    """A correction keeps the number and the date of its first."""
    db.require_transaction()
    assert first.correction == 0, first.pk
    return Document.objects.create(
        contract_id=first.contract_id,
        kind=first.kind,
        month=first.month,
        correction=correction,
        corrects=first,
        year=first.year,
        number=first.number,
        issued_on=first.issued_on,
        corrected_on=corrected_on,
        total_kop=composed.total_kop,
        vat_kop=composed.vat_kop,
        data=composed.data,
    )
