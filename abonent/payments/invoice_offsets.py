"""Which invoices are paid, and by which transfers. The only module that writes InvoiceOffset.

What is owed is the ledger's alone (lesson 31): the unpaid sum up to the newest invoice. A transfer that names an
invoice is meant for that one; the rest closes the oldest first, so that what is unpaid stands on the newest.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from abonent.billing import overdue
from abonent.core import db
from abonent.payments.models import Payment
from abonent.payments.models_invoices import InvoiceOffset

PAID, PART, OPEN, LATE = "paid", "part", "open", "late"
_INVOICES = db.read_sql(__file__, "invoice_offsets")


class Invoice(NamedTuple):
    """A month's invoice that holds, and what of it is not paid."""

    contract_id: int
    document_id: int  # of its last correction
    first_id: int
    month: date
    number: int
    year: int
    total_kop: int
    pay_until: date
    unpaid_kop: int
    state: str

    @property
    def paid_kop(self) -> int:
        return self.total_kop - self.unpaid_kop


class _Row(NamedTuple):
    account_id: int
    contract_id: int
    first_id: int
    id: int
    month: date
    number: int
    year: int
    total_kop: int
    pay_until: date
    named_kop: int


def of_contracts(contract_ids: Sequence[int], *, on: date) -> dict[int, list[Invoice]]:
    """By contract, the newest first; two statements.   on: the operator's today."""
    rows = [_Row(**row) for row in db.rows(_INVOICES, {"contracts": list(contract_ids)})]
    unpaid = overdue.unpaid_kop(sorted({one.account_id for one in rows}))
    found: dict[int, list[Invoice]] = {}
    for contract_id in {one.contract_id: None for one in rows}:
        mine = [one for one in rows if one.contract_id == contract_id]
        found[contract_id] = spread(mine, unpaid.get(mine[0].account_id, 0), on)
    return found


def spread(rows: Sequence[_Row], unpaid_kop: int, on: date) -> list[Invoice]:
    """Where an unpaid sum stands: on the newest, but not on what a transfer was meant for. Pure.

    rows: the newest first.   More unpaid than there are invoices is a debt from before them: of none.
    """
    found = []
    for one in rows:
        on_it_kop = min(max(one.total_kop - one.named_kop, 0), unpaid_kop)
        unpaid_kop -= on_it_kop
        state = PAID if not on_it_kop else LATE if one.pay_until < on else PART if on_it_kop < one.total_kop else OPEN
        found.append(
            Invoice(
                one.contract_id, one.id, one.first_id, one.month, one.number, one.year, one.total_kop, one.pay_until,
                on_it_kop, state,
            )
        )  # fmt: skip
    return found


def keep(payment: Payment, contract_id: int, named: Sequence[int]) -> int:
    """Set a payment off against the invoices it names, each up to its sum, in the payment's own transaction.

    named: ids of first invoices, in the order of the purpose.   Gives what is left for the others, an advance.
    """
    db.require_transaction()
    left_kop = payment.amount_kop
    rows = {one["first_id"]: _Row(**one) for one in db.rows(_INVOICES, {"contracts": [contract_id]})}
    for first_id in named:
        one = rows.get(first_id)
        part_kop = min(left_kop, max(one.total_kop - one.named_kop, 0)) if one else 0
        if part_kop:
            InvoiceOffset.objects.get_or_create(
                payment_id=payment.pk, invoice_id=first_id, defaults={"amount_kop": part_kop}
            )
            left_kop -= part_kop
    return left_kop
