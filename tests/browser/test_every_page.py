"""Every page of ours in a real browser: axe finds nothing, no other host is asked, nothing is wider than the phone."""

import re
from collections.abc import Callable

import psycopg
import pytest
from playwright.sync_api import Page, Request

from tests.browser import axe
from tests.browser.served import Served
from tests.browser.test_subscribers_day import pay_by_card
from tests.concurrency import processes

OpenPage = Callable[..., Page]

PUBLIC = (
    "/", "/services/", "/services/internet/", "/services/colocation/", "/tariffs/", "/news/", "/contacts/", "/about/",
    "/how-to-connect/", "/connect/", "/connect/?q=12", "/connect/?company=1", "/connect/city-100/",
    "/offer/", "/privacy/", "/login/", "/login/?as=anna", "/password/forgot/", "/sandbox/",
    "/sandbox/clock/", "/nowhere/", "/api/v1/docs", "/chat/", "/mail/login/", "/mail/login/?as=anna",
)  # fmt: skip
ACCOUNT = (
    "/cabinet/", "/cabinet/services/", "/cabinet/history/", "/cabinet/history/?month=2026-08", "/cabinet/pay/",
    "/cabinet/devices/", "/cabinet/internet/",
    "/cabinet/password/", "/cabinet/tariff/", "/cabinet/addons/", "/cabinet/deferred/", "/cabinet/pause/",
    "/cabinet/close/", "/cabinet/privacy/", "/cabinet/documents/", "/cabinet/cards/", "/cabinet/autopay/",
    "/cabinet/resume/",
    "/cabinet/support/?about=1", "/mail/", "/mail/?folder=money", "/mail/?folder=archive", "/mail/?q=nothing",
    "/mail/write/",
    "/cabinet/security/", "/cabinet/security/app/", "/cabinet/security/log/", "/cabinet/profile/", "/cabinet/notices/",
)  # fmt: skip
STAFF = (
    "/staff/security/",
    "/staff/", "/staff/search/", "/staff/search/?q=anna", "/staff/search/?q=100", "/staff/contracts/100001/",
    "/staff/contracts/100001/password/", "/staff/requests/new/",
    "/staff/contracts/100001/do/tariff/", "/staff/contracts/100001/do/pause/", "/staff/log/", "/staff/roles/",
    "/staff/roles/cashier/",
    "/staff/requests/", "/staff/requests/?mine=1", "/staff/requests/stage/new/", "/staff/visits/",
    "/staff/visits/?on=2026-11-16", "/staff/visits/mine/", "/staff/approvals/", "/staff/second-yes/",
    "/staff/charge-runs/",
    "/staff/charge-runs/2026-11-01/", "/staff/parked/", "/staff/bank/", "/staff/differences/",
    "/staff/cash/", "/staff/shifts/", "/staff/receipts/", "/staff/documents/", "/staff/deferrals/",
    "/staff/debtors/", "/staff/debtors/100002/", "/staff/batches/",
    "/staff/desk/", "/staff/desk/load/",
    "/staff/news/", "/staff/news/new/", "/staff/reports/",
    "/staff/reports/debt/", "/staff/reports/growth/", "/staff/reports/answers/",
    "/staff/reports/money/rows/?of=clearing:cash",
    "/staff/contracts/100001/internet/", "/staff/network/", "/staff/network/new/", "/staff/network/1/",
    "/staff/outages/", "/staff/outages/?q=12",
    "/staff/import/", "/staff/export/",
    "/staff/tariffs/", "/staff/tariffs/new/", "/staff/tariffs/city-day-100/", "/staff/tariffs/city-day-100/version/",
    "/staff/addons/", "/staff/addons/static-ip/", "/staff/buildings/", "/staff/buildings/1/",
    "/staff/people/", "/staff/password/",
    "/staff/answers/", "/staff/answers/balance/", "/staff/departments/", "/staff/departments/private/",
    "/staff/buildings/new/", "/staff/buildings/import/",
    "/staff/mailings/", "/staff/mailings/new/", "/staff/notices/", "/staff/notices/suspended/ru/",
)  # fmt: skip
DESK, PHONE = (1280, "light"), (360, "dark")
# Each profile is looked at in one of them, whole; in the width of the other everything must have its room too.
LOOKS = {"skynet": DESK, "spnet": PHONE}
FIRST = ("/", "/tariffs/", "/connect/", "/cabinet/", "/cabinet/pay/", "/cabinet/tariff/", "/mail/")
FIRST_LOAD_BYTES = 60_000
LEAST_TARGET = 24

