"""Add-ons connected and disconnected, now and later, to the kopeck; what needs what and excludes what."""

from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from abonent.billing import addons, charging, endings, obstacles, pauses, quotes, tariff_prices
from abonent.billing.models import Change, Quote, Subscription
from abonent.billing.tests import builder
from abonent.billing.tests.changing import AT, sums
from abonent.catalog.models import Offer, OfferVersion
from abonent.core import partitions
from abonent.ledger.models import Account

pytestmark = pytest.mark.django_db


def quote(account: Account, what: str, beside: Subscription, on: str, *, code: str = "", is_now: bool = True) -> Quote:
    partitions.ensure(builder.day(on), builder.day(on))
    return addons.quote(
        account_id=account.id,
        what=what,
        subscription_id=beside.id,
        code=code,
        is_now=is_now,
        on=builder.day(on),
        at=AT,
    )


def confirm(account: Account, quoted: Quote, on: str) -> Change:
    with transaction.atomic():
        return addons.confirm(
            account_id=account.id, token=quoted.token, what=quoted.what, on=builder.day(on), at=AT, actor="test"
        )


def run_of(account: Account, on: str) -> None:
    partitions.ensure(builder.day(on), builder.day(on))
    with transaction.atomic():
        addons.apply_due(account.id, account.id, on=builder.day(on))
        charging.charge_chunk(account.id, account.id, on=builder.day(on))


def offer(price: str, *, by: str = "month", requires: tuple[str, ...] = ("internet",), **more: Any) -> OfferVersion:
    version = builder.version(price, charging=by, role="addon")
    Offer.objects.filter(id=version.offer_id).update(requires=list(requires), **more)
    return OfferVersion.objects.select_related("offer").get(id=version.id)


def set_return(monkeypatch: pytest.MonkeyPatch, policy: str) -> None:
    monkeypatch.setattr(settings, "PROFILE", settings.PROFILE.model_copy(update={"addon_return": policy}))


@pytest.mark.parametrize(
    ("price", "by", "on", "cost"),
    [
        ("150,00", "month", "2026-11-16", "75.00"),  # 150 × 15 ÷ 30
        ("150,00", "month", "2026-11-01", "150.00"),  # a whole month
        ("100,00", "month", "2026-11-30", "3.33"),  # 100 × 1 ÷ 30 = 3,333…
        ("93,00", "day", "2026-11-16", "3.10"),  # 93 × 16 ÷ 30 − 93 × 15 ÷ 30 = 49,60 − 46,50
    ],
)
def test_connecting_now_costs_a_part(price: str, by: str, on: str, cost: str) -> None:
    account = builder.account()
    tariff = builder.active(account, "550,00", "2026-11-01")
    builder.pay(account, cost.replace(".", ","), on)
    quoted = quote(account, addons.ON, tariff, on, code=offer(price, by=by).offer.code)
    assert sums(quoted) == [("charge", cost)]
    made = confirm(account, quoted, on).result
    assert made is not None
    assert (builder.state(made).state, builder.state(made).parent_id) == ("active", tariff.id)
    assert builder.balance(account) == "0.00"
    assert builder.in_order() == []


def test_connecting_from_the_next_period_is_free_until_then_and_charged_by_the_run() -> None:
    account = builder.account()
    tariff = builder.active(account, "550,00", "2026-11-01")
    builder.pay(account, "700,00", "2026-11-16")
    quoted = quote(account, addons.ON, tariff, "2026-11-16", code=offer("150,00").offer.code, is_now=False)
    change = confirm(account, quoted, "2026-11-16")
    assert (change.state, str(change.effective_on), builder.balance(account)) == ("planned", "2026-12-01", "700.00")
    run_of(account, "2026-12-01")
    assert builder.balance(account) == "0.00"  # 700 − 550 − 150
    assert builder.charged(account)[-1] == ("2026-12-01", "2027-01-01", "150.00")
    assert builder.in_order() == []


@pytest.mark.parametrize(("policy", "back"), [("unused_days", "75.00"), ("none", "0.00")])  # 150 − 150 × 15 ÷ 30
def test_disconnecting_now_gives_back_what_the_profile_says(
    monkeypatch: pytest.MonkeyPatch, policy: str, back: str
) -> None:
    set_return(monkeypatch, policy)
    account = builder.account()
    builder.active(account, "550,00", "2026-11-01")
    addon = builder.active(account, "150,00", "2026-11-01", role="addon")
    confirm(account, quote(account, addons.OFF, addon, "2026-11-16"), "2026-11-16")
    assert (builder.state(addon).state, builder.balance(account)) == ("ended", back)
    assert builder.in_order() == []


