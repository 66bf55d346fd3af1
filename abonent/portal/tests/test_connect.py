"""Asking to be connected: the house found, the form that helps, the request kept once, robots kept out."""

import re
from collections.abc import Iterator
from datetime import date

import pytest
from django.http import HttpResponse
from django.test import Client
from pytest_django.fixtures import Settings

from abonent.core import clock, profile
from abonent.flows import load_profile
from abonent.onboarding import requests
from abonent.onboarding.models import ConnectionRequest
from abonent.portal import connect
from abonent.portal.tests.reading import words

ON = date(2026, 11, 14)
HOUSE = "Академика Силина 1/22"
WHOLE = {
    "street": "ул. Академика Силина",
    "house": "1/22",
    "no_korpus": "on",
    "flat": "15",
    "full_name": "Иван  Новосёлов",
    "phone": "8 916 555-44-33",
    "consent": "on",
}


@pytest.fixture(autouse=True)
def operator(db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[profile.Profile]:
    settings.PROFILE = profile.load("spnet")
    settings.TEMPLATES = list(settings.TEMPLATES)
    monkeypatch.setattr(connect, "HAND_SECONDS", 0)  # a test fills in faster than a hand
    with clock.frozen(clock.at_noon(ON)):
        load_profile.load(ON)
        yield settings.PROFILE


def ticket(browser: Client, address: str = "/connect/") -> str:
    found = re.search(r'name="ticket" value="([^"]+)"', browser.get(address).content.decode())
    assert found is not None
    return found[1]


def send(said: dict[str, str], at: str = "/connect/", browser: Client | None = None) -> HttpResponse:
    browser = browser or Client()
    given = {"ticket": ticket(browser, at), **said}
    answer = browser.post(at, {name: one for name, one in given.items() if one})
    assert isinstance(answer, HttpResponse)
    return answer


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("силина 1/22", "Да: ул. Академика Силина, 1/22 подключён."),
        ("Селина 1/22", "Да: ул. Академика Силина, 1/22 подключён."),
        ("силина", "Знаем: ул. Академика Силина. Допишите номер дома"),
        ("силина 99", "Знаем: ул. Академика Силина. Допишите номер дома"),
        ("Абвгдейская 5", "Такого адреса мы не нашли."),
    ],
)
def test_is_my_house_in_the_network(typed: str, said: str) -> None:
    page = words(Client().get("/connect/", {"q": typed}))
    assert said in page


def test_what_is_sold_in_the_house_stands_beside_the_answer_with_doors() -> None:
    page = Client().get("/connect/", {"q": HOUSE}).content.decode()
    assert "/connect/city-100/?q=" in page
    assert "/connect/private-100/" not in page


def test_the_form_is_filled_in_from_the_house_that_was_found() -> None:
    page = Client().get("/connect/", {"q": f"{HOUSE} кв 15"}).content.decode()
    for name, value in (("street", "г. Сергиев Посад, ул. Академика Силина"), ("house", "1/22"), ("flat", "15")):
        assert re.search(rf'name="{name}" type="text" value="{value}"', page), name
    assert re.search(r'name="no_korpus" checked', page)


def test_the_whole_form_becomes_a_request_with_its_page() -> None:
    answer = send(WHOLE)
    asked = ConnectionRequest.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/connect/request/{asked.token}/")
    assert (asked.full_name, asked.phone, asked.flat) == ("Иван Новосёлов", "+79165554433", "15")
    assert str(asked.building) == "ул. Академика Силина, 1/22"
    assert re.fullmatch(r"privacy:ru:[0-9a-f]{16}", asked.consent_text)
    page = words(Client().get(answer["Location"]))
    assert f"Заявка № {asked.pk}" in page
    assert "+7\xa0916\xa0555-44-33" in page or "+7 916 555-44-33" in page


def test_the_short_form_of_a_tariff_asks_name_and_phone_only() -> None:
    page = Client().get("/connect/city-300/").content.decode()
    assert 'name="street"' not in page
    send({"full_name": "Анна", "phone": "+7 916 000-00-01", "consent": "on", "address": HOUSE}, at="/connect/city-300/")
    asked = ConnectionRequest.objects.select_related("offer").get()
    assert asked.offer is not None
    assert (asked.offer.code, asked.address, str(asked.building)) == ("city-300", HOUSE, "ул. Академика Силина, 1/22")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("street", "", "Напишите улицу; в деревне без улиц — деревню."),
        ("street", "у", "Напишите название улицы целиком."),
        ("house", "", "Напишите номер дома."),
        ("house", "дом", "У дома есть номер: 12, 12а, 1/22."),
        ("no_korpus", "", "Напишите корпус или отметьте «нет корпуса»."),
        ("flat", "", "Напишите квартиру или отметьте «частный дом»."),
        ("flat", "999", "В этом доме нет квартиры 999: последняя — 108. Посмотрите на номер."),
        ("flat", "0", "У квартиры есть номер: 15, 15а."),
        ("flat", "пятая", "У квартиры есть номер: 15, 15а."),
        ("full_name", "", "Напишите, как к вам обращаться."),
        ("full_name", "12345", "Напишите имя буквами."),
        ("full_name", "<b>Иван</b>", "Напишите имя буквами."),
        ("phone", "", "Напишите телефон для обратного звонка."),
        ("phone", "12345", "не российский телефон"),
        ("phone", "+1 202 555 0100", "не российский телефон"),
        ("phone", "+375 29 123-45-67", "не российский телефон"),
        ("phone", "8 000 000-00-00", "не российский телефон"),
        ("phone", "8 916 123-45-6", "не российский телефон"),
        ("phone", "не скажу", "не российский телефон"),
        ("consent", "", "Без вашего согласия мы не вправе хранить имя и телефон."),
    ],
)
def test_a_mistake_is_told_beside_its_field_and_the_rest_stays(field: str, value: str, said: str) -> None:
    answer = send({**WHOLE, field: value})
    assert answer.status_code == 400
    page = words(answer)
    assert said in page
    assert ("8 916 555-44-33" in answer.content.decode()) == (field != "phone")
    assert not ConnectionRequest.objects.exists()


