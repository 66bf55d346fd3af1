"""Every page in real Chromium: axe finds nothing, nothing overflows a phone, nothing comes from elsewhere."""

import os
import shutil
from collections.abc import Iterator

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from sandbox import testing
from sandbox.tests import shop as shops
from sandbox.tests.shop import Shop

pytestmark = pytest.mark.browser

SIGHTS = [(360, "dark"), (1280, "light")]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        sandboxed = [] if os.geteuid() else ["--no-sandbox"]  # Chromium's own sandbox refuses root
        browser = playwright.chromium.launch(executable_path=path, args=sandboxed)
        yield browser
        browser.close()


@pytest.mark.parametrize(("width", "scheme"), SIGHTS)
def test_every_page_is_fit_to_be_seen(
    chromium: Browser, shop: Shop, bank: testing.Running, width: int, scheme: str
) -> None:
    waiting, asked, paid = shop.create(save_payment_method=True), shop.create(), shop.paid()
    canceled = shop.paid(card="insufficient_funds")
    shop.pay(asked, "three_d_secure")
    paths = [
        "/", "/bank/", "/sms/", "/mail/", "/terminal/", "/terminal/?lang=en", "/network/", "/no-such-page/",
        shops.page(waiting), f"{shops.page(waiting)}?lang=en", f"{shops.page(asked)}3ds/",
        shops.page(paid), shops.page(canceled),
    ]  # fmt: skip
    with chromium.new_context(viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        foreign: list[str] = []
        page.on("request", lambda request: foreign.append(request.url))
        for path in paths:
            page.goto(f"{bank.base_url}{path}")
            found = [(broken["id"], broken["nodes"][0]["target"]) for broken in Axe().run(page)["violations"]]
            assert found == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert [url for url in foreign if not url.startswith(bank.base_url)] == []


def test_a_payer_pays_by_hand(chromium: Browser, shop: Shop, bank: testing.Running) -> None:
    confirmation = {"type": "redirect", "return_url": f"{bank.base_url}/sms/"}
    payment = shop.create(confirmation=confirmation)
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(payment["confirmation"]["confirmation_url"])
        page.get_by_label("Номер карты").fill("5555 5555 5555 4476")
        page.get_by_label("Действует до").fill("12/49")
        page.get_by_label("CVC").fill("123")
        page.get_by_role("button", name="Оплатить 500,00 ₽").click()
        assert page.get_by_label("Номер карты").get_attribute("aria-invalid") == "true"
        page.get_by_role("link", name="5555 5555 5555 4477").click()
        page.get_by_role("button", name="Оплатить 500,00 ₽").click()
        page.get_by_label("Код из сообщения").fill("123")
        page.get_by_role("button", name="Подтвердить").click()
        page.wait_for_url(f"{bank.base_url}/sms/")
    assert shop.read(payment["id"])["status"] == "succeeded"


def test_the_form_may_lead_to_another_origin(chromium: Browser, shop: Shop, bank: testing.Running) -> None:
    """Chromium checks form-action on redirects too: the policy must name where the shop lives."""
    confirmation = {"type": "redirect", "return_url": f"http://localhost:{bank.port}/mail/"}
    payment = shop.create(confirmation=confirmation)
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(f"{bank.base_url}{shops.page(payment)}?card=pays")  # from 127.0.0.1 to localhost: another origin
        page.get_by_role("button", name="Оплатить").click()
        page.wait_for_url(f"http://localhost:{bank.port}/mail/")
