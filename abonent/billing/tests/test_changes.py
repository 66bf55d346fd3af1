"""Changes of tariff: the sums of a quote, its one use, plans, requests, and what they do to charges."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from abonent.billing import changes, charging, quotes, tariff_prices
from abonent.billing.models import Change, Quote, Subscription
from abonent.billing.tests import builder
from abonent.catalog.models import Offer, OfferVersion
from abonent.core import money, partitions
from abonent.ledger.models import Account

pytestmark = pytest.mark.django_db
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


# from, paid since, to (charging, price), on, what comes back, what the new part costs
CASES = [
    # 550 − 550 × 14 ÷ 30 = 550 − 256,67; 850 × 16 ÷ 30 = 453,333…
    ("month", "550,00", "2026-11-01", "month", "850,00", "2026-11-15", "-293.33", "453.33"),
    # down: 850 − 850 × 14 ÷ 30 = 850 − 396,67; 550 × 16 ÷ 30 = 293,333…
    ("month", "850,00", "2026-11-01", "month", "550,00", "2026-11-15", "-453.33", "293.33"),
    # the first day of the month: all comes back, a whole month is charged
    ("month", "550,00", "2026-11-01", "month", "850,00", "2026-11-01", "-550.00", "850.00"),
    # the last day: 550 − 550 × 29 ÷ 30 = 550 − 531,67; 850 × 1 ÷ 30 = 28,333…
    ("month", "550,00", "2026-11-01", "month", "850,00", "2026-11-30", "-18.33", "28.33"),
    # of a part: charged 650 × 21 ÷ 30 = 455, used 650 × 10 ÷ 30 = 216,67; 850 × 11 ÷ 30 = 311,666…
    ("month", "650,00", "2026-11-10", "month", "850,00", "2026-11-20", "-238.33", "311.67"),
    # the leap February: 290 − 290 × 14 ÷ 29 = 150; 580 × 15 ÷ 29 = 300
    ("month", "290,00", "2028-02-01", "month", "580,00", "2028-02-15", "-150.00", "300.00"),
    # the 29th of it: 290 − 290 × 28 ÷ 29 = 10; 580 × 1 ÷ 29 = 20
    ("month", "290,00", "2028-02-01", "month", "580,00", "2028-02-29", "-10.00", "20.00"),
    # to the day: 650 − 650 × 14 ÷ 31 = 650 − 293,55; 620 × 15 ÷ 31 − 620 × 14 ÷ 31 = 300 − 280
    ("month", "650,00", "2026-12-01", "day", "620,00", "2026-12-15", "-356.45", "20.00"),
    # to the month: today's 20,00 comes back (today belongs to the new tariff); 650 × 17 ÷ 31 = 356,4516
    ("day", "620,00", "2026-12-15", "month", "650,00", "2026-12-15", "-20.00", "356.45"),
    # day to day: 20,00 back; 930 × 15 ÷ 31 − 930 × 14 ÷ 31 = 450 − 420
    ("day", "620,00", "2026-12-15", "day", "930,00", "2026-12-15", "-20.00", "30.00"),
    # from a free one: nothing was charged, a return of 0; 310 × 17 ÷ 31 = 170
    ("month", "0", "2026-12-01", "month", "310,00", "2026-12-15", "0.00", "170.00"),
]


@pytest.mark.parametrize(("was", "was_price", "since", "to", "to_price", "on", "back", "cost"), CASES)
def test_the_current_tariff_changes_by_its_quote_to_the_kopeck(
    was: str, was_price: str, since: str, to: str, to_price: str, on: str, back: str, cost: str
) -> None:
    account = builder.account()
    old = builder.active(account, was_price, since, charging=was)
    builder.pay(account, "1000,00", on)
    new_version = builder.version(to_price, charging=to)
    quoted = quote(account, old, new_version, on)
    assert sums(quoted) == [("return", back), ("charge", cost)]
    total_kop = builder.kop(back.replace(".", ",")) + builder.kop(cost.replace(".", ","))
    assert quoted.total_kop == total_kop
    change = confirm(account, quoted, on)
    assert change.state == "done"
    assert builder.balance(account) == money.plain(1000_00 - total_kop)
    new = now_on(account)
    assert (new.version_id, new.state, str(new.started_on)) == (new_version.id, "active", on)
    assert builder.state(old).state == "ended"
    assert builder.in_order() == []


def test_there_and_back_on_one_day_costs_nothing() -> None:
    account = builder.account()
    first = builder.active(account, "550,00", "2026-11-01")
    builder.pay(account, "1000,00", "2026-11-15")
    for price in ("850,00", "550,00"):
        tariff = now_on(account)
        confirm(account, quote(account, tariff, builder.version(price), "2026-11-15"), "2026-11-15")
    # 256,67 is used of the first; of 453,33 all comes back; 550 × 16 ÷ 30 = 293,33: the same 550 together
    assert builder.balance(account) == "1000.00"
    assert now_on(account).version_id == first.version_id
    assert builder.in_order() == []


def test_a_quote_is_used_once() -> None:
    account = builder.account()
    quoted = quote(account, builder.active(account, "850,00", "2026-11-01"), builder.version("550,00"), "2026-11-15")
    confirm(account, quoted, "2026-11-15")
    with pytest.raises(quotes.QuoteUsed):
        confirm(account, quoted, "2026-11-15")
    assert Change.objects.filter(account=account).count() == 1
    assert builder.balance(account) == "160.00"  # 453,33 − 293,33


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (AT, AT + timedelta(minutes=30)),
        # 23:45 of Moscow: the day ends before the half-hour does
        (datetime(2026, 11, 14, 20, 45, tzinfo=UTC), datetime(2026, 11, 14, 21, 0, tzinfo=UTC)),
    ],
)
def test_a_quote_is_good_for_half_an_hour_and_not_beyond_the_day(at: datetime, until: datetime) -> None:
    assert quotes.good_until(at) == until


def test_a_quote_too_old_is_refused() -> None:
    account = builder.account()
    quoted = quote(account, builder.active(account, "850,00", "2026-11-01"), builder.version("550,00"), "2026-11-15")
    with pytest.raises(quotes.QuoteExpired):
        confirm(account, quoted, "2026-11-15", at=AT + timedelta(minutes=30))
    assert builder.balance(account) == "0.00"


def test_a_quote_of_yesterday_says_something_else_today() -> None:
    account = builder.account()
    quoted = quote(account, builder.active(account, "850,00", "2026-11-01"), builder.version("550,00"), "2026-11-15")
    with pytest.raises(quotes.QuoteChanged):
        confirm(account, quoted, "2026-11-16")
    assert now_on(account).price_kop == 850_00


def test_a_balance_that_grew_does_not_break_a_quote_and_a_small_one_names_what_is_missing() -> None:
    account = builder.account()
    quoted = quote(account, builder.active(account, "550,00", "2026-11-01"), builder.version("850,00"), "2026-11-15")
    with pytest.raises(tariff_prices.MoneyShort) as refused:
        confirm(account, quoted, "2026-11-15")
    assert refused.value.missing_kop == 160_00  # 453,33 − 293,33
    builder.pay(account, "160,00", "2026-11-15")
    assert confirm(account, quoted, "2026-11-15").state == "done"
    assert builder.balance(account) == "0.00"


def test_another_accounts_quote_is_unknown() -> None:
    account = builder.account()
    quoted = quote(account, builder.active(account, "850,00", "2026-11-01"), builder.version("550,00"), "2026-11-15")
    with pytest.raises(quotes.QuoteUnknown):
        confirm(builder.account(), quoted, "2026-11-15")
    stranger = builder.account()
    with pytest.raises(tariff_prices.NothingToChange):
        quote(stranger, now_on(account), builder.version("550,00"), "2026-11-15")


def test_a_tariff_withdrawn_between_quote_and_confirm_is_refused() -> None:
    account = builder.account()
    to = builder.version("550,00")
    quoted = quote(account, builder.active(account, "850,00", "2026-11-01"), to, "2026-11-15")
    Offer.objects.filter(id=to.offer_id).update(on_sale=False)
    with pytest.raises(tariff_prices.TariffWithdrawn):
        confirm(account, quoted, "2026-11-15")
    assert now_on(account).price_kop == 850_00


def test_a_new_price_between_quote_and_confirm_is_shown_before_it_is_taken() -> None:
    account = builder.account()
    to = builder.version("550,00")
    quoted = quote(account, builder.active(account, "850,00", "2026-11-01"), to, "2026-11-15")
    OfferVersion.objects.create(
        offer=to.offer, number=2, valid_from=builder.day("2026-11-15"), price_kop=560_00, charging="month"
    )
    with pytest.raises(quotes.QuoteChanged):
        confirm(account, quoted, "2026-11-15")
    assert builder.balance(account) == "0.00"


def test_a_tariff_of_another_segment_or_kind_is_none_to_change_to() -> None:
    account = builder.account()
    old = builder.active(account, "850,00", "2026-11-01")
    private = builder.version("777,00", code="only-private")
    Offer.objects.filter(id=private.offer_id).update(segments=["private"])
    for wrong in (private, builder.version("190,00", kind="tv"), builder.version("150,00", role="addon")):
        with pytest.raises(tariff_prices.TariffWithdrawn):
            quote(account, old, wrong, "2026-11-15")
    with pytest.raises(tariff_prices.SameTariff):
        quote(account, old, old.version, "2026-11-15")


def test_the_limit_of_the_month_names_the_day_when_it_is_possible_again(monkeypatch: pytest.MonkeyPatch) -> None:
    set_mode(monkeypatch, max_per_month=1)
    account = builder.account()
    confirm(
        account,
        quote(account, builder.active(account, "850,00", "2026-11-01"), builder.version("550,00"), "2026-11-15"),
        "2026-11-15",
    )
    with pytest.raises(tariff_prices.LimitReached) as refused:
        quote(account, now_on(account), builder.version("450,00"), "2026-11-20")
    assert str(refused.value.again_on) == "2026-12-01"
    assert quote(account, now_on(account), builder.version("450,00"), "2026-11-20", is_now=False).total_kop == 0


# --- the future tariff --------------------------------------------------------------------------------------
def run_of(account: Account, on: str) -> None:
    partitions.ensure(builder.day(on), builder.day(on))
    with transaction.atomic():
        changes.apply_due(account.id, account.id, on=builder.day(on))
        charging.charge_chunk(account.id, account.id, on=builder.day(on))


def plan(account: Account, price: str, on: str, *, charging: str = "month") -> Change:
    quoted = quote(account, now_on(account), builder.version(price, charging=charging), on, is_now=False)
    return confirm(account, quoted, on)


def test_a_future_tariff_is_free_and_begins_with_the_next_period() -> None:
    account = builder.account()
    old = builder.active(account, "550,00", "2026-11-01")
    builder.pay(account, "850,00", "2026-11-15")
    change = plan(account, "850,00", "2026-11-15")
    assert (change.state, str(change.effective_on), change.total_kop) == ("planned", "2026-12-01", 0)
    assert builder.balance(account) == "850.00"
    run_of(account, "2026-11-30")
    assert now_on(account).id == old.id
    run_of(account, "2026-12-01")
    assert builder.balance(account) == "0.00"
    assert builder.charged(account)[-1] == ("2026-12-01", "2027-01-01", "850.00")
    assert Change.objects.get(id=change.id).state == "done"
    assert builder.in_order() == []


def test_a_daily_subscribers_future_tariff_begins_with_the_month() -> None:
    account = builder.account()
    builder.active(account, "620,00", "2026-12-30", charging="day")
    builder.pay(account, "670,00", "2026-12-30")
    change = plan(account, "650,00", "2026-12-30")
    assert str(change.effective_on) == "2027-01-01"
    for on in ("2026-12-31", "2027-01-01"):
        run_of(account, on)
    assert builder.charged(account)[-2:] == [
        ("2026-12-31", "2027-01-01", "20.00"),
        ("2027-01-01", "2027-02-01", "650.00"),
    ]
    assert builder.balance(account) == "0.00"


def test_a_future_tariff_taken_back_never_happens() -> None:
    account = builder.account()
    old = builder.active(account, "550,00", "2026-11-01")
    builder.pay(account, "550,00", "2026-11-15")
    change = plan(account, "850,00", "2026-11-15")
    with transaction.atomic():
        changes.cancel(change.id, account_id=account.id)
    with pytest.raises(changes.NotOpen), transaction.atomic():
        changes.cancel(change.id, account_id=account.id)
    run_of(account, "2026-12-01")
    assert now_on(account).id == old.id
    assert builder.charged(account)[-1] == ("2026-12-01", "2027-01-01", "550.00")


def test_a_stranger_takes_nobodys_plan_back() -> None:
    account = builder.account()
    builder.active(account, "550,00", "2026-11-01")
    change = plan(account, "850,00", "2026-11-15")
    with pytest.raises(changes.NotOpen), transaction.atomic():
        changes.cancel(change.id, account_id=builder.account().id)
    assert Change.objects.get(id=change.id).state == "planned"


def test_another_future_tariff_takes_the_place_of_the_first() -> None:
    account = builder.account()
    builder.active(account, "550,00", "2026-11-01")
    first = plan(account, "850,00", "2026-11-15")
    second = plan(account, "650,00", "2026-11-16")
    assert Change.objects.get(id=first.id).state == "cancelled"
    assert Change.objects.get(id=second.id).state == "planned"


def test_current_and_future_stand_side_by_side() -> None:
    account = builder.account()
    builder.active(account, "850,00", "2026-11-01")
    builder.pay(account, "490,00", "2026-11-15")
    future = plan(account, "650,00", "2026-11-15")
    quoted = quote(account, now_on(account), builder.version("550,00"), "2026-11-15")
    confirm(account, quoted, "2026-11-15")  # 453,33 back, 293,33 charged: 650,00 is on the account
    assert Change.objects.get(id=future.id).state == "planned"
    run_of(account, "2026-12-01")
    assert builder.charged(account)[-1] == ("2026-12-01", "2027-01-01", "650.00")
    assert builder.balance(account) == "0.00"
    assert builder.in_order() == []


def test_a_future_tariff_that_the_money_does_not_cover_is_suspended_by_the_run() -> None:
    account = builder.account()
    builder.active(account, "550,00", "2026-11-01")
    builder.pay(account, "600,00", "2026-11-15")
    plan(account, "850,00", "2026-11-15")
    run_of(account, "2026-12-01")
    new = now_on(account)
    assert (new.state, str(new.stopped_on), new.price_kop) == ("suspended", "2026-12-01", 850_00)
    assert builder.pay(account, "250,00", "2026-12-01").charged_kop == 850_00
    assert builder.in_order() == []


# --- suspended and waiting ----------------------------------------------------------------------------------
def suspended(price: str) -> tuple[Account, Subscription]:
    """Since 1 December."""
    account = builder.account()
    made = builder.active(account, price, "2026-11-01")
    run_of(account, "2026-12-01")
    assert builder.state(made).state == "suspended"
    return account, made


def test_a_suspended_tariff_changes_at_once_without_a_return_and_costs_at_resume() -> None:
    account, old = suspended("850,00")
    quoted = quote(account, old, builder.version("310,00"), "2026-12-11")
    assert sums(quoted) == [("on_resume", "0.00")]
    assert quoted.lines[0]["cost_kop"] == 210_00  # 310 × 21 ÷ 31
    confirm(account, quoted, "2026-12-11")
    assert (now_on(account).state, builder.balance(account)) == ("suspended", "0.00")
    assert builder.pay(account, "210,00", "2026-12-11").charged_kop == 210_00
    assert now_on(account).state == "active"
    assert builder.in_order() == []


def test_a_suspended_subscriber_whose_money_covers_the_cheaper_tariff_is_on_at_once() -> None:
    account, old = suspended("850,00")
    builder.pay(account, "300,00", "2026-12-11")
    quoted = quote(account, old, builder.version("310,00"), "2026-12-11")
    assert sums(quoted) == [("charge", "210.00")]  # 310 × 21 ÷ 31
    confirm(account, quoted, "2026-12-11")
    assert (now_on(account).state, builder.balance(account)) == ("active", "90.00")
    assert builder.in_order() == []


def test_a_future_tariff_of_a_suspended_subscriber_stays_suspended_with_its_own_price() -> None:
    account, _old = suspended("850,00")
    plan(account, "310,00", "2026-12-11")
    run_of(account, "2027-01-01")
    assert (now_on(account).state, now_on(account).price_kop) == ("suspended", 310_00)
    assert builder.balance(account) == "0.00"


def test_a_waiting_subscriber_changes_his_mind_before_the_first_charge() -> None:
    account = builder.account(first_top_up="500,00")
    old = builder.subscribe(account, "850,00", "2026-11-15")
    quoted = quote(account, old, builder.version("310,00"), "2026-11-15")
    assert quoted.total_kop == 0
    confirm(account, quoted, "2026-11-15")
    assert now_on(account).state == "waiting"
    builder.pay(account, "500,00", "2026-11-16")
    assert builder.balance(account) == "345.00"  # 500 − 310 × 15 ÷ 30
    assert builder.in_order() == []


# --- add-ons ------------------------------------------------------------------------------------------------
def test_add_ons_go_on_beside_the_new_tariff_and_what_it_cannot_carry_is_named_and_comes_back() -> None:
    account = builder.account()
    old = builder.active(account, "190,00", "2026-11-01", kind="tv")
    kept = builder.active(account, "300,00", "2026-11-01", kind="tv", role="addon")
    film = builder.active(account, "249,00", "2026-11-01", kind="tv", role="addon")
    to = builder.version("390,00", kind="tv")
    Offer.objects.filter(id=film.version.offer_id).update(excludes=[to.offer.code])
    builder.pay(account, "500,00", "2026-11-15")
    quoted = quote(account, old, to, "2026-11-15")
    assert sums(quoted) == [
        ("return", "-101.33"),  # 190 − 190 × 14 ÷ 30 = 190 − 88,67
        ("addon_return", "-132.80"),  # 249 − 249 × 14 ÷ 30 = 249 − 116,20
        ("charge", "208.00"),  # 390 × 16 ÷ 30
    ]
    confirm(account, quoted, "2026-11-15")
    assert builder.balance(account) == "526.13"  # 500 + 101,33 + 132,80 − 208
    assert builder.state(film).state == "ended"
    assert (builder.state(kept).state, builder.state(kept).parent_id) == ("active", now_on(account, "tv").id)
    assert builder.in_order() == []


# --- by request ---------------------------------------------------------------------------------------------
def approve(change: Change, on: str) -> Change:
    with transaction.atomic():
        return changes.approve(change.id, by="manager", on=builder.day(on), at=AT)


def test_a_request_moves_no_money_until_the_staff_say_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    set_mode(monkeypatch, mode="on_approval")
    account = builder.account()
    old = builder.active(account, "550,00", "2026-11-01")
    builder.pay(account, "500,00", "2026-11-15")
    change = confirm(account, quote(account, old, builder.version("850,00"), "2026-11-15"), "2026-11-15")
    assert (change.state, change.total_kop, builder.balance(account)) == ("asked", 160_00, "500.00")
    with pytest.raises(tariff_prices.AskedAlready):
        quote(account, old, builder.version("650,00"), "2026-11-15")
    # two days later: 550 − 550 × 16 ÷ 30 = 256,67 back; 850 × 14 ÷ 30 = 396,67: 140,00, less than agreed to
    partitions.ensure(builder.day("2026-11-17"), builder.day("2026-11-17"))
    assert approve(change, "2026-11-17").state == "done"
    assert builder.balance(account) == "360.00"
    with pytest.raises(changes.NotOpen):
        approve(change, "2026-11-17")
    assert builder.in_order() == []


def test_a_higher_sum_must_be_agreed_to_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    set_mode(monkeypatch, mode="on_approval")
    account = builder.account()
    old = builder.active(account, "850,00", "2026-11-01")
    change = confirm(account, quote(account, old, builder.version("550,00"), "2026-11-15"), "2026-11-15")
    assert change.total_kop == -160_00
    # two days later: 850 − 850 × 16 ÷ 30 = 396,67 back; 550 × 14 ÷ 30 = 256,67: only 140,00 comes back
    change = approve(change, "2026-11-17")
    assert (change.state, change.total_kop, builder.balance(account)) == ("to_agree", -140_00, "0.00")
    assert confirm(account, quote(account, old, builder.version("550,00"), "2026-11-17"), "2026-11-17").id == change.id
    assert Change.objects.get(id=change.id).state == "done"
    assert builder.balance(account) == "140.00"
    assert builder.in_order() == []


def test_a_request_without_money_waits_and_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    set_mode(monkeypatch, mode="on_approval")
    account = builder.account()
    old = builder.active(account, "550,00", "2026-11-01")
    quoted = quote(account, old, builder.version("850,00"), "2026-11-15")
    with pytest.raises(tariff_prices.MoneyShort) as refused:
        confirm(account, quoted, "2026-11-15")
    assert refused.value.missing_kop == 160_00


def test_a_request_refused_tells_why_and_another_may_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    set_mode(monkeypatch, mode="on_approval")
    account = builder.account()
    old = builder.active(account, "850,00", "2026-11-01")
    change = confirm(account, quote(account, old, builder.version("550,00"), "2026-11-15"), "2026-11-15")
    with transaction.atomic():
        assert changes.refuse(change.id, by="manager", why="no port of that speed", at=AT).state == "refused"
    assert quote(account, old, builder.version("550,00"), "2026-11-15").total_kop == -160_00
