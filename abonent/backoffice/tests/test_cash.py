"""A cashier's day: the drawer opened, cash taken after a look, the order printed, the drawer counted, the Z-report."""

from collections.abc import Iterator

import pytest
from django.db import DatabaseError
from django.test import Client

from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.billing.tests import builder
from abonent.core import clock, db
from abonent.flows import cash_desk
from abonent.ledger.models import Account
from abonent.payments import cash_shifts
from abonent.payments import invariants as payments
from abonent.payments.models_desk import CashOrder
from abonent.payments.models_shifts import CashShift

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mid_november() -> Iterator[None]:
    with clock.frozen(clock.at_noon(builder.day("2026-11-15"))):
        yield


@pytest.fixture
def boris() -> Account:
    """Owes 310 × 16 ÷ 30 for the rest of November."""
    account = builder.account()
    builder.subscribe(account, "310,00", "2026-11-15")
    return account


@pytest.fixture
def cashier(staff: StaffBrowser) -> Client:
    return staff("cashier")


def number(account: Account) -> str:
    assert account.contract is not None
    return account.contract.number


def token_of(page: str) -> str:
    return page.split('name="token" value="')[1].split('"')[0]


def test_a_day_at_the_cash_desk(cashier: Client, boris: Account) -> None:
    assert "Open a shift" in cashier.get("/staff/cash/").content.decode()
    cashier.post("/staff/cash/", {"do": "open", "opening": "1 000,00"})
    look = cashier.post("/staff/cash/", {"do": "look", "contract": number(boris), "sum": "200"}).content.decode()
    assert "165,33" in look  # 310 × 16 ÷ 30 is missing
    assert builder.balance(boris) == "0.00"
    form = {"do": "take", "contract": number(boris), "sum": "200", "token": token_of(look)}
    done = cashier.post("/staff/cash/", form, follow=True).content.decode()
    assert "Print the receipt order No. 1" in done
    cashier.post("/staff/cash/", form)  # the same click twice
    assert builder.balance(boris) == "34.67"  # 200 − 165,33
    order = CashOrder.objects.get()
    paper = cashier.get(f"/staff/cash/orders/{order.pk}.pdf")
    assert (paper["Content-Type"], paper.content[:4]) == ("application/pdf", b"%PDF")
    short = cashier.post("/staff/cash/", {"do": "close", "counted": "1 150,00"})
    assert short.status_code == 422
    assert "−50,00" in short.content.decode()
    said = {"do": "close", "counted": "1 150,00", "why": "change given wrongly"}
    assert "The shift is closed" in cashier.post("/staff/cash/", said, follow=True).content.decode()
    shift = CashShift.objects.get()
    assert (shift.number, shift.taken_count, shift.taken_kop, shift.given_kop) == (1, 1, 200_00, 0)
    assert (shift.expected_kop, shift.counted_kop, shift.difference_kop) == (1_200_00, 1_150_00, -50_00)
    report = cashier.get("/staff/shifts/1.pdf")
    assert report.content[:4] == b"%PDF"
    assert list(payments.problems()) == []


def test_without_a_shift_nothing_is_taken(cashier: Client, boris: Account) -> None:
    form = {"do": "take", "contract": number(boris), "sum": "200", "token": "a-token-of-the-form"}
    refused = cashier.post("/staff/cash/", form)
    assert refused.status_code == 422
    assert "nothing was taken" in refused.content.decode()
    assert (builder.balance(boris), CashOrder.objects.count()) == ("0.00", 0)


@pytest.mark.parametrize(
    ("contract", "typed", "said"),
    [("999999", "200", "no open contract"), ("", "200", "no open contract"), (None, "0", "Write the sum"),
     (None, "1,234", "Write the sum"), (None, "-5", "Write the sum"), (None, "90 000 000", "At most")],
)  # fmt: skip
def test_what_is_typed_wrongly_is_told_beside_its_field(
    cashier: Client, boris: Account, contract: str | None, typed: str, said: str
) -> None:
    cashier.post("/staff/cash/", {"do": "open", "opening": "0"})
    form = {"do": "look", "contract": number(boris) if contract is None else contract, "sum": typed}
    answer = cashier.post("/staff/cash/", form)
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_a_cashier_has_one_open_shift_and_sees_his_own(staff: StaffBrowser, cashier: Client) -> None:
    cashier.post("/staff/cash/", {"do": "open", "opening": "0"})
    again = cashier.post("/staff/cash/", {"do": "open", "opening": "5"})
    assert (again.status_code, CashShift.objects.count()) == (422, 1)
    cashier.post("/staff/cash/", {"do": "close", "counted": "0"})
    other = staff("admin")
    other.post("/staff/cash/", {"do": "open", "opening": "0"})
    other.post("/staff/cash/", {"do": "close", "counted": "0"})
    assert list(CashShift.objects.order_by("id").values_list("number", "cashier")) == [(1, "cashier"), (2, "admin")]
    assert cashier.get("/staff/shifts/2.pdf").status_code == 404
    assert other.get("/staff/shifts/1.pdf").status_code == 200
    assert staff("engineer").get("/staff/cash/").status_code == 403


def test_a_closed_shift_stands_as_its_report_said(boris: Account) -> None:
    cash_desk.open_shift(opening_kop=0, actor="cashier")
    cash_desk.take(account_id=boris.pk, amount_kop=100_00, submit_token="form-of-a-test", on=clock.today(),
                   actor="cashier", in_shift=True)  # fmt: skip
    cash_desk.close_shift(counted_kop=100_00, why="", actor="cashier")
    with pytest.raises(DatabaseError), db.atomic():
        CashShift.objects.update(counted_kop=90_00)
    with pytest.raises(cash_shifts.NoneOpen):
        cash_desk.close_shift(counted_kop=100_00, why="", actor="cashier")


def test_a_shift_whose_sums_are_not_its_orders_is_found(boris: Account) -> None:
    cash_desk.open_shift(opening_kop=0, actor="cashier")
    CashShift.objects.update(taken_count=1, taken_kop=5, given_count=0, given_kop=0, counted_kop=5,
                             closed_at=clock.now(), closed_on=clock.today())  # fmt: skip
    assert [told for told in payments.problems() if "shift 1" in told]
