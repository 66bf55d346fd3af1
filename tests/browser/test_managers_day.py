"""A sales manager's day in a browser, under both profiles: a call becomes a contract, and the report shows it."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.served import Served

OpenPage = Callable[..., Page]
FUNNEL = "/staff/reports/funnel/"


def sign_in(page: Page, served: Served, name: str) -> None:
    page.goto(served.path(f"/staff/login/?as={name}"))
    page.get_by_role("button", name="Войти", exact=True).click()
    page.wait_for_url(served.path("/staff/"))


def signed(page: Page, served: Served) -> int:
    """How many requests came to a contract, by the report."""
    page.goto(served.path(FUNNEL))
    row = page.get_by_role("row", name=re.compile("Договор подписан")).first
    return int(row.get_by_role("cell").first.inner_text())


def test_a_call_becomes_a_contract_and_the_report_shows_it(page_at: OpenPage, served: Served) -> None:
    page = page_at(1280)
    sign_in(page, served, "manager")
    before = signed(page, served)

    page.goto(served.path("/staff/requests/new/"))
    page.get_by_label("ФИО").fill("Ветрова Мария Олеговна")
    page.get_by_label("Телефон").fill("8 916 555-44-33")
    page.get_by_role("main").get_by_role("button").last.click()
    page.wait_for_url(re.compile(r"/staff/requests/\d+/$"))
    here = page.url

    page.get_by_label("Поговорили").check()
    page.get_by_label("Что сказали").fill("Ждёт мастера утром")
    page.locator("form:has([name=outcome])").get_by_role("button").click()
    expect(page.get_by_role("main")).to_contain_text("Звонок записан")
