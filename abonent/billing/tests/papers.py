"""Legal entities, their charges and their documents, for the tests of documents."""

import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction

from abonent.billing import fees, returns
from abonent.billing.documents import invoices
from abonent.billing.models import ChargedThrough, Document, DocumentCounter, Subscription
from abonent.billing.tests import builder
from abonent.billing.tests.builder import day, kop
from abonent.core import money, partitions
from abonent.ledger.models import Account
from abonent.subscribers.models import Contract, Customer

PDFTOTEXT = shutil.which("pdftotext")  # of poppler-utils
FIRST_OF_DECEMBER = date(2026, 12, 1)


def company(
    *, credit_limit: str = "50000,00", name: str = "ООО «Ромашка»", inn: str = "5042001238", kpp: str = "504201001"
) -> Account:
    """An account of a legal entity that signed on 1 August 2026."""
    account = builder.account(credit_limit=credit_limit)
    customers = Customer.objects.filter(contracts__account=account)
    Customer.objects.filter(id__in=customers).update(kind="legal", full_name=name, inn=inn, kpp=kpp)
    return account


def contract(account: Account) -> Contract:
    return Contract.objects.select_related("customer").get(account=account)


def charged_through(on: str) -> None:
    ChargedThrough.objects.update_or_create(id=1, defaults={"on": day(on)})


def charge(account: Account, price: str, on: str, *, charging: str = "month", kind: str = "internet") -> Subscription:
    """A subscription, charged on credit from `on` to the month's end."""
    made = builder.subscribe(account, price, on, charging=charging, kind=kind)
    builder.resume(account, on)
    return builder.state(made)


def give_back(subscription: Subscription, on: str) -> int:
    partitions.ensure(day(on), day(on))
    with transaction.atomic():
        return returns.give_back(subscription, on=day(on), reason="test")


def fee(account: Account, amount: str, on: str) -> None:
    partitions.ensure(day(on), day(on))
    with transaction.atomic():
        fees.take(key=f"fee:test:{account.id}:{on}", account_id=account.id, fee_kop=kop(amount), on=day(on))


def make(account: Account, month: str = "2026-11-01", on: date = FIRST_OF_DECEMBER) -> list[Document]:
    assert account.contract_id is not None
    return invoices.make_month(account.contract_id, day(month), on=on, actor="accountant")


def shown(made: list[Document]) -> list[tuple[str, int, int, str, str]]:
    """(kind, number, correction, total, VAT)."""
    return [
        (str(one.kind), one.number, one.correction, money.plain(one.total_kop), money.plain(one.vat_kop))
        for one in made
    ]


def counters() -> dict[tuple[str, int], int]:
    return {(one.kind, one.year): one.last_number for one in DocumentCounter.objects.all()}


def profile(**changed: Any) -> Any:
    """The settings' profile with some of its keys changed."""
    return settings.PROFILE.model_copy(update=changed)


def text(pdf: bytes, printed: dict[str, Any]) -> str:
    """What stands on the pages, line ends and no-break spaces as spaces; without pdftotext what was to stand there."""
    if PDFTOTEXT is None:
        return " ".join(" ".join(_texts(printed)).split())
    said = subprocess.run([PDFTOTEXT, "-layout", "-", "-"], input=pdf, capture_output=True, check=True, timeout=60)
    return " ".join(said.stdout.decode().split())


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    else:
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
