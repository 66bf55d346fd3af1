"""The first screen of the account says of each of the cast what is so, in one statement of billing."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from abonent.core import clock
from abonent.portal.tests.conftest import Browser
from abonent.portal.tests.reading import words
from abonent.subscribers.models import Customer
from tests.world import World

QUERIES_AT_MOST = 6  # session, user, contracts, the account; room for the sandbox's clock and a session's touch


def test_anna_is_told_that_it_works_until_when_and_what_comes(world: World, browser: Browser) -> None:
    page = words(browser(world.anna).get("/cabinet/"))
    balance_kop = world.balance(world.anna)
    assert "Интернет работает" in page
    assert "оплачено по 30 ноября" in page
    assert "Следующее списание 1 декабря · 840,00 ₽" in page
    assert "Город 300 650,00 ₽ и ТВ «Базовый» 190,00 ₽ за декабрь." in page
    assert f"Останется {(balance_kop - 840_00) // 100},{balance_kop % 100:02d} ₽." in page
    assert "Пополнить на" not in page  # nothing is missing


def test_boris_is_told_what_is_missing_and_the_button_pays_exactly_that(world: World, browser: Browser) -> None:
    missing_kop = world.missing(world.boris)
    typed = f"{missing_kop // 100},{missing_kop % 100:02d}"
    response = browser(world.boris).get("/cabinet/")
    page = words(response)
    assert f"Приостановлен с 1 ноября: не хватает {typed} ₽" in page
    assert f"Пополнить на {typed} ₽" in page
    assert "Интернет включится сразу" in page
    assert "Останется 0,00 ₽." in page
    assert f'href="/cabinet/pay/?sum={typed.removesuffix(",00").replace(",", "%2C")}"' in response.content.decode()


def test_gleb_is_told_that_the_first_top_up_is_waited_for(world: World, browser: Browser) -> None:
    page = words(browser(world.gleb).get("/cabinet/"))
    assert "Ждём первое пополнение: 500,00 ₽" in page
    assert "Пополнить на 500,00 ₽" in page
    assert "Пока пусто: здесь будут ваши платежи и списания." in page


def test_vera_who_pays_by_the_day_sees_tomorrow_and_how_long_it_lasts(world: World, browser: Browser) -> None:
    response = browser(world.vera).get("/cabinet/")
    page = words(response)
    assert "Следующее списание 15 ноября" in page
    assert re.search(r"Денег хватит по \d+ \S+", page)
    assert "в месяц, по дням" in page
    assert len(response.content) < 30_000  # ninety steps are one path


def test_romashka_below_zero_sees_the_credit_limit_and_is_not_shamed(world: World, browser: Browser) -> None:
    page = words(browser(world.romashka).get("/cabinet/"))
    assert "Интернет работает" in page
    assert "кредитный лимит 30 000,00 ₽" in page
    assert "Баланс станет −" in page
    assert "не хватает" not in page


def test_daria_moves_between_her_contracts(world: World, browser: Browser) -> None:
    daria = browser(world.daria)
    first = words(daria.get("/cabinet/"))
    assert "Договор 100007" in first  # offered
    daria.post("/cabinet/contract/", {"contract": "100007", "next": "/cabinet/"})
    second = daria.get("/cabinet/")
    assert re.search(r'value="100007" aria-current="true"', second.content.decode())
    assert words(second) != first


def test_the_balance_ahead_has_its_table(world: World, browser: Browser) -> None:
    response = browser(world.anna).get("/cabinet/")
    rows = re.findall(r"<tr><td.*?</tr>", response.content.decode())
    assert len(rows) >= 2
    assert "1 декабря" in words(response)
    assert "−840,00 ₽" in words(response)


def test_what_was_paid_stands_there_at_once(world: World, browser: Browser) -> None:
    anna = browser(world.anna)
    world.pay(world.anna, "123,45")
    assert "Пополнение в кассе +123,45 ₽ 14 ноября" in words(anna.get("/cabinet/"))


@pytest.mark.parametrize("address", ["/cabinet/", "/cabinet/services/", "/cabinet/pay/", "/cabinet/history/"])
def test_a_page_asks_the_database_little(world: World, browser: Browser, address: str) -> None:
    anna = browser(world.anna)
    anna.get(address)
    clock.forget()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert anna.get(address).status_code == 200
    assert len(asked) <= QUERIES_AT_MOST, [query["sql"] for query in asked]


def test_a_name_that_is_markup_stays_a_name(world: World, browser: Browser) -> None:
    Customer.objects.filter(contracts__number="100001").update(given_name='<script>alert("x")</script>')
    page = browser(world.anna).get("/cabinet/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_in_english_too(world: World, browser: Browser) -> None:
    anna = browser(world.anna)
    anna.cookies["language"] = "en"
    page = words(anna.get("/cabinet/"))
    assert "Internet works" in page
    assert "paid through 30 November" in page
    assert "City 300 650,00 ₽ and TV Basic 190,00 ₽ for December." in page


def test_the_services_page_tells_each_services_state_price_and_date(world: World, browser: Browser) -> None:
    page = words(browser(world.anna).get("/cabinet/services/"))
    assert "Интернет-услуги" in page
    assert "Город 300 работает Услуга Интернет Цена 650,00 ₽ в месяц" in page
    assert "Оплачено по 30 ноября" in page
    assert "ТВ «Базовый» работает" in page
    assert "приостановлено" in words(browser(world.boris).get("/cabinet/services/"))


def test_nobody_sees_an_account_without_signing_in(world: World) -> None:
    for address in ("/cabinet/", "/cabinet/services/", "/cabinet/history/", "/cabinet/history.csv", "/cabinet/pay/"):
        response = Client().get(address)
        assert (response.status_code, response["Location"]) == (302, f"/login/?next={address}")


def test_a_page_of_an_account_is_kept_by_nobody(world: World, browser: Browser) -> None:
    assert "no-store" in browser(world.anna).get("/cabinet/")["Cache-Control"]


def test_the_first_screen_asks_five_things(world: World, browser: Browser) -> None:
    anna = browser(world.anna)
    anna.get("/cabinet/")
    with CaptureQueriesContext(connection) as asked:
        anna.get("/cabinet/")
    tables = (
        "from django_session",
        "from identity_user",
        "from ledger_account a",
        "from network_outage o",
        'FROM "notifications_news"',
    )
    assert len(asked) == len(tables), [query["sql"] for query in asked]
    for table, query in zip(tables, asked, strict=True):
        assert table in query["sql"]
