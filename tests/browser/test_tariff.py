"""A change of tariff in a browser, under both profiles: by its quote to the kopeck, or asked for and approved."""

import re
import subprocess
import sys

from playwright.sync_api import Page, expect

from tests.browser.served import Served
from tests.browser.test_subscribers_day import STEADY, kopecks, pay_by_card, sign_in

PAGE = "/cabinet/tariff/"


def top_up(page: Page, served: Served, roubles: str) -> None:
    page.goto(served.path("/cabinet/pay/"))
    page.get_by_label("Сумма, рублей").fill(roubles)
    page.get_by_role("button", name="Оплатить", exact=True).click()
    page.wait_for_url(re.compile(r"/bank/pay/"))
    pay_by_card(page)
    expect(page.locator("#result")).to_contain_text("Оплачено", timeout=STEADY)


def balance(page: Page, served: Served) -> int:
    page.goto(served.path("/cabinet/"))
    return kopecks(page.locator(".now-balance").inner_text())


def ask(page: Page, served: Served, code: str, when: str) -> None:
    """Pick a tariff and send; the quote stands on the page."""
    page.goto(served.path(PAGE))
    page.locator(f"input[name=tariff][value={code}]").check()
    page.locator(f"input[name=when][value={when}]").check()
    page.get_by_role("button", name="Отправить", exact=True).click()


def quoted(page: Page) -> int:
    """What the quote adds to the balance, which its lines sum to."""
    expect(page.get_by_role("heading", name="Смена тарифа")).to_be_visible()
    lines = [kopecks(one.inner_text()) for one in page.locator("main .lines .sum").all()]
    said = page.locator("dt", has_text="Итого").locator("xpath=following-sibling::dd").inner_text()
    total = 0 if said == "бесплатно" else kopecks(said)
    assert sum(lines) == total
    return total


def agree(page: Page, served: Served) -> None:
    """Confirm; under approval the staff say yes."""
    if served.profile == "skynet":
        page.get_by_role("button", name="Подтвердить").click()
        return
    page.get_by_role("button", name="Отправить заявку").click()
    expect(page.get_by_role("status")).to_contain_text("отправлена")
    change_id = page.locator("input[name=change]").first.get_attribute("value")
    assert change_id is not None
    approved = subprocess.run(
        [sys.executable, "-m", "abonent.commands.main", "change", "approve", change_id, "--by", "manager"],
        env=served.env,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert approved.returncode == 0, approved.stderr
    page.goto(served.path(PAGE))


def test_daria_changes_the_current_and_the_future_tariff(page: Page, served: Served) -> None:
    sign_in(page, served, "100006", "demo-daria")
    top_up(page, served, "3000")
    before = balance(page, served)
    page.get_by_role("link", name="Сменить текущий/будущий тариф").click()
    ask(page, served, "city-1000", "now")
    total = quoted(page)
    page.locator("summary", has_text="Как посчитано").first.click()
    expect(page.locator("details[open]").first).to_contain_text("Возвращается")
    agree(page, served)
    expect(page.locator("#h-current + h2")).to_contain_text("1000")
    assert balance(page, served) == before + total

    ask(page, served, "city-100", "next")
    assert quoted(page) == 0
    agree(page, served)
    assert balance(page, served) == before + total
    expect(page.get_by_role("main")).to_contain_text("будущий тариф:")
    page.goto(served.path(PAGE))
    page.get_by_role("button", name="Отменить").click()
    expect(page.get_by_role("status")).to_contain_text("отменено")
    page.goto(served.path("/cabinet/"))
    expect(page.get_by_role("main")).not_to_contain_text("будущий тариф:")


def test_darias_house_goes_from_months_to_days(page: Page, served: Served) -> None:
    sign_in(page, served, "100006", "demo-daria")
    page.locator("[popovertarget=contracts]").click()
    page.locator("#contracts").get_by_role("button", name=re.compile("100007")).click()
    top_up(page, served, "1500")
    before = balance(page, served)
    ask(page, served, "private-day-50", "now")
    total = quoted(page)
    agree(page, served)
    assert balance(page, served) == before + total
    page.goto(served.path(PAGE))
    expect(page.get_by_role("main")).to_contain_text("в месяц, по дням")


def test_daria_connects_a_router_and_disconnects_it(page: Page, served: Served) -> None:
    sign_in(page, served, "100006", "demo-daria")
    top_up(page, served, "500")
    before = balance(page, served)
    page.goto(served.path("/cabinet/services/"))
    page.get_by_role("link", name="Дополнительные услуги").click()
    page.get_by_role("button", name=re.compile("Подключить сейчас.*Аренда роутера")).click()
    cost = kopecks(page.locator("main .lines .sum").inner_text())
    page.get_by_role("button", name="Подтвердить").click()
    expect(page.get_by_role("status")).to_contain_text("подключено")
    assert balance(page, served) == before + cost
    page.goto(served.path("/cabinet/addons/"))
    page.get_by_role("button", name=re.compile("Отключить сейчас.*Аренда роутера")).click()
    page.get_by_role("button", name="Подтвердить").click()
    expect(page.get_by_role("status")).to_contain_text("отключено")
    # One profile gives unused days back, the other does not.
    assert balance(page, served) == (before if served.profile == "skynet" else before + cost)
