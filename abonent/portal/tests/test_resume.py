"""«Go on now»: the rest of the period has become cheaper than the balance; nobody is charged without his word."""

from datetime import date

import pytest

from abonent.core.models import AuditEntry
from abonent.flows import resume_now
from abonent.portal.tests.conftest import Browser
from abonent.portal.tests.reading import words
from tests.world import World

pytestmark = pytest.mark.committing
PAGE = "/cabinet/resume/"


def waiting_boris(world: World) -> int:
    """Boris put in too little on the 14th; on the 28th it covers the three days that are left. His balance then."""
    world.pay(world.boris, "100,00")
    world.move_to(date(2026, 11, 28))
    return world.balance(world.boris)


def test_the_page_shows_every_line_and_goes_on_by_one_confirm(world: World, browser: Browser) -> None:
    before = waiting_boris(world)
    assert world.state(world.boris) == "suspended"
    client = browser(world.boris)
    first = words(client.get("/cabinet/"))
    # 650,00 × 3 ÷ 30 = 65,00
    assert "Возобновить сейчас: 65,00 ₽" in first
    page = words(client.get(PAGE))
    assert "Город 300, 28–30 ноября −65,00" in page
    assert "Следующее списание: 1 декабря −650,00" in page
    done = client.post(PAGE, {"cost": "6500"})
    assert (done.status_code, done["Location"]) == (302, "/cabinet/")
    assert (world.state(world.boris), world.balance(world.boris)) == ("working", before - 65_00)
    assert world.notices(world.boris, "resumed") == 1
    assert AuditEntry.objects.get(action="billing.resume_now").actor == "100002"
    again = client.post(PAGE, {"cost": "6500"})
    assert "Всё работает" in words(again)
    assert world.balance(world.boris) == before - 65_00
    assert world.broken() == []


def test_nobody_is_charged_without_asking(world: World) -> None:
    before = waiting_boris(world)
    world.move_to(date(2026, 11, 30))
    assert (world.state(world.boris), world.balance(world.boris)) == ("suspended", before)


def test_yesterdays_sum_is_shown_anew_and_nothing_is_charged(world: World, browser: Browser) -> None:
    before = waiting_boris(world)
    answer = browser(world.boris).post(PAGE, {"cost": "8667"})  # 650 × 4 ÷ 30, as it was on the 27th
    assert answer.status_code == 409
    assert "С тех пор как вы открыли страницу, суммы изменились" in words(answer)
    assert (world.state(world.boris), world.balance(world.boris)) == ("suspended", before)


@pytest.mark.parametrize("cost", ["", "x", "-6500", "9" * 40, "６５００"])
def test_nonsense_charges_nothing(world: World, browser: Browser, cost: str) -> None:
    before = waiting_boris(world)
    assert browser(world.boris).post(PAGE, {"cost": cost}).status_code == 409
    assert world.balance(world.boris) == before


def test_where_money_is_missing_the_page_says_how_much(world: World, browser: Browser) -> None:
    page = words(browser(world.boris).get(PAGE))
    assert "Пополнить на" in page
    with pytest.raises(resume_now.NothingToResume):
        resume_now.resume(account_id=world.boris.account_id, cost_kop=0, on=world.today, actor="test")


def test_who_works_is_told_so(world: World, browser: Browser) -> None:
    assert "Всё работает" in words(browser(world.anna).get(PAGE))
