"""A day of each of the staff in a browser, at the demo's provider: from the first call to what stands in the log."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.served import Served
from tests.browser.test_first_click import staff

pytestmark = pytest.mark.parametrize("served", ["skynet"], indirect=True)


def test_the_day_of_support(page_at: Callable[..., Page], served: Served) -> None:
    """Boris is on the line without internet: found by his phone, put on again, answered; his log and ours tell it."""
    boris = page_at(360)
    boris.goto(served.path("/login/?as=boris"))
    boris.get_by_role("button", name="Войти", exact=True).click()
    boris.goto(served.path("/cabinet/support/"))
    boris.get_by_label("Ваш вопрос").fill("Не открывается ни одна страница")
    boris.get_by_role("button", name="Отправить вопрос").click()

    desk = staff(page_at, served, "support")
    desk.keyboard.press("/")
    desk.get_by_label("Найти абонента").press_sequentially("8 (916) 000-00-02")
    desk.keyboard.press("Enter")
    main = desk.get_by_role("main")
    main.get_by_role("link", name=re.compile("100002")).first.click()
    expect(desk).to_have_url(re.compile("/staff/contracts/100002/"))
    expect(main).to_contain_text("Лебедев Борис Ильич")
    expect(main).to_contain_text("приостановлен")
    expect(main).to_contain_text("Почему нет интернета?")

    main.get_by_role("link", name="Отложенный платёж").click()
    main.get_by_role("button", name="Посмотреть, что будет").click()
    expect(main).to_contain_text("Напишите почему")  # nothing without a reason
    main.get_by_label("Почему").fill("Звонок: оплатит в понедельник")
    main.get_by_role("button", name="Посмотреть, что будет").click()
    expect(main).to_contain_text("Баланс после")
    main.get_by_role("button", name="Отложенный платёж").click()
    expect(desk).to_have_url(re.compile("/staff/contracts/100002/$"))
    expect(main).to_contain_text("работает")

    main.get_by_role("region", name="Переписка").get_by_role("link").first.click()
    main.get_by_role("button", name="Взять").click()
    main.get_by_label("Ваше сообщение").fill("Дали отложенный платёж, интернет включён.")
    main.get_by_role("button", name="Отправить").click()
    expect(main.get_by_role("log")).to_contain_text("интернет включён")
    boris.reload()
    expect(boris.get_by_role("main")).to_contain_text("интернет включён")

    admin = staff(page_at, served, "admin")
    admin.goto(served.path("/staff/log/?actor=support"))
    told = admin.get_by_role("main")
    expect(told).to_contain_text("Дан отложенный платёж")
    expect(told).to_contain_text("Звонок: оплатит в понедельник")
    expect(told).to_contain_text("Просмотр")
