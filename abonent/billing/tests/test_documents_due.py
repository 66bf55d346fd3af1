"""Which documents are due, made once for each, and which the ledger has overtaken."""

from datetime import date

import pytest
from django.db import transaction

from abonent.billing import subscriptions
from abonent.billing.documents import invariants, invoices, queries
from abonent.billing.models import Document, Subscription
from abonent.billing.tests import builder, papers
from abonent.billing.tests.builder import day
from abonent.billing.tests.papers import FIRST_OF_DECEMBER, charge, company, make
from abonent.core import clock
from abonent.core.models import Alarm
from abonent.ledger import transfers
from abonent.ledger.models import Account, Transfer

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


def number(account: Account) -> int:
    assert account.contract_id is not None
    return account.contract_id


def correct(document: Document, on: date = date(2026, 12, 5)) -> list[Document]:
    return invoices.correct(document.pk, on=on, actor="accountant", why="a test")


def due(on: date = FIRST_OF_DECEMBER) -> list[tuple[int, str, str]]:
    with clock.frozen(clock.at_noon(on)):
        return sorted((one.contract_id, f"{one.month:%Y-%m}", str(one.kind)) for one in invoices.make_due(on))


def test_what_is_due_is_made_once_for_postpaid_legal_entities(romashka: Account) -> None:
    charge(builder.account(credit_limit="5000,00"), "650,00", "2026-11-01")  # a person
    prepaid = company(credit_limit="0", name="ООО «Лютик»")
    builder.active(prepaid, "650,00", "2026-11-01")
    company(name="ООО «Василёк»")  # nothing was charged
    assert due() == [(romashka.contract_id, "2026-11", kind) for kind in ("act", "invoice", "vat_invoice")]
    assert due() == []
    assert due(date(2026, 12, 20)) == []


def test_nothing_is_due_before_the_charge_run_has_finished_the_month(romashka: Account) -> None:
    papers.charged_through("2026-11-29")
    assert due() == []
    papers.charged_through("2026-11-30")
    assert len(due()) == 3


def test_an_overdue_debtor_without_a_limit_still_gets_the_documents_of_his_last_month(romashka: Account) -> None:
    make(romashka)
    builder.resume(romashka, "2026-12-01")
    charge(romashka, "300,00", "2026-12-01", kind="video")
    with transaction.atomic():
        subscriptions.set_terms(romashka.pk, credit_limit_kop=0)
    papers.charged_through("2026-12-31")
    assert [month for _, month, _ in due(date(2027, 1, 1))] == ["2026-12"] * 3


def test_months_missed_are_made_up_from_the_newest_that_has_documents(romashka: Account) -> None:
    make(romashka)
    for month, kind in (("2026-12-01", "video"), ("2027-01-01", "tv")):
        charge(romashka, "300,00", month, kind=kind)
    papers.charged_through("2027-02-10")
    assert sorted({month for _, month, _ in due(date(2027, 2, 11))}) == ["2026-12", "2027-01"]


def test_a_new_installation_begins_with_the_last_month(romashka: Account) -> None:
    charge(romashka, "300,00", "2026-12-01", kind="video")
    papers.charged_through("2027-01-10")
    assert {month for _, month, _ in due(date(2027, 1, 11))} == {"2026-12"}


def test_one_that_cannot_be_made_is_told_of_and_stops_no_other(romashka: Account) -> None:
    nameless = company(inn="", name="ООО «Без ИНН»")
    charge(nameless, "650,00", "2026-11-01")
    other = company(name="ООО «Лютик»")
    charge(other, "650,00", "2026-11-01")
    made = due()
    assert sorted({contract_id for contract_id, _, _ in made}) == sorted([number(romashka), number(other)])
    assert list(Alarm.objects.values_list("key", flat=True)) == [f"documents:{nameless.contract_id}:2026-11"]
    assert sorted(one.number for one in Document.objects.filter(kind="act")) == [1, 2]


def test_a_month_that_the_ledger_has_overtaken_is_told_of_until_it_is_corrected(romashka: Account) -> None:
    due()
    papers.give_back(phone(romashka), "2026-11-26")
    assert due(date(2026, 12, 6)) == []
    alarm = Alarm.objects.get()
    assert alarm.what == f"the documents of contract {romashka.contract_id} for 2026-11 want a correction"
    (outdated,) = queries.outdated([date(2026, 11, 1)])
    correct(Document.objects.get(pk=outdated.document_id))
    assert queries.outdated([date(2026, 11, 1)]) == []
    assert list(invariants.problems()) == []


def test_a_fee_reversed_later_wants_a_correction(romashka: Account) -> None:
    papers.fee(romashka, "30,00", "2026-11-10")
    (invoice, *_) = make(romashka)
    taken = Transfer.objects.get(reason="fee")
    assert queries.outdated([date(2026, 11, 1)]) == []
    with transaction.atomic():
        transfers.reverse(key="unfee:test:1", on_of=taken.on, id_of=taken.pk, on=day("2026-11-12"))
    assert [one.contract_id for one in queries.outdated([date(2026, 11, 1)])] == [romashka.contract_id]
    assert {one.total_kop for one in correct(invoice)} == {4125_00}
    assert queries.outdated([date(2026, 11, 1)]) == []
