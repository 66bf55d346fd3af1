"""The line itself, seen from both ends: the demo's access server through the real FreeRADIUS, and the account."""

import os
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from abonent.network import freeradius
from tests.browser.served import Served
from tests.browser.test_subscribers_day import STEADY, pay_by_card

pytestmark = pytest.mark.parametrize("served", ["skynet"], indirect=True)
DEVICE = "DC-A6-32-10-00-08"


def require() -> None:
    if freeradius.program() is None:
        assert os.environ.get("CI") != "true", "CI has no FreeRADIUS"
        pytest.skip("FreeRADIUS is not installed: apt install freeradius freeradius-postgresql freeradius-utils")


def network(served: Served) -> str:
    return f"http://localhost:{int(served.env['PORT']) + 1}/network/"


def press(page: Page, served: Served, way: str, **typed: str) -> None:
    page.goto(network(served))
    for name, value in typed.items():
        page.locator(f"#{name}").fill(value)
    page.locator(f"button[name=way][value={way}]").first.click()
    expect(page.locator("#online")).to_be_visible()


def seen(page: Page, served: Served, name: str, *, is_walled: bool) -> Any:
    """The session of that name, once it is so; what the page of the access server tells."""
    until = time.monotonic() + STEADY // 1000
    while True:
        listed = page.request.get(f"{network(served)}sessions.json").json()
        found = [one for one in listed if one["name"] == name and one["is_walled"] is is_walled]
        if found or time.monotonic() > until:
            assert found, listed
            return found[0]
        time.sleep(0.02)


def test_an_unknown_device_is_led_to_the_account_registered_by_one_tap_and_online(
    page_at: Callable[..., Page], served: Served
) -> None:
    require()
    page = page_at(1280)
    press(page, served, "plug", number="100001", mac=DEVICE)
    seen(page, served, DEVICE, is_walled=True)
    page.goto(network(served))
    page.get_by_role("link", name="Куда попадает его браузер").click()
    page.get_by_label("Номер договора").fill("100001")
    page.get_by_label("Пароль", exact=True).fill("demo-anna")
    page.get_by_role("button", name="Войти", exact=True).click()
    expect(page).to_have_url(served.path("/cabinet/devices/"))
    page.get_by_role("button", name=f"{DEVICE.replace('-', ':').lower()}").click()
    expect(page.get_by_role("main")).to_contain_text("зарегистрирован")
    online = seen(page, served, DEVICE, is_walled=False)
    assert online["rate"], "the speed of her tariff"
    # And 10 GB later the account has counted them.
    press(page, served, "use")
    page.goto(served.path("/cabinet/services/"))
    expect(page.get_by_role("main")).to_contain_text("ГБ")


def test_a_debtor_is_led_from_the_walled_garden_to_paying_and_is_online_without_dialling(
    page_at: Callable[..., Page], served: Served
) -> None:
    """Boris owes: his router is let in to the account alone, he pays what is missing, and nobody dials again."""
    require()
    page = page_at(1280)
    press(page, served, "dial", number="100002")
    walled = seen(page, served, "100002", is_walled=True)
    page.goto(network(served))
    his = page.get_by_role("listitem").filter(has=page.get_by_text("100002", exact=True))
    his.get_by_role("link", name="Куда попадает его браузер").click()
    page.get_by_label("Номер договора").fill("100002")
    page.get_by_label("Пароль", exact=True).fill("demo-boris")
    page.get_by_role("button", name="Войти", exact=True).click()
    expect(page).to_have_url(served.path("/cabinet/"))
    page.get_by_role("link", name=re.compile("Пополнить на")).click()
    page.get_by_role("button", name="Оплатить", exact=True).click()
    page.wait_for_url(re.compile(r"/bank/pay/"))
    pay_by_card(page)
    expect(page.locator("#result")).to_contain_text("Оплачено", timeout=STEADY)

    online = seen(page, served, "100002", is_walled=False)
    assert online["rate"], "the speed of his tariff"
    # MikroTik takes no Address-List by CoA: its session was ended, and his router dialled by itself.
    assert online["session"] != walled["session"]
    page.goto(network(served))
    expect(his).to_contain_text("в сети")
    expect(page.locator(".message", has_text="Подключиться 100002")).to_have_count(1)
    page.goto(served.path("/cabinet/"))
    expect(page.get_by_role("main")).to_contain_text("Интернет работает")
