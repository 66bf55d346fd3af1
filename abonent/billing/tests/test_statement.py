"""The history of a month: lines between two balances, and the arithmetic of each charge."""

from datetime import date

import pytest

from abonent.billing import statement
from abonent.billing.tests import builder
from abonent.billing.tests.builder import day
from abonent.core.periods import Period
from abonent.ledger.models import Account

pytestmark = pytest.mark.django_db


def history(account: Account, month: str) -> statement.Statement:
    found = statement.history(account.id, day(month))
    assert found is not None
    return found


def test_a_month_is_its_lines_between_two_balances() -> None:
    anna = builder.account()
    builder.pay(anna, "700,00", "2026-10-20")
    builder.subscribe(anna, "600,00", "2026-11-16")
    builder.pay(anna, "50,00", "2026-11-16")
    builder.pay(anna, "1,00", "2026-12-05")
    november = history(anna, "2026-11-20")
    assert november.month == Period(day("2026-11-01"), day("2026-12-01"))
    assert (november.opening_kop, november.closing_kop) == (700_00, 450_00)
    assert (november.came_kop, november.went_kop) == (50_00, 300_00)
    assert [(str(one.on), one.reason, one.amount_kop, one.house, one.balance_kop) for one in november.lines] == [
        ("2026-11-16", "payment", 50_00, "clearing:cash", 750_00),
        ("2026-11-16", "charge", -300_00, "revenue:internet", 450_00),
    ]
    assert history(anna, "2026-10-01").closing_kop == 700_00
    assert history(anna, "2026-12-31").closing_kop == 451_00
    assert history(anna, "2027-01-31").opening_kop == 451_00


def test_a_free_charge_is_a_line_of_0() -> None:
    anna = builder.account()
    builder.active(anna, "0,00", "2026-11-16")
    (line,) = history(anna, "2026-11-16").lines
    assert (line.amount_kop, line.transfer_id, line.house) == (0, None, None)
    assert line.charge is not None
    assert line.charge.period == Period(day("2026-11-16"), day("2026-12-01"))


def test_lesson_27_the_period_shown_is_the_charge_s_own() -> None:
    anna = builder.account()
    builder.active(anna, "600,00", "2026-11-16")
    charge = history(anna, "2026-11-16").lines[1].charge
    assert charge is not None
    assert charge.name("ru") == "Тариф tariff-internet-month-60000"
    assert (charge.period, charge.whole) == (
        Period(day("2026-11-16"), day("2026-12-01")),
        Period(day("2026-11-01"), day("2026-12-01")),
    )


def test_nobody_has_no_history() -> None:
    assert statement.history(999_999, day("2026-11-16")) is None


def row(charging: str, price_kop: int, start: str, end: str) -> statement.ChargeRow:
    whole = Period(day(start).replace(day=1), day("2026-12-01"))
    return statement.ChargeRow(1, Period(day(start), day(end)), whole, price_kop, charging, "", "")


@pytest.mark.parametrize(
    ("charge", "expected"),
    [
        (
            row("month", 600_00, "2026-11-01", "2026-12-01"),
            statement.Explained("whole", 600_00, 600_00, 30, 30),
        ),
        (
            row("month", 600_00, "2026-11-16", "2026-12-01"),
            statement.Explained("part", 600_00, 300_00, 15, 30),
        ),
        (
            row("month", 550_00, "2026-11-30", "2026-12-01"),  # 55000 ÷ 30 = 1833.33
            statement.Explained("part", 550_00, 18_33, 1, 30, is_rounded=True),
        ),
        (
            row("day", 620_00, "2026-11-02", "2026-11-03"),  # 4133 − 2066
            statement.Explained("day", 620_00, 20_67, 1, 30, day=2, upto_kop=41_33, before_kop=20_66, is_rounded=True),
        ),
    ],
)
def test_lesson_19_a_charge_tells_its_arithmetic(charge: statement.ChargeRow, expected: statement.Explained) -> None:
    assert statement.explain(charge) == expected


def test_the_months_of_a_history_go_from_the_signing_to_today() -> None:
    assert statement.months(date(2026, 10, 31), date(2027, 1, 1)) == [
        date(2027, 1, 1),
        date(2026, 12, 1),
        date(2026, 11, 1),
        date(2026, 10, 1),
    ]
    assert statement.months(date(2026, 11, 5), date(2026, 11, 5)) == [date(2026, 11, 1)]
