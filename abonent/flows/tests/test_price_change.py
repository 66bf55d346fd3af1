"""A tariff gets another price: told in time and once, charged to the kopeck from its day, or taken back."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.db import transaction

from abonent.billing import discounts, forecast, invariants, queries, tariff_prices
from abonent.billing.models import Charge, Repricing, Subscription
from abonent.billing.tests import builder
from abonent.billing.tests.builder import day
from abonent.catalog import offers
from abonent.catalog.models import Offer, OfferVersion
from abonent.core import clock, partitions
from abonent.core.models import AuditEntry
from abonent.flows import charge_run, price_change
from abonent.ledger.models import Account
from abonent.notifications.models import Notice

pytestmark = pytest.mark.django_db
TODAY = day("2026-11-20")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.frozen(clock.at_noon(TODAY)):
        yield


def wish(version: OfferVersion, price: str, from_on: str, *, moves_all: bool = True) -> price_change.Wish:
    terms = offers.terms_of(version)._replace(price_kop=builder.kop(price), down_mbps=100, up_mbps=100)
    return price_change.Wish(version.offer_id, terms, day(from_on), moves_all, after=version.number)


def announce(version: OfferVersion, price: str, from_on: str) -> OfferVersion:
    wanted = wish(version, price, from_on)
    seal = price_change.look(wanted, on=TODAY).seal
    made = price_change.agree(wanted, seal=seal, by="admin", why="costs", address=None)
    while price_change.tell_chunk(made.pk):
        pass
    return made


def runs(first: str, last: str) -> None:
    partitions.ensure(day(first), day(last))
    charge_run.start_from(day(first))
    for n in range((day(last) - day(first)).days + 1):
        charge_run.run(day(first) + timedelta(days=n))
        assert list(invariants.problems()) == []


def paid(price: str, on: str, *, charging: str = "month", money: str = "3000,00") -> tuple[Account, Subscription]:
    who = builder.account()
    internet = builder.active(who, price, on, charging=charging)
    builder.pay(who, money, on)
    return who, internet


def told(who: Account) -> int:
    assert who.contract_id is not None
    return who.contract_id


def charged(who: Account, first: str) -> list[tuple[str, int]]:
    found = Charge.objects.filter(account=who, period_start__gte=day(first)).order_by("period_start")
    return [(str(one.period_start), one.amount_kop) for one in found]


def forecasted(who: Account, on: str) -> list[tuple[str, int]]:
    assert who.contract_id is not None
    seen = queries.overview(who.contract_id, day(on))
    assert seen is not None
    steps = forecast.of(seen, day(on), days=60).steps
    return [(str(step.on), kop) for step in steps for _id, kop in step.lines]


def test_a_month_paid_keeps_its_price_and_a_day_changes_on_the_day() -> None:
    anna, internet = paid("550,00", "2026-11-01")
    vera, by_day = paid("620,00", "2026-11-20", charging="day")
    other = builder.account()
    builder.active(other, "555,00", "2026-11-01")
    new = announce(internet.version, "600,00", "2026-12-16")
    announce(by_day.version, "930,00", "2026-12-16")
    foreseen = forecasted(anna, "2026-11-20")
    runs("2026-11-21", "2027-01-01")
    # December was charged on the 1st, before the day; January is the first month after it.
    assert charged(anna, "2026-12-01") == [("2026-12-01", 550_00), ("2027-01-01", 600_00)] == foreseen
    days = dict(charged(vera, "2026-11-21"))
    # 620 × 15/31 − 620 × 14/31 = 300 − 280; 930 × 16/31 − 930 × 15/31 = 480 − 450
    assert (days["2026-12-15"], days["2026-12-16"], days["2026-12-31"]) == (20_00, 30_00, 30_00)
    assert sum(kop for one, kop in days.items() if one.startswith("2026-12")) == 300_00 + 480_00
    assert builder.state(internet).version_id == new.pk
    # Everybody has moved, and the version is told to nobody else.
    price_change.tick(day("2027-01-01"))
    assert Repricing.objects.exclude(moved_at=None).count() == 2
    assert not Notice.objects.filter(contract_id=told(other), kind="tariff_price").exists()


def test_who_changes_to_a_tariff_whose_price_is_announced_is_shown_his_next_charge_at_that_price() -> None:
    other, mine = paid("555,00", "2026-11-01")
    _, dearer = paid("550,00", "2026-11-01")
    Offer.objects.update(on_sale=True)
    announce(dearer.version, "600,00", "2026-12-01")
    code = dearer.version.offer.code
    for is_now in (True, False):  # told ten days before the 1st; or by the version in force on the 1st
        priced = tariff_prices.price(
            account_id=other.pk, subscription_id=mine.pk, code=code, is_now=is_now, on=TODAY
        )  # fmt: skip
        assert (priced.next_on, priced.next_kop) == (day("2026-12-01"), 600_00), is_now


def test_a_discount_a_debt_and_a_price_of_ones_own() -> None:
    boris, internet = paid("550,00", "2026-11-01", money="0,01")
    daria, discounted = paid("550,00", "2026-11-01")
    rich, own = paid("550,00", "2026-11-01")
    Subscription.objects.filter(pk=own.pk).update(price_kop=400_00)
    with transaction.atomic():
        discounts.give(
            discounted.pk,
            kind="percent",
            value=1000,
            from_on=day("2026-11-20"),
            to_on=None,
            reason="x",
            by="m",
            on=TODAY,
        )
    announce(internet.version, "650,00", "2026-12-05")
    runs("2026-11-21", "2027-01-01")
    assert charged(daria, "2026-12-01") == [("2026-12-01", 495_00), ("2027-01-01", 585_00)]
    assert charged(rich, "2026-12-01") == [("2026-12-01", 400_00), ("2027-01-01", 400_00)]
    assert (builder.state(internet).state, builder.state(internet).price_kop) == ("suspended", 650_00)
    builder.pay(boris, "650,00", "2027-01-01")
    assert charged(boris, "2026-12-01") == [("2027-01-01", 650_00)]


def test_who_comes_late_is_told_late_and_pays_the_old_price_as_long_as_the_others() -> None:
    anna, internet = paid("620,00", "2026-11-20", charging="day")
    announce(internet.version, "930,00", "2026-12-02")
    runs("2026-11-21", "2026-11-28")
    late, _ = paid("620,00", "2026-11-28", charging="day")
    assert not Notice.objects.filter(contract_id=told(late), kind="tariff_price").exists()
    for _twice in range(2):
        price_change.tick(day("2026-11-29"))
    assert Notice.objects.filter(contract_id=told(late), kind="tariff_price").count() == 1
    assert Notice.objects.filter(contract_id=told(anna), kind="tariff_price").count() == 1
    runs("2026-11-29", "2026-12-10")
    assert dict(charged(anna, "2026-12-01"))["2026-12-02"] == 30_00
    days = dict(charged(late, "2026-12-01"))
    # Eleven days after the 28th: the day it was told does not count.
    assert (days["2026-12-08"], days["2026-12-09"]) == (20_00, 30_00)


def test_it_is_agreed_to_as_it_was_looked_at_and_not_nearer_than_the_law_lets() -> None:
    _anna, internet = paid("550,00", "2026-11-01")
    with pytest.raises(price_change.TooNear) as near:
        price_change.look(wish(internet.version, "600,00", "2026-11-30"), on=TODAY)
    assert near.value.nearest == date(2026, 12, 1)
    # Nobody who has it is touched: from today on.
    price_change.look(wish(internet.version, "600,00", "2026-11-20", moves_all=False), on=TODAY)
    wanted = wish(internet.version, "600,00", "2026-12-01")
    seen = price_change.look(wanted, on=TODAY)
    assert (seen.touched.subscriptions, seen.touched.accounts, seen.touched.month_kop) == (1, 1, 50_00)
    assert "600,00" in seen.notices["en"].body
    assert "1 декабря" in seen.notices["ru"].subject
    paid("550,00", "2026-11-01")
    with pytest.raises(price_change.StalePreview) as stale:
        price_change.agree(wanted, seal=seen.seal, by="admin", why="costs", address=None)
    fresh = stale.value.fresh
    assert fresh.touched.month_kop == 100_00
    assert not Repricing.objects.exists()
    made = [
        price_change.agree(wanted, seal=seal, by="admin", why="costs", address=None).pk for seal in [fresh.seal] * 2
    ]
    assert made[0] == made[1]
    with pytest.raises(offers.VersionWaits):
        announce(internet.version.offer.versions.get(pk=made[0]), "700,00", "2026-12-05")
    [entry] = AuditEntry.objects.filter(action="catalog.announce_version")
    assert (entry.old["price_kop"], entry.new["price_kop"], entry.why) == (550_00, 600_00, "costs")


def test_a_version_taken_back_is_charged_to_nobody_and_told_again_to_who_was_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(price_change, "CHUNK", 1)
    anna, internet = paid("550,00", "2026-11-01")
    boris, _ = paid("550,00", "2026-11-01")
    made = announce(internet.version, "600,00", "2026-12-16")
    assert Notice.objects.filter(kind="tariff_price").count() == 2
    Notice.objects.filter(contract_id=told(anna)).update(state="sent", attempts=1)
    price_change.withdraw(made.pk, by="admin", why="a slip", address=None)
    for _twice in range(2):
        while price_change.tell_off_chunk(made.pk):
            pass
        price_change.tick(day("2026-11-21"))
    assert Notice.objects.filter(contract_id=told(anna), kind="tariff_price_off").count() == 1
    assert list(Notice.objects.filter(contract_id=told(boris)).values_list("kind", "state")) == [
        ("tariff_price", "canceled")
    ]
    with pytest.raises(offers.NotWaiting):
        price_change.withdraw(made.pk, by="admin", why="a slip", address=None)
    runs("2026-11-21", "2027-01-01")
    assert charged(anna, "2027-01-01") == [("2027-01-01", 550_00)]
