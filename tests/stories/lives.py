"""Lives of subscribers, and what the balance ahead said of them: the forecast against the real engine, day by day.

A life is values only, so a failing one prints itself as a line of Python that plays it again (see `play`).
Several lives share one database and one run a day; nothing of one concerns another.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from hypothesis import strategies as st

from abonent.billing import (
    charging,
    forecast,
    planned,
    queries,
    subscriptions,
)
from abonent.billing.models import Change, Charge, Subscription
from abonent.billing.tests import builder
from abonent.catalog.models import Offer, OfferVersion
from abonent.core import db, money
from abonent.flows import charge_run, verify
from abonent.ledger.models import Account
from tests.stories import wishes

FIRST, LAST = date(2027, 11, 1), date(2029, 7, 31)  # a leap day and month ends of every length
STARTS = (date(2027, 11, 30), date(2027, 12, 31), date(2028, 1, 29), date(2028, 6, 15), date(2028, 12, 1))
_FOR_TARIFF = 1  # the add-on that stands beside the second tariff only


class Policy(NamedTuple):
    """What of a profile the forecast depends on."""

    billing_cycle: str = "calendar"
    proration_days: str = "period"
    addon_return: str = "unused_days"
    fee_kop: int = 0  # of a deferral and of a pause
    automatic: bool = False  # deferrals given by the operator itself


class Life(NamedTuple):
    """What somebody signs, pays at once, and does until the forecast is looked at."""

    tariff: int
    tv: bool
    addon: int | None
    limit_kop: int
    paid_kop: int
    wishes: tuple[wishes.Wish, ...]


class Told(NamedTuple):
    """What the forecast said of one account."""

    account: Account
    seen: queries.Overview
    planned: forecast.Planned
    forecast: forecast.Forecast


some_wishes = st.builds(wishes.Wish, st.integers(0, 40), st.sampled_from(wishes.WORDS), st.integers(0, 40))
some_lives = st.builds(
    Life,
    tariff=st.integers(0, len(wishes.TARIFFS) - 1),
    tv=st.booleans(),
    addon=st.none() | st.integers(0, len(wishes.ADDONS) - 1),
    limit_kop=st.sampled_from([0, 0, 0, 500_00]),
    paid_kop=st.sampled_from([0, 310_00, 650_00, 840_00, 1500_00]),
    wishes=st.lists(some_wishes, max_size=10).map(lambda found: tuple(sorted(found))),
)
policies = st.builds(
    Policy,
    st.sampled_from(["calendar", "anniversary"]),
    st.sampled_from(["period", "calendar_month", "thirty"]),
    st.sampled_from(["unused_days", "none"]),
    st.sampled_from([0, 50_00]),
    st.booleans(),
)


def play(*, start: date, days: int, policy: Policy, lives: Sequence[Life]) -> None:
    """Live `days` days from `start`, foresee 90 more, live them too, and compare. All is rolled back.

    Whatever fails carries the story as a line of Python.
    """
    try:
        with _rolled_back(), profile(policy):
            _play(start, days, lives)
    except Exception as error:
        told = f"play({start=!r}, {days=!r}, {policy=!r}, lives={list(lives)!r})"
        error.add_note(f"To tell it again, with everything of tests.stories.lives and wishes:\n{told}")
        raise


def _play(start: date, days: int, lives: Sequence[Life]) -> None:
    make_offers()
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
                    wishes.do(account, wish, today)
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
    real = real_ids(told.account)
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


def real_ids(account: Account) -> Callable[[int], int | None]:
    """What a forecast calls −change is the subscription that the change made."""
    made = dict(Change.objects.filter(account=account, result__isnull=False).values_list("id", "result_id"))
    return lambda id: id if id > 0 else made.get(-id)


def _what_is_missing_is_enough(told: Told, today: date) -> None:
    """Had so much been on the balance, that date would have stopped nothing; a kopeck less, and it would."""
    stops_on, missing_kop = told.forecast.stops_on, told.forecast.missing_kop
    if stops_on is None:
        assert missing_kop == 0
        return
    assert missing_kop > 0
    # By itself the operator gives the poorer one credit on an earlier date, which ends on an earlier date.
    for less_kop, stops in ((0, False),) if told.planned.automatic else ((0, False), (1, True)):
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


# --- where it happens -------------------------------------------------------------------------------------------


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
    wishes.pay(account, life.paid_kop, on)
    return account


def make_offers() -> None:
    for n, (price, by) in enumerate(wishes.TARIFFS):
        _offer(f"tariff-{n}", price, by, "tariff", "internet")
    for n, (price, by) in enumerate(wishes.ADDONS):
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
    with wishes.durable():
        try:
            yield
        finally:
            transaction.set_rollback(True)


@contextmanager
def profile(policy: Policy) -> Iterator[None]:
    was = settings.PROFILE
    settings.PROFILE = was.model_copy(
        update={
            "billing_cycle": policy.billing_cycle,
            "proration_days": policy.proration_days,
            "addon_return": policy.addon_return,
            "tariff_change": was.tariff_change.model_copy(update={"mode": "instant", "max_per_month": 3}),
            "deferral": was.deferral.model_copy(
                update={
                    "max_kop": 800_00,
                    "days": 10,
                    "every_days": 15,
                    "fee_kop": policy.fee_kop,
                    "automatic": policy.automatic,
                }
            ),
            "pause": was.pause.model_copy(update={"min_days": 7, "max_days": 60, "fee_kop": policy.fee_kop}),
        }
    )
    try:
        yield
    finally:
        settings.PROFILE = was
