"""Documents in the account: a statement for the days asked for, and what was made for the company; nobody else's."""

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from abonent.billing.documents import invoices
from abonent.billing.models import Document
from abonent.core import clock, money
from abonent.portal import documents
from abonent.portal.tests.conftest import Browser
from abonent.portal.tests.reading import words
from abonent.subscribers.models import Customer
from tests.world import World

PAGE, STATEMENT = "/cabinet/documents/", "/cabinet/statement/"


@pytest.fixture
def october(world: World) -> list[Document]:
    """Romashka's documents of October."""
    made = invoices.make_month(world.romashka.contract_id, date(2026, 10, 1), on=world.today, actor="accountant")
    assert [str(one.kind) for one in made] == ["invoice", "act", "vat_invoice"]
    return made


def test_the_statement_is_a_file_of_the_days_asked_for(world: World, browser: Browser) -> None:
    response = browser(world.anna).get(STATEMENT, {"from": "2026-10-01", "to": "2026-10-31"})
    assert response.status_code == 200
    assert response.content.startswith(b"%PDF-")
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Disposition"] == (
        'attachment; filename="statement-100001-2026-10-01-2026-10-31.pdf"'
    )


def test_a_day_may_be_typed_the_russian_way(world: World, browser: Browser) -> None:
    response = browser(world.anna).get(STATEMENT, {"from": " 1.10.2026", "to": "31.10.2026 "})
    assert response.headers["Content-Disposition"].endswith('-2026-10-01-2026-10-31.pdf"')


@pytest.mark.parametrize(
    ("first", "last", "field", "said"),
    [
        ("31.11.2026", "2026-11-14", "from", "Это не дата. Напишите её так: 30.11.2026."),
        ("", "2026-11-14", "from", "Это не дата."),
        ("2026-11-01", "tomorrow", "to", "Это не дата."),
        ("2026-11-01", "2026-11-15", "to", "Последний день ещё не наступил: выберите день не позже сегодняшнего"),
        ("2026-11-10", "2026-11-09", "from", "Первый день позже последнего: измените один из них."),
        ("2020-01-01", "2020-01-31", "to", "Договор заключён 14 августа 2026 г."),
        ("0001-01-01", "9999-12-31", "to", "Последний день ещё не наступил"),
        ('"><script>', "2026-11-14", "from", "Это не дата."),
    ],
)
def test_a_period_that_cannot_be_keeps_what_was_typed_and_says_why(
    world: World, browser: Browser, first: str, last: str, field: str, said: str
) -> None:
    response = browser(world.anna).get(STATEMENT, {"from": first, "to": last})
    assert response.status_code == 422
    assert said in words(response)
    page = response.content.decode()
    assert f'id="error_{field}"' in page
    assert f'id="id_{field}" name="{field}" type="date"' in page
    assert "<script>" not in page.replace('<script src="', "")


def test_without_days_it_leads_to_the_form(world: World, browser: Browser) -> None:
    response = browser(world.anna).get(STATEMENT)
    assert (response.status_code, response.headers["Location"]) == (302, PAGE)


def test_ready_periods_are_files_at_once(world: World, browser: Browser) -> None:
    anna = browser(world.anna)
    page = anna.get(PAGE).content.decode()
    for days in (
        "from=2026-11-01&amp;to=2026-11-14",
        "from=2026-10-01&amp;to=2026-10-31",
        "from=2026-08-14&amp;to=2026-10-31",
        "from=2026-08-14&amp;to=2026-11-14",
    ):
        assert f'href="{STATEMENT}?{days}"' in page
        assert anna.get(f"{STATEMENT}?{days.replace('&amp;', '&')}").status_code == 200


def test_five_years_are_the_longest_ready_period() -> None:
    ready = documents._ready(date(2000, 1, 1), date(2028, 2, 29))
    assert (ready[-1].first, ready[-1].last) == (date(2023, 3, 1), date(2028, 2, 29))


def test_a_person_sees_no_invoices(world: World, browser: Browser) -> None:
    assert "Счета и акты" not in words(browser(world.anna).get(PAGE))


def test_a_company_without_documents_is_told_when_they_come(world: World, browser: Browser) -> None:
    page = words(browser(world.romashka).get(PAGE))
    assert "Счета и акты" in page
    assert "появляются здесь после его последнего дня" in page


