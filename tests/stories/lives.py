"""Lives of subscribers, and what the balance ahead said of them: the forecast against the real engine, day by day.

A life is values only, so a failing one prints itself as a line of Python that plays it again (see `play`).
Several lives share one database and one run a day; nothing of one concerns another.
"""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from hypothesis import strategies as st

from abonent.billing import (
    addons,
    changes,
    charging,
    deferrals,
    discounts,
    endings,
    forecast,
    pauses,
    planned,
    queries,
    resuming,
    subscriptions,
    tariff_prices,
)
from abonent.billing.models import Change, Charge, Subscription
from abonent.billing.tests import builder
from abonent.catalog.models import Offer, OfferVersion
from abonent.core import db, money
from abonent.flows import charge_run, defer, topup, verify
from abonent.ledger.models import Account

FIRST, LAST = date(2027, 11, 1), date(2029, 7, 31)  # a leap day and month ends of every length
STARTS = (date(2027, 11, 30), date(2027, 12, 31), date(2028, 1, 29), date(2028, 6, 15), date(2028, 12, 1))
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
_FOR_TARIFF = 1  # the add-on that stands beside the second tariff only
_REFUSED = (
    tariff_prices.UnableToChange,
    deferrals.UnableToDefer,
    pauses.UnableToPause,
    endings.UnableToEnd,
    subscriptions.UnableToSubscribe,
    discounts.UnableToDiscount,
)


class Policy(NamedTuple):
    """What of a profile the forecast depends on."""

    billing_cycle: str = "calendar"
    proration_days: str = "period"
    addon_return: str = "unused_days"
    fee_kop: int = 0  # of a deferral and of a pause


class Wish(NamedTuple):
    """What a subscriber does on the evening of a day, after its run. What is refused is not done."""

    day: int  # since the beginning; counted round where the life is shorter
    what: str  # of WORDS
    n: int = 0  # which, or how much


class Life(NamedTuple):
    """What somebody signs, pays at once, and does until the forecast is looked at."""

    tariff: int
    tv: bool
    addon: int | None
    limit_kop: int
    paid_kop: int
    wishes: tuple[Wish, ...]


class Told(NamedTuple):
    """What the forecast said of one account."""

    account: Account
    seen: queries.Overview
    planned: forecast.Planned
    forecast: forecast.Forecast


wishes = st.builds(Wish, st.integers(0, 40), st.sampled_from(WORDS), st.integers(0, 40))
some_lives = st.builds(
    Life,
    tariff=st.integers(0, len(TARIFFS) - 1),
    tv=st.booleans(),
    addon=st.none() | st.integers(0, len(ADDONS) - 1),
    limit_kop=st.sampled_from([0, 0, 0, 500_00]),
    paid_kop=st.sampled_from([0, 310_00, 650_00, 840_00, 1500_00]),
    wishes=st.lists(wishes, max_size=10).map(lambda found: tuple(sorted(found))),
)
policies = st.builds(
    Policy,
    st.sampled_from(["calendar", "anniversary"]),
    st.sampled_from(["period", "calendar_month", "thirty"]),
    st.sampled_from(["unused_days", "none"]),
    st.sampled_from([0, 50_00]),
)


def play(*, start: date, days: int, policy: Policy, lives: Sequence[Life]) -> None:
    """Live `days` days from `start`, foresee 90 more, live them too, and compare. All is rolled back.

    Raises AssertionError with the story as a line of Python.
    """
    try:
        with _rolled_back(), _profile(policy):
            _play(start, days, lives)
    except AssertionError as error:
        error.add_note(f"To tell it again:\nlives.play({start=!r}, {days=!r}, {policy=!r}, lives={list(lives)!r})")
        raise


def _play(start: date, days: int, lives: Sequence[Life]) -> None:
    _offers()
    charge_run.start_from(start + timedelta(days=1))
    accounts = [_sign(life, start) for life in lives]
    today = start
    for n in range(days):
        today = start + timedelta(days=n)
        if n:
            run(today)
        for life, account in zip(lives, accounts, strict=True):
            for wish in life.wishes:
                if wish.day % days == n:
                    _do(account, wish, today)
    told = [_foresee(account, today) for account in accounts]
    for n in range(1, forecast.DAYS_AHEAD + 1):
        run(today + timedelta(days=n))
    for one in told:
        _compare(one, today)
        _what_is_missing_is_enough(one, today)
    assert list(verify.problems()) == []


def run(on: date) -> None:
    """The engine's own steps and charges of a date, without what it writes of itself: plans, chunks, notices."""
    with db.atomic():
        for step in charge_run.STEPS:
            step(0, 2**63 - 1, on=on)
        charging.charge_chunk(0, 2**63 - 1, on=on)
        db.run('update billing_chargedthrough set "on" = %s', [on])


