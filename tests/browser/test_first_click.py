"""From the first click to the open access without a break, under both profiles: each person at a browser of his own."""

import io
import re
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser import axe
from tests.browser.served import Served
from tests.browser.test_subscribers_day import STEADY, pay_by_card

OpenPage = Callable[..., Page]
HOUSES = {"skynet": "Северного Сияния 12", "spnet": "Дружбы 9а"}
OWN_PASSWORD = "novoselov-vesna-19"


@pytest.fixture
def house(served: Served) -> str:
    return HOUSES[served.profile]


def staff(page_at: OpenPage, served: Served, name: str, width: int = 1280) -> Page:
    page = page_at(width)
    page.goto(served.path(f"/staff/login/?as={name}"))
    page.get_by_role("button", name="Войти", exact=True).click()
    expect(page).to_have_url(served.path("/staff/"))
    return page


def test_from_the_first_click_to_the_open_access(page_at: OpenPage, served: Served, house: str) -> None:
    visitor = page_at(360)
    visitor.goto(served.path("/connect/city-300/"))
    manager = staff(page_at, served, "manager")
    engineer = staff(page_at, served, "engineer", 360)
    asked = send_request(visitor)
    take_the_call(manager, served, asked, house)
    agree_the_visit(manager)
    report_the_visit(engineer, served)
    number, password = conclude_the_contract(manager, served, asked)
    expect(visitor.locator(".way-done").last).to_be_visible()
    sign_in_and_pay(page_at(360), served, number, password)
    manager.goto(served.path(asked))
    expect(manager.get_by_role("main")).to_contain_text("Подключён")
    visitor.reload()
    expect(visitor.locator(".way [aria-current]")).to_contain_text("Услуги работают")


def send_request(visitor: Page) -> str:
    """The short form of a tariff: a name and a phone; gives the staff's address of the request."""
    visitor.locator("[name=full_name]").fill("Новосёлов Иван Петрович")
    visitor.locator("[name=phone]").fill("8 916 777-66-55")
    visitor.locator("[name=consent]").check()
    visitor.get_by_role("button", name="Отправить", exact=True).click()
    expect(visitor.locator("h1, [role=alert]").filter(has_text=re.compile("Заявка №|быстро"))).to_be_visible()
    if "/connect/request/" not in visitor.url:  # quicker than a hand: looked over and sent once more
        visitor.get_by_role("button", name="Отправить", exact=True).click()
    expect(visitor).to_have_url(re.compile("/connect/request/"))
    found = re.search(r"№\s*(\d+)", visitor.locator("h1").inner_text())
    assert found is not None
    return f"/staff/requests/{found[1]}/"


def take_the_call(manager: Page, served: Served, asked: str, house: str) -> None:
    manager.goto(served.path("/staff/requests/"))
    manager.locator(f'a[href="{asked}"]').click()
    manager.get_by_label("Поговорили").check()
    manager.get_by_role("button", name="Записать", exact=True).first.click()
    expect(manager.get_by_role("main")).to_contain_text("Созвонились")
    manager.locator("#id_find_building").fill(house)
    manager.get_by_role("button", name="Найти", exact=True).click()
    manager.locator("[name=building]").first.check()
    manager.get_by_label("Квартира").fill("77")
    manager.get_by_role("button", name="Адрес уточнён").click()
    expect(manager.get_by_role("main")).to_contain_text("Адрес уточнён")


def agree_the_visit(manager: Page) -> None:
    manager.get_by_role("link", name="Выбрать время").click()
    expect(manager).to_have_url(re.compile(r"/staff/visits/\?request="))
    manager.goto(f"{manager.url}&on=2026-11-18")
    assert axe.violations(manager) == []
    manager.get_by_role("button", name=re.compile(r"Выбрать\s*: engineer, 12:00")).click()
    expect(manager.get_by_role("main")).to_contain_text("18 ноября, 12:00–14:00")


