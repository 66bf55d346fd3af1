"""From a month's charges to the lines of its documents: quantity, sum, VAT."""

from datetime import date, timedelta

import pytest

from abonent.billing import rules
from abonent.billing.documents import lines
from abonent.billing.tests.builder import day, kop
from abonent.core import money, periods

NOVEMBER = periods.Period(day("2026-11-01"), day("2026-12-01"))

# sum with VAT, rate, VAT
VAT = [
    ("4625,00", "none", "0.00"),
    ("4625,00", 0, "0.00"),
    ("4625,00", 5, "220.24"),  # 4625 × 5 ÷ 105 = 220,238…
    ("4625,00", 7, "302.57"),  # 4625 × 7 ÷ 107 = 302,570…
    ("4625,00", 10, "420.45"),  # 4625 × 10 ÷ 110 = 420,4545…
    ("4625,00", 22, "834.02"),  # 4625 × 22 ÷ 122 = 834,0163…
    ("650,00", 22, "117.21"),  # 650 × 22 ÷ 122 = 117,2131…
    ("1,22", 22, "0.22"),  # exactly
    ("1,05", 5, "0.05"),  # exactly
    ("0,61", 22, "0.11"),  # 0,61 × 22 ÷ 122 = 0,11
    ("0,03", 22, "0.01"),  # 0,0054…
    ("0,02", 22, "0.00"),  # 0,0036…
    ("0,11", 10, "0.01"),  # exactly
    ("0,05", 10, "0.00"),  # 0,0045…
    ("0,06", 10, "0.01"),  # 0,0054…
    ("0,21", 5, "0.01"),  # exactly
    ("0,10", 5, "0.00"),  # 0,0047…
    ("0,11", 5, "0.01"),  # 0,0052…
    ("0,33", 10, "0.03"),  # exactly
    ("6,10", 22, "1.10"),  # exactly
    ("100000000,00", 22, "18032786.89"),  # 18032786,885…
]


@pytest.mark.parametrize(("amount", "rate", "vat"), VAT)
def test_vat_is_taken_out_of_the_price_once_half_up(amount: str, rate: lines.VatRate, vat: str) -> None:
    assert money.plain(lines.vat_kop(kop(amount), rate)) == vat


def charged(
    start: str,
    end: str,
    price: str = "600,00",
    *,
    charging: str = "month",
    subscription_id: int = 1,
    transfer_id: int = 1,
    returned: str = "0",
    used_until: str | None = None,
) -> lines.Charged:
    period = periods.Period(day(start), day(end))
    amount_kop = rules.amount_kop(charging, kop(price), rules.Due(period, NOVEMBER), "period")
    return lines.Charged(
        subscription_id=subscription_id,
        name_ru="Тариф",
        name_en="Tariff",
        charging=charging,
        price_kop=kop(price),
        amount_kop=amount_kop,
        period=period,
        whole=NOVEMBER,
        transfer=(period.start, transfer_id),
        returned_kop=kop(returned),
        used_until=day(used_until) if used_until else None,
        returns=((day(used_until), 900),) if used_until else (),
    )


def days(first: int, last: int, price: str = "620,00", *, subscription_id: int = 1) -> list[lines.Charged]:
    """A charge for each day of November from `first` to `last`, by the day."""
    return [
        charged(
            str(date(2026, 11, n)),
            str(date(2026, 11, n) + timedelta(days=1)),
            price,
            charging="day",
            subscription_id=subscription_id,
            transfer_id=n,
        )
        for n in range(first, last + 1)
    ]


def shown(one: lines.Line) -> tuple[str, str, str, str]:
    return str(one.period.start), str(one.period.end), money.plain(one.amount_kop), money.plain(one.vat_kop)


def test_a_charge_is_a_line() -> None:
    (line,) = lines.of([charged("2026-11-01", "2026-12-01")], 22)
    assert shown(line) == ("2026-11-01", "2026-12-01", "600.00", "108.20")  # 600 × 22 ÷ 122 = 108,196…
    assert line.is_whole
    assert line.charges == ((day("2026-11-01"), 1),)


def test_the_days_of_a_month_are_one_line_of_the_month_s_price() -> None:
    (line,) = lines.of(days(1, 30), 5)
    assert shown(line) == ("2026-11-01", "2026-12-01", "620.00", "29.52")  # 620 × 5 ÷ 105 = 29,523…
    assert line.is_whole
    assert [number for _, number in line.charges] == list(range(1, 31))