def test_disconnecting_at_the_periods_end_gives_nothing_back_and_charges_no_more() -> None:
    account = builder.account()
    builder.active(account, "550,00", "2026-11-01")
    addon = builder.active(account, "150,00", "2026-11-01", role="addon")
    builder.pay(account, "700,00", "2026-11-16")
    change = confirm(account, quote(account, addons.OFF, addon, "2026-11-16", is_now=False), "2026-11-16")
    assert (change.state, str(change.effective_on)) == ("planned", "2026-12-01")
    assert builder.state(addon).state == "active"
    run_of(account, "2026-12-01")
    assert builder.state(addon).state == "ended"
    assert builder.balance(account) == "150.00"  # 700 − 550
    assert builder.in_order() == []


def test_what_needs_and_excludes_what() -> None:
    account = builder.account()
    tariff = builder.active(account, "550,00", "2026-11-01")
    builder.pay(account, "1000,00", "2026-11-16")
    wrong = [offer("151,00", requires=("other",)), offer("152,00", excludes=[tariff.version.offer.code])]
    for version in wrong:
        with pytest.raises(addons.CannotStand):
            quote(account, addons.ON, tariff, "2026-11-16", code=version.offer.code)
    good = offer("150,00")
    assert [one.id for one in addons.offered(tariff, builder.day("2026-11-16"))] == [good.id]
    quoted = quote(account, addons.ON, tariff, "2026-11-16", code=good.offer.code)
    again = quote(account, addons.ON, tariff, "2026-11-16", code=good.offer.code)
    confirm(account, quoted, "2026-11-16")
    with pytest.raises(quotes.QuoteUsed):
        confirm(account, quoted, "2026-11-16")
    with pytest.raises(addons.CannotStand):  # from another window
        confirm(account, again, "2026-11-16")
    assert builder.balance(account) == "925.00"


def test_money_short_and_strangers_change_nothing() -> None:
    account = builder.account()
    tariff = builder.active(account, "550,00", "2026-11-01")
    quoted = quote(account, addons.ON, tariff, "2026-11-16", code=offer("150,00").offer.code)
    with pytest.raises(tariff_prices.MoneyShort) as refused:
        confirm(account, quoted, "2026-11-16")
    assert refused.value.missing_kop == 75_00
    with pytest.raises(quotes.QuoteUnknown):
        confirm(builder.account(), quoted, "2026-11-16")
    with pytest.raises(tariff_prices.NothingToChange):
        quote(builder.account(), addons.ON, tariff, "2026-11-16", code=offer("150,00").offer.code)
    assert Subscription.objects.filter(role="addon").count() == 0


@pytest.mark.parametrize(
    ("price", "by", "is_now", "next_on", "next_kop"),
    [
        ("150,00", "month", True, "2026-12-01", 700_00),  # 550 + 150
        ("150,00", "month", False, "2026-12-01", 700_00),
        # 93 × 17 ÷ 30 − 93 × 16 ÷ 30 = 52,70 − 49,60 tomorrow
        ("93,00", "day", True, "2026-11-17", 3_10),
        ("4,00", "per_day", True, "2026-11-17", 4_00),
        ("500,00", "once", True, "2026-12-01", 550_00),
    ],
)
def test_the_quote_names_the_next_charge_after_it(
    price: str, by: str, is_now: bool, next_on: str, next_kop: int
) -> None:
    account = builder.account()
    tariff = builder.active(account, "550,00", "2026-11-01")
    code = offer(price, by=by).offer.code
    priced = addons.price_on(
        account_id=account.pk, subscription_id=tariff.pk, code=code, is_now=is_now, on=builder.day("2026-11-16")
    )
    assert (str(priced.next_on), priced.next_kop) == (next_on, next_kop)


@pytest.mark.parametrize("is_now", [True, False])
def test_the_quote_of_an_end_names_the_next_charge_without_it(is_now: bool) -> None:
    account = builder.account()
    builder.active(account, "550,00", "2026-11-01")
    addon = builder.active(account, "150,00", "2026-11-01", role="addon")
    priced = addons.price_off(
        account_id=account.pk, subscription_id=addon.pk, is_now=is_now, on=builder.day("2026-11-16")
    )
    assert (str(priced.next_on), priced.next_kop) == ("2026-12-01", 550_00)


