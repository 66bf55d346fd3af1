"""Discounts through the charge runs: from, to, one after another, late, moved with a tariff, ended."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from abonent.billing import discounts, invariants
from abonent.billing.models import Charge, Discount, Subscription
from abonent.billing.tests import builder, changing
from abonent.billing.tests.builder import day, kop
from abonent.core import partitions
from abonent.flows import charge_run
from abonent.ledger.models import Account

pytestmark = pytest.mark.django_db


def give(
    of: Subscription, kind: str, value: int, from_on: str, to_on: str | None = None, *, on: str = "2026-11-20"
) -> Discount:
    until = day(to_on) if to_on else None
    with transaction.atomic():
        return discounts.give(
            of.id, kind=kind, value=value, from_on=day(from_on), to_on=until, reason="promise", by="manager", on=day(on)
        )


def end(one: Discount, on: str) -> Discount:
    with transaction.atomic():
        return discounts.end(one.pk, by="manager", on=day(on))


def runs(first: str, last: str) -> None:
    partitions.ensure(day(first), day(last))
    charge_run.start_from(day(first))
    for n in range((day(last) - day(first)).days + 1):
        charge_run.run(day(first) + timedelta(days=n))
        assert list(invariants.problems()) == []


def anna_of(price: str, on: str, paid: str, *, charging: str = "month") -> tuple[Account, Subscription]:
    anna = builder.account()
    internet = builder.active(anna, price, on, charging=charging)
    builder.pay(anna, paid, on)
    return anna, internet


def test_ten_percent_of_december() -> None:
    anna, internet = anna_of("650,00", "2026-11-16", "2000,00")
    given = give(internet, "percent", 1000, "2026-12-01", "2027-01-01")
    assert (given.state, builder.state(internet).discount_kop) == ("planned", 0)
    runs("2026-11-30", "2026-12-01")
    assert builder.charged(anna)[-1] == ("2026-12-01", "2027-01-01", "585.00")  # 650 − 65
    charge = Charge.objects.get(account=anna, period_start=day("2026-12-01"))
    assert (charge.price_kop, charge.discount_kop) == (650_00, 65_00)
    runs("2026-12-02", "2027-01-01")
    assert builder.charged(anna)[-1] == ("2027-01-01", "2027-02-01", "650.00")
    given.refresh_from_db()
    assert (given.state, builder.state(internet).discount_kop) == ("over", 0)


def test_days_have_each_the_discount_of_their_date_and_one_follows_another() -> None:
    vera, internet = anna_of("620,00", "2026-11-30", "200,00", charging="day")
    give(internet, "percent", 1000, "2026-12-02", "2026-12-03")
    give(internet, "fixed", 310_00, "2026-12-03", "2026-12-04")
    runs("2026-12-01", "2026-12-04")
    assert [amount for _, _, amount in builder.charged(vera)[1:]] == [
        "20.00",  # 620 ÷ 31
        "18.00",  # 558 ÷ 31
        "10.00",  # 310 ÷ 31
        "20.00",
    ]


def test_a_late_run_gives_each_date_its_own_discount() -> None:
    vera, internet = anna_of("620,00", "2026-11-30", "200,00", charging="day")
    give(internet, "percent", 5000, "2026-12-02", "2026-12-04")
    partitions.ensure(day("2026-12-01"), day("2026-12-31"))
    charge_run.start_from(day("2026-12-01"))
    charge_run.catch_up(day("2026-12-10"))
    amounts = [amount for _, _, amount in builder.charged(vera)[1:]]
    assert amounts[:4] == ["20.00", "10.00", "10.00", "20.00"]
    assert list(invariants.problems()) == []


def test_a_payment_before_the_run_of_its_date_counts_the_discount_that_begins_then() -> None:
    anna = builder.account()
    internet = builder.subscribe(anna, "600,00", "2026-11-16")
    give(internet, "percent", 5000, "2026-11-16", on="2026-11-16")
    builder.pay(anna, "150,00", "2026-11-16")  # 600 − 300, 15 of 30
    assert builder.charged(anna) == [("2026-11-16", "2026-12-01", "150.00")]
    assert builder.state(internet).discount_kop == 0  # begins with the run
    runs("2026-11-16", "2026-11-17")
    assert builder.state(internet).discount_kop == 300_00


def test_a_discount_of_everything_is_a_charge_of_nothing_that_moves_the_days() -> None:
    anna, internet = anna_of("600,00", "2026-11-16", "0,01")
    give(internet, "percent", 10000, "2026-12-01")
    runs("2026-12-01", "2026-12-01")
    assert builder.charged(anna)[-1] == ("2026-12-01", "2027-01-01", "0.00")
    assert builder.balance(anna) == "0.01"


def test_a_fixed_sum_is_no_more_than_the_price() -> None:
    anna, internet = anna_of("600,00", "2026-11-16", "0,01")
    give(internet, "fixed", 700_00, "2026-12-01")
    runs("2026-12-01", "2026-12-01")
    assert builder.charged(anna)[-1] == ("2026-12-01", "2027-01-01", "0.00")


def test_two_discounts_on_one_date_are_refused_by_the_database_too() -> None:
    _anna, internet = anna_of("600,00", "2026-11-16", "0,01")
    first = give(internet, "percent", 1000, "2026-12-01", "2027-01-01")
    with pytest.raises(discounts.Overlaps):
        give(internet, "fixed", 1, "2026-12-31")
    give(internet, "fixed", 1, "2027-01-01")
    with pytest.raises(IntegrityError, match="billing_discount_once_a_date"), transaction.atomic():
        Discount.objects.filter(id=first.pk).update(to_on=None)


@pytest.mark.parametrize(
    ("kind", "value", "from_on", "to_on", "why"),
    [
        ("percent", 0, "2026-12-01", None, "more than 0"),
        ("percent", 10001, "2026-12-01", None, "100 at most"),
        ("fixed", -1, "2026-12-01", None, "more than 0"),
        ("percent", 1000, "2026-12-01", "2026-12-01", "before it begins"),
        ("percent", 1000, "2026-11-19", None, "is over"),
    ],
)
def test_bad_discounts_are_refused(kind: str, value: int, from_on: str, to_on: str | None, why: str) -> None:
    _anna, internet = anna_of("600,00", "2026-11-16", "0,01")
    with pytest.raises(discounts.UnableToDiscount, match=why):
        give(internet, kind, value, from_on, to_on)
    assert Discount.objects.count() == 0


def test_an_ended_discount_counts_no_more_from_the_next_date_and_a_planned_one_never() -> None:
    vera, internet = anna_of("620,00", "2026-11-30", "200,00", charging="day")
    running = give(internet, "percent", 5000, "2026-12-01", "2026-12-05")
    planned = give(internet, "percent", 5000, "2026-12-05")
    runs("2026-12-01", "2026-12-01")
    assert str(end(running, "2026-12-01").to_on) == "2026-12-02"  # today is charged
    assert end(planned, "2026-12-01").state == "void"
    for one in (running, planned):
        with pytest.raises(discounts.UnableToDiscount):
            end(one, "2026-12-01")
    runs("2026-12-02", "2026-12-05")
    assert [amount for _, _, amount in builder.charged(vera)[1:]] == ["10.00", "20.00", "20.00", "20.00", "20.00"]


@pytest.mark.parametrize(
    ("kind", "value", "old_back", "new_part"),
    [
        # charged 600 − 60 = 540, used 10 of 30: 180; 900 − 90 = 810, 20 of 30
        ("percent", 1000, "-360.00", "540.00"),
        # charged 600 − 150 = 450, used 150; 900 − 150 = 750, 20 of 30
        ("fixed", 150_00, "-300.00", "500.00"),
    ],
)
def test_a_discount_moves_with_a_change_of_tariff(kind: str, value: int, old_back: str, new_part: str) -> None:
    anna, internet = anna_of("600,00", "2026-10-31", "2000,00")
    given = give(internet, kind, value, "2026-11-01", on="2026-10-31")
    runs("2026-11-01", "2026-11-11")
    quoted = changing.quote(anna, internet, builder.version("900,00"), "2026-11-11")
    assert changing.sums(quoted) == [("return", old_back), ("charge", new_part)]
    changing.confirm(anna, quoted, "2026-11-11")
    new = changing.now_on(anna)
    follower = Discount.objects.get(subscription=new)
    given.refresh_from_db()
    assert (given.state, str(given.to_on), follower.follows_id) == ("over", "2026-11-11", given.pk)
    assert new.discount_kop == (90_00 if kind == "percent" else value)
    assert list(invariants.problems()) == []
    runs("2026-11-12", "2026-12-01")
    assert builder.charged(anna)[-1][2] == ("810.00" if kind == "percent" else "750.00")


def test_a_discount_planned_for_a_tariff_that_is_changed_waits_with_the_new_one() -> None:
    anna, internet = anna_of("600,00", "2026-11-01", "2000,00")
    given = give(internet, "percent", 1000, "2026-12-01", on="2026-11-05")
    changing.confirm(anna, changing.quote(anna, internet, builder.version("900,00"), "2026-11-11"), "2026-11-11")
    given.refresh_from_db()
    assert given.state == "void"
    runs("2026-11-12", "2026-12-01")
    assert builder.charged(anna)[-1][2] == "810.00"


def test_a_discount_of_an_ended_service_is_void_on_its_date() -> None:
    _anna, internet = anna_of("600,00", "2026-11-16", "0,01")
    given = give(internet, "percent", 1000, "2026-12-05")
    Subscription.objects.filter(id=internet.id).update(state="ended", ended_on=day("2026-12-02"))
    runs("2026-12-04", "2026-12-05")
    given.refresh_from_db()
    assert given.state == "void"
    with pytest.raises(discounts.UnableToDiscount, match="has ended"):
        give(internet, "percent", 1000, "2026-12-06", on="2026-12-05")


def test_the_return_of_a_discounted_charge_is_what_was_charged_less_what_was_used() -> None:
    anna, internet = anna_of("619,99", "2026-10-31", "2000,00")
    give(internet, "percent", 3333, "2026-11-01", on="2026-10-31")
    runs("2026-11-01", "2026-11-11")
    # 61999 × 33.33 % = 20664.27, so 41335; used 10 of 30: 13778.33
    assert changing.sums(changing.quote(anna, internet, builder.version("900,00"), "2026-11-11"))[0] == (
        "return",
        "-275.57",
    )
    assert kop("413,35") - kop("137,78") == kop("275,57")


def test_a_discount_is_never_deleted() -> None:
    _anna, internet = anna_of("600,00", "2026-11-16", "0,01")
    give(internet, "percent", 1000, "2026-12-05")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Discount.objects.all()._raw_delete("default")
    assert Discount.objects.get().from_on == date(2026, 12, 5)