def test_a_company_sees_its_documents_by_month_and_takes_each(
    world: World, browser: Browser, october: list[Document]
) -> None:
    romashka = browser(world.romashka)
    page = words(romashka.get(PAGE))
    total = money.show(october[0].total_kop).replace("\u00a0", " ")
    for expected in (
        "Октябрь",
        f"Счёт на оплату № 1 от 31 октября 2026 г. , PDF {total}",
        f"Акт оказанных услуг № 1 от 31 октября 2026 г. , PDF {total}",
        f"Счёт-фактура № 1 от 31 октября 2026 г. , PDF {total}",
    ):
        assert expected in page
    for one, name in zip(october, ("invoice", "act", "vat-invoice"), strict=True):
        response = romashka.get(f"{PAGE}{one.pk}/")
        assert response.content.startswith(b"%PDF-")
        assert response.headers["Content-Disposition"] == f'attachment; filename="{name}-2026-1.pdf"'
        english = romashka.get(f"{PAGE}{one.pk}/?language=en")
        assert english.content.startswith(b"%PDF-")
        assert english.content != response.content


def test_what_is_corrected_says_so_and_stays(world: World, browser: Browser, october: list[Document]) -> None:
    Customer.objects.filter(contracts=world.romashka.contract_id).update(full_name="ООО «Ромашка и сыновья»")
    with clock.frozen(clock.at_noon(world.today)):
        invoices.correct(october[0].pk, on=world.today, actor="accountant", why="a new name")
    romashka = browser(world.romashka)
    page = words(romashka.get(PAGE))
    holds, _, corrected = page.partition("Исправленные документы")
    for part in (holds, corrected):
        assert part.count("№ 1 от 31 октября 2026 г.") == 3
    assert (holds.count("Исправление № 1 от 14 ноября 2026 г."), corrected.count("Исправление")) == (3, 0)
    assert romashka.get(f"{PAGE}{october[0].pk}/").status_code == 200


def test_the_page_asks_five_times_however_many_documents(
    world: World, browser: Browser, october: list[Document]
) -> None:
    invoices.make_month(world.romashka.contract_id, date(2026, 9, 1), on=world.today, actor="accountant")
    romashka = browser(world.romashka)
    romashka.get(PAGE)
    with CaptureQueriesContext(connection) as asked:
        romashka.get(PAGE)
    assert len(asked) <= 5  # session, user, contracts, documents; room for a session's touch


@pytest.mark.parametrize("name", ["anna", "daria", "stranger"])
def test_nobody_else_s_document_is_found(world: World, browser: Browser, october: list[Document], name: str) -> None:
    address = f"{PAGE}{october[0].pk}/"
    if name == "stranger":
        response = Client().get(address)
        assert (response.status_code, response.headers["Location"]) == (302, f"/login/?next={address}")
    else:
        assert browser(getattr(world, name)).get(address).status_code == 404
    assert browser(world.romashka).get(f"{PAGE}999999999/").status_code == 404


@pytest.mark.parametrize("address", [PAGE, f"{STATEMENT}?from=2026-10-01&to=2026-10-31"])
def test_a_stranger_signs_in_first(world: World, address: str) -> None:
    response = Client().get(address)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/login/?next=")


def test_a_statement_is_of_the_chosen_contract(world: World, browser: Browser) -> None:
    daria = browser(world.daria)
    asked = {"from": "2026-10-01", "to": "2026-10-31"}
    assert "100006" in daria.get(STATEMENT, asked).headers["Content-Disposition"]
    daria.post("/cabinet/contract/", {"contract": "100007"})
    assert "100007" in daria.get(STATEMENT, asked).headers["Content-Disposition"]


def test_a_company_takes_its_reconciliation_statement_and_sees_what_of_an_invoice_is_left(
    world: World, browser: Browser, october: list[Document]
) -> None:
    days = {"from": "2026-10-01", "to": "2026-10-31", "all": "1"}
    settled = browser(world.romashka).get("/cabinet/reconciliation/", days)
    assert settled.headers["Content-Disposition"] == (
        'attachment; filename="reconciliation-100004-2026-10-01-2026-10-31.pdf"'
    )
    assert settled.content.startswith(b"%PDF-")
    page = words(browser(world.romashka).get(PAGE))
    assert "осталось 3 916,14 ₽" in page  # 4 540,00 less what was there before
    wrong = browser(world.romashka).get("/cabinet/reconciliation/", {"from": "2026-10-01", "to": "never"})
    assert (wrong.status_code, "Это не дата." in words(wrong)) == (422, True)
    assert browser(world.anna).get("/cabinet/reconciliation/", days).status_code == 404
