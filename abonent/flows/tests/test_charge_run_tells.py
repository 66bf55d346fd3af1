"""Three days before a charge that the money does not cover, the run tells so: once for a date."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from abonent.billing import runs
from abonent.billing.models import Change, ChargeRun, Subscription
from abonent.billing.tests import builder
from abonent.billing.tests.builder import day
from abonent.core import partitions
from abonent.flows import charge_run, defer, end_contract, pause
from abonent.flows.tests.test_charge_run import run_to
from abonent.ledger.models import Account
from abonent.notifications.models import Notice

pytestmark = pytest.mark.django_db


def told() -> list[tuple[str, dict[str, object]]]:
    """Key and params of what was queued about days to come, in order."""
    found = Notice.objects.filter(kind__in=["charge_soon", "money_ends"]).order_by("id")
    return [(one.key, one.params) for one in found]


def monthly(balance: str) -> Account:
    """650,00 a month, paid through November, with that balance."""
    one = builder.account()
    builder.active(one, "650,00", "2026-11-01")
    builder.pay(one, balance, "2026-11-02")
    return one


def test_who_has_not_enough_for_the_1st_is_told_three_days_before_and_once() -> None:
    poor, rich = monthly("200,00"), monthly("650,00")
    run_to("2026-11-27", "2026-11-20")
    assert told() == []
    run_to("2026-11-28")
    assert told() == [
        (
            f"charge_soon:{poor.pk}:2026-12-01",
            {"missing_kop": 450_00, "stops_on": "2026-12-01", "on": "2026-11-28"},
        )
    ]
    run_to("2026-11-30")
    assert len(told()) == 1
    assert Subscription.objects.get(account=rich).state == "active"
    run_to("2026-12-01")
    assert [one.key for one in Notice.objects.filter(kind="suspended")] == [f"suspended:{poor.pk}:2026-12-01"]


def test_who_becomes_short_within_the_three_days_is_told_then() -> None:
    boris = monthly("650,00")
    run_to("2026-11-28", "2026-11-20")
    assert told() == []
    Subscription.objects.filter(account=boris).update(price_kop=700_00)
    run_to("2026-11-29")
    assert [(key, params["missing_kop"]) for key, params in told()] == [(f"charge_soon:{boris.pk}:2026-12-01", 50_00)]


def test_everything_due_by_that_date_counts() -> None:
    anna = monthly("0,01")
    builder.active(anna, "190,00", "2026-11-10", kind="tv")
    builder.pay(anna, "700,00", "2026-11-11")
    run_to("2026-11-28", "2026-11-20")
    # 650,00 + 190,00 where 700,00 is.
    assert [params["missing_kop"] for _, params in told()] == [140_00]


def test_credit_counts_and_a_deferral_as_far_as_it_lasts() -> None:
    romashka = builder.account(credit_limit="2000,00")
    builder.active(romashka, "650,00", "2026-11-01")
    lasting, ending = monthly("0,01"), monthly("0,01")
    run_to("2026-11-25", "2026-11-20")
    defer.grant(account_id=ending.pk, amount_kop=700_00, on=day("2026-11-26"), actor="test")  # through 30 November
    run_to("2026-11-26")
    defer.grant(account_id=lasting.pk, amount_kop=700_00, on=day("2026-11-27"), actor="test")  # through 1 December
    run_to("2026-11-27")
    run_to("2026-11-28")
    assert [key for key, _ in told()] == [f"charge_soon:{ending.pk}:2026-12-01"]


def test_what_is_charged_by_the_day_is_told_once_in_a_week() -> None:
    vera = builder.account()
    builder.active(vera, "600,00", "2026-11-09", charging="day")  # 20,00 a day in November
    builder.pay(vera, "90,00", "2026-11-09")
    run_to("2026-11-10", "2026-11-10")  # 70,00 is left: enough for the 11th, 12th and 13th
    assert told() == []
    run_to("2026-11-11")
    assert told() == [
        (
            f"money_ends:{vera.pk}:2026-46",
            {"missing_kop": 10_00, "stops_on": "2026-11-14", "on": "2026-11-11"},
        )
    ]
    builder.pay(vera, "20,00", "2026-11-11")
    run_to("2026-11-15")  # the end moves by a day; it is the same week, Sunday is the 15th
    assert len(told()) == 1


def test_who_is_off_or_leaves_by_then_is_not_told() -> None:
    away, leaving, suspended, parked = (monthly("10,00") for _ in range(4))
    first, back, today = day("2026-12-01"), day("2026-12-20"), day("2026-11-20")
    pause.plan(account_id=away.pk, starts_on=first, ends_on=back, on=today, actor="test")
    end_contract.plan(account_id=leaving.pk, ends_on=first, on=today, actor="test")
    Subscription.objects.filter(account=suspended).update(state="suspended", stopped_on=day("2026-11-20"))
    from abonent.billing import parking

    parking.park(parked.pk, "looked at by the accountant")
    run_to("2026-11-30", "2026-11-20")
    assert told() == []


def planned(account: Account, price: str, *, what: str) -> None:
    """A change that is agreed for 1 December."""
    Change.objects.create(
        account=account,
        what=what,
        is_now=False,
        subscription=Subscription.objects.filter(account=account).latest("id"),
        version=builder.version(price),
        state="planned",
        effective_on=day("2026-12-01"),
        made_by="test",
    )


def test_a_planned_tariff_counts_at_its_price() -> None:
    dearer, cheaper = monthly("650,00"), monthly("500,00")
    planned(dearer, "850,00", what="tariff")
    planned(cheaper, "450,00", what="tariff")
    run_to("2026-11-28", "2026-11-20")
    assert told() == [
        (
            f"charge_soon:{dearer.pk}:2026-12-01",
            {"missing_kop": 200_00, "stops_on": "2026-12-01", "on": "2026-11-28"},
        )
    ]


def test_an_addon_that_ends_is_not_asked_for() -> None:
    anna = monthly("0,01")
    builder.active(anna, "100,00", "2026-11-01", role="addon")
    builder.pay(anna, "650,00", "2026-11-02")
    planned(anna, "100,00", what="addon_off")
    run_to("2026-11-28", "2026-11-20")
    assert told() == []


def test_a_late_run_tells_of_dates_to_come_only() -> None:
    monthly("10,00")
    charge_run.start_from(day("2026-11-20"))
    charge_run.catch_up(day("2026-12-05"))
    assert told() == []
    assert ChargeRun.objects.filter(told_at=None).count() == 0


def test_a_run_of_nobody_short_asks_the_same_few_questions_for_one_and_for_thirty() -> None:
    partitions.ensure(day("2026-10-01"), day("2026-12-31"))
    monthly("1000,00")
    run_to("2026-11-27", "2026-11-20")
    with CaptureQueriesContext(connection) as for_one:
        run_to("2026-11-28")
    for _ in range(29):
        monthly("1000,00")
    with CaptureQueriesContext(connection) as for_thirty:
        run_to("2026-11-29")
    assert len(for_thirty) == len(for_one)


def test_it_is_told_by_one_process_when_all_chunks_are_done() -> None:
    monthly("10,00")
    charge_run.start_from(day("2026-11-28"))
    run = runs.open_run(day("2026-11-28"))
    assert runs.take_telling(run.pk)
    assert not runs.take_telling(run.pk)
