"""Refunds, the cash desk and a statement by many at once: each race is shown without its guard first."""

import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError

from abonent.billing.tests import builder
from abonent.core import clock, db, partitions
from abonent.flows import cash_desk, four_eyes, import_statement, refund_settling, refunding, topup
from abonent.identity import users
from abonent.identity.models import User
from abonent.ledger.models import Account, Transfer
from abonent.payments import payments, refunds, warrants
from abonent.payments.models import Payment
from abonent.payments.models_desk import BankEntry, CashOrder, Refund
from abonent.payments.models_warrants import Warrant
from tests import bank as books
from tests import statements
from tests.bank import TODAY, Bank, balance, fresh_token, start
from tests.concurrency.test_payments_races import at_once

pytestmark = pytest.mark.committing


@pytest.fixture
def payer(own_database: str) -> Iterator[Account]:
    with clock.frozen(clock.at_noon(TODAY)):
        partitions.ensure_ahead(TODAY)
        cash_desk.open_shift(opening_kop=0, actor="cashier")
        yield builder.account()
        assert books.broken() == []


def in_cash(payer: Account, amount_kop: int = 500_00) -> Payment:
    order = cash_desk.take(
        account_id=payer.id, amount_kop=amount_kop, submit_token=fresh_token(), on=TODAY, actor="cashier"
    )
    assert order.payment_id is not None
    return Payment.objects.get(id=order.payment_id)


def give_back(payment: Payment, amount_kop: int, token: str = "") -> str:
    try:
        cash_desk.give_back(
            payment_id=payment.id, amount_kop=amount_kop, submit_token=token or fresh_token(), on=TODAY,
            actor="cashier", why="asked",
        )  # fmt: skip
    except refunds.UnableToRefund as error:
        return type(error).__name__
    return "given"


