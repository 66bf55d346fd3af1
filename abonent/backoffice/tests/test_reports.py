"""Reports: any period, each figure opens to rows that come to it, files without formulas, each for its roles."""

import io
import re
import zipfile
from collections.abc import Callable
from html import unescape

import pytest
from django.db import OperationalError
from django.test import Client

from abonent.backoffice.reports import pages
from abonent.conversations.models import Kind, Topic
from abonent.core import clock, db, figures
from abonent.ledger import turnover
from abonent.support import talking
from abonent.ui import sheets
from tests.world import World

Staff = Callable[[str], Client]
YEAR = "from=2026-01-01&to=2026-12-31"
OPENS = re.compile(r'<a class="tap" href="(/staff/reports/[a-z]+/rows/\?[^"]+)">([^<]+)</a>')
SHOWN = re.compile(r"<span>(?:Rows|Total|Median|90 of 100 within): <b>([^<]+)</b></span>")


def body(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return unescape(answer.content.decode())


def test_each_figure_opens_to_rows_that_come_to_it(world: World, staff: Staff) -> None:
    talking.begin(talking.Wish("form-guest-0001", Kind.CHAT, Topic.TECHNICAL, "Hello", guest_name="X"), clock.now())
    admin = staff("admin")
    opened = set()
    for report in pages.REPORTS:
        page = body(admin, f"/staff/reports/{report.name}/?{YEAR.replace('2026-12-31', '2026-11-14')}")
        assert "<svg" in page, report.name
        found = OPENS.findall(page)
        assert found, report.name
        for address, figure in found[:: max(1, len(found) // 4)]:
            sums = SHOWN.findall(body(admin, address))
            assert any(figure.lstrip("+").lstrip("\u2212") == one.lstrip("\u2212") for one in sums), (address, figure)
            opened.add(report.name)
    assert opened == {one.name for one in pages.REPORTS}


def test_any_period_is_checked_and_what_is_too_much_is_said(
    world: World, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = staff("admin")
    for report in pages.REPORTS:
        here = f"/staff/reports/{report.name}/"
        assert "The last day is before the first" in body(admin, f"{here}?from=2026-11-01&to=1016-11-01", 422)
        assert "This is not a day" in body(admin, f"{here}?from=soon&to=later", 422)
        assert admin.get(f"{here}rows/?of=nothing~of~that~name").status_code == 404
        if not report.is_as_of:
            assert "Ten years at most" in body(admin, f"{here}?from=2010-01-01&to=2026-01-01", 422)
            assert body(admin, f"{here}?from=2017-01-01&to=2026-11-14")
    nobody = body(admin, "/staff/reports/money/rows/?from=2019-01-01&to=2019-01-02&of=clearing:cash")
    assert "There are no rows" in nobody
    monkeypatch.setattr(figures, "PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(turnover, "of", lambda _: db.rows("select pg_sleep(2)"))
    assert "choose fewer days" in body(admin, "/staff/reports/money/", 422)
    monkeypatch.setattr(turnover, "rows", lambda *_, **__: db.rows("select pg_sleep(2)"))
    assert "choose fewer days" in body(admin, "/staff/reports/money/rows/?of=clearing:cash", 422)
    with pytest.raises(OperationalError, match="gone"), figures.patiently():
        raise OperationalError("gone")


def test_each_report_is_for_its_roles_and_whose_traffic_it_is_for_fewer(world: World, staff: Staff) -> None:
    assert staff("cashier").get("/staff/reports/").status_code == 403
    assert staff("accountant").get("/staff/reports/")["Location"] == "/staff/reports/money/"
    assert staff("accountant").get("/staff/reports/answers/").status_code == 403
    engineer = staff("engineer")
    assert engineer.get(f"/staff/reports/?{YEAR}")["Location"] == f"/staff/reports/traffic/?{YEAR}"
    assert "Who has most" in body(engineer, f"/staff/reports/traffic/?{YEAR}")
    assert engineer.get("/staff/reports/money/rows/?of=clearing:cash").status_code == 403
    role = engineer.get("/staff/reports/traffic/").wsgi_request.user.role  # type: ignore[union-attr]
    assert role is not None
    role.permissions = [one for one in role.permissions if one != "network.view"]
    role.save()
    page = body(engineer, f"/staff/reports/traffic/?{YEAR}")
    assert "Traffic by day" in page
    assert "Who has most" not in page
    assert not OPENS.search(page)
    assert engineer.get(f"/staff/reports/traffic/rows/?{YEAR}&of=tariff~~").status_code == 403


def test_files_hold_what_the_page_shows_and_no_formula(world: World, staff: Staff) -> None:
    admin = staff("admin")
    for report in pages.REPORTS:
        here = f"/staff/reports/{report.name}/?{YEAR}"
        made = admin.get(f"{here}&form=xlsx")
        with zipfile.ZipFile(io.BytesIO(made.content)) as book:
            assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()
        assert made["Content-Disposition"].startswith(f'attachment; filename="{report.name}-')
        assert admin.get(f"{here}&form=csv").content.startswith("\ufeff".encode())
    rows = f"/staff/reports/money/rows/?{YEAR}&of=clearing:cash"
    told = admin.get(f"{rows}&form=csv").content.decode()
    assert "100001;Payment;" in told
    assert '"+' not in told


def test_rows_come_a_page_after_another(world: World, staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "PAGE", 2)
    admin, seen = staff("admin"), []
    address: str | None = f"/staff/reports/money/rows/?{YEAR}&of=revenue:"
    rows = body(admin, address or "")
    whole = int(SHOWN.findall(rows)[0].replace("\u00a0", ""))
    while address:
        page = body(admin, address)
        seen += re.findall(r'<a class="tap" href="/staff/contracts/(\d+)/">', page)
        more = re.search(r'href="(\?[^"]+after=\d+)"', page)
        address = f"/staff/reports/money/rows/{more[1]}" if more else None
    assert len(seen) == whole > 10


def test_the_statements_of_each_page_are_few(world: World, staff: Staff, django_assert_max_num_queries: object) -> None:
    admin = staff("admin")
    admin.get("/staff/reports/money/")
    for report in pages.REPORTS:
        with django_assert_max_num_queries(11):  # type: ignore[operator]  # who asks, the patience, the report: 1 to 4
            admin.get(f"/staff/reports/{report.name}/?{YEAR}")


def test_no_cell_is_a_formula() -> None:
    rows = [("=cmd()", "+7", "@x", sheets.Kop(-12_34), 5)]
    assert sheets.csv_of(rows).decode() == "\ufeff'=cmd();'+7;'@x;-12,34;5\r\n"
    with zipfile.ZipFile(io.BytesIO(sheets.xlsx(rows))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert '<c t="inlineStr"><is><t xml:space="preserve">=cmd()</t></is></c>' in sheet
    assert "<c><v>-12.34</v></c><c><v>5</v></c>" in sheet