# Targets smaller than 24 × 24 pixels that do not stand inside a sentence.
SMALL = f"""() => [...document.querySelectorAll('a, button, summary, select, input:not([type=hidden])')]
    .filter(one => one.checkVisibility() && !one.matches('.skip, .heard') && !one.closest('p, dd, .prose'))
    .map(one => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
    .filter(([html, box]) => box.height && (box.height < {LEAST_TARGET} || box.width < {LEAST_TARGET}))
    .map(([html, box]) => html)"""


@pytest.fixture
def looking(served: Served, page_at: OpenPage) -> Page:
    return page_at(*LOOKS[served.profile])


@pytest.fixture
def hosts(looking: Page) -> set[str]:
    """Whom the pages asked for anything."""
    asked: set[str] = set()

    def note(request: Request) -> None:
        asked.add(request.url.split("/")[2])

    looking.on("request", note)
    return asked


def sign_in(page: Page, served: Served, name: str) -> None:
    page.goto(served.path(f"/login/?as={name}"))
    page.get_by_role("button", name="Войти", exact=True).click()
    page.wait_for_url(served.path("/cabinet/"))


def wrong(page: Page, served: Served, address: str) -> list[str]:
    page.goto(served.path(address))
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = [f"{address}: {one}" for one in axe.violations(page)]
    seen = page.viewport_size
    assert seen is not None
    for width, _ in sorted((DESK, PHONE), key=lambda look: look[0] == seen["width"]):  # its own at the end again
        page.set_viewport_size({"width": width, "height": seen["height"]})
        found += [f"{address} at {width}: a small target: {one}" for one in page.evaluate(SMALL)]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.append(f"{address}: wider than a window of {width}")
    return found


def kept(served: Served, question: str) -> str:
    """One value of the database of what is served."""
    with psycopg.connect(served.env["DATABASE_URL"]) as asked:
        row = asked.execute(question).fetchone()
    assert row is not None, question
    return str(row[0])


def test_the_public_site(looking: Page, served: Served, hosts: set[str]) -> None:
    token = kept(served, "select token from onboarding_connectionrequest where state = 'visit' limit 1")
    pages = (*PUBLIC, f"/connect/request/{token}/")
    assert [one for address in pages for one in wrong(looking, served, address)] == []
    assert hosts == {served.url.removeprefix("http://")}


def test_the_account_of_each_of_the_cast(looking: Page, served: Served, hosts: set[str]) -> None:
    sign_in(looking, served, "anna")
    found = [one for address in ACCOUNT for one in wrong(looking, served, address)]
    for name in ("boris", "vera", "romashka", "gleb", "daria"):
        looking.context.clear_cookies()
        sign_in(looking, served, name)
        found += [f"{name}: {one}" for one in wrong(looking, served, "/cabinet/")]
    assert found == []
    assert hosts == {served.url.removeprefix("http://")}


def test_the_first_pages_in_the_colours_and_the_width_of_the_other_look(page_at: OpenPage, served: Served) -> None:
    (other,) = {DESK, PHONE} - {LOOKS[served.profile]}
    page = page_at(*other)
    sign_in(page, served, "boris")
    assert [one for address in FIRST for one in wrong(page, served, address)] == []


def test_the_receipt_of_a_payment(looking: Page, served: Served, hosts: set[str]) -> None:
    """Paid by a card, told to the tax service by the worker, read from the history."""
    sign_in(looking, served, "daria")
    looking.goto(served.path("/cabinet/pay/"))
    looking.get_by_label("Сумма, рублей").fill("10")
    looking.get_by_role("button", name="Оплатить", exact=True).click()
    looking.wait_for_url(re.compile(r"/bank/pay/"))
    pay_by_card(looking)
    looking.wait_for_url(re.compile(r"/cabinet/pay/"))

    def address() -> str | None:
        looking.goto(served.path("/cabinet/history/"))
        link = looking.locator('a[href^="/cabinet/receipts/"]')
        return link.first.get_attribute("href") if link.count() else None

    found = processes.wait_for(address)
    assert found is not None
    hosts.clear()
    assert wrong(looking, served, found) == []
    assert hosts == {served.url.removeprefix("http://")}


