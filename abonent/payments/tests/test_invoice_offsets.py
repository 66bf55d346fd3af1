"""What an incoming transfer closes: the invoice it names, in part or with more; the rest the oldest first."""

from datetime import date

import pytest
from django.db import DatabaseError, transaction

from abonent.billing.documents import invoices
from abonent.billing.models import Document
from abonent.flows import import_statement
from abonent.payments import invoice_offsets
from abonent.payments.models_desk import BankEntry
from abonent.payments.models_invoices import InvoiceOffset
from tests import statements
from tests.world import World

ON = date(2026, 11, 20)


def row(month: int, total_kop: int, named_kop: int = 0) -> invoice_offsets._Row:
    first = date(2026, month, 1)
    return invoice_offsets._Row(1, 1, month, month, first, month, 2026, total_kop, date(2026, month, 28), named_kop)


@pytest.mark.parametrize(
    ("rows", "unpaid_kop", "said"),
    [
        ([row(11, 100), row(10, 100)], 0, [(0, "paid"), (0, "paid")]),
        ([row(11, 100), row(10, 100)], 150, [(100, "open"), (50, "late")]),  # the oldest is closed first
        ([row(11, 100), row(10, 100)], 30, [(30, "part"), (0, "paid")]),
        ([row(11, 100, 100), row(10, 100)], 100, [(0, "paid"), (100, "late")]),  # the transfer named November
        ([row(11, 100, 40), row(10, 100)], 130, [(60, "part"), (70, "late")]),
        ([row(11, 100, 900)], 20, [(0, "paid")]),  # a debt from before the invoices stands on none
        ([row(11, 0)], 20, [(0, "paid")]),  # corrected to nothing
    ],
)
def test_what_is_unpaid_stands_on_the_newest_but_not_where_a_transfer_was_meant(
    rows: list[invoice_offsets._Row], unpaid_kop: int, said: list[tuple[int, str]]
) -> None:
    found = invoice_offsets.spread(rows, unpaid_kop, ON)
    assert [(one.unpaid_kop, one.state) for one in found] == said


@pytest.mark.committing
def test_a_transfer_closes_the_invoice_it_names_and_a_payer_may_pay_for_another(world: World) -> None:
    romashka = world.romashka
    invoices.make_due(world.today)
    invoice = Document.objects.get(contract_id=romashka.contract_id, kind="invoice")
    named = f"Оплата по счёту № {invoice.number} от {invoice.issued_on:%d.%m.%Y}, без НДС"

    def load(number: str, kop: int, purpose: str, inn: str) -> BankEntry:
        amount = f"{kop // 100}.{kop % 100:02d}"
        paper = statements.Paper(number, amount, purpose, inn=inn)
        closing = f"{(kop + 100_000) // 100}.{kop % 100:02d}"
        import_statement.load(
            statements.content(paper, received=amount, closing=closing), actor="accountant", on=world.today
        )
        return BankEntry.objects.get(number=number)

    def state() -> tuple[str, int]:
        (one,) = invoice_offsets.of_contracts([romashka.contract_id], on=world.today)[romashka.contract_id]
        return one.state, one.unpaid_kop

    before = state()[1]
    assert before > 200_00
    part = load("1", 100_00, named, "5042001238")
    assert state()[1] == before - 100_00

    stranger = load("2", 50_00, named, "7707083893")
    assert (stranger.state, state()[1]) == ("queued", before - 100_00)
    import_statement.assign(entry_id=stranger.pk, contract_number=romashka.contract, actor="accountant", remember=True)
    friend = load("3", 30_00, named, "7707083893")
    assert (friend.state, friend.matched_by, state()[1]) == ("credited", "invoice", before - 180_00)
    import_statement.credit_new()  # once more

    over = load("4", invoice.total_kop, named, "7707083893")
    assert over.state == "credited"
    assert state() == ("paid", 0)
    offsets = dict(InvoiceOffset.objects.order_by("id").values_list("payment__bank_entry__number", "amount_kop"))
    # Each up to what transfers had left of the invoice; the rest of the last is an advance.
    assert offsets == {"1": 100_00, "2": 50_00, "3": 30_00, "4": invoice.total_kop - 180_00}

    assert part.payment is not None
    with pytest.raises(DatabaseError, match="cannot be set off"), transaction.atomic():
        InvoiceOffset.objects.create(payment=part.payment, invoice=invoice, amount_kop=1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        InvoiceOffset.objects.all().delete()
    assert world.broken() == []
