"""The site as an app in real Chromium: may be installed, opens without a network, forgets at sign-out, takes a push."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from tests.browser import axe
from tests.browser.served import Served
from tests.browser.test_every_page import sign_in
from tests.concurrency import processes

# The app is the same to both profiles but for its mark.
pytestmark = pytest.mark.parametrize("served", ["skynet"], indirect=True)

# Chromium's own push service is its maker's, out of reach here: the page subscribes at the sandbox's phone, which
# opens what comes as a browser would, and the browser's developer tools hand it to the service worker.
SUBSCRIBE_AT_SANDBOX = """(made) => {
    PushManager.prototype.getSubscription = async () => null;
    PushManager.prototype.subscribe = async () => ({ toJSON: () => made });
}"""


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 360, "height": 780}, permissions=["notifications"])
    yield context
    context.close()


def ready(page: Page) -> None:
    """The worker has the page, and has kept what it was told to."""
    page.evaluate("navigator.serviceWorker.ready")


def kept(page: Page) -> Any:
    return page.evaluate(
        """async () => {
            const found = await (await caches.open("own")).match("/cabinet/app.json");
            return found ? found.json() : null;
        }"""
    )


def until_kept(page: Page, is_so: Callable[[Any], bool]) -> Any:
    return processes.wait_for(lambda: [found for found in [kept(page)] if is_so(found)])[0]


def registration(page: Page, session: CDPSession) -> str:
    """The worker's name among the developer tools."""
    found: list[str] = []

    def note(told: dict[str, Any]) -> None:
        found.extend(one["registrationId"] for one in told["registrations"] if not one["isDeleted"])

    session.on("ServiceWorker.workerRegistrationUpdated", note)
    session.send("ServiceWorker.enable")
    return processes.wait_for(lambda: page.evaluate("1") and found)[-1]


def test_it_may_be_installed_opens_without_a_network_and_forgets_at_sign_out(
    phone: BrowserContext, served: Served
) -> None:
    page = phone.new_page()
    sign_in(page, served, "anna")
    ready(page)
    session = phone.new_cdp_session(page)
    told = session.send("Page.getAppManifest")
    assert told["errors"] == []
    assert json.loads(told["data"])["start_url"] == "/app/"
    wrong = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one for one in wrong if one["errorId"] != "in-incognito"] == []  # a test's window always is
    anna = until_kept(page, bool)
    assert anna["number"] == "100001"

    phone.set_offline(True)
    page.goto(served.path("/app/"))
    page.get_by_text("Нет сети").wait_for()
    shown = page.locator("main").inner_text()
    assert anna["balance"] in shown
    assert f"на {anna['at']}" in shown
    assert anna["operations"][0]["what"] in shown
    assert anna["letters"][0]["title"] in shown
    assert anna["news"][0]["title"] in shown
    assert axe.violations(page) == []
    assert page.locator("[data-wait]").is_hidden()
    page.goto(served.path("/cabinet/history/"))  # whatever is asked for without a network
    page.get_by_text("Нет сети").wait_for()
    phone.set_offline(False)
    page.goto(served.path("/app/"))
    page.wait_for_url(served.path("/cabinet/"))

    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator("[popovertarget=person]").click()
    page.get_by_role("button", name="Выйти").first.click()
    page.wait_for_url(served.path("/"))
    assert until_kept(page, lambda found: found is None) is None
    phone.set_offline(True)
    page.goto(served.path("/app/"))
    page.get_by_text("Нет сети").wait_for()
    assert "100001" not in page.content()
    phone.set_offline(False)

    # Another on the same phone, who comes without the first having signed out: the cookies are just others.
    sign_in(page, served, "anna")
    until_kept(page, bool)
    phone.clear_cookies()
    sign_in(page, served, "boris")
    assert until_kept(page, lambda found: bool(found) and found["number"] == "100002")


def test_a_push_of_ours_reaches_the_screen_and_leads_to_mail(phone: BrowserContext, served: Served) -> None:
    page = phone.new_page()
    sign_in(page, served, "vera")
    page.goto(served.path("/cabinet/notices/"))
    ready(page)
    key = page.locator("form[data-push]").get_attribute("data-push")
    sandbox = f"http://localhost:{int(served.env['PORT']) + 1}"
    with httpx.Client(trust_env=False) as client:
        made = client.post(f"{sandbox}/push/phones", json={"key": key}).json()
        page.evaluate(SUBSCRIBE_AT_SANDBOX, made)
        page.get_by_role("button", name="Включить здесь").click()
        page.get_by_text("Этот браузер теперь получает уведомления.").wait_for()
        page.get_by_role("button", name="Прислать пробное уведомление").click()
        page.get_by_text("Пробное уведомление отправлено.").wait_for()
        (come,) = client.get(f"{sandbox}/push/messages.json", params={"endpoint": made["endpoint"]}).json()
    session = phone.new_cdp_session(page)
    session.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": served.url, "registrationId": registration(page, session), "data": come["text"]},
    )
    shown = processes.wait_for(
        lambda: page.evaluate(
            """async () => (await (await navigator.serviceWorker.ready).getNotifications())
                .map(one => [one.title, one.body, one.data.url])"""
        )
    )
    assert shown == [[json.loads(come["text"])["title"], "Так выглядят уведомления.", "/mail/"]]
