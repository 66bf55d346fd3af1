"""How long a subscriber waits for the balance ahead and for the price of a change: much held, five years of history."""

import argparse
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from abonent.commands.bench import scratch

if TYPE_CHECKING:
    from abonent.ledger.models import Account

HELP = "the balance ahead and the price of a change, of 20 subscriptions with five years of history"
LINES, SERVICES_A_LINE = 4, 5
MONTHS = 60


class UnableToMeasure(Exception):
    """The account is not what the bench is about; the message says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--accounts", type=int, default=2_000, help="how many others there are (2,000)")
    parser.add_argument("--times", type=int, default=200, help="how many times each is asked (200)")


def run(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """A row for each question: milliseconds, statements, against as many empty statements."""
    from abonent.core import clock
    from abonent.demo import crowd

    today = clock.on_date(datetime.now(UTC))  # a bench has no clock of its own to move
    with scratch.database("preview", today):
        account = _account(today)
        crowd.make(args.accounts, seed=1, on=today)
        crowd.settle_statistics()
        for what, ask in _questions(account, today):
            yield _measure(what, ask, args.times)


def _questions(account: "Account", today: date) -> Iterator[tuple[str, Callable[[], object]]]:
    """The last one leaves an account with all that the forecast must ask for besides the overview."""
    from abonent.billing import addons, deferrals, forecast, planned, queries, tariff_prices
    from abonent.billing.models import Subscription
    from abonent.core import db

    assert account.contract_id is not None
    contract_id = account.contract_id
    tariff = Subscription.objects.filter(account=account, kind="internet", charging="month").order_by("id")[0]
    code = next(one for one in _offers(today, "tariff") if one.kind == "internet" and one != tariff.version.offer).code
    mine: dict[str, Any] = {"account_id": account.pk, "subscription_id": tariff.pk, "on": today}

    def ahead() -> object:
        seen = queries.overview(contract_id, today)
        assert seen is not None
        return forecast.of(seen, today, planned.of(seen))

    yield "forecast", ahead
    yield "change now", lambda: tariff_prices.price(code=code, is_now=True, **mine)
    yield "change later", lambda: tariff_prices.price(code=code, is_now=False, **mine)
    addon = Subscription.objects.filter(account=account, role="addon").order_by("id")[0]
    yield "add-on off", lambda: addons.price_off(**(mine | {"subscription_id": addon.pk}), is_now=True)
    with db.atomic():
        _plan_change(mine, code)
        deferrals.grant(account.pk, amount_kop=100_00, on=today, actor="bench")
    yield "forecast, a deferral and a tariff to come", ahead


def _plan_change(mine: dict[str, Any], code: str) -> None:
    from abonent.billing.models import Change
    from abonent.billing.models_changes import ChangeState, ChangeWhat
    from abonent.billing.tariff_prices import price

    priced = price(code=code, is_now=False, **mine)
    Change.objects.create(
        account_id=mine["account_id"],
        what=ChangeWhat.TARIFF,
        is_now=False,
        subscription=priced.subscription,
        version=priced.version,
        state=ChangeState.PLANNED,
        effective_on=priced.offered.effective_on,
        made_by="bench",
    )


def _measure(what: str, ask: Callable[[], object], times: int) -> dict[str, Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from abonent.core import db

    ask()
    with CaptureQueriesContext(connection) as captured:
        ask()
    statements = len(captured)
    took = _times(ask, times)
    floor = _times(lambda: [db.rows("select 1") for _ in range(statements)], times)
    seconds, floor_seconds = sum(took), sum(floor)
    return {
        "bench": "preview",
        "what": what,
        "subscriptions": LINES * SERVICES_A_LINE,
        "statements": statements,
        "p50_ms": _milliseconds(took, 50),
        "p99_ms": _milliseconds(took, 99),
        "seconds": round(seconds, 3),
        "floor_seconds": round(floor_seconds, 3),
        "ratio": round(seconds / floor_seconds, 1),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _times(ask: Callable[[], object], times: int) -> list[float]:
    found = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        found.append(time.perf_counter() - began)
    return sorted(found)


def _milliseconds(took: Sequence[float], percent: int) -> float:
    return round(took[min(len(took) - 1, len(took) * percent // 100)] * 1000, 1)


# --- the account ------------------------------------------------------------------------------------------------


def _account(today: date) -> "Account":
    """Twenty subscriptions on four lines for five years, one tariff by the day; all charged by the one rule."""
    from abonent.billing import charging, resuming, runs
    from abonent.core import db, partitions, periods
    from abonent.ledger import accounts, transfers
    from abonent.ledger.models import Reason
    from abonent.subscribers import contracts, customers

    first = periods.month(today.replace(day=1), -MONTHS)
    partitions.ensure(first, today)
    partitions.ensure_ahead(today)
    with db.atomic():
        customer = customers.create_person(full_name="Longstanding Subscriber", given_name="Long")
        account = accounts.open_account(contracts.sign(customer_id=customer.pk, on=first).pk)
        transfers.post(
            key="bench:preview", debit_id=accounts.house_id("clearing:cash"), credit_id=account.pk,
            amount_kop=1_000_000_00, on=first, reason=Reason.PAYMENT,
        )  # fmt: skip
        _subscribe(account, first, today)
    runs.start_from(first)
    with db.atomic():
        resuming.resume(account.pk, on=first)
    for n in range(1, (today - first).days + 1):
        with db.atomic():
            charging.charge_chunk(account.pk, account.pk, on=first + timedelta(days=n))
    db.run('update billing_chargedthrough set "on" = %s', [today])
    return account


def _subscribe(account: "Account", on: date, today: date) -> None:
    from abonent.billing import subscriptions
    from abonent.billing.models import Subscription
    from abonent.catalog import queries as catalog
    from abonent.subscribers import lines

    assert account.contract_id is not None
    tariffs, extra = _offers(today, "tariff"), _offers(today, "addon")
    for n in range(LINES):
        line = lines.add(contract_id=account.contract_id, segment="apartment")
        by = "day" if n == LINES - 1 else "month"
        internet = next(
            one for one in tariffs if one.kind == "internet" and catalog.version_on(one.code, today).charging == by
        )
        others = [one for one in tariffs if one.kind != "internet"]
        have: set[str] = set()
        for offer in (internet, *extra[:1], *others, *extra[1:]):
            fits = not offer.requires or have & set(offer.requires)
            if fits and len(have) < SERVICES_A_LINE * 2 and not have & set(offer.excludes):
                version = catalog.version_on(offer.code, today)
                try:
                    subscriptions.subscribe(account_id=account.pk, line_id=line.pk, version_id=version.pk, on=on)
                except subscriptions.UnableToSubscribe:
                    continue
                have |= {offer.code, offer.kind}
            if Subscription.objects.filter(account=account, line=line).count() == SERVICES_A_LINE:
                break
    made = Subscription.objects.filter(account=account).count()
    if made != LINES * SERVICES_A_LINE:
        raise UnableToMeasure(f"the profile's catalog gives {made} subscriptions, {LINES * SERVICES_A_LINE} are wanted")


def _offers(today: date, role: str) -> list[Any]:
    from abonent.catalog import queries as catalog

    return [one.offer for one in catalog.on_sale(today, role=role, segment="apartment") if one.charging != "once"]
