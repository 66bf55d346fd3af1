"""Reports of money agree with the ledger to the kopeck, open to their rows, and carry no formula out."""

import io
import zipfile
from collections.abc import Callable
from datetime import date

from django.db.models import Sum
from django.test import Client

from abonent.billing.models import Charge
from abonent.core import periods
from abonent.ledger import turnover
from abonent.ledger.models import Account
from abonent.payments.models import Payment
from abonent.ui import sheets
from tests.world import World

Staff = Callable[[str], Client]
ALWAYS = periods.Period(date(2020, 1, 1), date(2030, 1, 1))


def test_the_figures_are_the_ledgers_and_those_of_payments_and_charges(world: World) -> None:
    lines = turnover.of(ALWAYS)
    balances = Account.objects.filter(kind="subscriber").aggregate(kop=Sum("balance_kop"))["kop"]
    assert sum(one.gave_kop - one.took_kop for one in lines) == balances
    paid = sum(one.gave_kop for one in lines if one.code.startswith("clearing:"))
    assert paid == Payment.objects.filter(state="succeeded").aggregate(kop=Sum("amount_kop"))["kop"]
    took = sum(one.took_kop for one in lines if one.code.startswith("revenue:"))
    assert took == Charge.objects.aggregate(kop=Sum("amount_kop"))["kop"]
    for code in {one.code for one in lines}:
        rows = sum(one.amount_kop for one in turnover.rows(code, ALWAYS))
        assert rows == sum(one.gave_kop - one.took_kop for one in lines if one.code == code)


def test_the_page_opens_to_its_rows_and_its_files(world: World, staff: Staff) -> None:
    accountant = staff("accountant")
    page = accountant.get("/staff/reports/").content.decode()
    assert "clearing:cash" in page
    assert "<rect" in page
    rows = accountant.get("/staff/reports/clearing:cash/?from=2026-08-01&to=2026-11-14").content.decode()
    assert "100001" in rows
    made = accountant.get("/staff/reports/?form=xlsx")
    with zipfile.ZipFile(io.BytesIO(made.content)) as book:
        assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()
    assert accountant.get("/staff/reports/?form=csv").content.startswith("\ufeff".encode())
    assert accountant.get("/staff/reports/?from=2026-11-01&to=2016-11-01").status_code == 422
    assert accountant.get("/staff/reports/revenue:nothing/").status_code == 200
    assert accountant.get("/staff/reports/subscriber:1/").status_code == 404
    assert staff("cashier").get("/staff/reports/").status_code == 403


def test_no_cell_is_a_formula() -> None:
    rows = [("=cmd()", "+7", "@x", sheets.Kop(-12_34), 5)]
    assert sheets.csv_of(rows).decode() == "\ufeff'=cmd();'+7;'@x;-12,34;5\r\n"
    with zipfile.ZipFile(io.BytesIO(sheets.xlsx(rows))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert '<c t="inlineStr"><is><t xml:space="preserve">=cmd()</t></is></c>' in sheet
    assert "<c><v>-12.34</v></c><c><v>5</v></c>" in sheet
