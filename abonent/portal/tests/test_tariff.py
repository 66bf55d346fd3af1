"""The page where the tariff is changed: what it shows, asks, refuses, and does."""

import re
from datetime import date

import pytest
from django.conf import settings
from django.test import Client

from abonent.billing.models import Change, Quote, Subscription
from abonent.catalog.models import Offer
from abonent.portal.tests.conftest import Browser
from abonent.portal.tests.reading import words
from tests.world import Subscriber, World

pytestmark = pytest.mark.committing
PAGE = "/cabinet/tariff/"


def tariff(world: World, who: Subscriber) -> Subscription:
    return next(one for one in world.subscriptions(who) if one.role == "tariff" and one.state != "ended")


def ask(client: Client, world: World, who: Subscriber, code: str, when: str = "now") -> tuple[str, str]:
    """(the page in words, the quote's token)."""
    posted = {"action": "quote", "of": tariff(world, who).id, "tariff": code, "when": when}
    answer = client.post(PAGE, posted)
    found = re.search(rb'name="token" value="([^"]+)"', answer.content)
    return words(answer), found[1].decode() if found else ""


def confirm(client: Client, token: str) -> str:
    return words(client.post(PAGE, {"action": "confirm", "token": token}, follow=True))


def test_anna_sees_every_line_confirms_once_and_reads_what_was_done(world: World, browser: Browser) -> None:
    client = browser(world.anna)
    table = words(client.get(PAGE))
    assert "Сменить текущий/будущий тариф" in table
    assert "Город 300" in table
    assert "текущий тариф" in table
    assert "Дом 100" not in table  # of another segment
    before = world.balance(world.anna)
    page, token = ask(client, world, world.anna, "city-500")
    # 650 − 650 × 13 ÷ 30 = 650 − 281,67 = 368,33 comes back; 850 × 17 ÷ 30 = 481,67
    for said in ("+368,33", "−481,67", "−113,34", "14–30 ноября", "1 декабря, 1 040,00 ₽"):
        assert said in page, said
    done = confirm(client, token)
    assert "Теперь ваш тариф — «Город 500»" in done
    assert world.balance(world.anna) == before - 113_34
    assert confirm(client, token) == done  # sent twice: the first one's answer
    assert world.balance(world.anna) == before - 113_34
    assert world.notices(world.anna, "tariff_changed") == 1
    assert world.broken() == []
    history = words(client.get("/cabinet/history/"))
    assert "Возврат за «Город 300», 14–30 ноября" in history
    assert "650,00 ₽ − 281,67 ₽ = 368,33 ₽" in history


def test_the_future_tariff_stands_on_the_first_screen_and_is_taken_back(world: World, browser: Browser) -> None:
    client = browser(world.anna)
    page, token = ask(client, world, world.anna, "city-100", "next")
    assert "бесплатно" in page
    assert "начнётся 1 декабря" in confirm(client, token)
    for address in ("/cabinet/", "/cabinet/services/"):
        shown = words(client.get(address))
        assert "будущий тариф: Город 100, с 1 декабря" in shown
        assert "1 декабря · 740,00 ₽" in shown  # 550 + 190
    change = Change.objects.get(account_id=world.anna.account_id)
    taken_back = client.post(PAGE, {"action": "cancel", "change": change.id}, follow=True)
    assert "отменено" in words(taken_back)
    assert "будущий тариф:" not in words(client.get("/cabinet/"))
    world.move_to(date(2026, 12, 1))
    assert world.charged(world.anna, date(2026, 12, 1)) == [650_00, 190_00]


def test_the_future_tariff_begins_on_its_day(world: World, browser: Browser) -> None:
    client = browser(world.anna)
    confirm(client, ask(client, world, world.anna, "city-100", "next")[1])
    world.move_to(date(2026, 12, 1))
    assert world.charged(world.anna, date(2026, 12, 1)) == [550_00, 190_00]
    assert world.broken() == []


def test_vera_goes_from_days_to_a_month(world: World, browser: Browser) -> None:
    client = browser(world.vera)
    world.pay(world.vera, "1000,00")
    before = world.balance(world.vera)
    page, token = ask(client, world, world.vera, "private-100")
    # today's 620 × 14 ÷ 30 − 620 × 13 ÷ 30 = 289,33 − 268,66 = 20,67 comes back; 990 × 17 ÷ 30 = 561,00
    assert "+20,67" in page
    assert "−561,00" in page
    confirm(client, token)
    assert world.balance(world.vera) == before + 20_67 - 561_00
    assert world.broken() == []


def test_boris_is_told_what_happens_to_a_suspended_tariff(world: World, browser: Browser) -> None:
    client = browser(world.boris)
    page, token = ask(client, world, world.boris, "city-100")
    assert "сейчас ничего не списывается" in page
    assert "приостановлена" in page
    confirm(client, token)
    assert (tariff(world, world.boris).state, tariff(world, world.boris).price_kop) == ("suspended", 550_00)
    # 550 × 17 ÷ 30 = 311,67
    assert world.missing(world.boris) == 311_67 - world.balance(world.boris)
    assert world.broken() == []