def test_a_private_house_needs_no_korpus_and_no_flat() -> None:
    send({**WHOLE, "no_korpus": "", "flat": "", "private_house": "on"})
    assert ConnectionRequest.objects.get().flat == ""


def test_a_company_asks_for_a_project_of_its_own() -> None:
    page = words(Client().get("/connect/?company=1"))
    assert "Индивидуальный проект для компании" in page
    send({**WHOLE, "flat": "", "no_korpus": "", "is_company": "1", "wish": "Три офиса и стойка"})
    asked = ConnectionRequest.objects.get()
    assert (asked.is_company, asked.wish) == (True, "Три офиса и стойка")


def test_the_same_form_five_times_is_one_request_and_one_page() -> None:
    browser = Client()
    given = {**WHOLE, "ticket": ticket(browser)}
    assert len({browser.post("/connect/", given)["Location"] for _ in range(5)}) == 1
    assert ConnectionRequest.objects.count() == 1


def test_five_equal_requests_of_five_forms_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = {send(WHOLE)["Location"] for _ in range(5)}
    assert len(pages) == 1
    assert ConnectionRequest.objects.count() == 1
    send({**WHOLE, "flat": "16"})
    assert ConnectionRequest.objects.count() == 2  # a neighbour is another wish


def test_a_flat_of_a_house_we_do_not_know_is_taken_as_it_is() -> None:
    send({**WHOLE, "street": "ул. Неизвестная", "flat": "1500"})
    assert ConnectionRequest.objects.get().flat == "1500"


def test_another_text_of_the_policy_is_another_consent(operator: profile.Profile, settings: Settings) -> None:
    before = connect.consent_text()
    pages = {**operator.pages, ("privacy", "ru"): operator.pages["privacy", "ru"] + "\nЕщё строка."}
    settings.PROFILE = operator.model_copy(update={"pages": pages})
    assert connect.consent_text() != before


def test_a_field_no_person_sees_is_a_trap() -> None:
    assert send({**WHOLE, "website": "http://spam"}).status_code == 400
    assert not ConnectionRequest.objects.exists()


def test_a_form_filled_in_at_once_is_asked_to_be_looked_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "HAND_SECONDS", 2)
    answer = send(WHOLE)
    assert "Это было очень быстро." in words(answer)
    assert not ConnectionRequest.objects.exists()


@pytest.mark.parametrize("ticket", ["", "forged", "eyJ0b2tlbiI6IjEifQ:1:x"])
def test_a_form_that_is_none_of_ours_is_shown_anew(ticket: str) -> None:
    answer = Client().post("/connect/", {**WHOLE, "ticket": ticket})
    assert "Форма устарела." in words(answer)
    assert not ConnectionRequest.objects.exists()


def test_one_address_may_not_fill_the_managers_day() -> None:
    browser = Client()
    for number in range(20):
        answer = send({**WHOLE, "phone": f"8 916 000-00-{number:02}"}, browser=browser)
        assert answer.status_code == 302, number
    answer = send({**WHOLE, "phone": "8 916 000-00-99"}, browser=browser)
    assert "С вашего адреса пришло слишком много заявок." in words(answer)
    assert ConnectionRequest.objects.count() == 20


def test_the_page_of_a_request_follows_it_and_is_nobody_elses() -> None:
    asked_at = send(WHOLE)["Location"]
    asked = ConnectionRequest.objects.get()
    requests.move(asked.pk, "no_coverage", actor="manager", at=clock.now(), reason="Кабеля на улице пока нет")
    page = words(Client().get(asked_at))
    assert "Сеть пока не доходит до этого адреса. Кабеля на улице пока нет" in page
    assert Client().get("/connect/request/1/").status_code == 404


def test_a_tariff_that_is_not_sold_has_no_form() -> None:
    assert Client().get("/connect/no-such-tariff/").status_code == 404
    assert Client().get("/connect/static-ip/").status_code == 404  # an add-on


def test_both_languages_are_whole() -> None:
    for address in ("/connect/", "/connect/?company=1", "/connect/city-100/", "/connect/?q=силина"):
        reader = Client()
        reader.cookies["language"] = "en"
        english = words(reader.get(address))
        assert "Leave a request" in english or "Whom do we call?" in english or "individual project" in english
