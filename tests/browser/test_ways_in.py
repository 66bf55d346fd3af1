"""Ways in beside the password, in Chromium: a passkey of its virtual device, codes of an app, an SMS."""

import re
import time
from collections.abc import Callable

import httpx
import pytest
from allauth.mfa.totp.internal import auth as totp
from playwright.sync_api import Page

from tests.browser import axe
from tests.browser.served import Served
from tests.browser.test_every_page import sign_in

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
}


def with_device(page: Page) -> Page:
    """The browser has a passkey device of its own, whose owner always says yes."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return page


def sign_out(page: Page, served: Served) -> None:
    page.goto(served.path("/cabinet/"))
    page.context.clear_cookies(name="sessionid")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def test_a_passkey_is_made_signs_in_confirms_and_is_removed(page_at: OpenPage, served: Served) -> None:
    page = with_device(page_at(1280))
    sign_in(page, served, "vera")
    page.goto(served.path("/cabinet/security/"))
    press(page, "Добавить ключ доступа")
    page.get_by_text("Ключ доступа добавлен").wait_for()
    assert page.get_by_text("Chrome, Linux").first.is_visible()
    assert axe.violations(page) == []
    sign_out(page, served)
    page.goto(served.path("/login/"))
    press(page, "Войти с ключом доступа")
    page.wait_for_url(served.path("/cabinet/"))
    page.goto(served.path("/cabinet/security/"))
    page.get_by_role("button", name=re.compile("^Убрать")).click()
    page.get_by_text("Ключ доступа удалён").wait_for()
    sign_out(page, served)
    page.goto(served.path("/login/"))
    press(page, "Войти с ключом доступа")  # the device still has it; we do not know it any more
    page.get_by_text("не известен").wait_for()


def test_the_code_of_an_app_is_asked_for_and_a_phone_reads_every_page(page_at: OpenPage, served: Served) -> None:
    page = page_at(360)
    sign_in(page, served, "gleb")
    page.goto(served.path("/cabinet/security/"))
    page.get_by_role("link", name="Включить").click()
    secret = page.locator("code").inner_text().replace(" ", "")
    assert axe.violations(page) == []
    page.get_by_label("Код", exact=True).fill(code_of(secret))
    press(page, "Включить")
    page.get_by_role("heading", name="Резервные коды").wait_for()
    recovery = page.locator(".codes code").first.inner_text()
    assert axe.violations(page) == []
    sign_out(page, served)
    page.goto(served.path("/login/?as=gleb"))
    press(page, "Войти")
    page.get_by_role("heading", name="Ещё один шаг").wait_for()
    assert axe.violations(page) == []
    page.get_by_label("Код", exact=True).fill("000000")
    press(page, "Войти")
    page.get_by_text("Код не подошёл").wait_for()
    page.get_by_label("Код", exact=True).fill(recovery)
    press(page, "Войти")
    page.wait_for_url(served.path("/cabinet/"))
    page.goto(served.path("/cabinet/security/"))
    press(page, "Отключить коды")
    page.get_by_text("Коды из приложения отключены").wait_for()


def test_a_forgotten_password_comes_by_sms_or_at_the_office(page_at: OpenPage, served: Served) -> None:
    page = page_at(360)
    page.goto(served.path("/password/forgot/"))
    assert axe.violations(page) == []
    if served.profile == "spnet":
        assert page.get_by_text("Приходите в офис").is_visible() or page.get_by_text("офис").first.is_visible()
        assert page.get_by_label("Номер договора").count() == 0
        password = at_the_office(page_at(1280), served)
        page.goto(served.path("/login/"))
        page.get_by_label("Номер договора").fill("100002")
        page.get_by_label("Пароль", exact=True).fill(password)
        press(page, "Войти")
        page.wait_for_url(re.compile("/cabinet/"))
        return
    page.get_by_label("Номер договора").fill("100002")
    press(page, "Прислать одноразовый пароль")
    page.get_by_text("SMS уже в пути").wait_for()
    assert axe.violations(page) == []
    password = sms_password(served)
    page.get_by_role("link", name="Войти с одноразовым паролем").click()
    page.get_by_label("Номер договора").fill("100002")
    page.get_by_label("Пароль", exact=True).fill(password)
    press(page, "Войти")
    page.wait_for_url(served.path("/cabinet/password/"))
    assert page.get_by_label("Текущий пароль").count() == 0
    page.get_by_label("Новый пароль").fill("demo-boris-anew")
    press(page, "Сменить пароль")
    page.get_by_text("Пароль изменён").wait_for()


def at_the_office(staff: Page, served: Served) -> str:
    """Three of the questions are answered rightly; the password stands on the page, once."""
    staff.goto(served.path("/staff/login/?as=support"))
    press(staff, "Войти")
    staff.wait_for_url(served.path("/staff/"))
    staff.goto(served.path("/staff/contracts/100002/password/"))
    answers = staff.locator("[name=answered]")
    for number in range(3):
        answers.nth(number).check()
    staff.get_by_label("Кто обратился").fill("пришёл в офис")
    press(staff, "Выдать новый пароль")
    password = staff.locator("#password").inner_text()
    assert axe.violations(staff) == []
    return password


def code_of(secret: str) -> str:
    code: str = totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))
    return code


def sms_password(served: Served) -> str:
    """Out of the sandbox's inbox, where the demo's SMS arrive a moment later."""
    inbox = served.url.rpartition(":")[0] + f":{int(served.url.rpartition(':')[2]) + 1}/sms/messages.json"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for one in httpx.get(inbox, trust_env=False).json():
            if found := re.search(r"100002: ([a-z]+-[a-z]+-\d\d)\.", one["text"]):
                return found[1]
        time.sleep(0.1)
    raise AssertionError("no SMS came")
