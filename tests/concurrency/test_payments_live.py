"""The whole way with real processes: the bank's own messages over HTTP, the pages, a worker. Nobody helps them."""

import contextlib
import time
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import httpx
import pytest

from abonent.billing.tests import builder
from abonent.core import clock, partitions
from abonent.ledger.models import Account
from abonent.payments.models import PaymentState, RawEvent
from tests import bank as books
from tests.bank import Bank, again, balance, start, told
from tests.concurrency import pages, processes

pytestmark = pytest.mark.committing

WITHIN_SECONDS = 20  # on a machine that is busy with other things; alone it is well under one


class Live(NamedTuple):
    payer: Account
    bank: Bank
    today: date


@pytest.fixture
def live(own_database: str, bank: Bank) -> Iterator[Live]:
    """Pages and a worker on the test's database; the bank knows their address."""
    today = clock.today()
    partitions.ensure_ahead(today)
    port = pages.free_port()
    environment = {"ABONENT_YOOKASSA_API_URL": bank.sandbox.api_url, "PORT": str(port)}
    with (
        processes.running("abonent.commands.main", "web", "--workers", "1", dsn=own_database, **environment) as web,
        processes.running("abonent.commands.main", "worker", dsn=own_database, **environment),
    ):
        processes.wait_for(lambda: _answers(port))
        bank.control("webhook_url", {"url": f"http://127.0.0.1:{port}{books.HOOK}"})
        yield Live(builder.account(), bank, today)
        web.terminate()  # its workers go with it
        web.wait(20)
    assert books.broken() == []


def _answers(port: int) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).status_code == 200
    return False


def test_a_payment_arrives_by_the_banks_own_message_in_every_manner(live: Live) -> None:
    """At once, three times, before the payment itself, late: each time the money is there, once."""
    payer, bank = live.payer, live.bank
    manners: list[dict[str, Any]] = [
        {"webhooks": "normal"},
        {"webhooks": "double", "times": 3},
        {"webhooks": "early", "early_seconds": 1},
        {"webhooks": "late", "late_seconds": 1},
    ]
    for number, manner in enumerate(manners, 1):
        bank.control("", manner)
        payment = start(payer)
        bank.succeed(payment.external_id)
        paid_at = time.monotonic()
        processes.wait_for(lambda: again(payment).state == PaymentState.SUCCEEDED, WITHIN_SECONDS)  # noqa: B023
        arrived_seconds = time.monotonic() - paid_at
        assert (balance(payer), again(payment).on) == (f"{500 * number}.00", live.today), arrived_seconds
    assert RawEvent.objects.count() == len(manners)
    assert told(payer) == ["pending", "succeeded"] * len(manners)
    processes.wait_for(lambda: {one["closed"] for one in bank.control("notifications")} == {"delivered"})
