"""A subscriber's own wishes in a browser, under both profiles: pay later, pause, switch off, end the contract."""

import re

from playwright.sync_api import Page, expect

from tests.browser.served import Served
from tests.browser.test_subscribers_day import sign_in


def move_clock(page: Page, served: Served, words: str) -> None:
    page.goto(served.path("/sandbox/clock/"))
    page.get_by_role("button", name=re.compile(words)).click()
    expect(page.get_by_role("main")).to_be_visible()


def test_boris_pays_later_and_the_deferral_comes_to_its_end(page: Page, served: Served) -> None:
    sign_in(page, served, "100002", "demo-boris")
    page.goto(served.path("/cabinet/deferred/"))
    main = page.get_by_role("main")
    if served.profile == "spnet":
        expect(main).to_contain_text("−30,00")  # its fee, before anything is agreed
    else:
        expect(main).to_contain_text("Сам отложенный платёж бесплатный")
    page.get_by_role("button", name=re.compile("Согласиться")).click()
    expect(main).to_contain_text("Отложенный платёж по")
    page.goto(served.path("/cabinet/"))
    expect(main).to_contain_text("Интернет работает")
    expect(main).to_contain_text("Отложенный платёж по")
    for _ in range(5):
        move_clock(page, served, "день")
    page.goto(served.path("/cabinet/deferred/"))
    expect(main).to_contain_text(re.compile("Следующий отложенный платёж возможен с|осталось оплатить"))


def test_daria_plans_a_pause_and_it_begins(page: Page, served: Served) -> None:
    sign_in(page, served, "100006", "demo-daria")
    page.goto(served.path("/cabinet/pause/"))
    main = page.get_by_role("main")
    page.get_by_role("button", name="Посчитать").click()
    expect(main).to_contain_text("Оплаченные дни не пропадут")
    page.get_by_role("button", name="Согласиться").click()
    expect(main).to_contain_text("Приостановка назначена")
    move_clock(page, served, "день")
    page.goto(served.path("/cabinet/"))
    expect(main).to_contain_text("Приостановлено по вашему желанию по")


def test_vera_switches_her_daily_line_off_and_on(page: Page, served: Served) -> None:
    sign_in(page, served, "100003", "demo-vera")
    page.goto(served.path("/cabinet/pause/"))
    main = page.get_by_role("main")
    page.get_by_role("button", name=re.compile("Отключить с")).click()
    expect(main).to_contain_text("Отключится с")
    move_clock(page, served, "день")
    page.goto(served.path("/cabinet/"))
    expect(main).to_contain_text("Отключено вами с")
    page.goto(served.path("/cabinet/pause/"))
    page.get_by_role("button", name=re.compile("Включить с")).click()
    expect(main).to_contain_text("Включится с")
    move_clock(page, served, "день")
    page.goto(served.path("/cabinet/"))
    expect(main).to_contain_text("Интернет работает")


def test_romashka_ends_the_contract_and_is_shown_what_is_left(page: Page, served: Served) -> None:
    sign_in(page, served, "100004", "demo-romashka")
    page.goto(served.path("/cabinet/close/"))
    main = page.get_by_role("main")
    page.get_by_role("button", name="Посчитать").click()
    expect(main).to_contain_text("Что вернётся")
    page.get_by_role("button", name=re.compile("Завершить договор")).click()
    expect(main).to_contain_text("Последний день")
    move_clock(page, served, "день")
    page.goto(served.path("/cabinet/close/"))
    expect(main).to_contain_text("Итоговая выписка")
    expect(main).to_contain_text(re.compile("осталось оплатить|Это ваши деньги|Осталось оплатить"))
