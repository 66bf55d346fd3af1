"""What a payment resumes, what it costs, and what is still missing."""

from collections.abc import Callable

import pytest
from django.db import transaction

from abonent.billing import resuming, subscriptions
from abonent.billing.models import ChargedThrough, ParkedAccount, Subscription, Terms
from abonent.billing.tests import builder
from abonent.billing.tests.builder import day
from abonent.core import db as database
from abonent.ledger import accounts, transfers

pytestmark = pytest.mark.django_db


def test_a_first_payment_that_covers_the_part_of_the_month_activates() -> None:
    gleb = builder.account()
    internet = builder.subscribe(gleb, "600,00", "2026-11-16")
    done = builder.pay(gleb, "300,00", "2026-11-16")
    assert builder.charged(gleb) == [("2026-11-16", "2026-12-01", "300.00")]  # 15 of 30 days
    assert builder.balance(gleb) == "0.00"
    internet = builder.state(internet)
    assert (internet.state, internet.paid_until) == ("active", day("2026-12-01"))
    assert internet.activated_on == day("2026-11-16")
    assert done == resuming.Resumed(
        charged_kop=300_00, subscription_ids=(internet.id,), activated=True, paid_until=day("2026-12-01")
    )
    assert builder.in_order() == []


def test_a_kopeck_short_charges_nothing_and_says_what_is_missing() -> None:
    gleb = builder.account()
    internet = builder.subscribe(gleb, "600,00", "2026-11-16")
    done = builder.pay(gleb, "299,99", "2026-11-16")
    assert done == resuming.Resumed(still_suspended=True, missing_kop=1)
    assert builder.charged(gleb) == []
    assert builder.state(internet).state == "waiting"
    assert builder.balance(gleb) == "299.99"


def test_the_first_top_up_is_waited_for_though_the_charge_would_fit() -> None:
    gleb = builder.account(first_top_up="500,00")
    builder.subscribe(gleb, "600,00", "2026-11-16")
    done = builder.pay(gleb, "400,00", "2026-11-16")
    assert done == resuming.Resumed(still_suspended=True, missing_kop=100_00)
    done = builder.pay(gleb, "100,00", "2026-11-21")
    assert done.charged_kop == 200_00  # 10 of 30 days: the day it is reached is the activation
    assert Terms.objects.get(account_id=gleb.id).activated_on == day("2026-11-21")
    assert builder.balance(gleb) == "300.00"


def test_the_first_top_up_may_be_less_than_the_first_charge() -> None:
    gleb = builder.account(first_top_up="100,00")
    internet = builder.subscribe(gleb, "600,00", "2026-11-01")
    done = builder.pay(gleb, "100,00", "2026-11-01")
    assert (done.charged_kop, done.missing_kop) == (0, 500_00)
    assert Terms.objects.get(account_id=gleb.id).activated_on == day("2026-11-01")
    assert builder.state(internet).state == "waiting"


def test_payments_before_the_contract_was_signed_do_not_count_as_the_first_top_up() -> None:
    gleb = builder.account(first_top_up="500,00", signed_on=day("2026-11-10"))
    builder.subscribe(gleb, "600,00", "2026-11-10")
    builder.pay(gleb, "500,00", "2026-11-09")
    assert builder.resume(gleb, "2026-11-10").missing_kop == 500_00


def test_a_bonus_is_no_first_top_up() -> None:
    gleb = builder.account(first_top_up="500,00")
    builder.subscribe(gleb, "600,00", "2026-11-16")
    with transaction.atomic():
        transfers.post(
            key="bonus:1",
            debit_id=accounts.house_id("bonus"),
            credit_id=gleb.id,
            amount_kop=900_00,
            on=day("2026-11-16"),
            reason="bonus",
        )
        assert resuming.resume(gleb.id, on=day("2026-11-16")).missing_kop == 500_00


def test_a_daily_tariff_is_resumed_for_the_day() -> None:
    vera = builder.account()
    builder.subscribe(vera, "620,00", "2026-12-05", charging="day")
    builder.pay(vera, "100,00", "2026-12-05")
    assert builder.charged(vera) == [("2026-12-05", "2026-12-06", "20.00")]


def test_what_waits_is_taken_in_order_and_the_first_that_does_not_fit_stops_the_rest() -> None:
    anna = builder.account()
    static_ip = builder.version("100,00", role="addon")
    tv = builder.subscribe(anna, "190,00", "2026-11-01", kind="tv")
    internet = builder.subscribe(anna, "550,00", "2026-11-01")
    with transaction.atomic():
        addon = subscriptions.subscribe(
            account_id=anna.id,
            line_id=builder.line_of(anna).id,
            version_id=static_ip.id,
            on=day("2026-11-01"),
        )
    assert addon.parent_id == internet.id
    done = builder.pay(anna, "700,00", "2026-11-01")
    assert done.subscription_ids == (internet.id,)  # 150 left: TV costs 190, and static IP comes after it
    assert done.missing_kop == 140_00  # 550 + 190 + 100 − 700
    done = builder.pay(anna, "40,00", "2026-11-01")
    assert done.subscription_ids == (tv.id,)
    done = builder.pay(anna, "100,00", "2026-11-01")
    assert done.subscription_ids == (addon.id,)
    assert builder.balance(anna) == "0.00"
    assert builder.in_order() == []


def test_a_credit_limit_lets_the_balance_go_below_zero() -> None:
    romashka = builder.account(credit_limit="1000,00")
    internet = builder.subscribe(romashka, "900,00", "2026-11-01")
    builder.resume(romashka, "2026-11-01")
    assert builder.balance(romashka) == "-900.00"
    assert builder.state(internet).state == "active"


