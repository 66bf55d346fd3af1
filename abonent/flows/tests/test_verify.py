"""`verify` finds each thing that can break: every rule is broken here on purpose, under the triggers' nose."""

import argparse
from datetime import date, timedelta

import pytest
from django.db import transaction

from abonent.billing import rules
from abonent.billing.models import Charge, Subscription
from abonent.billing.tests import builder
from abonent.billing.tests.builder import day
from abonent.commands import verify as command
from abonent.core import clock, db, partitions
from abonent.flows import charge_run, topup, verify
from abonent.ledger.models import Account
from abonent.ledger.tests import unguarded

pytestmark = pytest.mark.django_db
GUARDED = (
    "ledger_transfer",
    "ledger_key",
    "ledger_account",
    "billing_charge",
    "billing_subscription",
    "payments_payment",
)


def top_up(account: Account, amount: str, on: str) -> None:
    with clock.frozen(clock.at_noon(day(on))):
        topup.credit_cash(
            account_id=account.pk,
            amount_kop=builder.kop(amount),
            receipt_number=f"{account.pk}-{on}-{amount}",
            on=day(on),
            actor="test",
        )


@pytest.fixture
def anna() -> Account:
    """Two months of a small installation: Anna pays by the month, Vera by the day, Boris is suspended."""
    partitions.ensure(date(2026, 10, 1), date(2026, 12, 31))
    anna, vera, boris = (builder.account() for _ in range(3))
    internet = builder.subscribe(anna, "600,00", "2026-10-30")
    builder.subscribe(anna, "100,00", "2026-10-30", role="addon", parent=internet)
    builder.subscribe(anna, "190,00", "2026-10-30", kind="tv")
    builder.subscribe(vera, "620,00", "2026-10-30", charging="day")
    builder.subscribe(boris, "600,00", "2026-10-30")
    for account, amount in ((anna, "2000,00"), (vera, "200,00"), (boris, "600,00")):
        top_up(account, amount, "2026-10-30")
    charge_run.start_from(day("2026-10-31"))
    charge_run.catch_up(day("2026-11-02"))
    top_up(boris, "700,00", "2026-11-02")
    return anna


def test_an_installation_made_by_the_verbs_is_in_order(anna: Account) -> None:
    assert list(verify.problems()) == []


