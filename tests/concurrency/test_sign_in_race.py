"""Wrong tries at once: what is counted before it is let through cannot be outrun."""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from abonent.core import clock, db
from abonent.identity import limits, users
from abonent.identity.models import WrongTry

TRIES_AT_ONCE = 20
GAP_SECONDS = 0.3  # the widened moment between counting and inserting

pytestmark = pytest.mark.committing


def at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    """What `act` gave, or the error it raised, of `count` threads that begin together."""
    together = threading.Barrier(count)
    given: list[Any] = [None] * count

    def run(n: int) -> None:
        try:
            together.wait(30)
            given[n] = act(n)
        except Exception as error:
            given[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[n]) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return given


@pytest.fixture
def wide_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has counted waits for the others to have counted too, as long as they may come."""
    all_counted = threading.Barrier(TRIES_AT_ONCE)
    true_rows = db.rows

    def rows(sql: str, params: Any = None) -> list[dict[str, Any]]:
        found = true_rows(sql, params)
        if "cross join lateral" in sql:
            with contextlib.suppress(threading.BrokenBarrierError):
                all_counted.wait(GAP_SECONDS)
        return found

    monkeypatch.setattr(db, "rows", rows)


def tries_let_through() -> int:
    now = clock.now()
    given = at_once(TRIES_AT_ONCE, lambda _: limits.take(limits.of_stranger(17, "100001", "192.0.2.7"), now))
    assert {type(one) for one in given} <= {limits.Taken, limits.TooManyTries}
    let_through = sum(isinstance(one, limits.Taken) for one in given)
    assert WrongTry.objects.filter(key="user:17").count() == let_through
    return let_through


def test_without_the_lock_all_who_counted_together_go_through(
    own_database: str, wide_gap: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_lock", lambda keys: None)
    assert tries_let_through() > limits.TRIES_OF_USER


def test_with_the_lock_no_more_go_through_than_the_budget_has(own_database: str, wide_gap: None) -> None:
    assert tries_let_through() == limits.TRIES_OF_USER


def test_budgets_named_in_another_order_do_not_wait_for_each_other_for_ever(own_database: str) -> None:
    now = clock.now()
    one, other = limits.Budget("user:1", 10_000), limits.Budget("user:2", 10_000)

    def take(n: int) -> None:
        for _ in range(50):
            limits.take([one, other] if n % 2 else [other, one], now)

    assert at_once(4, take) == [None] * 4
    assert WrongTry.objects.count() == 400


def test_twenty_wrong_passwords_at_once_are_ten_looked_at_and_ten_refused(own_database: str) -> None:
    with transaction.atomic():
        users.create_subscriber("100001", hashed="", must_change=False)
    statuses = at_once(
        TRIES_AT_ONCE, lambda n: Client().post("/login/", {"login": "100001", "password": f"guess-{n}"}).status_code
    )
    assert Counter(statuses) == {200: 10, 429: 10}
