"""Each rule of documents, broken on purpose: `verify` must see it."""

import pytest

from abonent.billing.documents import invariants, invoices
from abonent.billing.models import Document
from abonent.billing.tests import papers
from abonent.billing.tests.builder import day
from abonent.core import db
from abonent.ledger.models import Account
from abonent.ledger.tests import unguarded

pytestmark = pytest.mark.django_db


@pytest.fixture
def romashka(db: None) -> Account:
    account = papers.company()
    papers.charge(account, "3900,00", "2026-11-01")
    papers.charge(account, "450,00", "2026-11-16", kind="telephony")
    papers.charged_through("2026-11-30")
    papers.make(account)
    assert list(invariants.problems()) == []
    return account


def broken(*statements: str) -> set[str]:
    """The rules that `verify` finds broken after the statements, with the triggers off."""
    db.run("set constraints all immediate")
    unguarded.disarm("billing_document", "billing_documentcounter", "billing_charge", "ledger_transfer")
    for statement in statements:
        assert db.run(statement) > 0, statement
    return {line.partition(":")[0] for line in invariants.problems()}


def test_a_sum_that_its_lines_do_not_make(romashka: Account) -> None:
    assert "a document's sums are its lines'" in broken("update billing_document set total_kop = total_kop + 1")


def test_a_line_that_the_ledger_does_not_say(romashka: Account) -> None:
    assert "a line is the ledger's charges that it names, less what came back of them" in broken(
        "update ledger_transfer set amount_kop = amount_kop + 1 where reason = 'charge'"
    )


def test_a_line_that_names_a_stranger_s_charge(romashka: Account) -> None:
    stranger = papers.company(name="ООО «Лютик»")
    papers.charge(stranger, "3900,00", "2026-11-01")
    theirs = db.rows("select transfer_on::text, transfer_id from billing_charge where account_id = %s", [stranger.pk])
    named = f'[["{theirs[0]["transfer_on"]}", {theirs[0]["transfer_id"]}]]'
    assert "a line is the ledger's charges that it names, less what came back of them" in broken(
        f"update billing_document set data = jsonb_set(data, '{{lines,0,charges}}', '{named}')"
    )


@pytest.mark.parametrize("vat", ["70327", "70329", "0"])  # 3900 × 22 ÷ 122 = 703,28
def test_a_line_with_another_vat(romashka: Account, vat: str) -> None:
    assert "a line's VAT is counted once, at the line" in broken(
        f"update billing_document set data = jsonb_set(data, '{{lines,0,vat_kop}}', '{vat}')"
    )


def test_a_charge_of_the_month_that_no_line_names(romashka: Account) -> None:
    papers.charge(romashka, "300,00", "2026-11-30", kind="video")
    assert broken() == {"every charge of a documented month stands in its last documents"}
    document = Document.objects.filter(kind="invoice").get()
    invoices.correct(document.pk, on=day("2026-12-05"), actor="accountant", why="a charge came late")
    assert list(invariants.problems()) == []


def test_what_came_back_after_the_documents_is_no_breach(romashka: Account) -> None:
    papers.give_back(romashka.subscriptions.get(kind="telephony"), "2026-11-26")
    assert broken() == set()


def test_a_charge_on_two_lines(romashka: Account) -> None:
    assert "no charge stands on two lines of a document" in broken(
        "update billing_document set data = jsonb_set(data, '{lines,1,charges}', data -> 'lines' -> 0 -> 'charges')"
    )


def test_documents_of_a_month_that_disagree(romashka: Account) -> None:
    assert "the documents of a month agree" in broken(
        "update billing_document set total_kop = total_kop + 1 where kind = 'act'"
    )


@pytest.mark.parametrize(
    "statement",
    [
        "update billing_document set number = 2 where kind = 'act'",
        "update billing_documentcounter set last_number = 2 where kind = 'act'",
        "delete from billing_documentcounter where kind = 'act'",
        "delete from billing_document where kind = 'act'",
    ],
)
def test_a_gap_in_the_numbers(romashka: Account, statement: str) -> None:
    assert "numbers go without gaps" in broken(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "update billing_document set number = 7 where correction = 1",
        "update billing_document set correction = 2 where correction = 1",
        "update billing_document set month = '2026-10-01' where correction = 0",
    ],
)
def test_a_correction_that_hangs_in_the_air(romashka: Account, statement: str) -> None:
    papers.give_back(romashka.subscriptions.get(kind="telephony"), "2026-11-26")
    document = Document.objects.filter(kind="invoice").get()
    invoices.correct(document.pk, on=day("2026-12-05"), actor="accountant", why="a return")
    assert list(invariants.problems()) == []
    assert "a correction names its first, and corrections follow each other" in broken(statement)
