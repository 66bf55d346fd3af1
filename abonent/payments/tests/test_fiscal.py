"""What a receipt says: rates by date, sums to the kopeck, how it is kept."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from abonent.payments import fiscal
from abonent.payments.gateways import yookassa_receipts

AT = datetime(2026, 11, 10, 12, 0, tzinfo=ZoneInfo("Europe/Moscow"))
ANNA = fiscal.Customer("anna@example.ru", "+79161234567")


@pytest.mark.parametrize(
    ("rate", "on", "advance", "service"),
    [
        ("none", date(2026, 11, 10), "none", "none"),
        (0, date(2026, 11, 10), "vat0", "vat0"),
        (5, date(2026, 11, 10), "vat105", "vat5"),
        (7, date(2026, 11, 10), "vat107", "vat7"),
        (10, date(2026, 11, 10), "vat110", "vat10"),
        (22, date(2026, 1, 1), "vat122", "vat22"),
        (22, date(2025, 12, 31), "vat120", "vat20"),
    ],
)
def test_an_advance_carries_the_calculated_rate_of_its_date(
    rate: fiscal.VatRate, on: date, advance: str, service: str
) -> None:
    assert fiscal.vat(rate, on, is_advance=True) == advance
    assert fiscal.vat(rate, on, is_advance=False) == service


def test_the_banks_codes_are_twelve_and_different() -> None:
    assert yookassa_receipts.VAT_CODES["vat22"] == 11
    assert yookassa_receipts.VAT_CODES["vat122"] == 12
    assert sorted(yookassa_receipts.VAT_CODES.values()) == list(range(1, 13))


@pytest.mark.parametrize(("rate", "system"), [("none", "usn_income"), (5, "usn_income"), (22, "osn"), (0, "osn")])
def test_the_tax_system_follows_the_rate_unless_said(rate: fiscal.VatRate, system: str) -> None:
    assert fiscal.usual_tax_system(rate) == system


def test_items_must_be_the_sum_to_the_kopeck() -> None:
    items = [fiscal.item("Internet", 550_01, vat="vat22", is_service=True)]
    with pytest.raises(fiscal.UnableToWord, match="items of 55001 kopecks, the sum is 55000"):
        fiscal.content(at=AT, customer=ANNA, items=items, settlement="prepayment", amount_kop=550_00)


def test_a_receipt_that_nobody_would_get_is_refused() -> None:
    items = [fiscal.item("Internet", 1, vat="none", is_service=True)]
    with pytest.raises(fiscal.UnableToWord, match="neither an e-mail nor a phone"):
        fiscal.content(at=AT, customer=fiscal.Customer("", ""), items=items, settlement="cash", amount_kop=1)


def test_an_item_of_nothing_is_refused() -> None:
    with pytest.raises(fiscal.UnableToWord, match="0 kopecks"):
        fiscal.item("Internet", 0, vat="none", is_service=True)


def test_a_name_is_cut_to_what_registers_take() -> None:
    made = fiscal.item("  Internet \n access " + "x" * 200, 1, vat="none", is_service=True)
    assert made.name.startswith("Internet access x")
    assert len(made.name) == 128


def test_what_is_kept_is_what_was_said() -> None:
    items = [fiscal.item("Internet", 100, vat="vat22", is_service=True)]
    said = fiscal.content(at=AT, customer=ANNA, items=items, settlement="prepayment", amount_kop=100)
    assert fiscal.load(fiscal.dump(said)) == said
