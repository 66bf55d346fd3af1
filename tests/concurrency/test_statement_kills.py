"""The process dies while a bank's statement is loaded: afterwards each transfer has come once, or waits to come."""

from collections.abc import Iterator
from typing import Any

import pytest

from abonent.billing.tests import builder
from abonent.core import clock, partitions
from abonent.flows import import_statement
from abonent.ledger.models import Account
from abonent.payments.models import Payment
from abonent.payments.models_desk import BankEntry, BankStatement
from tests import bank as books
from tests import statements
from tests.bank import TODAY, balance
from tests.concurrency.mortal import Mortal, dies, parent
from tests.register import number_of
from tests.statements import Paper

__all__ = ["dies", "parent"]

pytestmark = pytest.mark.committing


@pytest.fixture
def payers(own_database: str) -> Iterator[list[Account]]:
    with clock.frozen(clock.at_noon(TODAY)):
        partitions.ensure_ahead(TODAY)
        yield [builder.account(), builder.account()]
        assert books.broken() == []


def words(payers: list[Account]) -> dict[str, Any]:
    """One transfer to each, and one that staff must look at."""
    papers = [Paper(str(at), "500.00", f"Оплата по договору №{number_of(one)}") for at, one in enumerate(payers)]
    papers.append(Paper("17", "300.00", "Благодарность"))
    content = statements.content(*papers, received="1300.00", closing="2300.00")
    return {"content": content, "actor": "accountant", "on": TODAY}


def credited(payers: list[Account]) -> list[str]:
    return [balance(one) for one in payers]


@pytest.mark.parametrize("recovery", ["loaded again", "the schedule"])
@pytest.mark.parametrize(
    ("at", "kept", "come"),
    [
        ("abonent.payments.bank_entries:keep:after", 0, 0),
        ("abonent.flows.import_statement:_keep:after", 3, 0),
        ("abonent.payments.bank_entries:lock:after", 3, 0),
        ("abonent.payments.payments:open_received:after", 3, 0),
        ("abonent.ledger.transfers:post:after", 3, 0),
        ("abonent.flows.crediting:credit:after", 3, 0),
        ("abonent.payments.bank_entries:mark_credited:after", 3, 0),
        ("abonent.flows.import_statement:_credit:after", 3, 1),  # the first is committed, the second is not begun
    ],
)
def test_a_kill_while_a_statement_is_loaded(
    dies: Mortal, payers: list[Account], at: str, kept: int, come: int, recovery: str
) -> None:
    dies("import_statement.load", at=at, **words(payers))
    assert (BankEntry.objects.count(), Payment.objects.count()) == (kept, come)
    assert credited(payers) == ["500.00" if come else "0.00", "0.00"]
    if recovery == "the schedule":
        import_statement.credit_new()
        assert credited(payers) == (["500.00", "500.00"] if kept else ["0.00", "0.00"])
    import_statement.load(**words(payers))
    import_statement.credit_new()
    assert (credited(payers), BankEntry.objects.count()) == (["500.00", "500.00"], 3)
    assert sorted(BankEntry.objects.values_list("state", flat=True)) == ["credited", "credited", "queued"]
    assert (Payment.objects.count(), BankStatement.objects.filter(new_count=3).count()) == (2, 1)
    assert [books.notices(one) for one in payers] == [["payment_received"]] * 2
