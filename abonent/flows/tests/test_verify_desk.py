"""`verify` finds each thing that can break in refunds, reversals, the cash desk and the bank's statements."""

from collections.abc import Iterator

import pytest

from abonent.billing.tests import builder
from abonent.core import clock, db, partitions
from abonent.flows import cash_desk, import_statement, verify
from abonent.ledger.tests import unguarded
from tests import statements
from tests.bank import TODAY

pytestmark = pytest.mark.django_db
GUARDED = (
    "ledger_transfer",
    "ledger_key",
    "ledger_account",
    "payments_payment",
    "payments_refund",
    "payments_reversal",
    "payments_cashorder",
    "payments_bankentry",
)


@pytest.fixture
def desk() -> Iterator[None]:
    """Three payments in cash: one as it is, one given back in part, one taken back as a mistake."""
    with clock.frozen(clock.at_noon(TODAY)):
        partitions.ensure_ahead(TODAY)
        account = builder.account()
        cash_desk.open_shift(opening_kop=0, actor="cashier")
        orders = [
            cash_desk.take(
                account_id=account.pk, amount_kop=500_00 + n, submit_token=f"token-{n:04}", on=TODAY, actor="cashier"
            )
            for n in range(3)
        ]
        given, wrong = orders[1].payment_id, orders[2].payment_id
        assert given is not None
        assert wrong is not None
        cash_desk.give_back(
            payment_id=given, amount_kop=100_00, submit_token="token-back", on=TODAY, actor="cashier", why="asked"
        )
        number = account.contract.number if account.contract else ""
        paper = statements.Paper("17", "500.00", f"договор {number}")
        content = statements.content(paper, received="500.00", closing="1500.00")
        import_statement.load(content, actor="accountant", on=TODAY)
        cash_desk.correct(payment_id=wrong, actor="cashier", why="another's", on=TODAY)
        db.run("set constraints all immediate")  # what is deferred to the commit holds the tables' triggers
        yield


def test_a_desk_worked_by_its_verbs_is_in_order(desk: None) -> None:
    assert list(verify.problems()) == []


BREAKS = [
    ("a refund has its one transfer", "update payments_refund set amount_kop = amount_kop - 1"),
    ("a refund has its one transfer", "update payments_refund set channel = 'bank'"),
    ("a refund has its one transfer", "update payments_refund set transfer_id = transfer_id - 1"),
    ("a refund has its one transfer", "delete from ledger_transfer where reason = 'refund'"),
    ("a refund has its one transfer", "update ledger_transfer set credit_id = 201 where reason = 'refund'"),
    ("a refund has its one transfer", "update payments_refund set external_id = 'other'"),
    (
        "what left for a canceled refund is back",
        "update payments_refund set (state, returned_on, returned_id) = ('canceled', \"on\", 1)",
    ),
    ("a transfer of a refund has one cause", "delete from payments_cashorder where kind = 'out'; "
     "delete from payments_refund"),
    ("refunds and the reversal of a payment are at most", "update payments_refund set amount_kop = 500_02"),
    ("refunds and the reversal of a payment are at most", "update payments_refund set account_id = account_id + 1"),
    (
        "refunds and the reversal of a payment are at most",
        "update payments_refund set payment_id = (select payment_id from payments_reversal)",
    ),
    ("a payment taken back has its reversing transfer", "update payments_reversal set transfer_id = 1"),
    ("a payment taken back has its reversing transfer", "update payments_reversal set payment_id = payment_id - 1"),
    ("a reversal of a payment or a refund has its row", "delete from payments_reversal"),
    ("clearing equals payments less refunds", "delete from payments_reversal"),
    ("clearing equals payments less refunds", "update payments_refund set amount_kop = amount_kop - 1"),
    ("clearing equals payments less refunds", "update payments_refund set channel = 'bank'"),
    ("the cash desk's orders are numbered without gaps", "delete from payments_cashorder where number = 1"),
    ("the cash desk's orders are numbered without gaps", "delete from payments_cashorder where number = 3"),
    ("the cash desk's orders are numbered without gaps", "update payments_cashordercounter set last_number = 7"),
    ("a cash order says what its payment or refund says", "update payments_cashorder set amount_kop = 1"),
    ("a cash order says what its payment or refund says", "update payments_cashorder set account_id = 1"),
    ("a credited document of the bank has its payment", "update payments_bankentry set amount_kop = amount_kop + 1"),
    ("a credited document of the bank has its payment", "update payments_bankentry set account_id = account_id + 1"),
    (
        "a credited document of the bank has its payment",
        "update payments_bankentry set payment_id = (select payment_id from payments_reversal)",
    ),
    ("a bank's transfer in the books has its document", "delete from payments_bankentry"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "breaking"), BREAKS)
def test_each_broken_rule_is_found(desk: None, rule: str, breaking: str) -> None:
    unguarded.disarm(*GUARDED)
    for statement in breaking.split("; "):
        assert db.run(statement) > 0
    found = list(verify.problems())
    assert any(line.startswith(rule) for line in found), found
