"""Cards in a browser. Last among the stories: it moves the clock that the others count from.

Bound at zero amount and in a payment, paid by in one step; autopay on, debited and told, declined, unbound.
"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import axe
from tests.browser.served import Served
from tests.browser.test_subscribers_day import STEADY, kopecks, pay_by_card, sign_in

pytestmark = pytest.mark.parametrize("served", ["spnet"], indirect=True)  # the bank is the same to both profiles
PAYS_THEN_DECLINES = "2202 0000 0000 0507"  # pays with its owner, has no money without him


def bind(page: Page, served: Served, card: str) -> None:
    """At zero amount, on the bank's page; back on ours it says so by itself."""
    page.goto(served.path("/cabinet/cards/"))
    page.locator("[name=agree]").check()
    page.get_by_role("button", name="На страницу банка").click()
    page.wait_for_url(re.compile(r"/bank/bind/"))
    page.locator("[name=card_number]").fill(card)
    page.locator("[name=expiry]").fill("12/30")
    page.locator("[name=cvc]").fill("123")
    page.get_by_role("button", name="Привязать карту").click()
    expect(page.locator("#result")).to_contain_text("Карта подключена", timeout=STEADY)


def step(page: Page, served: Served, days: int) -> None:
    for _ in range(days):
        page.goto(served.path("/sandbox/clock/"))
        page.get_by_role("button", name=re.compile("день|сутки")).first.click()
        expect(page.get_by_role("main")).to_contain_text("Сегодня")


def balance(page: Page, served: Served) -> int:
    page.goto(served.path("/cabinet/"))
    return kopecks(page.locator(".now-balance").inner_text())


def test_daria_binds_a_card_pays_by_it_and_lets_autopay_do_it(page: Page, served: Served) -> None:
    sign_in(page, served, "100006", "demo-daria")
    page.goto(served.path("/cabinet/cards/"))
    expect(page.get_by_role("main")).to_contain_text("Карт пока нет")
    bind(page, served, PAYS_THEN_DECLINES)
    page.goto(served.path("/cabinet/cards/"))
    expect(page.get_by_role("main")).to_contain_text("Mir •• 0507")
    assert axe.violations(page) == []

    # Paid in one step: no page of the bank's in between.
    before_kop = balance(page, served)
    page.goto(served.path("/cabinet/pay/"))
    page.get_by_label("Сумма, рублей").fill("100")
    bank_pages: list[str] = []
    page.on("framenavigated", lambda frame: bank_pages.append(frame.url) if "/bank/" in frame.url else None)
    page.get_by_label("Другая карта").check()
    page.get_by_label(re.compile("СБП")).check()
    page.get_by_label(re.compile("•• 0507")).check()
    page.get_by_role("button", name="Оплатить", exact=True).click()
    expect(page.locator("#result")).to_contain_text("Платёж не прошёл", timeout=STEADY)
    assert bank_pages == []
    assert balance(page, served) == before_kop

    bind(page, served, "5555 5555 5555 4444")
    page.goto(served.path("/cabinet/pay/"))
    page.get_by_label("Сумма, рублей").fill("100")
    page.get_by_label(re.compile("•• 4444")).check()
    page.get_by_role("button", name="Оплатить", exact=True).click()
    expect(page.locator("#result")).to_contain_text("Оплачено: 100,00", timeout=STEADY)
    assert balance(page, served) == before_kop + 100_00


def test_vera_sets_autopay_is_debited_told_declined_and_unbinds(page: Page, served: Served) -> None:
    sign_in(page, served, "100003", "demo-vera")
    page.goto(served.path("/cabinet/autopay/"))
    expect(page.get_by_role("main")).to_contain_text("Сначала подключите карту")
    bind(page, served, "5555 5555 5555 4444")
    bind(page, served, PAYS_THEN_DECLINES)

    page.goto(served.path("/cabinet/autopay/"))
    page.get_by_role("button", name="Включить", exact=True).click()  # the browser itself holds an unticked consent back
    expect(page).to_have_url(served.path("/cabinet/autopay/"))
    page.locator("[name=before]").uncheck()
    page.locator("[name=below]").check()
    page.locator("[name=below_sum]").fill("100 000")
    page.locator("[name=sum]").fill("200")
    page.locator("[name=limit]").fill("100")
    page.get_by_label(re.compile("•• 4444")).check()
    page.locator("[name=agree]").check()
    page.get_by_role("button", name="Включить", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("Лимит — не меньше 200,00")
    assert page.locator("[name=below_sum]").input_value() == "100 000"  # what was typed is kept
    assert axe.violations(page) == []
    page.locator("[name=limit]").fill("900")
    page.locator("[name=agree]").check()
    page.get_by_role("button", name="Включить", exact=True).click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("Автоплатёж включён")
    expect(main).to_contain_text("будет списано")
    expect(main).to_contain_text("200,00")
    assert axe.violations(page) == []

    step(page, served, 1)
    page.goto(served.path("/cabinet/autopay/"))
    expect(main.locator("section", has_text="Что списано")).to_contain_text("списано")
    page.goto(served.path("/cabinet/history/"))
    expect(page.get_by_role("main")).to_contain_text("+200,00")
    letters = page.request.get(f"{sandbox_of(served)}/mail/messages.json?to=vera@example.test").text()
    sms = page.request.get(f"{sandbox_of(served)}/sms/messages.json?phone=79160000003").text()
    assert "Автоплатёж списал 200,00" in letters + sms
    assert "автоплатёж спишет 200,00" in letters + sms

    # Another card: it declines, and the page says what to do.
    page.goto(served.path("/cabinet/autopay/"))
    page.get_by_label(re.compile("•• 0507")).check()
    page.locator("[name=agree]").check()
    page.get_by_role("button", name="Сохранить правила").click()
    expect(page.get_by_role("main")).to_contain_text("будет списано")
    step(page, served, 1)
    page.goto(served.path("/cabinet/autopay/"))
    expect(page.get_by_role("main")).to_contain_text("не прошло")
    expect(page.get_by_role("main")).to_contain_text("Пополните карту или возьмите другую")
    assert axe.violations(page) == []

    page.goto(served.path("/cabinet/cards/"))
    card = page.locator("section", has_text="•• 0507")
    card.get_by_role("link", name=re.compile("Отвязать")).click()
    expect(page.get_by_role("main")).to_contain_text("С неё платит автоплатёж, он выключится")
    page.get_by_role("button", name="Отвязать", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("карта отвязана")
    expect(page.get_by_role("heading", name=re.compile("0507"))).to_have_count(0)
    page.goto(served.path("/cabinet/autopay/"))
    expect(page.get_by_role("main")).to_contain_text("Он выключился сам")


def test_a_card_is_remembered_in_a_payment_without_a_script(page_at: Callable[..., Page], served: Served) -> None:
    page = page_at(360, script=False)
    sign_in(page, served, "100005", "demo-gleb")
    page.goto(served.path("/cabinet/pay/"))
    page.get_by_label("Сумма, рублей").fill("50")
    page.get_by_label("Запомнить карту").check()
    page.get_by_role("button", name="Оплатить", exact=True).click()
    page.wait_for_url(re.compile(r"/bank/pay/"))
    pay_by_card(page)
    expect(page.locator("#result")).to_contain_text("Оплачено: 50,00", timeout=STEADY)
    page.goto(served.path("/cabinet/cards/"))
    expect(page.get_by_role("main")).to_contain_text("•• 4444")


def sandbox_of(served: Served) -> str:
    port = int(served.url.rpartition(":")[2])
    return f"http://127.0.0.1:{port + 1}"
