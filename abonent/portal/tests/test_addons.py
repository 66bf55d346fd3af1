"""The page of additional services: connect and disconnect, now and later, and what is refused."""

import re
from datetime import date

import pytest
from django.test import Client

from abonent.billing.models import Change, Subscription
from abonent.flows import end_contract
from abonent.portal.tests.conftest import Browser
from abonent.portal.tests.reading import words
from tests.world import Subscriber, World

pytestmark = pytest.mark.committing
PAGE = "/cabinet/addons/"


def tariff(world: World, who: Subscriber) -> Subscription:
    return next(one for one in world.subscriptions(who) if one.role == "tariff" and one.state != "ended")


def ask(client: Client, what: str, of: Subscription, addon: str = "", when: str = "now") -> tuple[str, str]:
    posted = {"action": "quote", "what": what, "of": of.id, "addon": addon, "when": when}
    answer = client.post(PAGE, posted)
    found = re.search(rb'name="token" value="([^"]+)"', answer.content)
    return words(answer), found[1].decode() if found else ""


def confirm(client: Client, what: str, token: str) -> str:
    return words(client.post(PAGE, {"action": "confirm", "what": what, "token": token}, follow=True))


def test_anna_connects_a_router_and_disconnects_it(world: World, browser: Browser) -> None:
    client = browser(world.anna)
    listed = words(client.get(PAGE))
    assert "Дополнительные услуги" in listed
    assert "Аренда роутера" in listed
    assert "Настройка Wi-Fi" in listed  # charged once
    before = world.balance(world.anna)
    page, token = ask(client, "on", tariff(world, world.anna), "router-rent")
    assert "−56,67" in page  # 100 × 17 ÷ 30 = 56,666…
    assert "Следующее списание 1 декабря, 940,00 ₽" in page  # 650 + 190 + 100
    assert "подключено с 14 ноября" in confirm(client, "on", token)
    assert world.balance(world.anna) == before - 56_67
    confirm(client, "on", token)  # sent twice
    assert world.balance(world.anna) == before - 56_67
    addon = next(one for one in world.subscriptions(world.anna) if one.role == "addon")
    page, token = ask(client, "off", addon)
    assert "+56,67" in page
    assert "Следующее списание 1 декабря, 840,00 ₽" in page
    assert "отключено с 14 ноября" in confirm(client, "off", token)
    assert world.balance(world.anna) == before
    assert world.notices(world.anna, "addon_connected") == 1
    assert world.notices(world.anna, "addon_disconnected") == 1
    assert world.broken() == []


def test_later_is_planned_and_taken_back(world: World, browser: Browser) -> None:
    client = browser(world.anna)
    page, token = ask(client, "on", tariff(world, world.anna), "router-rent", "next")
    assert "бесплатно" in page
    confirm(client, "on", token)
    change = Change.objects.get(account_id=world.anna.account_id)
    assert "Подключится 1 декабря" in words(client.get(PAGE))
    assert "отменено" in words(client.post(PAGE, {"action": "cancel", "change": change.id}, follow=True))
    assert Change.objects.get(id=change.id).state == "cancelled"


def test_a_strangers_service_is_nobodys(world: World, browser: Browser) -> None:
    page, token = ask(browser(world.boris), "on", tariff(world, world.anna), "router-rent")
    assert token == ""
    assert "Больше ничего не сделано" in page
    assert browser(world.anna).post(PAGE, {"action": "confirm", "token": "x" * 99}).status_code == 422
    assert browser(world.anna).post(PAGE, {"action": "cancel", "change": "x"}).status_code == 422


def test_a_once_only_service_is_ordered_paid_and_never_charged_again(world: World, browser: Browser) -> None:
    client = browser(world.anna)
    before = world.balance(world.anna)
    page, token = ask(client, "on", tariff(world, world.anna), "wifi-setup")
    assert "Заказать: «Настройка Wi-Fi»" in page
    assert "−500,00" in page
    assert "Следующее списание 1 декабря, 840,00 ₽" in page  # as before: 650 + 190
    assert "заказано и оплачено: 500,00 ₽" in confirm(client, "on", token)
    assert world.balance(world.anna) == before - 500_00
    confirm(client, "on", token)  # sent twice
    assert world.balance(world.anna) == before - 500_00
    assert (world.notices(world.anna, "addon_ordered"), world.notices(world.anna, "addon_connected")) == (1, 0)
    bought = next(one for one in world.subscriptions(world.anna) if one.role == "addon")
    assert (bought.state, bought.ended_on) == ("ended", date(2026, 11, 14))
    world.pay(world.anna, "500,00")
    world.move_to(date(2026, 12, 1))
    assert world.charged(world.anna, date(2026, 12, 1)) == [650_00, 190_00]
    assert world.broken() == []


def test_what_cannot_be_connected_says_what_it_would_take(world: World, browser: Browser) -> None:
    boris = words(browser(world.boris).get(PAGE))
    assert "Пока недоступно" in boris
    assert "Пакет «Спорт»" in boris
    assert "Нужно подключить: «Цифровое и облачное ТВ»" in boris
    assert "Можно заказать, когда тариф работает" in boris  # he is suspended
    page, token = ask(browser(world.boris), "on", tariff(world, world.boris), "router-rent")
    assert token == ""
    assert "Тариф сейчас не работает" in page
    page, token = ask(browser(world.boris), "on", tariff(world, world.boris), "wifi-setup", "next")
    assert (token, "оплачивается один раз" in page) == ("", True)


def test_while_the_contract_ends_nothing_new_is_connected(world: World, browser: Browser) -> None:
    end_contract.plan(account_id=world.anna.account_id, ends_on=date(2026, 11, 26), on=world.today, actor="100001")
    page, token = ask(browser(world.anna), "on", tariff(world, world.anna), "router-rent")
    assert (token, "Договор завершается: 25 ноября — последний день" in page) == ("", True)
