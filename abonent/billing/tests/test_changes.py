"""Changes of the current tariff: the sums of a quote to the kopeck, its one use, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from abonent.billing import quotes, tariff_prices
from abonent.billing.models import Change
from abonent.billing.tests import builder
from abonent.billing.tests.changing import AT, confirm, now_on, quote, set_mode, sums
from abonent.catalog.models import Offer, OfferVersion
from abonent.core import money

pytestmark = pytest.mark.django_db


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
