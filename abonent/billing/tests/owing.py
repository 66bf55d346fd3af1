"""Debts by bare transfers, for the tests of debtors."""

import itertools

from django.db import transaction

from abonent.billing.tests import builder
from abonent.core import partitions
from abonent.ledger import accounts, transfers
from abonent.ledger.models import Account, Reason

_numbers = itertools.count(1)


def owe(account: Account, amount: str, on: str) -> None:
    """A fee that the balance need not cover."""
    partitions.ensure(builder.day(on), builder.day(on))
    with transaction.atomic():
        transfers.post(
            key=f"fee:owing:{account.pk}:{next(_numbers)}",
            debit_id=account.pk,
            credit_id=accounts.house_id("revenue:internet"),
            amount_kop=builder.kop(amount),
            on=builder.day(on),
            reason=Reason.FEE,
        )


def debtor(amount: str, on: str) -> Account:
    """A paid tariff that works through October, and so much owed since a day of it."""
    account = builder.account()
    builder.active(account, "620,00", "2026-10-01")
    owe(account, amount, on)
    return account
