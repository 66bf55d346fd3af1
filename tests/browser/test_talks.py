"""A visitor and an operator in two real browsers: through a reload, a network cut and a restart of the server.

Every message is on both pages once, in the order it was written; what was typed without a network goes when it is back.
"""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect, sync_playwright

from abonent.conversations.models import Message
from abonent.core import db
from abonent.identity import users
from abonent.support import operators
from abonent.ui import stylesheet
from tests.browser.conftest import CHROMIUM, NO_CHROMIUM, QUIET
from tests.concurrency.pages import Server, free_port
from tests.concurrency.processes import running, wait_for
from tests.concurrency.test_streams_beside_pages import health

pytestmark = pytest.mark.committing
SOON_MS = 20_000


class Site:
    """The web server, which may be restarted on the same port."""

    def __init__(self, dsn: str) -> None:
        self.dsn, self.port = dsn, free_port()
        self.url = f"http://localhost:{self.port}"
        self.start()

    def start(self) -> None:
        self._context = running("abonent.commands.serve_web", str(self.port), "1", dsn=self.dsn)
        self.process = self._context.__enter__()
        server = Server(self.process, f"http://127.0.0.1:{self.port}")
        wait_for(lambda: health(server) == 200)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        self._context.__exit__(None, None, None)


@pytest.fixture
def site(own_database: str) -> Iterator[Site]:
    stylesheet.collect(settings.HOME)
    with db.atomic():
        maria = users.create_staff("maria", role="support", password="demo-staff")
    operators.set_shown(maria, name="Мария", topics=[], at=maria.created_at)
    started = Site(own_database)
    yield started
    started.stop()


def test_a_visitor_and_an_operator_talk_through_whatever_happens(site: Site) -> None:
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    with sync_playwright() as playwright:  # the database is asked before and after: not in its event loop
        shown = talk(playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET)), site)
    kept = numbers()
    assert sorted(kept) == sorted(["Вопрос", "joined", *SAID])
    assert kept[:5] == ["Вопрос", "joined", "раз", "два", "три"]
    assert kept[-2:] == ["шесть, сервер лежит", "семь"]
    for page in shown:
        assert page == [one for one in kept if one != "joined"]


def talk(browser: Browser, site: Site) -> list[list[str]]:
    """What both pages show at the end."""
    visitors, operators_own = browser.new_context(), browser.new_context()
    visitor, maria = visitors.new_page(), operators_own.new_page()
    begin(visitor, site)
    take(maria, site)

    say(visitor, "раз")
    expect(maria.get_by_role("log")).to_contain_text("раз", timeout=SOON_MS)
    say(maria, "два")
    expect(visitor.get_by_role("log")).to_contain_text("два", timeout=SOON_MS)
    expect(maria.locator(".said-mine[data-read]", has_text="два")).to_be_visible(timeout=SOON_MS)

    visitor.get_by_label("Ваше сообщение").press_sequentially("тр")
    expect(maria.locator(".talk-types")).to_be_visible(timeout=SOON_MS)
    visitor.reload()
    expect(visitor.get_by_label("Ваше сообщение")).to_have_value("тр")
    say(visitor, "три")
    expect(visitor.locator(".said-sending")).to_have_count(0, timeout=SOON_MS)

    visitors.set_offline(True)
    say(visitor, "четыре, без сети")
    expect(visitor.locator(".said-sending")).to_have_count(1)
    say(maria, "пять, пока его нет")
    visitors.set_offline(False)
    expect(visitor.get_by_role("log")).to_contain_text("пять, пока его нет", timeout=SOON_MS)
    expect(maria.get_by_role("log")).to_contain_text("четыре, без сети", timeout=SOON_MS)

    site.stop()
    say(visitor, "шесть, сервер лежит")
    expect(visitor.locator(".said-sending")).to_have_count(1)
    visitor.close()  # and even the page is closed meanwhile: the browser keeps what was typed
    site.start()
    address = re.sub(r"[?#].*", "", visitor.url)
    visitor = visitors.new_page()
    visitor.goto(address)
    expect(maria.get_by_role("log")).to_contain_text("шесть, сервер лежит", timeout=SOON_MS)
    say(maria, "семь")
    expect(visitor.get_by_role("log")).to_contain_text("семь", timeout=SOON_MS)
    expect(visitor.locator(".said-sending")).to_have_count(0)

    shown = [[one.strip() for one in page.locator(".said-text").all_inner_texts()] for page in (visitor, maria)]
    browser.close()
    return shown


SAID = ["раз", "два", "три", "четыре, без сети", "пять, пока его нет", "шесть, сервер лежит", "семь"]


def begin(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/")
    page.get_by_role("link", name="Онлайн-консультант").first.click()
    page.get_by_label("Ваше имя").fill("Пётр")
    page.get_by_label("Технический").check()
    page.get_by_label("Ваш вопрос").fill("Вопрос")
    page.get_by_label("Согласен").check()
    page.get_by_role("button", name="Начать чат").click()
    page.wait_for_url(re.compile(r"/chat/[\w-]{43}/"))
    expect(page.get_by_role("log")).to_contain_text("Вопрос")


def take(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/staff/desk/")
    page.locator("[name=login]").fill("maria")
    page.locator("[name=password]").fill("demo-staff")
    page.get_by_role("button", name="Войти").click()
    page.wait_for_url(re.compile(r"/staff/desk/$"))
    page.get_by_role("button", name="Принимаю чаты").click()
    page.get_by_role("link", name=re.compile("Пётр")).click()
    page.get_by_role("button", name="Взять").click()
    expect(page.get_by_role("log")).to_contain_text("Мария подключается к разговору")


def say(page: Page, text: str) -> None:
    page.get_by_label("Ваше сообщение").fill(text)
    page.get_by_role("button", name="Отправить").click()


def numbers() -> list[str]:
    found = list(Message.objects.order_by("sequence").values_list("sequence", "text"))
    assert [number for number, _ in found] == list(range(1, len(found) + 1))
    return [text for _, text in found]
