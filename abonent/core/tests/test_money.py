"""Sums as people write them, and the one place that divides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abonent.core import money

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("text", "kop"),
    [
        ("550", 55000),
        ("550,00", 55000),
        ("550.00", 55000),
        ("0,01", 1),
        ("0", 0),
        ("1250,5", 125050),  # one digit is tens of kopecks
        ("1 250,50", 125050),
        (f"1{NBSP}250,50{NBSP}₽", 125050),
        ("1\u202f250", 125000),
        ("550 руб.", 55000),
        ("550р", 55000),
        ("  42  ", 4200),
        ("9999999999999,99", 999_999_999_999_999),
    ],
)
def test_a_sum_is_read_as_people_write_it(text: str, kop: int) -> None:
    assert money.parse(text) == kop


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-5",
        "+5",
        "12,345",
        "1,2,3",
        "abc",
        "1e3",
        "٣",
        "½",
        "5,",
        ",5",
        "0x10",
        "10000000000000,01",
        "5$",
        "NaN",
    ],
)
def test_what_is_no_sum_is_refused(text: str) -> None:
    with pytest.raises(money.UnableToParse):
        money.parse(text)


@pytest.mark.parametrize(
    ("kop", "shown"),
    [
        (0, f"0,00{NBSP}₽"),
        (1, f"0,01{NBSP}₽"),
        (125000, f"1{NBSP}250,00{NBSP}₽"),
        (123456789, f"1{NBSP}234{NBSP}567,89{NBSP}₽"),
        (-32500, f"\u2212325,00{NBSP}₽"),
        (-5, f"\u22120,05{NBSP}₽"),
    ],
)
def test_a_sum_is_shown_with_no_break_spaces(kop: int, shown: str) -> None:
    assert money.show(kop) == shown


def test_a_sign_is_shown_on_request_and_never_on_zero() -> None:
    assert money.show(50000, sign=True) == f"+500,00{NBSP}₽"
    assert money.show(-50000, sign=True) == f"\u2212500,00{NBSP}₽"
    assert money.show(0, sign=True) == f"0,00{NBSP}₽"


@pytest.mark.parametrize(("kop", "text"), [(125000, "1250.00"), (5, "0.05"), (-5, "-0.05"), (-125050, "-1250.50")])
def test_machines_read_a_plain_sum(kop: int, text: str) -> None:
    assert money.plain(kop) == text


@given(st.integers(0, money.MAX_KOP - 1))
def test_what_is_shown_is_read_back(kop: int) -> None:
    assert money.parse(money.show(kop)) == kop
    assert money.parse(money.plain(kop)) == kop


@pytest.mark.parametrize(
    ("kop", "numerator", "denominator", "result"),
    [
        (55000, 31, 31, 55000),  # a whole period costs its price
        (55000, 0, 31, 0),
        (55000, 1, 31, 1774),  # 1774.19…
        (55000, 30, 31, 53226),  # 53225.80…
        (5, 1, 2, 3),  # 2.5: half up
        (1, 1, 2, 1),  # 0.5: half up
        (1, 1, 3, 0),  # 0.33…
        (2, 1, 3, 1),  # 0.66…
        (100, 1, 8, 13),  # 12.5: half up, not to even
        (300, 1, 8, 38),  # 37.5: half up, where to even would agree
        (10**15, 10**6 - 1, 10**6, 999_999_000_000_000),  # exact far beyond a binary fraction
    ],
)
def test_a_part_is_rounded_half_up_once(kop: int, numerator: int, denominator: int, result: int) -> None:
    assert money.part(kop, numerator, denominator) == result


@given(st.integers(0, 10**9), st.integers(1, 400), st.data())
def test_a_part_is_the_nearest_kopeck(kop: int, denominator: int, data: st.DataObject) -> None:
    numerator = data.draw(st.integers(0, denominator))
    error_twice = 2 * (money.part(kop, numerator, denominator) * denominator - kop * numerator)
    assert -denominator < error_twice <= denominator


@pytest.mark.parametrize(("kop", "numerator", "denominator"), [(-1, 1, 2), (1, -1, 2), (1, 1, 0)])
def test_a_part_of_nonsense_is_a_bug(kop: int, numerator: int, denominator: int) -> None:
    with pytest.raises(AssertionError):
        money.part(kop, numerator, denominator)


@pytest.mark.parametrize(
    ("kop", "percent_hundredths", "result"),
    [
        (55000, 0, 55000),
        (55000, 1000, 49500),  # 10 %
        (55000, 10000, 0),
        (99, 5000, 50),  # 49.5: half up
        (55000, 1250, 48125),  # 12.5 %
    ],
)
def test_a_discount_is_rounded_half_up_once(kop: int, percent_hundredths: int, result: int) -> None:
    assert money.less_percent(kop, percent_hundredths) == result


def test_a_discount_of_more_than_everything_is_a_bug() -> None:
    with pytest.raises(AssertionError):
        money.less_percent(55000, 10001)
