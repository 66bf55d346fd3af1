"""The payment QR code: what a bank's app reads out of it is what we meant."""

import xml.etree.ElementTree as xml

import pytest
from django.conf import settings

from abonent.core import payment_code

PAYEE = {
    "Name": "ООО «Северное сияние»",
    "PersonalAcc": "40702810055000001742",
    "BankName": "Банк «Невский рассвет» (АО), г. Санкт-Петербург",
    "BIC": "044099901",
    "CorrespAcc": "30101810000000000901",
}


def test_what_is_written_is_read_back_required_values_first_and_the_sum_in_kopecks() -> None:
    text = payment_code.write({"Purpose": "Договор 100001", "PersAcc": "100001", **PAYEE}, amount_kop=500_05)
    assert text.startswith("ST00012|Name=ООО «Северное сияние»|PersonalAcc=40702810055000001742|BankName=")
    found = payment_code.read(text)
    assert list(found)[:5] == ["Name", "PersonalAcc", "BankName", "BIC", "CorrespAcc"]
    assert (found["Purpose"], found["PersAcc"], found["Sum"]) == ("Договор 100001", "100001", "50005")
    assert text.encode()[:7] == b"ST00012"  # 2: UTF-8


def test_without_a_sum_the_payer_types_it() -> None:
    assert "Sum" not in payment_code.read(payment_code.write(PAYEE))


def test_a_value_with_the_separator_in_it_makes_another_separator() -> None:
    text = payment_code.write({**PAYEE, "Purpose": "a|b"})
    assert text.startswith("ST00012~Name=")
    assert payment_code.read(text)["Purpose"] == "a|b"


def test_a_name_that_is_too_long_is_cut_and_lines_become_spaces() -> None:
    found = payment_code.read(payment_code.write({**PAYEE, "BankName": "Б" * 46, "Purpose": "one\ntwo"}))
    assert (len(found["BankName"]), found["Purpose"]) == (45, "one two")


@pytest.mark.parametrize(
    ("change", "amount_kop"),
    [
        ({"BIC": ""}, None),
        ({"Name": " "}, None),
        ({"PersonalAcc": "4" * 21}, None),
        ({"Purpose": "|~#^"}, None),
        ({}, 0),
        ({}, -1),
    ],
)
def test_what_no_bank_would_read_is_not_written(change: dict[str, str], amount_kop: int | None) -> None:
    with pytest.raises(payment_code.UnableToWrite):
        payment_code.write({**PAYEE, **change}, amount_kop=amount_kop)


@pytest.mark.parametrize("text", ["", "ST00012", "ST00011|Name=x", "ST00012|Name", "ST00012|BIC=1|Name=2", "ST000120"])
def test_what_is_no_code_is_not_read(text: str) -> None:
    with pytest.raises(payment_code.UnableToRead):
        payment_code.read(text)


def test_the_drawing_is_svg_with_a_title_and_nothing_that_the_policy_forbids() -> None:
    drawn = payment_code.svg(payment_code.write(PAYEE), title="Payment <code>")
    root = xml.fromstring(drawn)
    assert root.find("{http://www.w3.org/2000/svg}title").text == "Payment <code>"  # type: ignore[union-attr]
    assert b"style" not in drawn
    assert b"script" not in drawn


def test_the_profiles_payee_makes_a_code() -> None:
    requisites = settings.PROFILE.requisites
    assert requisites is not None
    said = payment_code.payee(
        name=settings.PROFILE.legal_name.ru, inn=requisites.inn, kpp=requisites.kpp, bank=requisites.bank.model_dump()
    )
    found = payment_code.read(payment_code.write({**said, "Purpose": "x"}))
    assert (found["PayeeINN"], found["KPP"], found["BIC"]) == (requisites.inn, requisites.kpp, requisites.bank.bik)