def test_without_the_lock_the_database_still_refuses_more_than_was_paid(
    payer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = in_cash(payer)
    in_cash(payer)  # the balance would cover both
    gate = threading.Barrier(2)

    def look(payment_id: int) -> Payment:
        found = Payment.objects.get(id=payment_id)
        assert refunds.left_kop(found) == 500_00
        gate.wait(30)
        return found

    monkeypatch.setattr(payments, "lock", look)
    monkeypatch.setattr(refunds, "require_left", lambda payment, amount_kop: None)  # both have looked
    with pytest.raises(IntegrityError, match="cannot be refunded"):
        at_once(*[lambda: give_back(payment, 300_00)] * 2)
    assert (balance(payer), Refund.objects.count()) == ("700.00", 1)


def test_two_refunds_of_one_payment_at_once_give_no_more_than_was_paid(payer: Account) -> None:
    payment = in_cash(payer)
    in_cash(payer)
    assert sorted(at_once(*[lambda: give_back(payment, 300_00)] * 2)) == ["MoreThanPaid", "given"]
    assert balance(payer) == "700.00"


def test_refunds_of_two_payments_at_once_give_no_more_than_the_balance(payer: Account) -> None:
    first, second = in_cash(payer), in_cash(payer)
    builder.subscribe(payer, "1000,00", str(TODAY))
    builder.resume(payer, str(TODAY))
    assert balance(payer) == "300.00"  # 1 000 − 1 000 × 21 ÷ 30
    given = at_once(lambda: give_back(first, 200_00), lambda: give_back(second, 200_00))
    assert (sorted(given), balance(payer)) == (["OverBalance", "given"], "100.00")


def test_a_form_sent_many_times_at_once_gives_back_once(payer: Account) -> None:
    payment, token = in_cash(payer), fresh_token()
    assert at_once(*[lambda: give_back(payment, 100_00, token)] * 6) == ["given"] * 6
    assert (balance(payer), CashOrder.objects.filter(kind="out").count()) == ("400.00", 1)


def waiting_warrant(payment: Payment) -> Warrant:
    wanted = four_eyes.Wanted("refund", payment.account_id, 100_00, {"payment_id": payment.pk})
    return four_eyes.ask(wanted, token=fresh_token(), why="asked", actor="cashier", at=clock.now())


def test_two_colleagues_say_the_second_yes_at_once_and_it_is_done_once(
    payer: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.atomic():
        users.create_staff("cashier", role="accountant", password="demo-staff")
        bosses = [users.create_staff(name, role="admin", password="demo-staff") for name in ("boss", "chief")]
    payment, gate = in_cash(payer), threading.Barrier(2)

    def approve(one: Warrant, boss: User) -> str:
        try:
            return str(four_eyes.approve(one.pk, by=boss, on=TODAY, at=clock.now()).state)
        except (DatabaseError, warrants.NotWaiting) as error:
            return type(error).__name__

    def look(warrant_id: int) -> Warrant:
        found = Warrant.objects.get(id=warrant_id)
        gate.wait(20)
        return found

    first = waiting_warrant(payment)
    with monkeypatch.context() as without_the_lock:
        without_the_lock.setattr(warrants, "lock_waiting", look)
        done = at_once(*[functools.partial(approve, first, boss) for boss in bosses])
    assert "done" in done  # both have looked, and the database lets one decide
    assert (done.count("done"), Refund.objects.count(), balance(payer)) == (1, 1, "400.00")
    second = waiting_warrant(payment)
    done = at_once(*[functools.partial(approve, second, boss) for boss in bosses])
    assert (sorted(done), Refund.objects.count(), balance(payer)) == (["NotWaiting", "done"], 2, "300.00")


def test_orders_of_many_cashiers_at_once_have_no_gap(payer: Account) -> None:
    others = [builder.account() for _ in range(5)]
    at_once(*[functools.partial(in_cash, one) for one in (payer, *others) for _ in range(2)])
    numbers = CashOrder.objects.filter(kind="in").order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(1, 13))


def test_a_refund_asked_by_many_at_once_is_one_at_the_bank(bank: Bank, payer: Account) -> None:
    payment = start(payer)
    bank.succeed(payment.external_id)
    topup.settle(payment.id)
    token = fresh_token()

    def ask() -> Any:
        return refunding.ask(
            payment_id=payment.id, amount_kop=100_00, submit_token=token, actor="accountant", why="asked", on=TODAY
        ).pk

    assert len(set(at_once(*[ask] * 5))) == 1
    refund = Refund.objects.get()
    external_id = str(refund.external_id)
    again: list[Callable[[], Any]] = [
        lambda: refund_settling.ask_bank(refund.pk),
        lambda: refund_settling.find(external_id),
        ask,
    ]
    at_once(*again)
    assert (balance(payer), len(bank.control("refunds"))) == ("400.00", 1)
    assert Transfer.objects.filter(reason="refund").count() == 1


def test_a_correction_and_a_refund_at_once_take_back_once(payer: Account) -> None:
    payment = in_cash(payer)

    def correct() -> str:
        try:
            cash_desk.correct(payment_id=payment.id, actor="cashier", why="another's", on=TODAY)
        except Exception as error:
            return type(error).__name__
        return "corrected"

    done = at_once(correct, lambda: give_back(payment, 500_00))
    assert sorted(done) in (["NotRefundable", "corrected"], ["UnableToReverse", "given"])
    assert balance(payer) == "0.00"


def test_a_statement_loaded_by_many_at_once_is_credited_once(payer: Account) -> None:
    assert payer.contract is not None
    papers = [statements.Paper(str(n), "100.00", f"договор {payer.contract.number}") for n in range(5)]
    content = statements.content(*papers, received="500.00", closing="1500.00")
    at_once(*[lambda: import_statement.load(content, actor="accountant", on=TODAY)] * 4)
    assert (balance(payer), BankEntry.objects.filter(state="credited").count()) == ("500.00", 5)
