"""The end of a contract and the closing of its account in a browser, under both profiles: with and without debt.

The last of the stories by its name: whose contract is closed signs in to no story after it.
"""

import re
import subprocess
import sys

from playwright.sync_api import Page, expect

from tests.browser.served import Served
from tests.browser.test_subscribers_day import STEADY, kopecks, pay_by_card, sign_in
from tests.browser.test_subscribers_wishes import move_clock
from tests.browser.test_tariff import balance, top_up

PAGE = "/cabinet/close/"
# Support's button comes with the staff's workplace; until then its verb.
CLOSE = """
import sys
import django
django.setup()
from abonent.core import clock
from abonent.flows import close_account
from abonent.subscribers.models import Contract
close_account.close(contract_id=Contract.objects.get(number=sys.argv[1]).pk, on=clock.today(), actor="support")
"""


def support_closes(served: Served, contract: str) -> None:
    closed = subprocess.run(
        [sys.executable, "-c", CLOSE, contract],
        env={**served.env, "DJANGO_SETTINGS_MODULE": "abonent.settings"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert closed.returncode == 0, closed.stderr


def end_contract(page: Page, served: Served) -> None:
    """Agree the earliest end there is, and meet it."""
    page.goto(served.path(PAGE))
    main = page.get_by_role("main")
    if page.get_by_role("button", name="Посчитать").is_visible():
        page.get_by_role("button", name="Посчитать").click()
        expect(main).to_contain_text("Что вернётся")
        page.get_by_role("button", name=re.compile("Завершить договор")).click()
        expect(main).to_contain_text("Последний день")
        move_clock(page, served, "день")
    page.goto(served.path(PAGE))
    expect(main).to_contain_text("Итоговая выписка")


def refused(page: Page, served: Served, contract: str, password: str) -> None:
    page.context.clear_cookies()
    page.goto(served.path("/login/"))
    page.get_by_label("Номер договора").fill(contract)
    page.get_by_label("Пароль", exact=True).fill(password)
    page.get_by_role("button", name="Войти", exact=True).click()
    expect(page.get_by_role("alert").first).to_be_visible()
    assert page.url.startswith(served.path("/login/"))


def test_daria_orders_a_wi_fi_set_up_once(page: Page, served: Served) -> None:
    sign_in(page, served, "100006", "demo-daria")
    top_up(page, served, "1500")
    before = balance(page, served)
    page.goto(served.path("/cabinet/addons/"))
    main = page.get_by_role("main")
    page.get_by_role("button", name=re.compile("Заказать.*Настройка Wi-Fi")).first.click()
    expect(main).to_contain_text("Следующее списание")
    cost = kopecks(page.locator("main .lines .sum").inner_text())
    page.get_by_role("button", name="Подтвердить").click()
    expect(page.get_by_role("status")).to_contain_text("заказано и оплачено")
    assert cost < 0
    assert balance(page, served) == before + cost
    page.goto(served.path("/cabinet/addons/"))
    expect(page.get_by_role("region", name="Подключено", exact=True)).not_to_contain_text("Настройка Wi-Fi")


def test_daria_closes_one_of_her_contracts_and_keeps_the_other(page: Page, served: Served) -> None:
    """Nothing is owed: what is left moves to her other contract."""
    sign_in(page, served, "100006", "demo-daria")
    page.locator("[popovertarget=contracts]").click()
    page.locator("#contracts").get_by_role("button", name=re.compile("100007")).click()
    top_up(page, served, "2000")  # whatever the days before have cost, something is left
    end_contract(page, served)
    main = page.get_by_role("main")
    expect(main).to_contain_text("Это ваши деньги")
    page.get_by_role("button", name="Перенести на договор 100006").click()
    expect(main).to_contain_text("Все расчёты закончены")
    support_closes(served, "100007")
    refused(page, served, "100007", "demo-daria")
    sign_in(page, served, "100006", "demo-daria")


def test_romashka_pays_what_is_owed_and_the_account_is_closed(page: Page, served: Served) -> None:
    """Postpaid: the days used are owed when the contract ends."""
    sign_in(page, served, "100004", "demo-romashka")
    end_contract(page, served)
    main = page.get_by_role("main")
    expect(main).to_contain_text(re.compile("осталось оплатить", re.IGNORECASE))
    page.get_by_role("link", name=re.compile("Пополнить на")).first.click()
    page.get_by_role("button", name="Оплатить", exact=True).click()
    page.wait_for_url(re.compile(r"/bank/pay/"))
    pay_by_card(page)
    expect(page.locator("#result")).to_contain_text("Оплачено", timeout=STEADY)
    page.goto(served.path(PAGE))
    expect(main).to_contain_text("Все расчёты закончены")
    support_closes(served, "100004")
    refused(page, served, "100004", "demo-romashka")