def test_what_is_charged_once_costs_its_price_ends_at_once_and_never_comes_back() -> None:
    account = builder.account()
    tariff = builder.active(account, "550,00", "2026-11-01")
    builder.pay(account, "1000,00", "2026-11-16")
    setup = offer("500,00", by="once")
    quoted = quote(account, addons.ON, tariff, "2026-11-16", code=setup.offer.code)
    assert sums(quoted) == [("charge", "500.00")]
    made = confirm(account, quoted, "2026-11-16").result
    assert made is not None
    assert (builder.state(made).state, str(builder.state(made).ended_on)) == ("ended", "2026-11-16")
    with pytest.raises(tariff_prices.NothingToChange):
        quote(account, addons.OFF, made, "2026-11-16")
    with pytest.raises(addons.OnlyNow):
        quote(account, addons.ON, tariff, "2026-11-16", code=setup.offer.code, is_now=False)
    again = quote(account, addons.ON, tariff, "2026-11-16", code=setup.offer.code)  # a second visit is a second one
    confirm(account, again, "2026-11-16")
    assert builder.balance(account) == "0.00"
    assert builder.in_order() == []


def test_a_plain_day_is_charged_whole_from_the_day_it_is_connected() -> None:
    account = builder.account()
    tariff = builder.active(account, "550,00", "2026-11-01")
    builder.pay(account, "8,00", "2026-11-16")
    confirm(account, quote(account, addons.ON, tariff, "2026-11-16", code=offer("4,00", by="per_day").offer.code),
            "2026-11-16")  # fmt: skip
    run_of(account, "2026-11-17")
    assert builder.charged(account)[-2:] == [
        ("2026-11-16", "2026-11-17", "4.00"),
        ("2026-11-17", "2026-11-18", "4.00"),
    ]
    assert builder.balance(account) == "0.00"


def test_a_withdrawn_service_is_refused_between_quote_and_confirm() -> None:
    account = builder.account()
    tariff = builder.active(account, "550,00", "2026-11-01")
    builder.pay(account, "150,00", "2026-11-16")
    version = offer("150,00")
    quoted = quote(account, addons.ON, tariff, "2026-11-16", code=version.offer.code)
    Offer.objects.filter(id=version.offer_id).update(on_sale=False)
    with pytest.raises(tariff_prices.TariffWithdrawn):
        confirm(account, quoted, "2026-11-16")
    assert (builder.balance(account), Subscription.objects.filter(role="addon").count()) == ("150.00", 0)


def test_beside_a_suspended_tariff_it_is_connected_from_the_next_period_only() -> None:
    account = builder.account()
    tariff = builder.active(account, "550,00", "2026-11-01")
    run_of(account, "2026-12-01")
    assert builder.state(tariff).state == "suspended"
    code = offer("150,00").offer.code
    with pytest.raises(addons.TariffAsleep):
        quote(account, addons.ON, tariff, "2026-12-05", code=code)
    assert str(quote(account, addons.ON, tariff, "2026-12-05", code=code, is_now=False).effective_on) == "2027-01-01"


def test_a_pause_and_an_end_stand_in_its_way_and_not_in_that_of_leaving() -> None:
    account = builder.account()
    tariff = builder.active(account, "550,00", "2026-11-01")
    addon = builder.active(account, "150,00", "2026-11-01", role="addon")
    with transaction.atomic():
        endings.plan(account.pk, ends_on=builder.day("2026-11-25"), on=builder.day("2026-11-10"), actor="test")
    code = offer("100,00").offer.code
    for is_now in (True, False):
        with pytest.raises(obstacles.ContractEnds):
            quote(account, addons.ON, tariff, "2026-11-16", code=code, is_now=is_now)
    assert quote(account, addons.OFF, addon, "2026-11-16").total_kop == -75_00
    with transaction.atomic():
        endings.cancel(account.pk)
        pauses.plan(
            account.pk,
            starts_on=builder.day("2026-11-12"),
            ends_on=builder.day("2026-11-20"),
            on=builder.day("2026-11-11"),
            actor="test",
        )
        pauses.begin_due(account.pk, account.pk, on=builder.day("2026-11-12"))
    with pytest.raises(obstacles.Paused):
        quote(account, addons.ON, tariff, "2026-11-16", code=code)


def test_what_does_not_fit_says_what_it_would_take() -> None:
    account = builder.account()
    tariff = builder.active(account, "550,00", "2026-11-01")
    sport = builder.version("299,00", role="addon", kind="tv")
    excluded = offer("152,00", excludes=[tariff.version.offer.code])
    needing = offer("151,00", requires=(excluded.offer.code, "tv"))
    good = offer("150,00")
    told = {one.version.id: one for one in addons.unfit([tariff], builder.day("2026-11-16"))}
    assert good.id not in told
    assert told[sport.id].needs_kinds == ["tv"]
    assert [one.code for one in told[excluded.id].excluded_by] == [tariff.version.offer.code]
    assert (told[needing.id].needs_kinds, [one.code for one in told[needing.id].needs]) == (
        ["tv"],
        [excluded.offer.code],
    )
