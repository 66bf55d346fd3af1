"""A sum as people type it, and what they are told when it is none."""

import pytest
from django.utils import translation

from abonent.portal import sums


@pytest.mark.parametrize(
    ("typed", "amount_kop"),
    [
        ("500", 500_00),
        ("500,00", 500_00),
        ("500.5", 500_50),
        (" 1 250,50 ₽ ", 1_250_50),
        ("1\u00a0250", 1_250_00),
        ("0,01", 1),
        ("350000", 350_000_00),
    ],
)
def test_what_people_type(typed: str, amount_kop: int) -> None:
    assert sums.read(typed) == amount_kop


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Введите сумму"),
        ("   ", "Введите сумму"),
        ("-5", "без минуса"),
        ("\u22125", "без минуса"),
        ("12,345", "не больше двух цифр"),
        ("12.3456 ₽", "не больше двух цифр"),
        ("0", "больше нуля"),
        ("0,00", "больше нуля"),
        ("пятьсот", "не похоже на сумму"),
        ("5e3", "не похоже на сумму"),
        ("1,2,3", "не похоже на сумму"),
        ("<script>", "не похоже на сумму"),
        ("9" * 400, "не похоже на сумму"),
    ],
)
def test_each_slip_has_its_own_words(typed: str, said: str) -> None:
    with translation.override("ru"), pytest.raises(sums.UnableToRead, match=said):
        sums.read(typed)


@pytest.mark.parametrize(
    ("amount_kop", "typed"), [(500_00, "500"), (325_50, "325,50"), (1, "0,01"), (185_68, "185,68")]
)
def test_a_sum_is_written_as_it_would_be_typed(amount_kop: int, typed: str) -> None:
    assert sums.typed(amount_kop) == typed
    assert sums.read(sums.typed(amount_kop)) == amount_kop
