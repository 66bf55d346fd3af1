"""What a subscriber of a random life does on the evening of a day, by the real verbs; what is refused is not done."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db import transaction

from abonent.billing import (
    addons,
    changes,
    deferrals,
    discounts,
    endings,
    pauses,
    queries,
    resuming,
    subscriptions,
    tariff_prices,
)
from abonent.billing.models import Subscription
from abonent.flows import defer, topup
from abonent.ledger.models import Account

WORDS = (
    "pay", "pay_missing", "limit", "tariff_now", "tariff_next", "tariff_next", "addon_now", "addon_next", "addon_next",
    "off_now", "off_next", "off_next", "defer", "defer", "pause", "pause", "switch", "pause_over", "end", "end_not",
    "take_back", "discount", "discount", "discount_off",
)  # fmt: skip
TARIFFS = (
    ("310,00", "month"),
    ("650,00", "month"),
    ("599,99", "month"),
    ("620,00", "day"),
    ("0,00", "month"),
    ("21,00", "per_day"),
)
ADDONS = (("190,00", "month"), ("0,01", "month"), ("93,00", "day"), ("300,00", "month"), ("150,00", "once"))
_REFUSED = (
    tariff_prices.UnableToChange,
    deferrals.UnableToDefer,
    pauses.UnableToPause,
    endings.UnableToEnd,
    subscriptions.UnableToSubscribe,
    discounts.UnableToDiscount,
)


_receipts = itertools.count(1)


class Wish(NamedTuple):
    """What a subscriber does on the evening of a day, after its run. What is refused is not done."""

    day: int  # since the beginning; counted round where the life is shorter
    what: str  # of WORDS
    n: int = 0  # which, or how much


def do(account: Account, wish: Wish, today: date) -> None:
    try:
        with durable():
            _wish(account, wish, today)
    except _REFUSED:
        pass


def _wish(account: Account, wish: Wish, today: date) -> None:
    of, n = account.id, wish.n
    match wish.what:
        case "pay":
            pay(account, n * 31_01, today)
        case "pay_missing":
            pay(account, _woken(account, today), today)
        case "limit":
            subscriptions.set_terms(of, credit_limit_kop=n * 25_00)
            resuming.resume(of, on=today)
        case "tariff_now" | "tariff_next":
            code = f"tariff-{n % len(TARIFFS)}"
            _confirm_tariff(of, _nth(account, "tariff", 0), code, wish.what == "tariff_now", today)
        case "addon_now" | "addon_next":
            params = {"subscription_id": _nth(account, "tariff", 0), "code": f"addon-{n % len(ADDONS)}"}
            _confirm_addon(of, addons.ON, params, wish.what == "addon_now", today)
        case "off_now" | "off_next":
            params = {"subscription_id": _nth(account, "addon", n), "code": ""}
            _confirm_addon(of, addons.OFF, params, wish.what == "off_now", today)
        case "defer":
            defer.grant(account_id=of, amount_kop=n * 20_00, on=today, actor="test")
        case "pause":
            starts_on = today + timedelta(days=1 + n % 7)
            pauses.plan(of, starts_on=starts_on, ends_on=starts_on + timedelta(days=7 + n), on=today, actor="test")
        case "switch":
            pauses.switch_off(of, on=today, actor="test")
        case "pause_over":
            pauses.end_early(of, on=today)
        case "end":
            endings.plan(of, ends_on=today + timedelta(days=1 + n), on=today, actor="test")
        case "end_not":
            endings.cancel(of)
        case "discount":
            kind, value = ("percent", 5_00 + n * 2_50) if n % 2 else ("fixed", n * 10_00)
            from_on = today + timedelta(days=n % 5 * 7)
            to_on = None if n % 7 == 0 else from_on + timedelta(days=1 + n)
            which = _nth(account, "addon" if n % 3 == 0 else "tariff", n)
            discounts.give(
                which, kind=kind, value=value, from_on=from_on, to_on=to_on, reason="kindness", by="test", on=today
            )
        case "discount_off":
            for one in discounts.of_account(of)[:1]:
                discounts.end(one.pk, by="test", on=today)
        case "take_back":
            for change in changes.open_changes(of):
                changes.cancel(change.pk, account_id=of)


def _confirm_tariff(of: int, subscription_id: int, code: str, is_now: bool, on: date) -> None:
    at = _evening(on)
    quoted = changes.quote(account_id=of, subscription_id=subscription_id, code=code, is_now=is_now, on=on, at=at)
    changes.confirm(account_id=of, token=quoted.token, on=on, at=at, actor="test")


def _confirm_addon(of: int, what: str, params: dict[str, Any], is_now: bool, on: date) -> None:
    at = _evening(on)
    quoted = addons.quote(account_id=of, what=what, is_now=is_now, on=on, at=at, **params)
    addons.confirm(account_id=of, token=quoted.token, what=what, on=on, at=at, actor="test")


def pay(account: Account, kop: int, on: date) -> None:
    if kop:
        topup.credit_cash(
            account_id=account.id, amount_kop=kop, receipt_number=str(next(_receipts)), on=on, actor="test"
        )
    else:
        resuming.resume(account.id, on=on)


def _woken(account: Account, today: date) -> int:
    assert account.contract_id is not None
    seen = queries.overview(account.contract_id, today)
    assert seen is not None
    return queries.woken(seen, today).missing_kop


def _nth(account: Account, role: str, n: int) -> int:
    """The n-th of what the account has of the role; 0 where it has none."""
    found = Subscription.objects.filter(account=account, role=role).exclude(state="ended").order_by("priority", "id")
    ids = list(found.values_list("id", flat=True))
    return ids[n % len(ids)] if ids else 0


def _evening(on: date) -> datetime:
    return datetime.combine(on, time(18), UTC)


def durable() -> transaction.Atomic:
    """As a test's own transaction: the flows' durable blocks nest in it."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]
    return block
