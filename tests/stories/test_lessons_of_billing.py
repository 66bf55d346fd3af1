"""What other systems charged wrongly, told of ours: each by the number it has in the project's lessons.

Those told elsewhere: 3 and 4 beside the clock and the zones, 8, 14 and 30 beside the charge run, 15 and 46 beside the
rules, 19, 26 and 27 beside statements and documents, 31 beside check/pay.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from abonent.billing import queries, resuming, returns, statement, subscriptions
from abonent.billing.models import Charge, Subscription
from abonent.billing.tests import builder
from abonent.billing.tests.builder import day
from abonent.billing.tests.changing import confirm, now_on, quote
from abonent.core import money, partitions, periods
from abonent.flows import charge_run
from abonent.ledger import queries as ledger
from abonent.ledger.models import Account

pytestmark = pytest.mark.django_db


def run_to(last: str, first: str | None = None) -> None:
    partitions.ensure(day(first or last), day(last))
    if first:
        charge_run.start_from(day(first))
    charge_run.catch_up(day(last), late_yes=True)


def overview(account: Account, on: str) -> queries.Overview:
    assert account.contract_id is not None
    seen = queries.overview(account.contract_id, day(on))
    assert seen is not None
    return seen


def test_lesson_1_from_free_to_paid_on_one_day_is_no_double_charge() -> None:
    anna = builder.account()
    builder.active(anna, "0", "2026-11-01")
    builder.pay(anna, "1000,00", "2026-11-16")
    for price in ("310,00", "620,00"):  # two changes of one day: 0 → 310 → 620
        confirm(anna, quote(anna, now_on(anna), builder.version(price), "2026-11-16"), "2026-11-16")
    # of 310 × 15 ÷ 30 all comes back; 620 × 15 ÷ 30 = 310
    assert builder.balance(anna) == "690.00"
    assert builder.in_order() == []


def test_lesson_6_the_database_refuses_a_second_charge_of_a_period() -> None:
    anna = builder.account()
    internet = builder.active(anna, "550,00", "2026-11-01")
    kept = Charge.objects.values().get(subscription_id=internet.id)
    with pytest.raises(IntegrityError), transaction.atomic():
        Charge.objects.create(**{**kept, "id": kept["id"] + 1})
    assert Charge.objects.count() == 1


def test_lesson_11_a_company_with_a_hundred_services_is_charged_by_as_many_statements_as_one_with_one() -> None:
    company = builder.account(credit_limit="100000,00")
    tariff = builder.active(company, "310,00", "2026-10-01")
    charge_run.start_from(day("2026-11-01"))
    partitions.ensure(day("2026-10-01"), day("2026-12-01"))

    def run(on: str) -> int:
        seen: list[str] = []

        def count(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
            seen.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(count):
            charge_run.catch_up(day(on), late_yes=True)
        return len(seen)

    one = transaction.savepoint()
    for_one = run("2026-11-01")
    transaction.savepoint_rollback(one)
    for _ in range(100):
        builder.subscribe(company, "30,00", "2026-10-31", role="addon", kind="internet", parent=tariff)
    builder.resume(company, "2026-10-31")
    assert run("2026-11-01") <= for_one
    assert Charge.objects.filter(charged_on=day("2026-11-01")).count() == 101
    # on credit: the 310 of October, a hundred times a day of October, 30 × 1 ÷ 31 = 0,97; then November, 310 + 100 × 30
    assert builder.balance(company) == "-3717.00"


def test_lesson_13_what_is_left_is_priced_by_the_tariff_that_was_and_by_its_own_period() -> None:
    anna = builder.account()
    builder.active(anna, "310,00", "2026-12-01")
    builder.pay(anna, "100,00", "2026-12-21")
    quoted = quote(anna, now_on(anna), builder.version("620,00", charging="day"), "2026-12-21")
    # 310 − 310 × 20 ÷ 31 comes back, not 620's days; of 620 one day is taken, not a month
    assert [money.plain(line["amount_kop"]) for line in quoted.lines] == ["-110.00", "20.00"]


def test_lesson_23_what_is_charged_anew_is_a_return_and_a_further_charge() -> None:
    anna = builder.account()
    internet = builder.active(anna, "300,00", "2026-11-01")
    with transaction.atomic():
        subscription = Subscription.objects.get(id=internet.id)
        assert returns.give_back(subscription, on=day("2026-11-01"), reason="correction") == 300_00
    assert builder.charged(anna) == [("2026-11-01", "2026-12-01", "300.00")]  # the first stands as it was
    assert builder.balance(anna) == "300.00"


def test_lesson_24_the_lines_of_a_statement_are_the_ledger_s_to_the_kopeck() -> None:
    anna = builder.account()
    builder.active(anna, "619,99", "2026-10-10")
    builder.active(anna, "0,01", "2026-10-10", kind="tv", charging="day")
    builder.pay(anna, "2000,00", "2026-10-11")
    run_to("2026-11-02", "2026-10-11")
    told = statement.of_period(anna.id, periods.Period(date(2026, 10, 1), date(2027, 1, 1)))
    assert told is not None
    assert sum(line.amount_kop for line in told.lines) == ledger.balance_kop(anna.id)
    assert builder.in_order() == []


def test_lesson_25_a_payment_and_the_run_of_one_date_take_the_period_once() -> None:
    boris = builder.account()
    internet = builder.active(boris, "300,00", "2026-10-01")
    run_to("2026-11-01", "2026-11-01")  # nothing to pay with: suspended
    builder.pay(boris, "1000,00", "2026-11-01")  # resumed and charged by the payment
    run_to("2026-11-02")
    with transaction.atomic():
        resuming.resume(boris.id, on=day("2026-11-02"))
    assert builder.charged(boris)[1:] == [("2026-11-01", "2026-12-01", "300.00")]
    assert builder.state(internet).paid_until == day("2026-12-01")
    assert builder.balance(boris) == "700.00"


def test_lesson_28_a_balance_that_is_not_its_transfers_is_found() -> None:
    anna = builder.account()
    builder.active(anna, "300,00", "2026-11-01")
    with connection.cursor() as cursor:
        cursor.execute("update ledger_account set balance_kop = balance_kop * 2 + 1 where id = %s", [anna.id])
    assert [told for told in builder.in_order() if "balance" in told]


def test_lesson_29_nothing_is_charged_for_the_month_without_service() -> None:
    boris = builder.account()
    builder.active(boris, "300,00", "2026-08-01")
    run_to("2026-10-02", "2026-09-01")
    assert builder.charged(boris) == [("2026-08-01", "2026-09-01", "300.00")]
    assert builder.balance(boris) == "0.00"
    # and coming back costs the days to come alone: 300 × 30 ÷ 31
    seen = overview(boris, "2026-10-02")
    assert queries.service_state(seen, day("2026-10-02")).missing_kop == 290_32


def test_lesson_33_there_is_one_next_charge_whatever_is_paid_between() -> None:
    anna = builder.account()
    builder.active(anna, "300,00", "2026-11-01")
    before = queries.next_charge(overview(anna, "2026-11-10"), day("2026-11-10"))
    builder.pay(anna, "5,00", "2026-11-10")
    with transaction.atomic():
        subscriptions.set_terms(anna.id, credit_limit_kop=100_00, first_top_up_kop=0)
    after = queries.next_charge(overview(anna, "2026-11-20"), day("2026-11-20"))
    assert before is not None
    assert after is not None
    assert (str(before.on), before.amount_kop) == (str(after.on), after.amount_kop) == ("2026-12-01", 300_00)
