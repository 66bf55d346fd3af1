"""The process dies while a terminal pays: the terminal asks again and hears one answer, the money has come once."""

from collections.abc import Iterator

import pytest

from abonent.billing.tests import builder
from abonent.core import clock, partitions
from abonent.ledger.models import Account, Transfer
from abonent.notifications import delivery
from abonent.notifications.models import Notice
from abonent.payments.models import Payment
from abonent.payments.models_receipts import Receipt
from tests import bank as books
from tests import register as receipts
from tests import terminal
from tests.bank import TODAY, Bank, balance, work
from tests.concurrency.mortal import Mortal, dies, parent
from tests.register import register

__all__ = ["dies", "parent", "register"]

pytestmark = pytest.mark.committing


@pytest.fixture
def payer(own_database: str, request: pytest.FixtureRequest) -> Iterator[Account]:
    """Whose payments get receipts of a register of ours."""
    with clock.frozen(clock.at_noon(TODAY)):
        partitions.ensure_ahead(TODAY)
        request.getfixturevalue("register")
        yield builder.account()
        assert books.broken() == []


def told_by_the_terminal(dies: Mortal, payer: Account, at: str) -> None:
    dies("check_pay.pay", at=at, external_id="7", number=receipts.number_of(payer), amount_kop=500_00)


def assert_told_again_it_has_come_once(payer: Account, bank: Bank) -> None:
    answers = [terminal.pay("osmp", receipts.number_of(payer), "500.00", id="7") for _ in range(2)]
    assert [one.code for one in answers] == [0, 0]
    assert {one.our_id for one in answers} == {Payment.objects.get().id}
    assert (Transfer.objects.filter(reason="payment").count(), books.told(payer)) == (1, ["succeeded"])
    receipts.deliver()
    assert [one.state for one in Receipt.objects.all()] == ["done"]
    assert len(receipts.documents(bank)) == 1


@pytest.mark.parametrize(
    ("at", "stands"),
    [
        ("abonent.flows.check_pay:_find:after", False),
        ("abonent.core.db:prepared_alone:before", False),
        ("abonent.core.db:prepared_alone:after", True),  # committed, and nobody was told
        ("abonent.core.events:tell:after", True),
        ("abonent.flows.crediting:receive_quietly:after", True),
    ],
)
def test_the_short_way(dies: Mortal, payer: Account, bank: Bank, at: str, stands: bool) -> None:
    told_by_the_terminal(dies, payer, at)
    come = ("500.00", ["payment_received"], ["succeeded"]) if stands else ("0.00", [], [])
    assert (balance(payer), books.notices(payer), books.told(payer)) == come
    assert_told_again_it_has_come_once(payer, bank)
    assert (balance(payer), books.notices(payer)) == ("500.00", ["payment_received"])
    delivery.wake_if_due()
    work()
    assert Notice.objects.get().state != "queued"  # a wake that was killed loses no message


@pytest.mark.parametrize(
    "at",
    [
        "abonent.payments.payments:open_paid:after",
        "abonent.ledger.transfers:post:after",
        "abonent.billing.resuming:resume_seen:after",
        "abonent.payments.receipts:queue:after",
        "abonent.notifications.outbox:queue:after",
        "abonent.flows.crediting:receive:after",
    ],
)
def test_the_longer_way_of_who_waits_for_money(dies: Mortal, payer: Account, bank: Bank, at: str) -> None:
    builder.subscribe(payer, "300,00", str(TODAY))
    told_by_the_terminal(dies, payer, at)
    assert (balance(payer), Payment.objects.count(), Receipt.objects.count()) == ("0.00", 0, 0)
    assert_told_again_it_has_come_once(payer, bank)
    assert (balance(payer), books.notices(payer)) == ("290.00", ["payment_received", "activated"])  # − 300 × 21 ÷ 30
