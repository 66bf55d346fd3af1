"""The adviser on the page where the tariff is changed."""

import re
from datetime import date

import pytest
from django.test import Client
from django.utils import translation

from abonent.billing.models import Subscription
from abonent.catalog.models import OfferVersion
from abonent.portal.tests.conftest import Browser
from abonent.portal.tests.reading import words
from tests.world import World

pytestmark = pytest.mark.committing
PAGE = "/cabinet/tariff/"
SAID = "Что вышло бы дешевле"


def test_a_short_history_says_nothing(world: World, browser: Browser) -> None:
    assert SAID not in words(browser(world.anna).get(PAGE))  # connected in the middle of August


def test_anna_is_told_that_her_monthly_tariff_suits_her(world: World, browser: Browser) -> None:
    OfferVersion.objects.filter(offer__code="city-day-100").update(price_kop=700_00)
    world.move_to(date(2026, 12, 14))
    page = words(browser(world.anna).get(PAGE))
    assert "вы были подключены 91 день из 91. Это стоило 1 950,00 ₽." in page
    # three months of days are three months' prices: 2 100; 2 100 − 1 950 = 150
    assert "это стоило бы 2 100,00 ₽ — на 150,00 ₽ больше. Ваш тариф вам подходит." in page
    assert "медленнее" not in page
    assert "Посмотреть расчёт смены" not in page


def test_what_is_cheaper_has_a_door_to_its_quote(world: World, browser: Browser) -> None:
    world.move_to(date(2026, 12, 14))
    client = browser(world.anna)
    answer = client.get(PAGE)
    page = words(answer)
    # 3 × 620 = 1 860; 1 950 − 1 860 = 90
    assert "это стоило бы 1 860,00 ₽ — на 90,00 ₽ меньше. Но он медленнее вашего." in page
    form = re.search(r"<section[^>]*h-advice.*?</section>", answer.content.decode(), re.DOTALL)
    assert form is not None
    sent = dict(re.findall(r'name="(of|tariff|when)" value="([^"]*)"', form[0]))
    mine = Subscription.objects.exclude(state="ended").get(account=world.anna.account_id, kind="internet")
    assert sent == {"of": str(mine.pk), "tariff": "city-day-100", "when": "now"}
    quote = words(client.post(PAGE, {"action": "quote", **sent}))
    assert "Город по дням" in quote or "Возврат" in quote


def test_vera_who_pays_by_the_day_is_told_of_the_month(world: World, browser: Browser) -> None:
    world.pay(world.vera, "1000,00")
    world.move_to(date(2026, 12, 14))
    page = words(browser(world.vera).get(PAGE))
    assert "Помесячно, на тарифе" in page
    assert re.search(r"вы были подключены \d+ \S+ из 91", page)


def test_in_english_too(world: World, browser: Browser) -> None:
    world.move_to(date(2026, 12, 14))
    anna: Client = browser(world.anna)
    anna.cookies["language"] = "en"
    with translation.override("en"):
        page = words(anna.get(PAGE))
    assert "In the last three months (1 September – 30 November) you were connected 91 days of 91." in page
    assert "it would have cost 1 860,00 ₽: 90,00 ₽ less. But it is slower than yours." in page
