"""The state machine by itself: what is final stays as it is, whoever comes late."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.bank import cards, payments, requests, shops
from sandbox.store import Store
from sandbox.tests import shop as bodies

SHOP = shops.SHOPS["100500"]
EXPIRY = (2049, 12)
LATECOMERS: list[Callable[[sqlite3.Connection, str], None]] = [
    lambda sql, payment_id: payments.attach_card(sql, payment_id, cards.CARDS["three_d_secure"], EXPIRY),
    lambda sql, payment_id: payments.authorise(sql, payment_id, 2),
    lambda sql, payment_id: payments.answer_three_d_secure(sql, payment_id, passed=True),
    lambda sql, payment_id: payments.decline(sql, payment_id, "general_decline"),
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.close()


def create(store: Store, card: str) -> str:
    with store.transaction() as sql:
        payment_id = payments.create(sql, SHOP, requests.new_payment(bodies.body()), 1)
        payments.attach_card(sql, payment_id, cards.CARDS[card], EXPIRY)
    return payment_id


@pytest.mark.parametrize(
    ("card", "status"), [("pays", "succeeded"), ("insufficient_funds", "canceled")], ids=["paid", "declined"]
)
@pytest.mark.parametrize("late", LATECOMERS, ids=["card", "charge", "code", "decline"])
def test_a_finished_payment_is_final(
    store: Store, card: str, status: str, late: Callable[[sqlite3.Connection, str], None]
) -> None:
    payment_id = create(store, card)
    with store.transaction() as sql:
        payments.authorise(sql, payment_id, 1)
        before = tuple(payments.find(sql, payment_id))
    with pytest.raises(payments.UnableToPay) as refused, store.transaction() as sql:
        late(sql, payment_id)
    assert refused.value.status == status
    with store.transaction() as sql:
        assert tuple(payments.find(sql, payment_id)) == before


def test_a_failed_change_leaves_nothing_behind(store: Store) -> None:
    payment_id = create(store, "pays")

    def pay_and_break() -> None:
        with store.transaction() as sql:
            payments.authorise(sql, payment_id, 1)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        pay_and_break()
    with store.transaction() as sql:
        assert payments.find(sql, payment_id)["status"] == "pending"


def test_a_rehearsal_leaves_nothing_behind(store: Store) -> None:
    payment_id = create(store, "pays")
    with store.rehearsal() as sql:
        payments.authorise(sql, payment_id, 1)
        assert payments.find(sql, payment_id)["status"] == "succeeded"
    with store.transaction() as sql:
        assert payments.find(sql, payment_id)["status"] == "pending"


@pytest.mark.parametrize(
    "change",
    [
        "update payment set status = 'succeeded'",  # without the moment of capture
        "update payment set status = 'canceled'",  # without a reason
        "update payment set amount_kop = 0",
        "update payment set refunded_kop = 1",  # of what was never paid
        "update payment set status = 'paid'",
    ],
)
def test_the_store_itself_refuses_nonsense(store: Store, change: str) -> None:
    create(store, "pays")
    with pytest.raises(sqlite3.IntegrityError), store.transaction() as sql:
        sql.execute(change)
