"""Cash orders on paper: what they print, in Russian as the law asks and in English to read."""

from datetime import date

import pytest

from abonent.payments import printing
from abonent.payments.models_desk import CashOrder

DATA = {
    "operator": {"ru": "ООО «Северное сияние»", "en": "Northern Light LLC"},
    "inn": "7899017429",
    "accountant": {"ru": "Зимина Е. С.", "en": "E. S. Zimina"},
    "contract": "100001",
    "signed_on": "2026-08-14",
    "customer": "Иванова Анна Петровна",
    "vat_rate": 22,
}


def order(kind: str = "in", **changes: object) -> CashOrder:
    return CashOrder(
        kind=kind, year=2026, number=17, on=date(2026, 11, 10), amount_kop=1_250_50, cashier="cashier",
        data=DATA | changes,
    )  # fmt: skip


def said(found: dict[str, object]) -> str:
    return repr(found).replace("\\xa0", " ").replace("\u00a0", " ")


def test_a_receipt_order_says_who_paid_how_much_and_for_what() -> None:
    found = printing.printed(order(), "ru")
    assert (found["title"], found["number"], found["day"]) == ("Приходный кассовый ордер", "17", "10.11.2026")
    text = said(found)
    assert "Иванова Анна Петровна" in text
    assert "Одна тысяча двести пятьдесят рублей 50 копеек" in text
    assert "договор № 100001 от 14 августа 2026" in text
    assert "НДС 22/122: 225,50" in text  # 1 250,50 × 22 ÷ 122 = 225,50
    assert "Квитанция к приходному кассовому ордеру № 17" in text
    assert "КО-1" in text


def test_an_expense_order_has_no_receipt_to_tear_off() -> None:
    found = printing.printed(order("out"), "ru")
    assert (found["title"], found["receipt"]) == ("Расходный кассовый ордер", None)
    assert "КО-2" in said(found)


def test_who_pays_no_vat_prints_none() -> None:
    assert "Без налога (НДС)" in said(printing.printed(order(vat_rate="none"), "ru"))


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("kind", ["in", "out"])
def test_both_orders_are_set_in_both_languages(kind: str, language: str) -> None:
    made = printing.pdf(order(kind), language)
    assert made.startswith(b"%PDF")
    assert printing.file_name(order(kind)) == f"cash-{kind}-2026-17.pdf"
