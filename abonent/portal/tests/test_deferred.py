"""The page of the deferred payment: what it costs and until when before it is agreed, and why not when it is not."""

import re
from datetime import date

from abonent.billing.models import Deferral
from abonent.portal.tests.conftest import Browser
from abonent.portal.tests.reading import words
from tests.world import World


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(sum|cost|day)" value="([^"]*)"', page))


def test_boris_sees_every_line_agrees_and_is_on(world: World, browser: Browser) -> None:
    boris = browser(world.boris)
    response = boris.get("/cabinet/deferred/")
    page = words(response)
    assert "Интернет сейчас, оплата — не позже 18 ноября" in page
    assert "−368,33 ₽" in page  # 650,00 × 17 ÷ 30
    assert "Сам отложенный платёж бесплатный" in page
    assert "с 19 ноября услуга остановится" in page
    assert "Следующее списание: 1 декабря −650,00 ₽" in page
    assert Deferral.objects.count() == 0
    done = boris.post("/cabinet/deferred/", hidden(response.content.decode()))
    assert (done.status_code, done["Location"]) == (302, "/cabinet/deferred/")
    assert world.state(world.boris) == "working"
    granted = words(boris.get("/cabinet/deferred/"))
    assert "Отложенный платёж по 18 ноября" in granted
    assert "Отложенный платёж по 18 ноября" in words(boris.get("/cabinet/"))
    again = boris.post("/cabinet/deferred/", hidden(response.content.decode()))
    assert again.status_code == 422  # the other tab
    assert "Следующий возможен с 14 декабря" in words(again)
    assert Deferral.objects.count() == 1


def test_a_page_of_yesterday_is_shown_again_before_anything_is_agreed(world: World, browser: Browser) -> None:
    boris = browser(world.boris)
    sent = hidden(boris.get("/cabinet/deferred/").content.decode())
    world.move_to(date(2026, 11, 15))
    stale = browser(world.boris).post("/cabinet/deferred/", sent)
    assert stale.status_code == 409
    assert "суммы изменились" in words(stale)
    assert Deferral.objects.count() == 0


def test_bad_sums_keep_what_was_typed(world: World, browser: Browser) -> None:
    boris = browser(world.boris)
    for typed, said in (("-5", "минус"), ("5000", "Самое большее — 1 000,00 ₽"), ("1", "Этого не хватит"),
                        ("сто", "Это не похоже на сумму")):  # fmt: skip
        response = boris.get("/cabinet/deferred/", {"sum": typed})
        assert response.status_code == 422
        assert said in words(response)
        assert f'value="{typed}"' in response.content.decode()
        assert boris.post("/cabinet/deferred/", {"sum": typed}).status_code == 422
    assert Deferral.objects.count() == 0


def test_gleb_pays_his_first_top_up_first(world: World, browser: Browser) -> None:
    assert "возможен после первого пополнения: 500,00 ₽" in words(browser(world.gleb).get("/cabinet/deferred/"))


def test_a_debtor_is_shown_the_way(world: World, browser: Browser) -> None:
    for path in ("/cabinet/", "/cabinet/pay/", "/cabinet/services/"):
        assert 'href="/cabinet/deferred/"' in browser(world.boris).get(path).content.decode()