def test_money_short_is_a_sum_and_a_way_to_pay_it(world: World, browser: Browser) -> None:
    client = browser(world.daria)
    balance = world.balance(world.daria)
    code = "city-1000"
    page, token = ask(client, world, world.daria, code)
    # 850 × 17 ÷ 30 = 481,67 back of 850; 1190 × 17 ÷ 30 = 674,33
    cost = 674_33 - 481_67
    if balance < cost:
        assert token == ""
        assert "Не хватает" in page
    else:
        assert token


def test_a_second_window_is_refused_kindly(world: World, browser: Browser) -> None:
    client = browser(world.anna)
    first, second = ask(client, world, world.anna, "city-100")[1], ask(client, world, world.anna, "city-500")[1]
    confirm(client, first)
    balance = world.balance(world.anna)
    assert "только что сменили, возможно, в другом окне" in confirm(client, second)
    assert world.balance(world.anna) == balance
    assert tariff(world, world.anna).price_kop == 550_00


def test_yesterdays_quote_is_shown_anew_and_nothing_is_done(world: World, browser: Browser) -> None:
    client = browser(world.anna)
    token = ask(client, world, world.anna, "city-500")[1]
    world.move_to(date(2026, 11, 15))
    client = browser(world.anna)
    answer = client.post(PAGE, {"action": "confirm", "token": token})
    assert answer.status_code == 409
    assert "Прежний расчёт устарел" in words(answer)
    assert tariff(world, world.anna).price_kop == 650_00
    assert Quote.objects.filter(used_at__isnull=False).count() == 0


def test_a_withdrawn_tariff_is_said_to_be_withdrawn(world: World, browser: Browser) -> None:
    client = browser(world.anna)
    token = ask(client, world, world.anna, "city-500")[1]
    Offer.objects.filter(code="city-500").update(on_sale=False)
    assert "больше не подключается" in confirm(client, token)
    assert tariff(world, world.anna).price_kop == 650_00


def test_the_fourth_change_of_a_month_says_when_it_is_possible(world: World, browser: Browser) -> None:
    client = browser(world.anna)
    for code in ("city-100", "city-300", "city-100"):
        confirm(client, ask(client, world, world.anna, code)[1])
    page, token = ask(client, world, world.anna, "city-300")
    assert token == ""
    assert "снова можно с 1 декабря" in page


def test_a_strangers_service_quote_and_change_are_nobodys(world: World, browser: Browser) -> None:
    anna, boris = browser(world.anna), browser(world.boris)
    confirm(anna, ask(anna, world, world.anna, "city-100", "next")[1])
    change = Change.objects.get(account_id=world.anna.account_id)
    token = ask(anna, world, world.anna, "city-500")[1]
    assert "устарела" in confirm(boris, token)
    answer = boris.post(PAGE, {"action": "cancel", "change": change.id})
    assert answer.status_code == 422
    assert Change.objects.get(id=change.id).state == "planned"
    posted = {"action": "quote", "of": tariff(world, world.anna).id, "tariff": "city-100", "when": "now"}
    assert boris.post(PAGE, posted).status_code == 422
    assert world.broken() == []


@pytest.mark.parametrize(
    "posted",
    [
        {"action": "quote"},
        {"action": "quote", "of": "x", "tariff": "city-100"},
        {"action": "quote", "of": "9" * 40, "tariff": "\x00"},
        {"action": "confirm"},
        {"action": "confirm", "token": "x" * 500},
        {"action": "cancel", "change": "-1"},
    ],
)
def test_nonsense_is_answered_kindly(world: World, browser: Browser, posted: dict[str, str]) -> None:
    assert browser(world.anna).post(PAGE, posted).status_code == 422
    assert Change.objects.count() == 0


def test_under_approval_it_is_a_request_with_a_state(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = settings.PROFILE.tariff_change.model_copy(update={"mode": "on_approval", "max_per_month": 1})
    monkeypatch.setattr(settings, "PROFILE", settings.PROFILE.model_copy(update={"tariff_change": policy}))
    client = browser(world.anna)
    before = world.balance(world.anna)
    page, token = ask(client, world, world.anna, "city-500")
    assert "Отправить заявку" in page
    assert "Заявка на «Город 500» отправлена" in confirm(client, token)
    assert world.balance(world.anna) == before
    assert "ждёт подтверждения" in words(client.get("/cabinet/"))
    change = Change.objects.get(account_id=world.anna.account_id)
    assert "отменено" in words(client.post(PAGE, {"action": "cancel", "change": change.id}, follow=True))
    assert Change.objects.get(id=change.id).state == "cancelled"