def test_days_off_part_a_daily_service_into_lines() -> None:
    found = lines.of(days(3, 9) + days(16, 18), 22)
    assert [shown(one)[:3] for one in found] == [
        ("2026-11-03", "2026-11-10", "144.67"),  # 620 × 9 ÷ 30 − 620 × 2 ÷ 30 = 186,00 − 41,33
        ("2026-11-16", "2026-11-19", "62.00"),  # 372,00 − 310,00
    ]


def test_days_of_two_subscriptions_or_two_prices_do_not_join() -> None:
    assert len(lines.of([*days(1, 2), *days(3, 4, subscription_id=2)], 22)) == 2
    assert len(lines.of([*days(1, 2), *days(3, 4, "930,00")], 22)) == 2


def test_months_on_end_do_not_join() -> None:
    two = [charged("2026-11-01", "2026-11-16"), charged("2026-11-16", "2026-12-01", transfer_id=2)]
    assert [shown(one)[:3] for one in lines.of(two, 22)] == [
        ("2026-11-01", "2026-11-16", "300.00"),
        ("2026-11-16", "2026-12-01", "300.00"),
    ]


def test_what_came_back_is_taken_off_with_its_days() -> None:
    (line,) = lines.of([charged("2026-11-01", "2026-12-01", returned="320,00", used_until="2026-11-15")], 22)
    assert shown(line) == ("2026-11-01", "2026-11-15", "280.00", "50.49")  # 600 × 14 ÷ 30; × 22 ÷ 122 = 50,4918…
    assert line.returns == ((day("2026-11-15"), 900),)
    assert not line.is_whole


def test_what_came_back_wholly_has_no_line() -> None:
    assert lines.of([charged("2026-11-01", "2026-12-01", returned="600,00", used_until="2026-11-01")], 22) == []


def test_the_total_is_the_sum_of_lines_and_may_differ_from_vat_of_the_total_by_a_kopeck() -> None:
    """Lesson 26: the level of rounding is the line, and the document says so."""
    three = [charged("2026-11-01", "2026-12-01", "0,03", subscription_id=n) for n in (1, 2, 3)]
    assert sum(one.vat_kop for one in lines.of(three, 22)) == 3
    assert lines.vat_kop(9, 22) == 2


def test_a_discount_is_told_beside_the_amount_and_vat_is_of_what_is_left() -> None:
    part = periods.Period(day("2026-11-16"), day("2026-12-01"))
    # 600 less 10 %: 540 × 15 ÷ 30 = 270, without it 300
    one = charged("2026-11-16", "2026-12-01")._replace(amount_kop=270_00, discount_kop=60_00)
    (line,) = lines.of([one], 22)
    assert (line.period, line.amount_kop, line.discount_kop) == (part, 270_00, 30_00)
    assert line.vat_kop == 48_69  # 270 × 22 ÷ 122 = 48,6885…


def test_of_a_discounted_part_that_came_back_the_discount_is_of_what_was_used() -> None:
    # 540 charged; used 10 of 30: 180, without the discount 200
    one = charged("2026-11-01", "2026-12-01", returned="360,00", used_until="2026-11-11")
    (line,) = lines.of([one._replace(amount_kop=540_00, discount_kop=60_00)], "none")
    assert (line.amount_kop, line.discount_kop) == (180_00, 20_00)


def test_a_corrected_charge_tells_no_discount() -> None:
    one = charged("2026-11-01", "2026-12-01", returned="100,00")._replace(amount_kop=540_00, discount_kop=60_00)
    (line,) = lines.of([one], "none")
    assert (line.amount_kop, line.discount_kop) == (440_00, 0)


def test_plain_days_on_end_are_one_line() -> None:
    whole = charged("2026-11-01", "2026-12-01", "25,00")._replace(charging="per_day", amount_kop=25_00)
    plain = [
        whole._replace(period=periods.one_day(one), whole=periods.one_day(one))
        for one in periods.each_day(day("2026-11-03"), day("2026-11-06"))
    ]
    (line,) = lines.of(plain, "none")
    assert (line.period.days, line.amount_kop, line.discount_kop) == (3, 75_00, 0)
