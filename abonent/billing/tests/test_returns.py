"""What comes back of paid days: charged − used, to the kopeck, once, and `verify` knows it."""

import pytest
from django.db import IntegrityError, transaction

from abonent.billing import returns
from abonent.billing.models import Return, Subscription
from abonent.billing.tests import builder
from abonent.core import money

# paid from, returned on, price, used and returned; the sum stands in the comment
CASES = [
    ("2026-11-01", "2026-11-01", "550,00", "0.00", "550.00"),  # nothing used
    ("2026-11-01", "2026-11-15", "550,00", "256.67", "293.33"),  # 550 × 14 ÷ 30 = 256,666…
    ("2026-11-01", "2026-11-30", "550,00", "531.67", "18.33"),  # 550 × 29 ÷ 30 = 531,666…; 30 November comes back
    ("2026-11-10", "2026-11-20", "550,00", "183.33", "201.67"),  # charged 550 × 21 ÷ 30 = 385; used × 10 ÷ 30
    ("2026-12-01", "2026-12-02", "650,00", "20.97", "629.03"),  # 650 × 1 ÷ 31 = 20,967…
    ("2026-12-31", "2026-12-31", "650,00", "0.00", "20.97"),  # the last day alone: 650 × 1 ÷ 31
    ("2027-02-01", "2027-02-15", "650,00", "325.00", "325.00"),  # 650 × 14 ÷ 28
    ("2028-02-01", "2028-02-29", "290,00", "280.00", "10.00"),  # 290 × 28 ÷ 29
    ("2027-01-01", "2027-01-16", "0,01", "0.00", "0.01"),  # 0,01 × 15 ÷ 31 = 0,0048
    ("2027-01-01", "2027-01-17", "0,01", "0.01", "0.00"),  # 0,01 × 16 ÷ 31 = 0,0051: a return of 0
    ("2026-11-01", "2026-11-15", "0", "0.00", "0.00"),  # a free tariff
]


def give_back(subscription: Subscription, on: str) -> int:
    with transaction.atomic():
        return returns.give_back(subscription, on=builder.day(on), reason="test")


@pytest.mark.django_db
@pytest.mark.parametrize(("paid_from", "on", "price", "used", "returned"), CASES)
def test_used_and_returned_are_what_was_charged(paid_from: str, on: str, price: str, used: str, returned: str) -> None:
    account = builder.account()
    made = builder.active(account, price, paid_from)
    assert money.plain(give_back(made, on)) == returned
    row = Return.objects.get(subscription=made)
    assert (money.plain(row.used_kop), money.plain(row.amount_kop)) == (used, returned)
    assert row.used_kop + row.amount_kop == row.charged_kop
    assert builder.balance(account) == returned
    assert builder.state(made).paid_until == builder.day(on)
    assert builder.state(made).turn == 1
    assert [line for line in builder.in_order() if "return" in line] == []


@pytest.mark.django_db
def test_a_daily_charge_comes_back_whole_and_only_from_today() -> None:
    account = builder.account()
    made = builder.active(account, "620,00", "2026-12-05", charging="day")
    assert give_back(made, "2026-12-06") == 0  # paid through the 5th: nothing is paid ahead
    assert give_back(made, "2026-12-05") == 20_00  # 620 × 5 ÷ 31 − 620 × 4 ÷ 31 = 100 − 80
    assert builder.balance(account) == "20.00"


@pytest.mark.django_db
def test_nothing_comes_back_twice() -> None:
    account = builder.account()
    made = builder.active(account, "550,00", "2026-11-01")
    assert give_back(made, "2026-11-15") == 293_33
    assert give_back(builder.state(made), "2026-11-15") == 0
    assert builder.balance(account) == "293.33"
    assert Return.objects.filter(subscription=made).count() == 1


@pytest.mark.django_db
def test_a_stale_look_at_the_subscription_cannot_return_twice() -> None:
    account = builder.account()
    made = builder.active(account, "550,00", "2026-11-01")
    stale = builder.state(made)
    give_back(made, "2026-11-15")
    with pytest.raises(returns.UnableToReturn):
        give_back(stale, "2026-11-15")
    assert builder.balance(account) == "293.33"


@pytest.mark.django_db
def test_days_that_a_pause_moved_come_back_by_what_was_charged_for_them() -> None:
    account = builder.account()
    made = builder.active(account, "550,00", "2026-11-01")
    made.paid_until = builder.day("2026-12-11")  # ten days moved
    made.save()
    # On 1 December ten of the thirty days charged are unused: 550 − 550 × 20 ÷ 30 = 550 − 366,67
    assert give_back(made, "2026-12-01") == 183_33
    assert Return.objects.get(subscription=made).used_until == builder.day("2026-11-21")


@pytest.mark.django_db
def test_a_return_can_be_neither_changed_nor_deleted() -> None:
    made = builder.active(builder.account(), "550,00", "2026-11-01")
    give_back(made, "2026-11-15")
    for spoil in (
        lambda: Return.objects.update(amount_kop=1),
        lambda: Return.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            spoil()


@pytest.mark.django_db
def test_preview_and_deed_agree() -> None:
    made = builder.active(builder.account(), "550,00", "2026-11-10")
    seen = returns.would_return(made, builder.day("2026-11-20"))
    assert [(line.charged_kop, line.used_kop, line.amount_kop) for line in seen] == [(385_00, 183_33, 201_67)]
    assert give_back(made, "2026-11-20") == 201_67