BREAKS = [
    ("a balance equals its transfers", "update ledger_account set balance_kop = balance_kop - 1 where id = {anna}"),
    (
        "each charge recomputes",
        "update billing_charge set amount_kop = amount_kop + 1 where amount_kop > 0 and charging = 'month'",
    ),
    (
        "each charge recomputes",
        "update billing_charge set amount_kop = amount_kop + 1 where amount_kop > 0 and charging = 'day'",
    ),
    ("each charge recomputes", "update billing_charge set price_kop = price_kop + 100"),
    ("each charge recomputes", "update billing_charge set period_end = period_end - 1 where charging = 'month'"),
    ("each charge recomputes", "update billing_charge set whole_end = whole_end + 1"),
    ("each charge recomputes", "update billing_charge set charging = 'once'"),
    ("each charge recomputes", "update billing_charge set proration_days = 'weekly'"),
    (
        "each charge recomputes",
        "update billing_charge set proration_days = 'thirty' where charging = 'month' and period_start <> whole_start",
    ),
    (
        "each charge recomputes",
        "update billing_charge set discount_kop = 1 where amount_kop > 0 and charging = 'month'",
    ),
    ("each charge recomputes", "update billing_charge set whole_start = whole_start - 1 where charging = 'month'"),
    (
        "a charge is cheaper only by a discount",
        "update billing_charge set discount_kop = 1 where amount_kop > 0 and charging = 'month'",
    ),
    ("what comes off a price is the discount that runs", "update billing_subscription set discount_kop = 1"),
    (
        "what comes off a price is the discount that runs",
        "insert into billing_discount (subscription_id, account_id, kind, percent_hundredths, from_on, state, reason,"
        " created_by, ended_by) select id, account_id, 'percent', 1000, '2026-11-01', 'running', '', '', ''"
        " from billing_subscription",
    ),
    (
        "a discount begins and ends on its date",
        "insert into billing_discount (subscription_id, account_id, kind, percent_hundredths, from_on, state, reason,"
        " created_by, ended_by) select id, account_id, 'percent', 1000, '2026-11-01', 'planned', '', '', ''"
        " from billing_subscription",
    ),
    (
        "no discount is an orphan",
        "insert into billing_discount (subscription_id, account_id, kind, amount_kop, from_on, state, reason,"
        " created_by, ended_by) select id, account_id + 1000, 'fixed', 1, '2027-01-01', 'planned', '', '', ''"
        " from billing_subscription",
    ),
    (
        "what is charged once is charged once",
        "update billing_subscription set charging = 'once' where account_id = {anna} and kind = 'tv'",
    ),
    ("a charge has the transfer it names", "delete from ledger_transfer where reason = 'charge'"),
    ("a charge has the transfer it names", "update billing_charge set charged_on = charged_on + 1"),
    ("a charge has the transfer it names", "update ledger_transfer set credit_id = 105 where reason = 'charge'"),
    ("a transfer of a charge has one charge", "delete from billing_charge"),
    ("a transfer of a charge has one charge", "update ledger_transfer set reason = 'charge'"),
    ("revenue equals charges less returns", "delete from billing_charge where charging = 'day'"),
    ("no charge is an orphan", "update billing_charge set account_id = account_id + 1"),
    ("no charge is an orphan", "update billing_charge set subscription_id = subscription_id + 1000"),
    ("no subscription is an orphan", "update billing_subscription set account_id = account_id + 1000"),
    ("no subscription is an orphan", "update billing_subscription set line_id = line_id + 1000"),
    ("no subscription is an orphan", "update billing_subscription set parent_id = id where role = 'addon'"),
    ("no subscription is an orphan", "update billing_subscription set version_id = 999999"),
    (
        "no two charges of a subscription overlap",
        "update billing_charge set (period_end, whole_end) = (period_end + 1, whole_end + 1) where charging = 'day'",
    ),
    ("the days paid are days charged", "update billing_subscription set paid_until = paid_until - 1"),
    (
        "what works is paid beyond the last date",
        "update billing_subscription set paid_until = '2026-11-02' where charging = 'month'",
    ),
    (
        "an add-on works only with its tariff",
        "update billing_subscription set state = 'suspended' where role = 'tariff' and account_id = {anna}",
    ),
    ("a finished run has no chunk undone", "update billing_chargechunk set fact = null"),
    (
        "a finished run took what its chunks took",
        "update billing_chargerun set fact = jsonb_set(fact, '{{amount_kop}}', '1')",
    ),
    (
        "a finished run took what its chunks took",
        "update billing_chargechunk set fact = jsonb_set(fact, '{{amount_kop}}', '1')",
    ),
    ("what is charged through has no run that goes on", "update billing_chargerun set state = 'running'"),
    ("a succeeded payment has its one transfer", "update payments_payment set amount_kop = amount_kop + 1"),
    ("a succeeded payment has its one transfer", "delete from ledger_transfer where reason = 'payment'"),
    (
        "a succeeded payment has its one transfer",
        "update payments_payment set (transfer_on, transfer_id) ="
        " (select transfer_on, max(transfer_id) from payments_payment group by transfer_on limit 1)",
    ),
    ("a succeeded payment has its one transfer", "update payments_payment set channel = 'yookassa'"),
    (
        "a transfer of a payment has one payment",
        "update payments_payment set state = 'canceled', transfer_id = null, transfer_on = null",
    ),
    ("clearing equals payments less refunds", "update payments_payment set amount_kop = amount_kop + 1"),
    ("no account is an orphan", "update ledger_account set contract_id = 999999 where id = {anna}"),
    ("no payment is an orphan", "update payments_payment set account_id = 999999"),
]


