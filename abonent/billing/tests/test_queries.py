"""The account's first screen: its one statement and what is read from it."""

from collections.abc import Callable

import pytest
from django.db import transaction

from abonent.billing import queries
from abonent.billing.models import ChargedThrough, Subscription
from abonent.billing.tests import builder
from abonent.billing.tests.builder import day
from abonent.ledger.models import Account

pytestmark = pytest.mark.django_db


def overview(account: Account, on: str) -> queries.Overview:
    assert account.contract_id is not None
    seen = queries.overview(account.contract_id, day(on))
    assert seen is not None
    return seen


def test_an_overview_is_one_statement(
    django_assert_num_queries: Callable[[int], transaction.Atomic],
) -> None:
    anna = builder.account()
    builder.active(anna, "600,00", "2026-11-01")
    with django_assert_num_queries(1):
        overview(anna, "2026-11-10")


def test_an_overview_shows_what_is_connected_and_the_last_lines() -> None:
    anna = builder.account(credit_limit="0", first_top_up="100,00")
    internet = builder.active(anna, "600,00", "2026-11-01")
    tv = builder.active(anna, "190,00", "2026-11-10", kind="tv")
    ChargedThrough.objects.create(on=day("2026-11-10"))
    seen = overview(anna, "2026-11-10")
    assert [one.id for one in seen.subscriptions] == [internet.id, tv.id]
    assert seen.subscriptions[0].name("ru") == "Тариф tariff-internet-month-60000"
    assert seen.subscriptions[1].name("en") == "Offer tariff-tv-month-19000"
    assert seen.subscriptions[0].paid_until == day("2026-12-01")
    assert seen.subscriptions[0].street is None
    assert (seen.balance_kop, seen.activated_on) == (0, day("2026-11-01"))
    assert seen.charged_through == day("2026-11-10")
    assert [(str(one.on), one.reason, one.amount_kop, one.house) for one in seen.lines] == [
        ("2026-11-10", "charge", -133_00, None),  # 21 of 30 days
        ("2026-11-10", "payment", 133_00, "clearing:cash"),
        ("2026-11-01", "charge", -600_00, None),
        ("2026-11-01", "payment", 600_00, "clearing:cash"),
    ]
    assert seen.lines[0].name("en") == "Offer tariff-tv-month-19000"
    assert (seen.lines[0].period_start, seen.lines[0].period_end) == (day("2026-11-10"), day("2026-12-01"))


def test_only_the_newest_five_lines_stand_on_the_first_screen() -> None:
    anna = builder.account()
    for number in range(1, 8):
        builder.pay(anna, f"{number},00", "2026-11-01")
    assert [one.amount_kop for one in overview(anna, "2026-11-10").lines] == [700, 600, 500, 400, 300]


def test_a_contract_without_an_account_has_no_overview() -> None:
    assert queries.overview(999_999, day("2026-11-10")) is None


def test_a_new_account_is_empty() -> None:
    seen = overview(builder.account(), "2026-11-10")
    assert (seen.subscriptions, seen.lines) == ((), ())
    assert queries.service_state(seen, day("2026-11-10")) == queries.ServiceState("none")
    assert queries.paid_through(seen) is None
    assert queries.next_charge(seen, day("2026-11-10")) is None


def test_what_waits_says_what_is_missing_of_the_first_top_up() -> None:
    gleb = builder.account(first_top_up="500,00")
    builder.subscribe(gleb, "600,00", "2026-11-21")
    builder.pay(gleb, "150,00", "2026-11-21")
    state = queries.service_state(overview(gleb, "2026-11-21"), day("2026-11-21"))
    assert state == queries.ServiceState("waiting", None, 350_00)


def test_a_suspended_account_says_since_when_and_what_is_missing_today() -> None:
    boris = builder.account()
    internet = builder.active(boris, "600,00", "2026-10-01")
    builder.pay(boris, "50,00", "2026-10-20")
    Subscription.objects.filter(id=internet.id).update(state="suspended", stopped_on=day("2026-11-01"))
    seen = overview(boris, "2026-11-16")
    assert queries.service_state(seen, day("2026-11-16")) == queries.ServiceState(
        "suspended",
        day("2026-11-01"),
        250_00,  # 15 of 30 days of 600, less the 50
    )
    assert queries.paid_through(seen) is None
    done = builder.pay(boris, "250,00", "2026-11-16")
    assert not done.still_suspended


def test_a_working_account_with_a_suspended_addon_works() -> None:
    anna = builder.account()
    builder.active(anna, "600,00", "2026-11-01")
    addon = builder.active(anna, "100,00", "2026-11-01", role="addon")
    Subscription.objects.filter(id=addon.id).update(state="suspended", stopped_on=day("2026-11-01"))
    seen = overview(anna, "2026-11-16")
    assert queries.service_state(seen, day("2026-11-16")) == queries.ServiceState("working", None, 50_00)
    assert queries.paid_through(seen) == day("2026-11-30")


def test_the_next_charge_is_of_one_date_with_all_that_is_due_on_it() -> None:
    anna = builder.account()
    internet = builder.active(anna, "600,00", "2026-11-01")
    tv = builder.active(anna, "190,00", "2026-11-01", kind="tv")
    builder.pay(anna, "700,00", "2026-11-02")
    seen = overview(anna, "2026-11-10")
    coming = queries.next_charge(seen, day("2026-11-10"))
    assert coming is not None
    assert coming.on == day("2026-12-01")
    assert [(row.id, kop) for row, kop in coming.lines] == [(internet.id, 600_00), (tv.id, 190_00)]
    assert (coming.amount_kop, coming.balance_after_kop, coming.missing_kop) == (790_00, -90_00, 90_00)


def test_a_daily_tariff_is_charged_tomorrow() -> None:
    vera = builder.account()
    builder.active(vera, "620,00", "2026-12-10", charging="day")
    coming = queries.next_charge(overview(vera, "2026-12-10"), day("2026-12-10"))
    assert coming is not None
    assert (coming.on, coming.amount_kop) == (day("2026-12-11"), 20_00)
