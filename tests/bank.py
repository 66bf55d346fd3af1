"""A real sandbox bank for tests of Abonent's side: a process of its own, cleared before each test; and its payer."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client

from abonent.billing.tests import builder
from abonent.core import clock, jobs, money, partitions
from abonent.core.models import Alarm, Event
from abonent.flows import topup, verify
from abonent.ledger import queries as ledger_queries
from abonent.ledger.models import Account
from abonent.notifications.models import Notice
from abonent.payments import matching
from abonent.payments.gateways import yookassa
from abonent.payments.models import Payment
from sandbox import testing

TODAY = date(2026, 11, 10)
HOOK = "/hooks/yookassa/sandbox/"
RETURN_URL = "http://localhost:8000/cabinet/pay/back/"

_tokens = itertools.count(1)


@dataclass
class Bank:
    """The sandbox, and what a payer, a webhook and a look into the books do in one word."""

    sandbox: testing.Running

    def control(self, path: str = "", body: dict[str, Any] | None = None) -> Any:
        return self.sandbox.control(path, body)

    def payments(self) -> list[dict[str, Any]]:
        """The newest first."""
        return self.sandbox.payments()

    def only_payment(self) -> dict[str, Any]:
        (found,) = self.payments()
        return found

    def succeed(self, external_id: str | None, card: str = "pays") -> None:
        assert external_id
        self.sandbox.succeed(external_id, card)

    def cancel(self, external_id: str | None, reason: str = "general_decline") -> None:
        assert external_id
        self.sandbox.cancel(external_id, reason)

    def create_directly(self, body: dict[str, Any], *, shop: tuple[str, str] | None = None) -> dict[str, Any]:
        """A payment made past Abonent, by whoever has a shop's keys."""
        answer = httpx.post(
            f"{self.sandbox.api_url}/payments",
            json=body,
            auth=shop or (testing.SHOP_ID, testing.SECRET),
            headers={"Idempotence-Key": f"past-{next(_tokens)}"},
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = answer.json()
        return made


@pytest.fixture(scope="session")
def one_bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[testing.Running]:
    with testing.start(tmp_path_factory.mktemp("bank")) as running:
        yield running


@pytest.fixture
def bank(one_bank: testing.Running, settings: Any) -> Iterator[Bank]:
    """A bank without payments that Abonent's client is pointed at; it sends no messages by itself."""
    one_bank.control("reset", {})
    yield _pointed_at(one_bank, settings)
    yookassa.close()


@pytest.fixture
def slow_bank(tmp_path: Path, settings: Any) -> Iterator[Bank]:
    """A bank of this test alone: what it is late with must not come up in the next one."""
    with testing.start(tmp_path) as running:
        bank = _pointed_at(running, settings)
        settings.YOOKASSA_READ_SECONDS = settings.YOOKASSA_PAGE_READ_SECONDS = 1
        yield bank
        yookassa.close()
        running.kill()


def _pointed_at(sandbox: testing.Running, settings: Any) -> Bank:
    settings.YOOKASSA_API_URL = sandbox.api_url
    settings.YOOKASSA_READ_SECONDS = settings.YOOKASSA_PAGE_READ_SECONDS = 10
    settings.YOOKASSA_REPEAT_READ_SECONDS = 1
    return Bank(sandbox)


def fresh_token() -> str:
    return f"token-{next(_tokens):06}"


def start(account: Account, amount: str = "500,00", token: str | None = None) -> Payment:
    """The form is sent; the payment as it stands then."""
    started = topup.start(
        account_id=account.id,
        amount_kop=money.parse(amount),
        submit_token=token or fresh_token(),
        return_url=RETURN_URL,
    )
    return Payment.objects.get(id=started.payment_id)


def again(payment: Payment) -> Payment:
    return Payment.objects.get(id=payment.id)


def message(external_id: str | None, event: str = "payment.succeeded", **said: Any) -> dict[str, Any]:
    """A message as the bank words it, or as a forger would."""
    return {"type": "notification", "event": event, "object": {"id": external_id, **said}}


def hook(body: dict[str, Any] | bytes, *, path: str = HOOK, address: str = "127.0.0.1") -> int:
    """The message arrives; what it is answered."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = Client(enforce_csrf_checks=True).post(
        path, data=content, content_type="application/json", REMOTE_ADDR=address
    )
    return answer.status_code


def work(ahead_seconds: int = 0) -> int:
    """The workers do what is due, and what is put off by no more than so long."""
    return jobs.run_due(ahead_seconds=ahead_seconds)


def balance(account: Account) -> str:
    return money.plain(ledger_queries.balance_kop(account.id))


def notices(account: Account) -> list[str]:
    found = Notice.objects.filter(contract__account=account.id).order_by("id")
    return list(found.values_list("kind", flat=True))


def told(account: Account) -> list[str]:
    """The states that open pages were told of, in order."""
    found = Event.objects.filter(topic=f"contract:{account.contract_id}", name="payment").order_by("id")
    return [event.data["state"] for event in found]


def alarms() -> list[str]:
    return list(Alarm.objects.order_by("id").values_list("key", flat=True))


def broken() -> list[str]:
    """What `abonent verify` says."""
    return list(verify.problems())


@pytest.fixture
def noon(db: None) -> Iterator[None]:
    """The clock stands at noon of TODAY, in a database that is rolled back."""
    with clock.frozen(clock.at_noon(TODAY)):
        partitions.ensure_ahead(TODAY)
        yield


@pytest.fixture
def payer(noon: None) -> Iterator[Account]:
    """A subscriber's empty account; whatever happens to it, the books are in order at the end."""
    yield builder.account()
    assert broken() == []


def claim_of(payment: Payment) -> dict[str, str]:
    """The words by which the bank's payment is found to be this one."""
    claim = matching.claim_of(payment.request["metadata"])
    assert claim is not None
    return matching.metadata(claim)


def body_for(account: Account, *, payment_id: int = 999_999, amount: str = "500.00", **changes: Any) -> dict[str, Any]:
    """What a payment of this account looks like to the bank."""
    assert account.contract is not None
    claim = matching.Claim(payment_id, account.id, account.contract.number)
    return {
        "amount": {"value": amount, "currency": "RUB"},
        "capture": True,
        "confirmation": {"type": "redirect", "return_url": RETURN_URL},
        "metadata": matching.metadata(claim),
        **changes,
    }


def forget_the_banks_id(payment: Payment) -> None:
    """As if the bank's answer to us had been lost."""
    Payment.objects.filter(id=payment.id).update(external_id=None, state="new", confirmation_url="")
