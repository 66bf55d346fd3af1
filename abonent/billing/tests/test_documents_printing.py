"""Documents on paper: what stands there, in both languages and under both profiles; nothing that is typed breaks it."""

import re
from datetime import date
from typing import Any

import pytest

from abonent.billing.documents import invoices, printing
from abonent.billing.models import Document
from abonent.billing.tests import papers
from abonent.billing.tests.papers import PDFTOTEXT
from abonent.core import profile
from abonent.ledger.models import Account
from abonent.subscribers import customers
from abonent.subscribers.models import Customer

pytestmark = pytest.mark.django_db

FORTY = 40


@pytest.fixture
def romashka(db: None) -> Account:
    """Internet from the 1st, a phone from the 16th, video by the day from the 3rd."""
    account = papers.company()
    papers.charge(account, "3900,00", "2026-11-01")
    papers.charge(account, "450,00", "2026-11-16", kind="telephony")
    papers.charge(account, "620,00", "2026-11-03", charging="day", kind="video")
    papers.charged_through("2026-11-30")
    return account


def text(document: Document) -> str:
    return papers.text(printing.pdf(document, "ru"), printing.printed(document, "ru"))


def by_kind(made: list[Document]) -> dict[str, Document]:
    return {str(one.kind): one for one in made}


def test_the_buyers_address_is_the_one_in_the_register_and_a_document_keeps_what_it_said(romashka: Account) -> None:
    buyer = Customer.objects.get(contracts__account=romashka)
    customers.move(buyer, registered_address="141300, г. Сергиев Посад, ул. Ромашковая, д. 7")
    made = by_kind(papers.make(romashka))
    for kind in ("invoice", "act", "vat_invoice"):
        assert "141300, г. Сергиев Посад, ул. Ромашковая, д. 7" in text(made[kind]), kind
    customers.move(buyer, registered_address="141301, г. Сергиев Посад, ул. Новая, д. 8")
    assert "ул. Ромашковая" in text(made["invoice"])
    corrected = invoices.correct(made["invoice"].pk, on=date(2026, 12, 5), actor="accountant", why="they moved")
    assert "ул. Новая, д. 8" in text(by_kind(corrected)["invoice"])


def test_the_invoice_says_who_is_paid_for_what_how_much_and_by_when(romashka: Account) -> None:
    said = text(by_kind(papers.make(romashka))["invoice"])
    for expected in (
        "Счёт на оплату № 1 от 30 ноября 2026 г.",
        "Банк «Невский рассвет» (АО), г. Санкт-Петербург",
        "БИК 044099901",
        "30101810000000000901",
        "40702810055000001742",
        "7899017429 / 789901001",
        "ООО «Скайнет», ИНН 7899017429, КПП 789901001, 190000, г. Санкт-Петербург",
        "ООО «Ромашка», ИНН 5042001238, КПП 504201001",
        "1 мес. 3 900,00 3 900,00",
        "15 дн. 450,00 225,00",
        "часть месяца: 450,00 ₽ × 15 дней ÷ 30 дней",
        "посуточно, 620,00 ₽ в месяц",
        "1 дн. 620,00 20,67",  # 620 × 3 ÷ 30 − 620 × 2 ÷ 30 = 62,00 − 41,33
        "Итого 4 145,67",
        "В том числе НДС 22% 747,58",  # 703,28 + 40,57 + 3,73
        "Всего 3 наименования на сумму 4 145,67 ₽",
        "Четыре тысячи сто сорок пять рублей 67 копеек",
        "Оплатить до 11 декабря 2026 г. включительно.",
        "Оплата по счёту № 1 от 30 ноября 2026 г., договор № ",
        "сумма × 22 ÷ 122, с одним округлением до ближайшей копейки, половина вверх. Итог – сумма строк.",
        "Часть месяца округлена один раз до ближайшей копейки",
        "Генеральный директор Полярный А. В.",
        "Главный бухгалтер Зимина Е. С.",
    ):
        assert expected in said


def test_the_act_says_what_was_rendered_and_has_two_sides(romashka: Account) -> None:
    said = text(by_kind(papers.make(romashka))["act"])
    for expected in (
        "Акт оказанных услуг № 1 от 30 ноября 2026 г.",
        "Исполнитель ООО «Скайнет»",
        "Заказчик ООО «Ромашка»",
        "от 1 августа 2026 г.",
        "Четыре тысячи сто сорок пять рублей 67 копеек",
        "В том числе НДС 22%: 747,58 ₽.",
        "Перечисленные услуги оказаны полностью и в срок.",
        "М. П.",
    ):
        assert expected in said
    assert "Исправление" not in said


