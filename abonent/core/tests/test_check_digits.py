"""Check digits of requisites: known numbers pass, each slip of one digit does not."""

import pytest

from abonent.core import check_digits

SLIPS = [(number, slip) for number in ("7707083893", "500100732259", "7899017429") for slip in range(len(number))]


@pytest.mark.parametrize("number", ["7707083893", "500100732259", "7899017429", "5099003180"])
def test_an_inn_of_a_company_or_an_entrepreneur_passes(number: str) -> None:
    assert check_digits.inn(number)


@pytest.mark.parametrize("number", ["", "770708389", "77070838930", "77070838a3", "7707083894", "٧707083893"])
def test_what_is_no_inn_does_not_pass(number: str) -> None:
    assert not check_digits.inn(number)


@pytest.mark.parametrize(("number", "place"), SLIPS)
def test_a_slip_of_one_digit_of_an_inn_shows(number: str, place: int) -> None:
    slipped = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
    assert not check_digits.inn(slipped)


def test_an_ogrn_is_checked_by_its_remainder() -> None:
    assert check_digits.ogrn("1027700132195")
    assert not check_digits.ogrn("1027700132196")
    assert not check_digits.ogrn("102770013219")


def test_accounts_are_checked_against_the_bank() -> None:
    assert check_digits.correspondent_account("30101810400000000225", "044525225")
    assert not check_digits.correspondent_account("30101810500000000225", "044525225")
    assert not check_digits.correspondent_account("30101810400000000225", "044525226")
    assert check_digits.settlement_account("40702810055000001742", "044099901")
    assert not check_digits.settlement_account("40702810055000001743", "044099901")
    assert not check_digits.settlement_account("4070281005500000174", "044099901")
