"""Future tariffs, suspended and waiting subscribers, add-ons beside a change, and requests that staff approve."""

import pytest
from django.db import transaction

from abonent.billing import changes, tariff_prices
from abonent.billing.models import Change, Subscription
from abonent.billing.tests import builder
from abonent.billing.tests.changing import AT, confirm, now_on, plan, quote, run_of, set_mode, sums
from abonent.catalog.models import Offer
from abonent.core import partitions
from abonent.ledger.models import Account

pytestmark = pytest.mark.django_db


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
