"""«Why is there no internet?» in the account: the cause, the button that helps, the outage on the first screen."""

from datetime import timedelta

import pytest

from abonent.core import clock
from abonent.flows import outage
from abonent.flows.tests.test_diagnosis import session
from abonent.network.models import AccessChange
from abonent.portal.tests.conftest import Browser
from abonent.portal.tests.reading import words
from abonent.subscribers.models import Line
from tests.world import World

pytestmark = pytest.mark.committing
PAGE = "/cabinet/internet/"


def test_a_debtor_is_led_to_pay_exactly_what_is_missing(world: World, browser: Browser) -> None:
    answer = browser(world.boris).get(PAGE)
    assert "не хватает" in words(answer)
    assert "/cabinet/pay/?sum=" in answer.content.decode()


def test_who_is_online_restarts_his_own_session_and_nobody_elses(world: World, browser: Browser) -> None:
    session(world, world.anna.contract_id, "open:300:300:-")
    line = Line.objects.get(contract_id=world.anna.contract_id)
    anna = browser(world.anna)
    assert "Линия работает" in words(anna.get(PAGE))
    assert browser(world.boris).post(PAGE, {"line": line.pk}).status_code == 404
    assert "Подключение перезапущено" in words(anna.post(PAGE, {"line": line.pk}, follow=True))
    assert anna.post(PAGE, {"line": line.pk}).status_code == 422
    assert [(one.cause, one.ends_session) for one in AccessChange.objects.all()] == [("restart", True)]


def test_an_outage_stands_on_the_first_screen_and_in_the_diagnosis(world: World, browser: Browser) -> None:
    building = Line.objects.get(contract_id=world.anna.contract_id).premises
    assert building is not None
    made = outage.declare(
        building_ids=[building.building_id],
        what="Обрыв кабеля во дворе.",
        started_at=clock.now(),
        expected_at=clock.now() + timedelta(hours=2),
        actor="support",
    )
    anna = browser(world.anna)
    for address in ("/cabinet/", PAGE):
        page = words(anna.get(address))
        assert "Перерыв связи по вашему адресу" in page
        assert "Обрыв кабеля во дворе." in page
        assert "Планируем закончить к 14:00." in page
    assert "Перерыв связи" not in words(browser(world.vera).get("/cabinet/"))
    outage.end(made.pk, actor="support")
    assert "Интернет работает" in words(anna.get("/cabinet/"))
