"""The fee of a change, what stands in its way, and how long a request waits; sums to the kopeck."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings
from django.db import transaction

from abonent.billing import changes, endings, obstacles, pauses, quotes, runs, tariff_prices
from abonent.billing.models import Change
from abonent.billing.tests import builder
from abonent.billing.tests.changing import AT, confirm, now_on, plan, quote, run_of, set_mode, sums
from abonent.catalog.models import Offer
from abonent.core import partitions
from abonent.ledger.models import Account, Transfer

pytestmark = pytest.mark.django_db


def paid(price: str = "850,00", on: str = "2026-11-01") -> Account:
    account = builder.account()
    builder.active(account, price, on)
    return account


# --- the fee ------------------------------------------------------------------------------------------------
def test_the_fee_stands_in_the_quote_and_is_taken_with_the_change(monkeypatch: pytest.MonkeyPatch) -> None:
    set_mode(monkeypatch, fee_kop=50_00)
    account = paid("550,00")
    builder.pay(account, "300,00", "2026-11-15")
    quoted = quote(account, now_on(account), builder.version("850,00"), "2026-11-15")
    # 550 − 550 × 14 ÷ 30 = 550 − 256,67 comes back; 850 × 16 ÷ 30 = 453,33
    assert sums(quoted) == [("fee", "50.00"), ("return", "-293.33"), ("charge", "453.33")]
    assert quoted.total_kop == 210_00
    change = confirm(account, quoted, "2026-11-15")
    assert builder.balance(account) == "90.00"
    taken = Transfer.objects.get(reason="fee")
    assert (taken.amount_kop, taken.credit.code) == (50_00, "revenue:internet")
    assert (change.fee_kop, change.fee_transfer_on, change.fee_transfer_id) == (50_00, taken.on, taken.pk)
    assert builder.in_order() == []


def test_the_future_tariff_is_free_of_the_fee(monkeypatch: pytest.MonkeyPatch) -> None:
    set_mode(monkeypatch, fee_kop=50_00)
    account = paid()
    builder.pay(account, "550,00", "2026-11-15")
    change = plan(account, "550,00", "2026-11-15")
    assert change.total_kop == 0
    run_of(account, "2026-12-01")
    assert Change.objects.get(id=change.id).state == "done"
    assert (builder.balance(account), Transfer.objects.filter(reason="fee").count()) == ("0.00", 0)


def test_without_money_for_the_fee_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    set_mode(monkeypatch, fee_kop=200_00)
    account = paid("850,00")
    quoted = quote(account, now_on(account), builder.version("550,00"), "2026-11-15")
    with pytest.raises(tariff_prices.MoneyShort) as refused:
        confirm(account, quoted, "2026-11-15")
    assert refused.value.missing_kop == 40_00  # 200,00 less the 160,00 that would come back
    assert (now_on(account).price_kop, builder.balance(account)) == (850_00, "0.00")


def test_who_is_suspended_pays_the_fee_first_and_what_is_left_resumes(monkeypatch: pytest.MonkeyPatch) -> None:
    set_mode(monkeypatch, fee_kop=50_00)
    account = paid("850,00")
    run_of(account, "2026-12-01")
    builder.pay(account, "259,99", "2026-12-11")
    # 310 × 21 ÷ 31 = 210,00, and 50,00: a kopeck short
    quoted = quote(account, now_on(account), builder.version("310,00"), "2026-12-11")
    assert sums(quoted) == [("fee", "50.00"), ("on_resume", "0.00")]
    builder.pay(account, "0,01", "2026-12-11")
    quoted = quote(account, now_on(account), builder.version("310,00"), "2026-12-11")
    assert sums(quoted) == [("fee", "50.00"), ("charge", "210.00")]
    confirm(account, quoted, "2026-12-11")
    assert (now_on(account).state, builder.balance(account)) == ("active", "0.00")
    assert builder.in_order() == []


def test_under_approval_the_fee_is_taken_with_the_approval(monkeypatch: pytest.MonkeyPatch) -> None:
    set_mode(monkeypatch, fee_kop=50_00, mode="on_approval")
    account = paid("550,00")
    builder.pay(account, "300,00", "2026-11-15")
    asked = confirm(account, quote(account, now_on(account), builder.version("850,00"), "2026-11-15"), "2026-11-15")
    assert (asked.state, asked.total_kop, builder.balance(account)) == ("asked", 210_00, "300.00")
    with transaction.atomic():
        done = changes.approve(asked.id, by="manager", on=builder.day("2026-11-15"), at=AT)
    assert (done.state, done.fee_kop, builder.balance(account)) == ("done", 50_00, "90.00")
    assert builder.in_order() == []


def test_a_fee_that_rose_before_the_approval_is_agreed_to_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    set_mode(monkeypatch, fee_kop=50_00, mode="on_approval")
    account = paid("550,00")
    builder.pay(account, "300,00", "2026-11-15")
    asked = confirm(account, quote(account, now_on(account), builder.version("850,00"), "2026-11-15"), "2026-11-15")
    set_mode(monkeypatch, fee_kop=60_00)
    with transaction.atomic():
        approved = changes.approve(asked.id, by="manager", on=builder.day("2026-11-15"), at=AT)
    assert (approved.state, approved.total_kop, builder.balance(account)) == ("to_agree", 220_00, "300.00")


# --- what stands in the way ---------------------------------------------------------------------------------
def test_not_while_paused_and_again_when_the_pause_is_over() -> None:
    account = paid()
    with transaction.atomic():
        pauses.plan(
            account.pk,
            starts_on=date(2026, 11, 10),
            ends_on=date(2026, 11, 20),
            on=date(2026, 11, 9),
            actor="test",
        )
        pauses.begin_due(account.pk, account.pk, on=date(2026, 11, 10))
    for is_now in (True, False):
        with pytest.raises(obstacles.Paused) as refused:
            quote(account, now_on(account), builder.version("550,00"), "2026-11-15", is_now=is_now)
        assert refused.value.ends_on == date(2026, 11, 20)
    with transaction.atomic():
        pauses.end_due(account.pk, account.pk, on=date(2026, 11, 20))
    # Paid through 10 December now: the 21 days left of 30 are 850 − 850 × 9 ÷ 30 = 595,00; 550 × 11 ÷ 30 = 201,67
    quoted = quote(account, now_on(account), builder.version("550,00"), "2026-11-20")
    assert sums(quoted) == [("return", "-595.00"), ("charge", "201.67")]


def test_a_pause_that_has_not_begun_stands_in_nobodys_way_and_takes_the_new_tariff() -> None:
    account = paid()
    with transaction.atomic():
        pauses.plan(
            account.pk,
            starts_on=date(2026, 11, 20),
            ends_on=date(2026, 11, 30),
            on=date(2026, 11, 9),
            actor="test",
        )
    confirm(account, quote(account, now_on(account), builder.version("550,00"), "2026-11-15"), "2026-11-15")
    with transaction.atomic():
        pauses.begin_due(account.pk, account.pk, on=date(2026, 11, 20))
    assert (now_on(account).price_kop, now_on(account).state) == (550_00, "paused")


def test_not_while_the_end_of_the_contract_is_planned() -> None:
    account = paid()
    with transaction.atomic():
        endings.plan(account.pk, ends_on=date(2026, 11, 25), on=date(2026, 11, 10), actor="test")
    for is_now in (True, False):
        with pytest.raises(obstacles.ContractEnds) as refused:
            quote(account, now_on(account), builder.version("550,00"), "2026-11-15", is_now=is_now)
        assert refused.value.ends_on == date(2026, 11, 25)
    with transaction.atomic():
        endings.cancel(account.pk)
    assert quote(account, now_on(account), builder.version("550,00"), "2026-11-15").total_kop == -160_00


def test_an_end_agreed_between_quote_and_confirm_refuses_it() -> None:
    account = paid()
    quoted = quote(account, now_on(account), builder.version("550,00"), "2026-11-15")
    with transaction.atomic():
        endings.plan(account.pk, ends_on=date(2026, 11, 25), on=date(2026, 11, 15), actor="test")
    with pytest.raises(obstacles.ContractEnds):
        confirm(account, quoted, "2026-11-15")
    assert (now_on(account).price_kop, builder.balance(account)) == (850_00, "0.00")


def test_not_on_the_day_on_which_a_planned_change_is_being_made() -> None:
    account = paid()
    builder.pay(account, "550,00", "2026-11-15")
    plan(account, "550,00", "2026-11-15")
    with pytest.raises(obstacles.DueToday):
        quote(account, now_on(account), builder.version("650,00"), "2026-12-01")
    run_of(account, "2026-12-01")
    # The run has made it: a second change of the day costs 650 − 550 for a whole month.
    quoted = quote(account, now_on(account), builder.version("650,00"), "2026-12-01")
    assert sums(quoted) == [("return", "-550.00"), ("charge", "650.00")]


def test_two_changes_of_one_day_are_two_and_each_is_charged_and_returned_once() -> None:
    account = paid()
    builder.pay(account, "1000,00", "2026-11-15")
    for price in ("550,00", "1200,00"):
        confirm(account, quote(account, now_on(account), builder.version(price), "2026-11-15"), "2026-11-15")
    # 850 × 14 ÷ 30 = 396,67 is used; of 293,33 nothing; 1200 × 16 ÷ 30 = 640,00
    assert builder.balance(account) == "813.33"  # 1000 + 453,33 − 640,00
    assert builder.in_order() == []


def test_not_before_the_contract_begins() -> None:
    account = builder.account(signed_on=date(2026, 11, 20))
    builder.subscribe(account, "850,00", "2026-11-20")
    with pytest.raises(obstacles.BeginsLater) as refused:
        quote(account, now_on(account), builder.version("550,00"), "2026-11-15")
    assert refused.value.starts_on == date(2026, 11, 20)


def test_a_clock_that_goes_back_changes_nothing_before_the_last_charged_date() -> None:
    account = paid()
    runs.start_from(date(2026, 11, 16))  # charged through the 15th
    quoted = quote(account, now_on(account), builder.version("550,00"), "2026-11-10")
    assert str(quoted.effective_on) == "2026-11-15"
    assert sums(quoted) == [("return", "-453.33"), ("charge", "293.33")]  # as on the 15th
    confirm(account, quoted, "2026-11-10")
    assert str(now_on(account).started_on) == "2026-11-15"
    assert builder.in_order() == []


def test_a_clock_that_goes_back_makes_no_quote_good_again_once_it_is_used() -> None:
    account = paid()
    quoted = quote(account, now_on(account), builder.version("550,00"), "2026-11-15")
    confirm(account, quoted, "2026-11-15", at=AT + timedelta(minutes=1))
    with pytest.raises(quotes.QuoteUsed):
        confirm(account, quoted, "2026-11-14", at=AT - timedelta(days=1))


def test_a_quote_of_the_evening_is_over_at_midnight() -> None:
    account = paid()
    partitions.ensure(date(2026, 11, 15), date(2026, 11, 16))
    made_at = datetime(2026, 11, 15, 20, 45, tzinfo=UTC)  # 23:45 of Moscow
    quoted = changes.quote(
        account_id=account.pk,
        subscription_id=now_on(account).pk,
        code=builder.version("550,00").offer.code,
        is_now=True,
        on=date(2026, 11, 15),
        at=made_at,
    )
    with pytest.raises(quotes.QuoteExpired):
        confirm(account, quoted, "2026-11-15", at=datetime(2026, 11, 15, 21, 0, tzinfo=UTC))
    confirm(account, quoted, "2026-11-15", at=datetime(2026, 11, 15, 20, 59, 59, tzinfo=UTC))
    assert builder.balance(account) == "160.00"  # 453,33 − 293,33


# --- a request and its time -----------------------------------------------------------------------------------
def asked(account: Account, price: str = "550,00", on: str = "2026-11-15", *, is_now: bool = True) -> Change:
    quoted = quote(account, now_on(account), builder.version(price), on, is_now=is_now)
    return confirm(account, quoted, on)


def expire(change: Change, on: str) -> Change:
    with transaction.atomic():
        return changes.expire(change.id, on=builder.day(on))


def test_a_request_that_nobody_answers_expires_by_its_date(monkeypatch: pytest.MonkeyPatch) -> None:
    set_mode(monkeypatch, mode="on_approval", request_days=14)
    account = paid()
    change = asked(account)
    assert str(change.waits_until) == "2026-11-29"
    assert changes.expired(date(2026, 11, 28)) == []
    with pytest.raises(changes.NotOpen):
        expire(change, "2026-11-28")
    assert changes.expired(date(2026, 11, 29)) == [change.id]
    assert (expire(change, "2026-11-29").state, change.total_kop) == ("expired", -160_00)
    with pytest.raises(changes.NotOpen), transaction.atomic():
        changes.approve(change.id, by="manager", on=date(2026, 11, 29), at=AT)
    assert (now_on(account).price_kop, builder.balance(account)) == (850_00, "0.00")
    assert asked(account, on="2026-11-29").state == "asked"


def test_a_request_for_a_withdrawn_tariff_expires_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    set_mode(monkeypatch, mode="on_approval")
    account = paid()
    change = asked(account)
    Offer.objects.filter(code=builder.version("550,00").offer.code).update(on_sale=False)
    with pytest.raises(tariff_prices.TariffWithdrawn), transaction.atomic():
        changes.approve(change.id, by="manager", on=date(2026, 11, 16), at=AT)
    assert changes.expired(date(2026, 11, 16)) == [change.id]
    assert expire(change, "2026-11-16").why == "withdrawn"


def test_what_waits_for_the_subscribers_yes_waits_as_long_again(monkeypatch: pytest.MonkeyPatch) -> None:
    set_mode(monkeypatch, mode="on_approval", request_days=14)
    account = paid()
    change = asked(account)
    with transaction.atomic():
        change = changes.approve(change.id, by="manager", on=date(2026, 11, 17), at=AT)
    assert (change.state, str(change.waits_until)) == ("to_agree", "2026-12-01")
    assert changes.expired(date(2026, 12, 1)) == [change.id]


def test_a_plan_never_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    account = paid()
    change = plan(account, "550,00", "2026-11-15")
    Offer.objects.filter(code=builder.version("550,00").offer.code).update(on_sale=False)
    assert changes.expired(date(2027, 11, 15)) == []
    with pytest.raises(changes.NotOpen):
        expire(change, "2027-11-15")


def test_another_wish_takes_the_place_of_what_waited_for_a_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    set_mode(monkeypatch, mode="on_approval")
    account = paid()
    first = asked(account)
    with transaction.atomic():
        changes.approve(first.id, by="manager", on=date(2026, 11, 17), at=AT)
    second = asked(account, "310,00", "2026-11-17")
    assert (second.state, Change.objects.get(id=first.id).state) == ("asked", "cancelled")


def test_a_future_tariff_approved_is_taken_back_before_another_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    set_mode(monkeypatch, mode="on_approval")
    account = paid()
    first = asked(account, is_now=False)
    with transaction.atomic():
        assert changes.approve(first.id, by="manager", on=date(2026, 11, 15), at=AT).state == "planned"
    with pytest.raises(obstacles.PlannedAlready):
        asked(account, "310,00", is_now=False)
    with transaction.atomic():
        changes.cancel(first.id, account_id=account.pk)
    assert asked(account, "310,00", is_now=False).state == "asked"


def test_the_profile_says_how_long_a_request_waits() -> None:
    assert settings.PROFILE.tariff_change.request_days == 14