def test_the_vat_invoice_has_the_rows_and_columns_of_the_law(romashka: Account) -> None:
    printed = printing.printed(by_kind(papers.make(romashka))["vat_invoice"], "ru")
    rows = ["2", "2а", "2б", "3", "4", "5", "5а", "6", "6а", "6б", "7", "8"]
    assert [code for _, _, code in printed["facts"]] == rows
    assert printed["column_codes"] == ["1", "1а", "1б", "2", "2а", "3", "4", "5", "6", "7", "8", "9", "10", "10а", "11"]
    assert printed["correction"] == "Исправление № – от –"
    assert [row[3:12] for row in printed["rows"]] == [
        ["362", "мес.", "1", "3\u00a0196,72", "3\u00a0196,72", "без акциза", "22%", "703,28", "3\u00a0900,00"],
        ["–", "–", "–", "–", "184,43", "без акциза", "22%", "40,57", "225,00"],
        ["–", "–", "–", "–", "16,94", "без акциза", "22%", "3,73", "20,67"],
    ]
    assert printed["total"][1:] == ["3\u00a0398,09", "X", "747,58", "4\u00a0145,67"]
    assert ["Документ об отгрузке: наименование, №", "Акт оказанных услуг, № п/п 1–3, № 1 от 30\u00a0ноября\u00a02026\u00a0г.", "5а"] in printed["facts"]  # noqa: E501  # fmt: skip


def test_a_correction_names_its_number_and_date_on_every_kind(romashka: Account) -> None:
    made = papers.make(romashka)
    papers.give_back(romashka.subscriptions.get(kind="telephony"), "2026-11-26")
    corrected = invoices.correct(made[0].pk, on=date(2026, 12, 5), actor="accountant", why="a return")
    for one in corrected:
        assert "Исправление № 1 от 5 декабря 2026 г." in text(one)
        assert printing.file_name(one) == f"{str(one.kind).replace('_', '-')}-2026-1-correction-1.pdf"
    vat_invoice = by_kind(corrected)["vat_invoice"]
    assert "(Исправление № 1 от 5 декабря 2026 г.)" in text(vat_invoice)
    assert [printing.file_name(one) for one in made] == [
        "invoice-2026-1.pdf",
        "act-2026-1.pdf",
        "vat-invoice-2026-1.pdf",
    ]


def test_in_english_nothing_of_the_form_is_russian(romashka: Account) -> None:
    Customer.objects.filter(contracts__account=romashka).update(full_name="Romashka LLC")
    for document in papers.make(romashka):
        printed = printing.printed(document, "en")
        said = re.sub(r"Offer \S+|Тариф \S+", "", str({**printed, "bank": ""}))
        assert re.findall(r"[А-Яа-яЁё]+", said) == []
        assert printed["title"].endswith("No. 1 of 30\u00a0November\u00a02026")
        assert printed["words"] == "Four thousand one hundred forty-five roubles 67 kopecks"


def test_the_same_document_is_the_same_bytes_whatever_changes_around_it(romashka: Account, settings: Any) -> None:
    made = papers.make(romashka)
    before = [printing.pdf(one, "ru") for one in made]
    Customer.objects.filter(contracts__account=romashka).update(full_name="ООО «Другое имя»", inn="7707083893")
    settings.PROFILE = profile.load("spnet")
    assert [printing.pdf(Document.objects.get(pk=one.pk), "ru") for one in made] == before


def test_the_other_profile_sells_under_its_own_name_and_rate(settings: Any) -> None:
    settings.PROFILE = profile.load("spnet")
    account = papers.company()
    papers.charge(account, "4625,00", "2026-11-01")
    papers.charged_through("2026-11-30")
    said = text(by_kind(papers.make(account))["invoice"])
    assert "ООО «КСИТ», ИНН 5099003180, КПП 509901001" in said
    assert "В том числе НДС 5% 220,24" in said
    assert "Четыре тысячи шестьсот двадцать пять рублей 00 копеек" in said


def test_forty_lines_go_over_pages_with_the_head_on_each(settings: Any) -> None:
    account = papers.company(credit_limit="1000000,00")
    for n in range(FORTY):
        papers.charge(account, f"{100 + n},00", "2026-11-01", kind="video")
    papers.charged_through("2026-11-30")
    for kind, document in by_kind(papers.make(account)).items():
        pages = len(re.findall(rb"/Type ?/Page\b(?!s)", printing.pdf(document, "ru")))
        assert pages >= 2
        if PDFTOTEXT is not None:
            said = text(document)
            assert f"Страница {pages} из {pages}" in said
            head = "имущественного права" if kind == "vat_invoice" else "Кол-во"
            assert said.count(head) == pages


@pytest.mark.parametrize(
    "name",
    [
        'ООО "#panic(\\"x\\")" *жирное* _курсив_ $x$ <метка> @ссылка `код` // /* [скобки] {и} \\',
        "ООО «" + "Оченьдлинноеслово" * 10 + "»",
        "ООО «😀 中文 עברית»",
        "Ё" * 200,
    ],
)
def test_a_name_is_only_text(romashka: Account, name: str) -> None:
    Customer.objects.filter(contracts__account=romashka).update(full_name=name[:200])
    for document in papers.make(romashka):
        assert len(printing.pdf(document, "ru")) > 1000


def test_an_entrepreneur_without_kpp_and_a_contract_without_a_place(romashka: Account) -> None:
    Customer.objects.filter(contracts__account=romashka).update(inn="500100732259", kpp="", full_name="ИП Иванов И. И.")
    made = by_kind(papers.make(romashka))
    assert printing.printed(made["invoice"], "ru")["buyer"] == "ИП Иванов И. И., ИНН 500100732259"
    facts = printing.printed(made["vat_invoice"], "ru")["facts"]
    assert ["Адрес", "–", "6а"] in facts
    assert ["ИНН/КПП покупателя", "500100732259", "6б"] in facts