def _compare(told: Told, today: date) -> None:
    real_ids = dict(Change.objects.filter(account=told.account, result__isnull=False).values_list("id", "result_id"))

    def real(id: int) -> int | None:
        return id if id > 0 else real_ids.get(-id)

    charged: dict[date, list[tuple[int, int]]] = {}
    for one in Charge.objects.filter(account=told.account, charged_on__gt=today).order_by("charged_on", "id"):
        charged.setdefault(one.charged_on, []).append((one.subscription_id, one.amount_kop))
    foreseen = {
        step.on: sorted((real(id) or id, kop) for id, kop in step.lines) for step in told.forecast.steps if step.lines
    }
    assert {on: sorted(lines) for on, lines in charged.items()} == foreseen
    balance_kop = told.seen.balance_kop
    moved = _moved(told.account, today)
    for n in range(1, forecast.DAYS_AHEAD + 1):
        on = today + timedelta(days=n)
        balance_kop += moved.get(on, 0)
        assert (on, told.forecast.balance_on(on, told.seen.balance_kop)) == (on, balance_kop)
    held = [
        (real(one.id), one.state, one.paid_until, one.stopped_on, one.price_kop, real(one.parent_id or 0) or None)
        for one in told.forecast.held
    ]
    found = Subscription.objects.filter(account=told.account).exclude(state="ended").order_by("priority", "id")
    assert held == list(found.values_list("id", "state", "paid_until", "stopped_on", "price_kop", "parent_id"))


def _what_is_missing_is_enough(told: Told, today: date) -> None:
    """Had so much been on the balance, that date would have stopped nothing; a kopeck less, and it would."""
    stops_on, missing_kop = told.forecast.stops_on, told.forecast.missing_kop
    if stops_on is None:
        assert missing_kop == 0
        return
    assert missing_kop > 0
    for less_kop, stops in ((0, False), (1, True)):
        richer = told.seen._replace(balance_kop=told.seen.balance_kop + missing_kop - less_kop)
        assert (forecast.of(richer, today, told.planned).stops_on == stops_on) == stops, (missing_kop, less_kop)


def _moved(account: Account, after: date) -> dict[date, int]:
    sql = (
        'select "on", sum(case when credit_id = %(id)s then amount_kop else -amount_kop end)::bigint as kop'
        ' from ledger_transfer where %(id)s in (credit_id, debit_id) and "on" > %(after)s group by "on"'
    )
    return {row["on"]: row["kop"] for row in db.rows(sql, {"id": account.pk, "after": after})}


def _foresee(account: Account, today: date) -> Told:
    assert account.contract_id is not None
    seen = queries.overview(account.contract_id, today)
    assert seen is not None
    plans = planned.of(seen)
    return Told(account, seen, plans, forecast.of(seen, today, plans))


# --- what somebody does -----------------------------------------------------------------------------------------


def _sign(life: Life, on: date) -> Account:
    account = builder.account(credit_limit=money.plain(life.limit_kop), signed_on=on)
    line_id = builder.line_of(account).id
    with transaction.atomic():
        codes = [f"tariff-{life.tariff}", *(["tv"] if life.tv else [])]
        codes += [] if life.addon is None else [f"addon-{life.addon}"]
        for code in codes:
            try:
                with transaction.atomic():
                    subscriptions.subscribe(account_id=account.id, line_id=line_id, version_id=_version(code).id, on=on)
            except subscriptions.UnableToSubscribe:
                assert code.startswith("addon")
    _pay(account, life.paid_kop, on)
    return account


def _do(account: Account, wish: Wish, today: date) -> None:
    try:
        with _durable():
            _wish(account, wish, today)
    except _REFUSED:
        pass


def _wish(account: Account, wish: Wish, today: date) -> None:
    of, n = account.id, wish.n
    match wish.what:
        case "pay":
            _pay(account, n * 31_01, today)
        case "pay_missing":
            _pay(account, _woken(account, today), today)
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


def _pay(account: Account, kop: int, on: date) -> None:
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


_receipts = itertools.count(1)


def _evening(on: date) -> datetime:
    return datetime.combine(on, time(18), UTC)


# --- where it happens -------------------------------------------------------------------------------------------


def _offers() -> None:
    for n, (price, by) in enumerate(TARIFFS):
        _offer(f"tariff-{n}", price, by, "tariff", "internet")
    for n, (price, by) in enumerate(ADDONS):
        _offer(f"addon-{n}", price, by, "addon", "internet", ["tariff-1"] if n == _FOR_TARIFF else [])
    _offer("tv", "190,00", "month", "tariff", "tv")


def _offer(code: str, price: str, by: str, role: str, kind: str, requires: Sequence[str] = ()) -> None:
    made = Offer.objects.create(
        code=code,
        role=role,
        kind=kind,
        segments=["apartment"],
        name_ru=f"Услуга {code}",
        name_en=f"Offer {code}",
        requires=list(requires),
    )
    OfferVersion.objects.create(
        offer=made, number=1, valid_from=date(2020, 1, 1), price_kop=builder.kop(price), charging=by
    )


def _version(code: str) -> OfferVersion:
    return OfferVersion.objects.get(offer__code=code)


@contextmanager
def _rolled_back() -> Iterator[None]:
    with _durable():
        try:
            yield
        finally:
            transaction.set_rollback(True)


def _durable() -> transaction.Atomic:
    """As a test's own transaction: the flows' durable blocks nest in it."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]
    return block


@contextmanager
def _profile(policy: Policy) -> Iterator[None]:
    was = settings.PROFILE
    settings.PROFILE = was.model_copy(
        update={
            "billing_cycle": policy.billing_cycle,
            "proration_days": policy.proration_days,
            "addon_return": policy.addon_return,
            "tariff_change": was.tariff_change.model_copy(update={"mode": "instant", "max_per_month": 3}),
            "deferral": was.deferral.model_copy(
                update={"max_kop": 800_00, "days": 10, "every_days": 15, "fee_kop": policy.fee_kop}
            ),
            "pause": was.pause.model_copy(update={"min_days": 7, "max_days": 60, "fee_kop": policy.fee_kop}),
        }
    )
    try:
        yield
    finally:
        settings.PROFILE = was
