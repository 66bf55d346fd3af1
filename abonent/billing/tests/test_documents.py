"""A month's documents of a legal entity: made once, without gaps, corrected beside the first, never over it."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from abonent.billing.documents import invariants, invoices, printing, queries
from abonent.billing.models import Document, Subscription
from abonent.billing.tests import builder, papers
from abonent.billing.tests.builder import day
from abonent.billing.tests.papers import FIRST_OF_DECEMBER, charge, company, make, shown
from abonent.core import db
from abonent.core.models import AuditEntry
from abonent.ledger import transfers
from abonent.ledger.models import Account, Transfer
from abonent.subscribers.models import Customer

pytestmark = pytest.mark.django_db


@pytest.fixture
def romashka(db: None) -> Account:
    """Internet for 3 900,00 from the 1st, a phone for 450,00 from the 16th: 3 900,00 + 225,00 of November."""
    account = company()
    charge(account, "3900,00", "2026-11-01")
    charge(account, "450,00", "2026-11-16", kind="telephony")
    papers.charged_through("2026-11-30")
    return account


def phone(romashka: Account) -> Subscription:
    return Subscription.objects.get(account=romashka, kind="telephony")


def correct(document: Document, on: date = date(2026, 12, 5)) -> list[Document]:
    return invoices.correct(document.pk, on=on, actor="accountant", why="a test")


# --- made ---


def test_a_month_has_an_invoice_an_act_and_a_vat_invoice_dated_by_its_last_day(romashka: Account) -> None:
    made = make(romashka)
    # VAT 22 %: 3900 × 22 ÷ 122 = 703,2786…; 225 × 22 ÷ 122 = 40,5737…
    assert shown(made) == [
        ("invoice", 1, 0, "4125.00", "743.85"),
        ("act", 1, 0, "4125.00", "743.85"),
        ("vat_invoice", 1, 0, "4125.00", "743.85"),
    ]
    assert {(one.issued_on, one.year, one.month) for one in made} == {(date(2026, 11, 30), 2026, date(2026, 11, 1))}
    assert [one.pk for one in made] == [Document.objects.get(kind=one.kind).pk for one in made]
    assert [Document.objects.get(pk=one.pk).data for one in made] == [one.data for one in made]
    assert list(invariants.problems()) == []


def test_a_repeat_gives_what_was_made_and_takes_no_number(romashka: Account) -> None:
    made = make(romashka)
    again = make(romashka, month="2026-11-17", on=date(2027, 3, 1))
    assert {one.pk for one in again} == {one.pk for one in made}
    assert Document.objects.count() == 3
    assert set(papers.counters().values()) == {1}


def test_numbers_go_by_kind_and_by_the_year_of_the_month(romashka: Account) -> None:
    other = company(name="ООО «Лютик»")
    charge(other, "1000,00", "2026-12-01")
    make(romashka)
    papers.charged_through("2026-12-31")
    assert [one.number for one in make(other, month="2026-12-01", on=date(2027, 1, 1))] == [2, 2, 2]
    builder.resume(romashka, "2027-01-01")
    charge(romashka, "100,00", "2027-01-01", kind="video")
    papers.charged_through("2027-01-31")
    assert [(one.year, one.number) for one in make(romashka, "2027-01-01", date(2027, 2, 1))] == [(2027, 1)] * 3
    assert papers.counters()["act", 2026] == 2
    assert list(invariants.problems()) == []


@pytest.mark.parametrize(
    ("rate", "vat"),
    [
        (0, "0.00"),
        (5, "196.42"),  # 3900 × 5 ÷ 105 = 185,7142…; 225 × 5 ÷ 105 = 10,7142…: 185,71 + 10,71
        (7, "269.86"),  # 3900 × 7 ÷ 107 = 255,1401…; 225 × 7 ÷ 107 = 14,7196…: 255,14 + 14,72
        (10, "375.00"),  # 354,5454… + 20,4545…: 354,55 + 20,45
        (22, "743.85"),
    ],
)
def test_vat_is_the_sum_of_the_lines_vat(romashka: Account, settings: Any, rate: int, vat: str) -> None:
    settings.PROFILE = papers.profile(vat_rate=rate)
    assert {one[3:] for one in shown(make(romashka))} == {("4125.00", vat)}
    assert list(invariants.problems()) == []


def test_who_pays_no_vat_makes_no_vat_invoice(romashka: Account, settings: Any) -> None:
    settings.PROFILE = papers.profile(vat_rate="none")
    made = make(romashka)
    assert shown(made) == [("invoice", 1, 0, "4125.00", "0.00"), ("act", 1, 0, "4125.00", "0.00")]
    assert printing.printed(made[0], "ru")["totals"] == [["Итого", "4\u00a0125,00"], ["НДС", "не облагается"]]
    assert list(invariants.problems()) == []


def test_a_month_without_charges_has_no_documents_and_takes_no_number() -> None:
    account = company()
    papers.charged_through("2026-11-30")
    assert make(account) == []
    charge(account, "0,00", "2026-11-01")
    assert make(account) == []
    assert (Document.objects.count(), papers.counters()) == (0, {})


def test_a_month_whose_charges_all_came_back_has_no_documents() -> None:
    account = company()
    papers.give_back(charge(account, "3900,00", "2026-11-10"), "2026-11-10")
    papers.charged_through("2026-11-30")
    assert make(account) == []


def test_days_charged_by_the_day_are_a_line_and_what_came_back_is_taken_off() -> None:
    account = company()
    tariff = charge(account, "3900,00", "2026-11-01")
    papers.give_back(tariff, "2026-11-15")
    papers.charged_through("2026-11-30")
    (line,) = make(account)[0].data["lines"]
    assert (line["period"], line["amount_kop"]) == (["2026-11-01", "2026-11-15"], 1820_00)  # 3900 × 14 ÷ 30
    assert len(line["returns"]) == 1
    assert list(invariants.problems()) == []


def test_a_fee_is_a_line_and_a_fee_given_back_is_none() -> None:
    account = company()
    charge(account, "3900,00", "2026-11-01")
    papers.fee(account, "30,00", "2026-11-10")
    papers.fee(account, "50,00", "2026-11-11")
    wrong = Transfer.objects.get(reason="fee", amount_kop=50_00)
    with transaction.atomic():
        transfers.reverse(key="unfee:test:1", on_of=wrong.on, id_of=wrong.pk, on=day("2026-11-12"))
    papers.charged_through("2026-11-30")
    made = make(account)
    assert shown(made)[0] == ("invoice", 1, 0, "3930.00", "708.69")  # 703,28 + 30 × 22 ÷ 122 = 5,4098…
    rows = printing.printed(made[0], "ru")["rows"]
    assert (rows[1]["name"], rows[1]["unit"], rows[1]["amount"]) == (
        "Плата за изменение условий обслуживания",
        "ед.",
        "30,00",
    )
    assert list(invariants.problems()) == []


def test_it_is_written_down_who_made_them(romashka: Account) -> None:
    make(romashka)
    entry = AuditEntry.objects.get(action="documents.make")
    assert (entry.actor, entry.subject) == ("accountant", f"contract:{romashka.contract_id}")
    assert entry.new == {"month": "2026-11", "total_kop": 4125_00, "kinds": ["invoice", "act", "vat_invoice"]}


# --- refused ---


def refusal(account: Account, on: date = FIRST_OF_DECEMBER) -> str:
    """Nothing is written, no number is taken."""
    with pytest.raises(invoices.UnableToMakeDocuments) as caught:
        make(account, on=on)
    assert (Document.objects.count(), papers.counters(), AuditEntry.objects.count()) == (0, {}, 0)
    return str(caught.value)


def test_a_month_that_is_not_over_is_refused(romashka: Account) -> None:
    assert refusal(romashka, on=date(2026, 11, 30)) == (
        "Месяц ещё не закончился: документы можно сделать с 2026-12-01."
    )


@pytest.mark.parametrize("through", ["2026-11-29", None])
def test_a_month_whose_charge_run_has_not_finished_is_refused(romashka: Account, through: str | None) -> None:
    if through is None:
        db.run("delete from billing_chargedthrough")
    else:
        papers.charged_through(through)
    assert refusal(romashka) == "Списания за этот месяц ещё не завершены: дождитесь их и повторите."


def test_a_person_gets_no_such_documents() -> None:
    account = builder.account(credit_limit="5000,00")
    charge(account, "650,00", "2026-11-01")
    papers.charged_through("2026-11-30")
    assert "заключён с физическим лицом" in refusal(account)


def test_a_company_without_an_inn_is_refused() -> None:
    account = company(inn="")
    charge(account, "650,00", "2026-11-01")
    papers.charged_through("2026-11-30")
    assert refusal(account) == ("У клиента «ООО «Ромашка»» нет ИНН: запишите его, без него документы сделать нельзя.")


def test_an_operator_without_requisites_is_told_to_fill_them_in(romashka: Account, settings: Any) -> None:
    settings.PROFILE = papers.profile(requisites=None)
    assert "[requisites]" in refusal(romashka)


def test_nobody_s_contract_is_refused() -> None:
    with pytest.raises(invoices.UnableToMakeDocuments):
        invoices.make_month(0, day("2026-11-01"), on=FIRST_OF_DECEMBER, actor="accountant")


# --- corrected ---


def test_a_correction_is_a_new_row_that_names_its_first_and_the_first_prints_as_it_did(romashka: Account) -> None:
    made = make(romashka)
    before = [printing.pdf(one, "ru") for one in made]
    papers.give_back(phone(romashka), "2026-11-26")
    corrected = correct(made[1])
    # the phone: 450 × 10 ÷ 30 = 150,00; its VAT 150 × 22 ÷ 122 = 27,0491…
    assert shown(corrected) == [
        ("invoice", 1, 1, "4050.00", "730.33"),
        ("act", 1, 1, "4050.00", "730.33"),
        ("vat_invoice", 1, 1, "4050.00", "730.33"),
    ]
    assert [one.corrects_id for one in corrected] == [one.pk for one in made]
    assert {(one.issued_on, one.corrected_on) for one in corrected} == {(date(2026, 11, 30), date(2026, 12, 5))}
    assert [printing.pdf(Document.objects.get(pk=one.pk), "ru") for one in made] == before
    assert {one.pk for one in make(romashka)} == {one.pk for one in corrected}
    assert list(invariants.problems()) == []


def test_corrections_follow_each_other_and_take_no_number(romashka: Account) -> None:
    (invoice, *_) = make(romashka)
    customer = Customer.objects.filter(contracts__account=romashka)
    for number, name in enumerate(("ООО «Ромашка-2»", "ООО «Ромашка-3»"), 1):
        Customer.objects.filter(id__in=customer).update(full_name=name)
        corrected = correct(invoice, on=date(2026, 12, 5 + number))
        assert [(one.number, one.correction, one.data["buyer"]["name"]) for one in corrected] == [(1, number, name)] * 3
        assert [one.corrects_id for one in corrected if one.kind == "invoice"] == [invoice.pk]
    assert set(papers.counters().values()) == {1}
    assert invoice.data["buyer"]["name"] == "ООО «Ромашка»"
    assert list(invariants.problems()) == []


def test_what_is_right_is_not_corrected(romashka: Account) -> None:
    (invoice, *_) = make(romashka)
    with pytest.raises(invoices.NothingToCorrect):
        correct(invoice)
    assert Document.objects.count() == 3


def test_a_correction_keeps_the_rate_and_the_date_to_pay_by(romashka: Account, settings: Any) -> None:
    (invoice, *_) = make(romashka)
    settings.PROFILE = papers.profile(vat_rate=5, overdue_days=1)
    papers.give_back(phone(romashka), "2026-11-26")
    corrected = correct(invoice)
    assert {(one.data["vat_rate"], one.data["pay_until"]) for one in corrected} == {(22, invoice.data["pay_until"])}
    assert invoice.data["pay_until"] == "2026-12-11"  # 1 December and the profile's 10 days


def test_a_month_that_came_back_wholly_is_corrected_to_nothing(romashka: Account) -> None:
    made = make(romashka)
    for one in Subscription.objects.filter(account=romashka):
        papers.give_back(one, str(one.started_on))
    corrected = correct(made[0])
    assert {one[3:] for one in shown(corrected)} == {("0.00", "0.00")}
    assert [len(printing.pdf(one, "ru")) > 1000 for one in corrected] == [True] * 3
    assert list(invariants.problems()) == []


def test_a_correction_is_not_older_than_what_it_corrects(romashka: Account) -> None:
    (invoice, *_) = make(romashka)
    with pytest.raises(invoices.UnableToMakeDocuments, match="2026-11-30"):
        correct(invoice, on=date(2026, 11, 29))


def test_a_document_that_is_not_there_is_not_corrected() -> None:
    with pytest.raises(invoices.UnableToMakeDocuments):
        invoices.correct(0, on=FIRST_OF_DECEMBER, actor="accountant", why="")


@pytest.mark.parametrize(
    "statement",
    [
        "update billing_document set total_kop = 1",
        "update billing_document set data = '{}'",
        "delete from billing_document",
        "truncate billing_document cascade",  # with what refers to it
        "delete from billing_documentcounter",
        "truncate billing_documentcounter",
    ],
)
def test_the_database_refuses_to_change_a_document(romashka: Account, statement: str) -> None:
    make(romashka)
    db.run("set constraints all immediate")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        db.run(statement)
    assert Document.objects.count() == 3


# --- looked up ---


def test_a_document_is_found_through_its_contract_alone(romashka: Account) -> None:
    (invoice, *_) = make(romashka)
    stranger = company(name="ООО «Лютик»")
    assert romashka.contract_id is not None
    assert stranger.contract_id is not None
    assert queries.own(romashka.contract_id, invoice.pk) == invoice
    assert queries.own(stranger.contract_id, invoice.pk) is None
    assert queries.of_contract(stranger.contract_id) == []


def test_the_list_is_newest_first_with_corrections_after_their_firsts(romashka: Account) -> None:
    (invoice, *_) = make(romashka)
    papers.give_back(phone(romashka), "2026-11-26")
    correct(invoice)
    charge(romashka, "300,00", "2026-12-01", kind="video")
    papers.charged_through("2026-12-31")
    make(romashka, "2026-12-01", date(2027, 1, 1) + timedelta(days=1))
    assert romashka.contract_id is not None
    assert [(f"{one.month:%m}", one.kind, one.correction) for one in queries.of_contract(romashka.contract_id)] == [
        ("12", "act", 0),
        ("12", "invoice", 0),
        ("12", "vat_invoice", 0),
        ("11", "act", 0),
        ("11", "act", 1),
        ("11", "invoice", 0),
        ("11", "invoice", 1),
        ("11", "vat_invoice", 0),
        ("11", "vat_invoice", 1),
    ]
