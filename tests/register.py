"""The register of receipts for tests: the sandbox's ATOL, or the bank that prints by itself."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.conf import settings as live

from abonent.core import clock, db, money, partitions
from abonent.flows import charge_run, receipt_delivery, receipting, topup
from abonent.ledger.models import Account
from abonent.payments.gateways import atol
from abonent.payments.models import Payment
from abonent.payments.models_receipts import Receipt
from abonent.subscribers import contacts
from abonent.subscribers.models import Customer
from tests import bank as books
from tests.bank import TODAY, Bank, start, work


@pytest.fixture
def register(bank: Bank, settings: Any) -> Iterator[Bank]:
    """The profile's receipts go to ATOL, which is the sandbox's, quick."""
    as_profile(settings, receipts="atol")
    settings.ATOL_API_URL = f"{bank.sandbox.base_url}/atol/possystem/v4"
    settings.ATOL_READ_SECONDS = 5
    bank.control("atol", {"ready_seconds": 0})
    yield bank
    atol.close()


@pytest.fixture
def printed(bank: Bank, settings: Any) -> Bank:
    """The bank prints the receipts of its own payments, and takes none without."""
    as_profile(settings, receipts="yookassa")
    bank.control("receipts", {"fiscalization": True})
    return bank


def as_profile(settings: Any, **changes: Any) -> None:
    settings.PROFILE = live.PROFILE.model_copy(update=changes)
    with db.atomic():
        receipting.keep_duty(clock.now() - timedelta(days=100))


@pytest.fixture
def anna(payer: Account) -> Account:
    """Waits for money: nothing is connected."""
    reach(payer, "anna@example.ru", "+79161234567")
    return payer


def reach(account: Account, email: str = "", phone: str = "") -> None:
    customer = Customer.objects.get(contracts__account=account)
    if email:
        contacts.add_email(customer.id, email)
    if phone:
        contacts.add_phone(customer.id, phone)


def cash(account: Account, amount: str, number: str = "A-1", on: date = TODAY) -> Payment:
    topup.credit_cash(
        account_id=account.id, amount_kop=money.parse(amount), receipt_number=number, on=on, actor="cashier"
    )
    return Payment.objects.get(channel="cash", external_id=number)


def documents(register: Bank) -> list[dict[str, Any]]:
    """What the register has, the oldest first."""
    found: list[dict[str, Any]] = register.control("atol/documents")
    return found[::-1]


def once() -> None:
    """The job runs, everything that waits is due. (What wakes it waits for a commit that a test does not make.)"""
    due_now()
    receipt_delivery.deliver.defer()
    work()


def due_now() -> None:
    db.run("update payments_receipt set next_try_at = now() where state in ('queued', 'sent')")


def deliver() -> None:
    """As the workers would in the first minutes."""
    for _ in range(4):
        once()


def only() -> Receipt:
    return Receipt.objects.get()


def number_of(account: Account) -> str:
    assert account.contract is not None
    return account.contract.number


def month_passes(until: date) -> None:
    partitions.ensure_ahead(until)
    charge_run.catch_up(until)


def paid(account: Account, register: Bank, amount: str = "500,00") -> Payment:
    payment = start(account, amount)
    register.succeed(payment.external_id)
    topup.settle(payment.id)
    return books.again(payment)