@pytest.mark.parametrize(("rule", "breaking"), BREAKS)
def test_each_broken_rule_is_found(anna: Account, rule: str, breaking: str) -> None:
    unguarded.disarm(*GUARDED)
    assert db.run(breaking.format(anna=anna.pk)) > 0
    found = list(verify.problems())
    assert any(line.startswith(rule) for line in found), found


def test_a_second_internet_tariff_on_a_line_is_found(anna: Account) -> None:
    db.run("drop index billing_one_internet_tariff_a_line")
    db.run("update billing_subscription set kind = 'internet' where kind = 'tv'")
    assert any(line.startswith("one internet tariff a line") for line in verify.problems())


def test_a_row_in_a_default_partition_is_found(anna: Account) -> None:
    builder.active(builder.account(), "600,00", "2026-11-02")
    assert list(verify.problems()) != []  # a bare payment of the builder has no row in payments
    with transaction.atomic():
        db.run(
            'insert into ledger_transfer ("on", debit_id, credit_id, amount_kop, reason)'
            " values (%s, 202, %s, 1, 'payment')",
            [date(2055, 1, 1), anna.pk],
        )
    assert "a default partition is empty: ledger_transfer has 1 rows that no month's partition holds" in list(
        verify.problems()
    )


def charge_row(subscription: Subscription, on: date, *, anchor: int, policy: str, off_kop: int) -> Charge:
    due = rules.next_due(subscription.charging, on, anchor)
    kop = rules.amount_kop(subscription.charging, subscription.price_kop - off_kop, due, policy)
    return Charge(
        period_start=due.period.start,
        subscription=subscription,
        account_id=subscription.account_id,
        period_end=due.period.end,
        whole_start=due.whole.start,
        whole_end=due.whole.end,
        price_kop=subscription.price_kop,
        discount_kop=off_kop,
        charging=subscription.charging,
        proration_days=policy,
        amount_kop=kop,
        charged_on=on,
        transfer_on=on if kop else None,
        transfer_id=1 if kop else None,
    )


@pytest.mark.parametrize("policy", [rules.OF_PERIOD, rules.OF_CALENDAR_MONTH, rules.THIRTY])
@pytest.mark.parametrize("anchor", [1, 15, 29, 31])
def test_the_second_formula_agrees_with_the_rule_on_every_day_of_two_years(policy: str, anchor: int) -> None:
    first = date(2027, 1, 1)
    partitions.ensure(first, date(2029, 1, 1))
    account = builder.account()
    made = [
        (builder.subscribe(account, price, "2027-01-01", kind=kind, charging=charging), off_kop)
        for price, off_kop in (("619,99", 0), ("7,77", 78))
        for kind, charging in (("tv", "month"), ("telephony", "day"), ("video", "per_day"))
    ]
    rows = [
        charge_row(one, first + timedelta(days=n), anchor=anchor, policy=policy, off_kop=off_kop)
        for one, off_kop in made
        for n in range(2 * 365 + 1)
    ]
    Charge.objects.bulk_create(rows)
    assert [line for line in verify.problems() if line.startswith("each charge recomputes")] == []
    db.run("alter table billing_charge disable trigger user")
    db.run("update billing_charge set amount_kop = amount_kop + 1 where amount_kop > 0 and period_start = '2028-02-29'")
    assert len([line for line in verify.problems() if line.startswith("each charge recomputes")]) == 6


def test_the_command_lists_what_is_broken_and_exits_with_1(anna: Account, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(argparse.Namespace()) == 0
    assert "All is in order." in capsys.readouterr().out
    unguarded.disarm(*GUARDED)
    db.run("update ledger_account set balance_kop = balance_kop + 1 where id = %s", [anna.pk])
    assert command.run(argparse.Namespace()) == 1
    said = capsys.readouterr().out
    assert f"a balance equals its transfers: account {anna.pk} has" in said
    assert "Broken: 1." in said
