"""The cash desk: takes, gives back and corrects, each once for a form, its orders numbered without gaps."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from abonent.billing.tests import builder
from abonent.core import db, partitions
from abonent.core.models import AuditEntry
from abonent.flows import cash_desk, crediting, refunding, topup
from abonent.ledger.models import Account
from abonent.payments import refunds, reversals
from abonent.payments.models import Payment
from abonent.payments.models_desk import CashOrder
from tests import bank as books
from tests.bank import TODAY, Bank, balance, fresh_token, start


@pytest.fixture(autouse=True)
def drawer(payer: Account) -> None:
    cash_desk.open_shift(opening_kop=0, actor="cashier")


def take(payer: Account, amount_kop: int = 500_00, **words: Any) -> CashOrder:
    said = {"submit_token": fresh_token(), "on": TODAY, "actor": "cashier", **words}
    return cash_desk.take(account_id=payer.id, amount_kop=amount_kop, **said)


def give_back(order: CashOrder, amount_kop: int, **words: Any) -> CashOrder:
    assert order.payment_id is not None
    said = {"submit_token": fresh_token(), "on": TODAY, "actor": "cashier", "why": "moves away", **words}
    return cash_desk.give_back(payment_id=order.payment_id, amount_kop=amount_kop, **said)


def numbers(kind: str) -> list[tuple[int, int]]:
    return list(CashOrder.objects.filter(kind=kind).order_by("id").values_list("year", "number"))


def test_cash_is_taken_once_for_a_form_and_has_the_next_number(payer: Account) -> None:
    token = fresh_token()
    first = take(payer, submit_token=token)
    assert take(payer, submit_token=token).pk == first.pk
    second = take(payer, 1_00)
    assert (balance(payer), numbers("in")) == ("501.00", [(2026, 1), (2026, 2)])
    assert (first.amount_kop, first.cashier, second.number) == (500_00, "cashier", 2)
    assert books.notices(payer) == ["payment_received"] * 2
    assert AuditEntry.objects.filter(action="payments.take_cash", actor="cashier").count() == 2
    with pytest.raises(cash_desk.FormUsed):
        take(payer, 500_01, submit_token=token)
    with pytest.raises(cash_desk.FormUsed):
        take(payer, submit_token=token, on=TODAY - timedelta(days=1))


def test_each_year_has_its_own_numbers(payer: Account) -> None:
    partitions.ensure(date(2025, 12, 31), date(2025, 12, 31))
    take(payer)
    take(payer, on=date(2025, 12, 31))
    take(payer)
    assert numbers("in") == [(2026, 1), (2025, 1), (2026, 2)]


def test_what_fails_takes_no_number(payer: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    take(payer)

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the power is gone")

    with monkeypatch.context() as broken:
        broken.setattr(crediting, "publish", fail)
        with pytest.raises(RuntimeError, match="power"):
            take(payer)
    take(payer)
    assert (numbers("in"), balance(payer)) == ([(2026, 1), (2026, 2)], "1000.00")


@pytest.mark.parametrize("amount_kop", [0, -1, topup.CASH_MAX_KOP + 1])
def test_a_sum_that_is_none_has_no_order(payer: Account, amount_kop: int) -> None:
    with pytest.raises(cash_desk.UnableToTake):
        take(payer, amount_kop)
    assert CashOrder.objects.count() == 0


def test_cash_goes_back_in_part_by_an_expense_order(payer: Account) -> None:
    order = take(payer)
    token = fresh_token()
    back = give_back(order, 120_00, submit_token=token)
    assert give_back(order, 120_00, submit_token=token).pk == back.pk
    assert (back.kind, back.number, back.data["why"], balance(payer)) == ("out", 1, "moves away", "380.00")
    with pytest.raises(refunds.MoreThanPaid):
        give_back(order, 380_01)
    give_back(order, 380_00)
    assert (balance(payer), numbers("out")) == ("0.00", [(2026, 1), (2026, 2)])


def test_no_more_cash_than_the_balance_unless_a_role_may(payer: Account) -> None:
    order = take(payer)
    builder.subscribe(payer, "300,00", str(TODAY))
    builder.resume(payer, str(TODAY))  # 300 × 21 ÷ 30
    with pytest.raises(refunding.OverBalance):
        give_back(order, 290_01)
    give_back(order, 300_00, beyond=True)
    assert balance(payer) == "-10.00"


def test_a_cards_money_does_not_go_back_in_cash(bank: Bank, payer: Account) -> None:
    payment = start(payer)
    bank.succeed(payment.external_id)
    topup.settle(payment.id)
    with pytest.raises(refunding.WrongWay):
        cash_desk.give_back(
            payment_id=payment.id, amount_kop=1, submit_token=fresh_token(), on=TODAY, actor="cashier", why="asked"
        )
    with pytest.raises(reversals.UnableToReverse):
        cash_desk.correct(payment_id=payment.id, actor="cashier", why="wrong account", on=TODAY)
    assert balance(payer) == "500.00"


def test_a_mistake_is_taken_back_whole_once_and_says_why(payer: Account) -> None:
    order = take(payer)
    builder.subscribe(payer, "300,00", str(TODAY))
    builder.resume(payer, str(TODAY))
    assert order.payment_id is not None
    with pytest.raises(reversals.UnableToReverse, match="says why"):
        cash_desk.correct(payment_id=order.payment_id, actor="cashier", why=" ", on=TODAY)
    for _ in range(2):
        cash_desk.correct(payment_id=order.payment_id, actor="cashier", why="the neighbour's account", on=TODAY)
    assert balance(payer) == "-210.00"  # what the mistaken money had paid for is owed
    entry = AuditEntry.objects.get(action="payments.correction")
    assert (entry.actor, entry.why) == ("cashier", "the neighbour's account")
    assert take(payer).number == 2  # a number is never given twice


def test_an_order_never_changes(payer: Account) -> None:
    take(payer)
    for change in ("update payments_cashorder set amount_kop = 1", "delete from payments_cashorder"):
        with pytest.raises(Exception, match="payments_cashorder"), transaction.atomic():
            db.run(change)


def test_an_order_says_who_paid_as_it_stood_then(payer: Account) -> None:
    data = take(payer).data
    assert payer.contract is not None
    assert data["contract"] == payer.contract.number
    assert data["customer"] == payer.contract.customer.full_name
    assert Payment.objects.get().external_id is not None
