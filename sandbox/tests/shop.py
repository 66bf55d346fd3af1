"""A shop that calls the bank's API by plain HTTP, and a payer with a browser that keeps nothing."""

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from sandbox import testing
from sandbox.bank import cards

RETURN_URL = "http://localhost:8000/cabinet/pay/1/"
_numbers = itertools.count(1)


class Shop:
    def __init__(self, client: httpx.Client, bank: testing.Running) -> None:
        self.client = client
        self.bank = bank

    @classmethod
    @contextlib.contextmanager
    def open(
        cls, bank: testing.Running, shop_id: str = testing.SHOP_ID, secret: str = testing.SECRET
    ) -> Iterator["Shop"]:
        with httpx.Client(
            # A busy machine may close an idle connection at the moment it is taken again; a limit of none kept
            # does not help among threads: one may take what another has just let go.
            headers={"Connection": "close"},
            base_url=bank.base_url,
            auth=(shop_id, secret),
            timeout=30,
            trust_env=False,
            verify=False,
        ) as client:
            yield cls(client, bank)

    def post(self, path: str, body: object = None, *, key: str | None = None) -> httpx.Response:
        """key: a new one where none is given."""
        headers = {"Idempotence-Key": key or f"test-{next(_numbers)}"}
        return self.client.post(f"/v3{path}", json={} if body is None else body, headers=headers)

    def get(self, path: str, **query: str) -> httpx.Response:
        return self.client.get(f"/v3{path}", params=query)

    def create(self, roubles: str = "500.00", **more: object) -> dict[str, Any]:
        """A payment that waits for its payer, or a charge of a saved method."""
        created = self.post("/payments", body(roubles, **more))
        assert created.status_code == 200, created.text
        return dict(created.json())

    def pay(self, payment: dict[str, Any], card: str = "pays") -> httpx.Response:
        """The payer types a card on the bank's page."""
        return self.client.post(page(payment), data=typed(card))

    def paid(self, roubles: str = "500.00", card: str = "pays", **more: object) -> dict[str, Any]:
        payment = self.create(roubles, **more)
        self.pay(payment, card)
        return self.read(payment["id"])

    def read(self, payment_id: str) -> dict[str, Any]:
        return dict(self.get(f"/payments/{payment_id}").json())

    def refund(self, payment: dict[str, Any], roubles: str, *, key: str | None = None) -> httpx.Response:
        return self.post("/refunds", {"payment_id": payment["id"], "amount": rub(roubles)}, key=key)


def rub(roubles: str) -> dict[str, str]:
    return {"value": roubles, "currency": "RUB"}


def body(roubles: str = "500.00", **more: object) -> dict[str, object]:
    base: dict[str, object] = {
        "amount": rub(roubles),
        "capture": True,
        "confirmation": {"type": "redirect", "return_url": RETURN_URL},
        "description": "Account 100001",
        "metadata": {"payment_id": "17"},
    }
    if "payment_method_id" in more:
        del base["confirmation"]
    return {**base, **more}


def page(payment: dict[str, Any]) -> str:
    """Its path."""
    return f"/bank/pay/{payment['id']}/"


def typed(card: str) -> dict[str, str]:
    return {"card_number": cards.CARDS[card].spaced, "expiry": "12/49", "cvc": "123"}


def until(true: Callable[[], bool], within_seconds: int = 15) -> None:
    """Asks again and again, with a deadline."""
    deadline = time.monotonic() + within_seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