def test_the_workplace(looking: Page, served: Served, hosts: set[str]) -> None:
    found = wrong(looking, served, "/staff/login/")
    looking.goto(served.path("/staff/login/?as=admin"))
    looking.get_by_role("button", name="Войти", exact=True).click()
    looking.wait_for_url(served.path("/staff/"))
    ready = kept(served, "select id from onboarding_connectionrequest where state = 'connected' limit 1")
    signed = kept(served, "select id from onboarding_connectionrequest where state = 'signed' limit 1")
    requests = (
        f"/staff/requests/{ready}/",
        f"/staff/requests/{ready}/contract/",
        f"/staff/requests/{signed}/contract/",
    )
    # It is one workplace for both profiles: every other page is read under the other one, in its colours.
    own = (*STAFF, *requests)[list(LOOKS).index(served.profile) :: len(LOOKS)]
    assert found + [one for address in own for one in wrong(looking, served, address)] == []
    assert hosts == {served.url.removeprefix("http://")}


def test_an_error_beside_its_field(looking: Page, served: Served) -> None:
    sign_in(looking, served, "anna")
    looking.goto(served.path("/cabinet/pay/"))
    looking.get_by_label("Сумма, рублей").fill("12,345")
    looking.get_by_role("button", name="Оплатить", exact=True).click()
    field = looking.get_by_label("Сумма, рублей")
    assert field.input_value() == "12,345"
    assert field.get_attribute("aria-invalid") == "true"
    assert field.evaluate("one => one === document.activeElement")
    assert axe.violations(looking) == []


def test_the_menus_open_by_keyboard_and_close_by_escape(looking: Page, served: Served) -> None:
    sign_in(looking, served, "daria")
    opener = looking.locator("[popovertarget=contracts]")
    opener.focus()
    looking.keyboard.press("Enter")
    assert looking.locator("#contracts").is_visible()
    assert axe.violations(looking) == []
    looking.keyboard.press("Escape")
    assert not looking.locator("#contracts").is_visible()
    assert opener.evaluate("one => one === document.activeElement")


def test_the_focus_is_never_hidden_under_the_bar(page_at: OpenPage, served: Served) -> None:
    page = page_at(360)
    page.emulate_media(reduced_motion="reduce")  # else it is looked at in the middle of a scroll
    sign_in(page, served, "anna")
    hidden = """() => {
        const one = document.activeElement, bar = document.querySelector('.bar');
        if (one === document.body || bar.contains(one)) return '';
        const under = one.getBoundingClientRect().bottom > bar.getBoundingClientRect().top + 1;
        return under ? one.outerHTML.slice(0, 100) : '';
    }"""
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(hidden))
    assert [one for one in seen if one] == []


def test_the_first_load_of_the_account_is_light(page_at: OpenPage, served: Served) -> None:
    page = page_at(360)
    sign_in(page, served, "anna")
    fresh = page_at(360)
    fresh.context.add_cookies(page.context.cookies())  # type: ignore[arg-type]  # what is read is what is written
    sizes: list[int] = []

    def weigh(request: Request) -> None:
        weight = request.sizes()
        sizes.append(weight["responseBodySize"] + weight["responseHeadersSize"])

    fresh.on("requestfinished", weigh)
    fresh.goto(served.path("/cabinet/"))
    fresh.wait_for_load_state("networkidle")
    assert 4 <= len(sizes) <= 7  # the page, its style, its script, the app's script, pictures, unread mail
    assert sum(sizes) < FIRST_LOAD_BYTES


def test_the_account_works_without_a_script(page_at: OpenPage, served: Served) -> None:
    page = page_at(360, script=False)
    sign_in(page, served, "daria")
    page.locator("[popovertarget=contracts]").click()
    page.get_by_role("button", name="Договор 100007").click()
    assert "100007" in page.locator("[popovertarget=contracts]").inner_text()
    page.goto(served.path("/cabinet/history/"))
    page.locator("#earlier").click()
    assert "?month=2026-10" in page.url
    page.get_by_role("button", name="English").click()
    assert page.locator("h1").inner_text() == "History"
    assert "?month=2026-10" in page.url


def test_the_theme_is_chosen_in_the_footer_and_remembered(page_at: OpenPage, served: Served) -> None:
    page = page_at(1280)
    page.goto(served.path("/contacts/"))
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Тёмное").click()
    page.goto(served.path("/tariffs/"))
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    assert page.locator("html").get_attribute("data-theme") == "dark"
