"""What a change of tariff is subject to, as its page says it: the fee, the month's limit, pauses, ends, requests."""

import re
from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from abonent.billing.models import Change, Subscription
from abonent.catalog.models import Offer
from abonent.core.models import AuditEntry
from abonent.flows import change_tariff, end_contract, pause, schedule
from abonent.portal.tests.conftest import Browser
from abonent.portal.tests.reading import words
from tests.world import Subscriber, World

pytestmark = pytest.mark.committing
PAGE = "/cabinet/tariff/"


def set_policy(monkeypatch: pytest.MonkeyPatch, **values: Any) -> None:
    policy = settings.PROFILE.tariff_change.model_copy(update=values)
    monkeypatch.setattr(settings, "PROFILE", settings.PROFILE.model_copy(update={"tariff_change": policy}))


def tariff(world: World, who: Subscriber) -> Subscription:
    return next(one for one in world.subscriptions(who) if one.role == "tariff" and one.state != "ended")


def ask(client: Client, world: World, who: Subscriber, code: str, when: str = "now") -> tuple[str, str]:
    """(the page in words, the quote's token)."""
    answer = client.post(PAGE, {"action": "quote", "of": tariff(world, who).id, "tariff": code, "when": when})
    found = re.search(rb'name="token" value="([^"]+)"', answer.content)
    return words(answer), found[1].decode() if found else ""


def confirm(client: Client, token: str) -> str:
    return words(client.post(PAGE, {"action": "confirm", "token": token}, follow=True))


def test_the_fee_is_named_before_quoted_and_taken(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_policy(monkeypatch, fee_kop=50_00)
    client, before = browser(world.anna), world.balance(world.anna)
    assert "Сама смена стоит 50,00 ₽" in words(client.get(PAGE))
    page, token = ask(client, world, world.anna, "city-500")
    assert "Плата за смену тарифа −50,00" in page
    assert "−163,34" in page  # 50,00 + 481,67 − 368,33
    confirm(client, token)
    assert world.balance(world.anna) == before - 163_34
    assert "Плата за смену тарифа" not in ask(client, world, world.anna, "city-100", "next")[0]
    assert world.broken() == []


def test_the_months_limit_is_said_before_anything_is_chosen(world: World, browser: Browser) -> None:
    client = browser(world.anna)
    assert "В этом месяце можно сменить ещё 3 раза." in words(client.get(PAGE))
    for code, left in (
        ("city-100", "ещё 2 раза."),
        ("city-300", "ещё 1 раз."),
        ("city-100", "Снова можно с 1 декабря"),
    ):
        confirm(client, ask(client, world, world.anna, code)[1])
        assert left in words(client.get(PAGE))
    page = client.get(PAGE).content.decode()
    assert 'value="now" disabled' in page
    assert 'value="next" checked' in page


def test_paused_and_ending_say_what_to_do(world: World, browser: Browser) -> None:
    client, daria = browser(world.anna), browser(world.daria)
    end_contract.plan(account_id=world.anna.account_id, ends_on=date(2026, 11, 26), on=world.today, actor="100001")
    page, token = ask(client, world, world.anna, "city-500")
    assert token == ""
    assert "Договор завершается: 25 ноября — последний день" in page
    pause.plan(account_id=world.daria.account_id, starts_on=date(2026, 11, 15), ends_on=date(2026, 11, 25),
               on=world.today, actor="100006")  # fmt: skip
    world.move_to(date(2026, 11, 15))
    daria = browser(world.daria)
    assert "Сначала завершите приостановку" in ask(daria, world, world.daria, "city-1000")[0]
    assert Change.objects.count() == 0


def test_the_day_of_the_future_tariff_is_told_once(world: World, browser: Browser) -> None:
    client = browser(world.anna)
    confirm(client, ask(client, world, world.anna, "city-100", "next")[1])
    world.move_to(date(2026, 11, 30))
    assert world.notices(world.anna, "tariff_began") == 0
    world.move_to(date(2026, 12, 1))
    world.move_to(date(2026, 12, 2))
    assert world.notices(world.anna, "tariff_began") == 1
    assert world.broken() == []


def test_a_request_that_nobody_answers_closes_by_itself_and_is_told(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_policy(monkeypatch, mode="on_approval", max_per_month=1, request_days=5)
    client, before = browser(world.anna), world.balance(world.anna)
    confirm(client, ask(client, world, world.anna, "city-500")[1])
    assert "Если мы не ответим по 18 ноября включительно, заявка закроется сама" in words(client.get(PAGE))
    assert change_tariff.expire_due(date(2026, 11, 18)) == 0
    world.move_to(date(2026, 11, 19))
    assert [change_tariff.expire_due(date(2026, 11, 19)) for _ in range(2)] == [1, 0]
    page = words(browser(world.anna).get(PAGE))
    assert "не была подтверждена вовремя и закрыта" in page
    assert world.notices(world.anna, "tariff_expired") == 1
    assert AuditEntry.objects.get(action="billing.expire_change").actor == "system:expire_requests"
    assert (world.balance(world.anna), world.broken()) == (before, [])
    assert ask(browser(world.anna), world, world.anna, "city-500")[1]


def test_a_request_for_a_withdrawn_tariff_closes_and_says_why(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_policy(monkeypatch, mode="on_approval")
    client = browser(world.anna)
    confirm(client, ask(client, world, world.anna, "city-500")[1])
    Offer.objects.filter(code="city-500").update(on_sale=False)
    assert change_tariff.expire_due(world.today) == 1
    assert "«Город 500» больше не подключается, поэтому ваша заявка закрыта" in words(client.get(PAGE))


def test_a_refusal_is_read_on_the_page_until_another_request(
    world: World, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_policy(monkeypatch, mode="on_approval")
    client = browser(world.anna)
    confirm(client, ask(client, world, world.anna, "city-500")[1])
    change_tariff.refuse(Change.objects.get().id, by="manager", why="нет такого порта")
    assert "не одобрена: нет такого порта" in words(client.get(PAGE))
    confirm(client, ask(client, world, world.anna, "city-100")[1])
    assert "нет такого порта" not in words(client.get(PAGE))


def test_expiring_requests_is_work_of_the_clock() -> None:
    assert "tariff_requests" in [entry.name for entry in schedule.ENTRIES]
