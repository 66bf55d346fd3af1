"""Quotes and changes of tariff by bare verbs, for the tests of both."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from abonent.billing import changes, charging
from abonent.billing.models import Change, Quote, Subscription
from abonent.billing.tests import builder
from abonent.catalog.models import OfferVersion
from abonent.core import money, partitions
from abonent.ledger.models import Account

AT = datetime(2026, 11, 14, 9, 0, tzinfo=UTC)  # noon of Moscow


def quote(account: Account, subscription: Subscription, to: OfferVersion, on: str, *, is_now: bool = True) -> Quote:
    partitions.ensure(builder.day(on), builder.day(on))
    return changes.quote(
        account_id=account.id,
        subscription_id=subscription.id,
        code=to.offer.code,
        is_now=is_now,
        on=builder.day(on),
        at=AT,
    )


def confirm(account: Account, quoted: Quote, on: str, *, at: datetime = AT) -> Change:
    with transaction.atomic():
        return changes.confirm(account_id=account.id, token=quoted.token, on=builder.day(on), at=at, actor="test")


def sums(quoted: Quote) -> list[tuple[str, str]]:
    return [(line["what"], money.plain(line["amount_kop"])) for line in quoted.lines]


def now_on(account: Account, kind: str = "internet") -> Subscription:
    return Subscription.objects.exclude(state="ended").get(account=account, role="tariff", kind=kind)


def set_mode(monkeypatch: pytest.MonkeyPatch, **values: Any) -> None:
    policy = settings.PROFILE.tariff_change.model_copy(update=values)
    monkeypatch.setattr(settings, "PROFILE", settings.PROFILE.model_copy(update={"tariff_change": policy}))


def run_of(account: Account, on: str) -> None:
    partitions.ensure(builder.day(on), builder.day(on))
    with transaction.atomic():
        changes.apply_due(account.id, account.id, on=builder.day(on))
        charging.charge_chunk(account.id, account.id, on=builder.day(on))


def plan(account: Account, price: str, on: str, *, by: str = "month") -> Change:
    quoted = quote(account, now_on(account), builder.version(price, charging=by), on, is_now=False)
    return confirm(account, quoted, on)
