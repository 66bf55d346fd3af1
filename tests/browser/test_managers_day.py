"""A sales manager's day in a browser: a call becomes a visit, a contract and a letter, and the report shows it."""

import re
from collections.abc import Callable

import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.browser.served import Served

OpenPage = Callable[..., Page]
ON = "2026-11-17"  # nothing of the demo's is booked then
BUILDING = """
    select street || ', ' || house from addresses_building
    where segment = 'apartment' and connected = 'yes' order by id limit 1
"""


def sign_in(page: Page, served: Served, name: str) -> None:
    page.goto(served.path(f"/staff/login/?as={name}"))
    page.get_by_role("button", name="Войти", exact=True).click()
    page.wait_for_url(served.path("/staff/"))


def came_to_a_contract(page: Page, served: Served) -> int:
    """How many requests, by the report; what it opens to says the same."""
    page.goto(served.path("/staff/reports/funnel/"))
    opener = page.get_by_role("row", name=re.compile("Договор подписан")).first.get_by_role("link").first
    count = int(opener.inner_text())
    opener.click()
    expect(page.get_by_role("main")).to_contain_text(f"Строк: {count}")
    return count


@pytest.mark.parametrize("served", ["skynet"], indirect=True)
def test_a_call_becomes_a_contract_and_the_report_shows_it(page_at: OpenPage, served: Served) -> None:
    with psycopg.connect(served.env["DATABASE_URL"]) as asked:
        row = asked.execute(BUILDING).fetchone()
    assert row is not None
    page = page_at(1280)
    sign_in(page, served, "manager")
    before = came_to_a_contract(page, served)

    page.goto(served.path("/staff/requests/new/"))
    page.locator("[name=full_name]").fill("Ветрова Мария Олеговна")
    page.locator("[name=phone]").fill("8 916 555-44-33")
    page.locator("[name=consent]").check()
    page.locator("[name=address]").fill(f"{row[0]}, кв. 12")
    page.get_by_role("button", name="Записать заявку").click()
    page.wait_for_url(re.compile(r"/staff/requests/\d+/$"))
    here, number = page.url, page.url.rstrip("/").rpartition("/")[2]
    form = page.locator("form:has([name=building])")
    form.locator("[name=building]").first.check()
    form.locator("[name=flat]").fill("12")
    form.get_by_role("button").click()
    expect(page.get_by_role("main")).to_contain_text("Адрес записан")

    page.goto(served.path(f"/staff/visits/?request={number}&on={ON}"))
    page.locator("[name=tasks]").fill("Завести кабель")
    page.locator("button[value^='engineer|']").first.click()
    expect(page.get_by_role("main")).to_contain_text("Завести кабель")

    stairs = page_at(360)
    sign_in(stairs, served, "engineer")
    stairs.goto(served.path(f"/staff/visits/mine/?on={ON}"))
    stairs.locator("a[href^='/staff/visits/']", has_text=row[0].rpartition(" ")[2]).first.click()
    stairs.locator("[name=report]").fill("Кабель заведён, терминал стоит")
    stairs.locator("#done button").click()
    expect(stairs.locator("#done").get_by_role("status")).to_be_visible()

    page.goto(here)
    page.get_by_role("link", name="Оформить договор").click()
    said = {
        "document_number": "4012 345678", "issued_by": "ТП № 1", "issued_on": "2012-05-04",
        "birth_date": "1990-02-28", "registered_address": "Москва, ул. Лесная, 1",
    }  # fmt: skip
    for name, value in said.items():
        page.locator(f"[name={name}]").fill(value)
    page.locator("[name=tariff]").first.check()
    page.locator("form.sign-form p.row button").first.click()
    page.locator("button[value=sign]").click()
    expect(page.locator("h1")).to_contain_text("подписан")
    letter = page.evaluate(
        """async () => {
            const form = document.querySelector("form[action$='/letter.pdf']");
            const answer = await fetch(form.action, {method: "POST", body: new FormData(form)});
            return [answer.status, answer.headers.get("content-type")];
        }"""
    )
    assert letter == [200, "application/pdf"]
    assert came_to_a_contract(page, served) == before + 1