def test_a_higher_limit_resumes() -> None:
    romashka = builder.account()
    builder.subscribe(romashka, "900,00", "2026-11-01")
    assert builder.resume(romashka, "2026-11-01").missing_kop == 900_00
    with transaction.atomic():
        subscriptions.set_terms(romashka.id, credit_limit_kop=900_00)
        assert resuming.resume(romashka.id, on=day("2026-11-01")).charged_kop == 900_00


def test_a_free_tariff_is_charged_without_a_transfer() -> None:
    anna = builder.account()
    builder.subscribe(anna, "0,00", "2026-11-10")
    done = builder.resume(anna, "2026-11-10")
    assert done.paid_until == day("2026-12-01")
    assert builder.charged(anna) == [("2026-11-10", "2026-12-01", "0.00")]
    assert builder.in_order() == []


def suspended(subscription: Subscription, on: str, state: str = "suspended") -> None:
    Subscription.objects.filter(id=subscription.id).update(state=state, stopped_on=day(on))


def test_resuming_costs_the_part_from_today_and_never_the_days_without_service() -> None:
    boris = builder.account()
    internet = builder.active(boris, "600,00", "2026-10-01")
    suspended(internet, "2026-11-01")
    assert builder.resume(boris, "2026-11-21").missing_kop == 200_00
    done = builder.pay(boris, "200,00", "2026-11-21")
    assert done.charged_kop == 200_00  # 10 of 30 days
    assert not done.activated
    assert builder.charged(boris)[-1] == ("2026-11-21", "2026-12-01", "200.00")
    assert builder.state(internet).stopped_on is None


def test_an_addon_that_stood_with_its_tariff_gets_the_days_it_stood() -> None:
    boris = builder.account()
    internet = builder.active(boris, "600,00", "2026-10-01")
    addon = builder.active(boris, "100,00", "2026-10-01", role="addon")
    Subscription.objects.filter(id=addon.id).update(paid_until=day("2026-11-10"))
    suspended(internet, "2026-11-01")
    suspended(addon, "2026-11-01", "standing")
    done = builder.pay(boris, "400,00", "2026-11-11")
    assert done.subscription_ids == (internet.id, addon.id)
    assert done.charged_kop == 400_00  # 20 of 30 days of the tariff, nothing of the add-on
    addon = builder.state(addon)
    assert (addon.state, addon.paid_until, addon.stopped_on) == ("active", day("2026-11-20"), None)


def test_what_is_due_today_keeps_its_money_from_what_comes_after_it() -> None:
    anna = builder.account()
    internet = builder.active(anna, "600,00", "2026-10-01")
    tv = builder.active(anna, "190,00", "2026-10-01", kind="tv")
    suspended(tv, "2026-11-01")
    done = builder.pay(anna, "600,00", "2026-11-01")  # the run of 1 November has not come yet
    assert (done.charged_kop, done.missing_kop) == (0, 190_00)
    assert builder.state(internet).paid_until == day("2026-11-01")
    assert builder.pay(anna, "190,00", "2026-11-01").subscription_ids == (tv.id,)


def test_a_payment_before_midnight_does_not_pay_the_last_paid_day_twice() -> None:
    anna = builder.account()
    internet = builder.active(anna, "600,00", "2026-10-01")
    suspended(internet, "2026-11-01")  # the run of 1 November works already
    done = builder.pay(anna, "600,00", "2026-10-31")
    assert builder.charged(anna)[-1] == ("2026-11-01", "2026-12-01", "600.00")
    assert done.paid_until == day("2026-12-01")


def test_a_payment_of_a_date_that_is_done_resumes_from_the_date_after_which_runs_go_on() -> None:
    vera = builder.account()
    builder.subscribe(vera, "620,00", "2026-12-01", charging="day")
    ChargedThrough.objects.create(on=day("2026-12-06"))
    builder.pay(vera, "100,00", "2026-12-05")
    assert builder.charged(vera) == [("2026-12-06", "2026-12-07", "20.00")]


def test_a_subscription_that_starts_later_is_not_charged_before() -> None:
    anna = builder.account()
    builder.subscribe(anna, "600,00", "2026-12-01")
    assert builder.pay(anna, "600,00", "2026-11-20") == resuming.Resumed()


def test_a_parked_account_takes_the_money_and_charges_nothing() -> None:
    anna = builder.account()
    builder.subscribe(anna, "600,00", "2026-11-01")
    ParkedAccount.objects.create(account_id=anna.id, reason="looked at by the accountant")
    assert builder.pay(anna, "600,00", "2026-11-01") == resuming.Resumed()
    assert builder.balance(anna) == "600.00"


def test_a_repeat_changes_nothing() -> None:
    anna = builder.account()
    builder.subscribe(anna, "600,00", "2026-11-01")
    builder.pay(anna, "2000,00", "2026-11-01")
    assert builder.resume(anna, "2026-11-01") == resuming.Resumed()
    assert builder.charged(anna) == [("2026-11-01", "2026-12-01", "600.00")]


def test_nothing_waits_takes_two_statements(
    django_assert_num_queries: Callable[[int], transaction.Atomic],
) -> None:
    anna = builder.account()
    builder.active(anna, "600,00", "2026-11-01")
    with django_assert_num_queries(2):
        resuming.resume(anna.id, on=day("2026-11-02"))


def test_an_account_that_does_not_exist_is_refused() -> None:
    with pytest.raises(database.UnableToLock, match="Account"):
        resuming.resume(999_999, on=day("2026-11-01"))
