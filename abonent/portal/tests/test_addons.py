"""The page of additional services: connect and disconnect, now and later, and what is refused."""

import re

import pytest
from django.test import Client

from abonent.billing.models import Change, Subscription
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
    assert "подключено с 14 ноября" in confirm(client, "on", token)
    assert world.balance(world.anna) == before - 56_67
    confirm(client, "on", token)  # sent twice
    assert world.balance(world.anna) == before - 56_67
    addon = next(one for one in world.subscriptions(world.anna) if one.role == "addon")
    page, token = ask(client, "off", addon)
    assert "+56,67" in page
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
