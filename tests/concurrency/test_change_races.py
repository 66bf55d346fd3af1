"""Two windows confirm two changes of one tariff at the same moment: one wins, the other is refused kindly."""

import threading
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import IntegrityError, connection

from abonent.billing import quotes, tariff_prices
from abonent.flows import change_tariff
from tests.world import World

pytestmark = pytest.mark.committing


def two_windows(world: World, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What each of the two gets: a state, or the class of its refusal."""
    tariff = next(one for one in world.subscriptions(world.anna) if one.role == "tariff")
    tokens = [
        change_tariff.quote(account_id=world.anna.account_id, subscription_id=tariff.id, code=code, is_now=True).token
        for code in ("city-100", "city-500")
    ]
    price = tariff_prices.price
    both = threading.Barrier(2)

    def price_together(**values: Any) -> tariff_prices.Priced:
        found = price(**values)
        with suppress(threading.BrokenBarrierError):
            both.wait(1)  # both have looked before either acts; with the lock the second cannot come, and we go on
        return found

    monkeypatch.setattr(tariff_prices, "price", price_together)
    got: list[object] = []

    def confirm(token: str) -> None:
        try:
            change = change_tariff.confirm(account_id=world.anna.account_id, token=token, actor="100001")
            got.append(str(change.state))
        except (quotes.UnableToConfirm, tariff_prices.UnableToChange, IntegrityError) as refused:
            got.append(type(refused))
        finally:
            connection.close()

    threads = [threading.Thread(target=confirm, args=[token]) for token in tokens]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    return got


def test_without_the_lock_both_go_on_and_only_the_database_stops_the_second(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotes, "db", SimpleNamespace(lock=lambda model, ids: {}))
    assert IntegrityError in two_windows(world, monkeypatch)


def test_two_windows_change_a_tariff_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    got = two_windows(world, monkeypatch)
    assert sorted(map(str, got)) == sorted(["done", str(tariff_prices.NothingToChange)])
    alive = [one for one in world.subscriptions(world.anna) if one.kind == "internet" and one.state != "ended"]
    assert len(alive) == 1
    assert world.notices(world.anna, "tariff_changed") == 1
    assert world.broken() == []
