"""What was said over check/pay is kept; wishes to undo, questions after a payment, alarms."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from abonent.api.checkpay import access
from abonent.core import db
from abonent.core.models import Alarm
from abonent.ledger.models import Account
from abonent.payments import gateway_asks, terminals
from abonent.payments.models import Payment
from abonent.payments.models_gateways import GatewayAsk
from tests import bank as books
from tests import terminal
from tests.bank import TODAY, balance


@pytest.fixture(autouse=True)
def fresh_counts() -> Iterator[None]:
    access.forget()
    terminals.forget()
    yield
    access.forget()
    terminals.forget()


def number(account: Account) -> str:
    assert account.contract is not None
    return account.contract.number


def pay(channel: str, account: Account, **said: str) -> terminal.Said:
    return terminal.pay(channel, number(account), **said)


# --- cancel and status ------------------------------------------------------------------------------------
def test_a_wish_to_undo_moves_no_money_and_is_told_to_staff(payer: Account) -> None:
    payment_id = pay("osmp", payer).our_id
    for query in ("command=cancel&txn_id=1234567", f"command=cancel&prv_txn={payment_id}&txn_id=99"):
        assert terminal.send("osmp", query).code == 7
    assert (balance(payer), books.alarms()) == ("500.00", [f"check_pay:cancel:{payment_id}"])
    assert terminal.send("osmp", "command=cancel&txn_id=404").code == 300
    assert terminal.send("osmp", "command=cancel&prv_txn=99999999999999999999").code == 300


def test_a_payment_may_be_asked_about(payer: Account) -> None:
    payment_id = pay("osmp", payer).our_id
    said = terminal.send("osmp", "command=status&txn_id=1234567")
    assert (said.code, said.our_id, said["sum"]) == (0, payment_id, "500.00")
    assert terminal.send("osmp", "command=status&txn_id=404").code == 300


# --- the log ----------------------------------------------------------------------------------------------
def test_everything_said_is_kept_as_it_went(payer: Account) -> None:
    pay("osmp", payer, id="5", comment="карта 4111 1111 1111 1111")
    kept = GatewayAsk.objects.get()
    assert (kept.channel, kept.command, kept.external_id, kept.account) == ("osmp", "pay", "5", number(payer))
    assert (kept.result, kept.payment_id, kept.address) == (0, Payment.objects.get().id, "127.0.0.1")
    assert kept.asked == (
        f"command=pay&account={number(payer)}&sum=500.00&txn_id=5&txn_date=20261110120000&comment=карта •••• 1111"
    )
    assert f"<prv_txn>{kept.payment_id}</prv_txn>" in kept.answer


def test_what_was_said_cannot_be_changed_and_leaves_after_three_years(payer: Account) -> None:
    pay("osmp", payer)
    kept = GatewayAsk.objects.get()
    assert gateway_asks.forget_old(kept.asked_at + gateway_asks.KEPT) == 0
    assert gateway_asks.forget_old(kept.asked_at + gateway_asks.KEPT + timedelta(seconds=1)) == 1
    pay("osmp", payer, id="2")
    with pytest.raises(IntegrityError), transaction.atomic():
        db.run("update payments_gatewayask set result = 5")


def test_verify_finds_money_that_was_promised_and_is_not_there(payer: Account) -> None:
    pay("osmp", payer)
    db.run("alter table payments_gatewayask disable trigger refuse_change")
    db.run("update payments_gatewayask set external_id = '404'")
    assert [line for line in books.broken() if line.startswith("what was answered as paid")] != []
    db.run("update payments_gatewayask set external_id = '1234567'")


def test_alarms_are_one_a_cause(payer: Account) -> None:
    pay("osmp", payer)
    for _ in range(3):
        pay("osmp", payer, sum="7.00")
    assert Alarm.objects.count() == 1


def test_who_tries_numbers_is_noticed(payer: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("abonent.api.checkpay.views.MISSES_PER_HOUR", 3)
    for one in range(5):
        assert terminal.check("osmp", f"99999{one}").code == 5
    assert books.alarms() == [f"check_pay:misses:osmp:{TODAY}"]
