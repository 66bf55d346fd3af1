"""A discount that counts now stands beside the price, on the first screen and among the services."""

from datetime import date, timedelta

from django.conf import settings

from abonent.core import clock, money
from abonent.flows import give_discount
from abonent.portal.tests.conftest import Browser
from abonent.portal.tests.reading import words
from tests.world import World


def test_a_discount_stands_beside_the_price_with_its_last_day(world: World, browser: Browser) -> None:
    tariff = next(one for one in world.subscriptions(world.anna) if one.role == "tariff" and one.kind == "internet")
    today: date = clock.today()
    give_discount.give(
        tariff.id,
        kind="percent",
        value=1000,
        from_on=None,
        to_on=today + timedelta(days=1),
        reason="x",
        actor="manager",
    )
    price_kop = settings.PROFILE.offer("city-300").price_kop
    off_kop = price_kop // 10
    said = f"{money.show(off_kop)} по ".replace("\u00a0", " ")
    left = f"остаётся {money.show(price_kop - off_kop)}".replace("\u00a0", " ")
    for path in ("/cabinet/", "/cabinet/services/"):
        page = words(browser(world.anna).get(path))
        assert "Скидка" in page
        assert said in page
        assert left in page
    assert "Скидка" not in words(browser(world.vera).get("/cabinet/services/"))
