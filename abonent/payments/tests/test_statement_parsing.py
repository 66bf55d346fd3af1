"""The bank's files as banks write them: encodings, sums, purposes, and what is refused whole."""

from datetime import date

import pytest

from abonent.payments.bank_statements import owners, parsing
from tests import statements
from tests.statements import Paper

GOOD = Paper("17", "1 500,00", "Оплата по договору № 100001, НДС не облагается")


def read(*papers: Paper, coding: str = "cp1251", **words: str) -> parsing.Statement:
    said = {"received": "1500.00", "closing": "2500.00", **words}
    return parsing.read(statements.content(*papers, coding=coding, **said))


@pytest.mark.parametrize(
    ("coding", "found"),
    [("cp1251", "cp1251"), ("cp866", "cp866"), ("utf-8-sig", "utf-8-sig"), ("utf-8", "utf-8-sig")],
)
def test_every_encoding_that_banks_use(coding: str, found: str) -> None:
    said = read(GOOD, coding=coding)
    assert said.encoding == found
    (paper,) = said.documents
    assert paper.purpose == "Оплата по договору № 100001, НДС не облагается"
    assert (paper.number, paper.on, paper.received_on, paper.amount_kop) == (
        "17", date(2026, 11, 9), date(2026, 11, 9), 1500_00,
    )  # fmt: skip
    assert (paper.payer, paper.payer_account, paper.payee_account) == (
        "Иванов Иван Иванович", statements.PAYER_ACCOUNT, statements.own_account(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "kop"),
    [("1500.00", 1500_00), ("1 500,00", 1500_00), ("1\u00a0500,5", 1500_50), ("1500", 1500_00), ("0.01", 1)],
)
def test_sums_as_banks_write_them(typed: str, kop: int) -> None:
    coding = "utf-8"
    assert read(Paper("1", typed, "x"), coding=coding).documents[0].amount_kop == kop


def test_a_balance_may_be_below_zero() -> None:
    (turnover,) = read(opening="-10.00", received="0", closing="-10,00").turnovers
    assert (turnover.opening_kop, turnover.closing_kop) == (-1000, -1000)


def test_a_purpose_goes_on_in_lines_without_a_key() -> None:
    paper = Paper("1", "1.00", "Оплата услуг связи\r\nпо договору\r\n№ 100001 НДС=20 %\r\nза ноябрь")
    assert read(paper).documents[0].purpose == "Оплата услуг связи по договору № 100001 НДС=20 % за ноябрь"


def test_a_purpose_in_numbered_lines() -> None:
    fields: dict[str, str | None] = {
        "НазначениеПлатежа": None,
        "НазначениеПлатежа1": "Оплата по",
        "НазначениеПлатежа2": "договору 100001",
    }
    assert read(Paper("1", "1.00", "", fields=fields)).documents[0].purpose == "Оплата по договору 100001"


def test_a_cut_file_is_refused_with_its_line_wherever_it_is_cut() -> None:
    lines = statements.text(GOOD, received="1500.00", closing="2500.00").split("\r\n")
    for upto in range(1, len(lines) - 2):
        with pytest.raises(parsing.UnableToRead):
            parsing.read("\r\n".join(lines[:upto]).encode("cp1251"))
    with pytest.raises(parsing.UnableToRead, match="line 20: the file is cut"):
        parsing.read("\r\n".join(lines[:20]).encode("cp1251"))


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("Сумма=1 500,00", "Сумма=1 500,000", "line 17: Сумма: '1 500,000' is not a sum"),
        ("Сумма=1 500,00", "Сумма=0", "a document of 0 kopecks"),
        ("Сумма=1 500,00", "Сумма=-5", "a document of -500 kopecks"),
        ("Сумма=1 500,00", "Сумма=1e5", "is not a sum"),
        ("Сумма=1 500,00\r\n", "", "Сумма is missing"),
        ("Номер=17", "Номер=", "Номер is missing"),
        ("ДатаПоступило=09.11.2026", "ДатаПоступило=31.02.2026", "is not a day"),
        ("НачальныйОстаток=1000.00", "НачальныйОстаток=", "НачальныйОстаток is missing"),
        ("КонецДокумента\r\n", "", "does not end"),
        ("КонецРасчСчет", "КонецДокумента", "a section ends that has not begun"),
        ("КонецФайла\r\n", "КонецФайла\r\nещё", "after the end"),
        ("1CClientBankExchange", "1CClientBank", "does not begin"),
        ("Номер=17", "какая-то строка", "a line without a key"),
        ("Номер=17", "Номер=17\0", "no text"),
    ],
)
def test_what_is_refused_whole(before: str, after: str, why: str) -> None:
    text = statements.text(GOOD, received="1500.00", closing="2500.00")
    assert before in text
    with pytest.raises(parsing.UnableToRead) as refused:
        parsing.read(text.replace(before, after, 1).encode("cp1251"))
    assert why in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"PK\x03\x04", "привет".encode("cp1251")])
def test_other_files_are_refused(content: bytes) -> None:
    with pytest.raises(parsing.UnableToRead):
        parsing.read(content)


@pytest.mark.parametrize(
    ("purpose", "contracts", "invoices"),
    [
        ("Оплата по договору № 100001", ("100001",), ()),
        ("по договору №100001 от 01.02.2026", ("100001",), ()),
        ("по договору от 01.02.2026 г. № 100001", ("100001",), ()),
        ("дог. 100001 за интернет", ("100001",), ()),
        ("Договор: SP-100001", ("SP-100001",), ()),
        ("лицевой счёт 100001", ("100001",), ()),
        ("Лицевой счет №100001.", ("100001",), ()),
        ("л/с 100001", ("100001",), ()),
        ("ЛС100001", ("100001",), ()),
        ("Оплата по договору услуг связи", (), ()),
        ("Оплата счета № 42 от 30.11.2026", (), ((42, date(2026, 11, 30)),)),
        ("Оплата по счету 42 от 30 ноября 2026 г.", (), ((42, date(2026, 11, 30)),)),
        ("сч. №42, дог. №100004", ("100004",), ((42, None),)),
        ("на расчётный счёт 40702810900000000001", (), ()),
        ("мыл с 100 по 200", (), ()),
        ("счет-фактура 42", (), ()),
    ],
)
def test_what_a_purpose_names(
    purpose: str, contracts: tuple[str, ...], invoices: tuple[tuple[int, date | None], ...]
) -> None:
    said = owners.named(purpose)
    assert (said.contracts, said.invoices) == (contracts, invoices)