def report_the_visit(engineer: Page, served: Served) -> None:
    """On a phone of 360 pixels: the device by its label, a photo, done."""
    engineer.goto(served.path("/staff/visits/mine/?on=2026-11-18"))
    expect(engineer.locator('a[href="tel:+79167776655"]')).to_be_visible()
    engineer.get_by_role("link", name=re.compile("^Отчёт")).click()
    engineer.get_by_label("Что это").select_option("ont")
    engineer.get_by_label("MAC").fill("A4-2B-B0-77-66-55")
    engineer.get_by_role("button", name="Добавить устройство").click()
    expect(engineer.locator("#equipment")).to_contain_text("a4:2b:b0:77:66:55")
    photo = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    engineer.locator("[name=photo]").set_input_files(photo)  # type: ignore[arg-type]  # what Playwright's own page shows
    engineer.get_by_role("button", name="Добавить фото").click()
    expect(engineer.get_by_alt_text("Фото 1")).to_be_visible()
    assert axe.violations(engineer) == []
    assert not engineer.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    engineer.get_by_label("Что сделано").fill("Кабель проложен, скорость проверена")
    engineer.get_by_role("button", name="Выполнено").click()
    expect(engineer.get_by_role("main")).to_contain_text("Отчёт принят")


def conclude_the_contract(manager: Page, served: Served, asked: str) -> tuple[str, str]:
    """The form, the look before the yes, the password once, the papers; gives login and password."""
    manager.goto(served.path(asked))
    expect(manager.get_by_role("main")).to_contain_text("a4:2b:b0:77:66:55")
    manager.get_by_role("link", name="Оформить договор").click()
    manager.get_by_label("Серия и номер").fill("4015 123456")
    manager.get_by_label("Дата выдачи").fill("2015-03-04")
    manager.get_by_label("Дата рождения").fill("1990-02-28")
    manager.get_by_label("Кем выдан").fill("ТП № 1")
    manager.get_by_label("Адрес регистрации").fill("ул. Лесная, 1")
    assert axe.violations(manager) == []
    manager.get_by_role("button", name="Проверить перед подписанием").click()
    expect(manager.get_by_role("main")).to_contain_text("4015123456")
    assert axe.violations(manager) == []
    manager.get_by_role("button", name="Подписать договор").click()
    password = manager.locator("#password").inner_text()
    assert axe.violations(manager) == []
    number = manager.locator(".access code").first.inner_text()
    for kind in ("contract", "act"):
        paper = manager.request.get(served.path(f"/staff/contracts/{number}/{kind}.pdf"))
        assert (paper.status, paper.body()[:5]) == (200, b"%PDF-")
    token = manager.locator("[name=csrfmiddlewaretoken]").first.input_value()
    letter = manager.request.post(
        served.path(f"/staff/contracts/{number}/letter.pdf"),
        form={"csrfmiddlewaretoken": token, "password": password},
        headers={"Referer": manager.url},
    )
    assert (letter.status, letter.body()[:5]) == (200, b"%PDF-")
    return number, password


def sign_in_and_pay(subscriber: Page, served: Served, number: str, password: str) -> None:
    subscriber.goto(served.path("/login/"))
    subscriber.get_by_label("Номер договора").fill(number)
    subscriber.get_by_label("Пароль", exact=True).fill(password)
    subscriber.get_by_role("button", name="Войти", exact=True).click()
    expect(subscriber).to_have_url(re.compile("/cabinet/"))
    if "/cabinet/password/" in subscriber.url:  # ours is changed first, where the profile says so
        subscriber.locator("[name=old_password]").fill(password)
        subscriber.locator("[name=new_password]").fill(OWN_PASSWORD)
        subscriber.locator("main form button").first.click()
        expect(subscriber.locator("main [role=status]")).to_be_visible()
        subscriber.goto(served.path("/cabinet/"))
    expect(subscriber.get_by_role("main")).to_contain_text("Ждём первое пополнение")
    subscriber.goto(served.path("/cabinet/pay/"))
    subscriber.get_by_label("Сумма, рублей").fill("1000")
    subscriber.get_by_role("button", name="Оплатить", exact=True).click()
    subscriber.wait_for_url(re.compile(r"/bank/pay/"))
    pay_by_card(subscriber)
    expect(subscriber.locator("#result")).to_contain_text("Оплачено: 1 000,00", timeout=STEADY)
    subscriber.goto(served.path("/cabinet/"))
    expect(subscriber.get_by_role("main")).to_contain_text("Интернет работает")


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (1200, 900), "steelblue").save(made, "JPEG")
    return made.getvalue()
