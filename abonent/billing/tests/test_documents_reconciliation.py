"""A reconciliation statement agrees with the ledger to the kopeck, over one contract or all of a client."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.utils import translation

from abonent.billing.documents import formats, reconciliation, statements
from abonent.billing.tests import builder, papers
from abonent.billing.tests.builder import day
from abonent.core import periods
from abonent.ledger.models import Account
from abonent.subscribers.models import Contract, Customer

pytestmark = pytest.mark.django_db
AUTUMN = periods.Period(date(2026, 11, 1), date(2026, 12, 6))


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def romashka(db: None) -> Account:
    """4 125,00 of November, of which 90,00 came back; 3 900,00 paid on 2 December; 650,00 of December."""
    account = papers.company()
    papers.charge(account, "3900,00", "2026-11-01")
    phone = papers.charge(account, "450,00", "2026-11-16", kind="telephony")
    papers.give_back(phone, "2026-11-25")
    papers.charged_through("2026-11-30")
    papers.make(account)
    builder.pay(account, "3900,00", "2026-12-02")
    papers.fee(account, "650,00", "2026-12-03")
    return account


def shown(seen: reconciliation.Reconciled) -> list[tuple[str, str, int, int]]:
    return [
        (f"{one.on:%d.%m}", one.what.replace(formats.NO_BREAK, " "), one.debit_kop, one.credit_kop)
        for one in seen.entries
    ]


def of(*accounts: Account, period: periods.Period = AUTUMN) -> reconciliation.Reconciled:
    return reconciliation.of_contracts([one.contract_id for one in accounts if one.contract_id], period)


def test_a_month_of_services_is_one_row_by_its_act_and_a_payment_a_row_of_its_own(romashka: Account) -> None:
    seen = of(romashka)
    assert shown(seen) == [
        ("30.11", "Act of services rendered No. 1 of 30 November 2026", 4035_00, 0),
        ("02.12", "Top-up at the cash desk", 0, 3900_00),
        ("05.12", "Services, 1–5 December 2026", 650_00, 0),
    ]
    assert (seen.opening_kop, seen.debit_kop, seen.credit_kop, seen.closing_kop) == (0, 4685_00, 3900_00, -785_00)
    assert builder.balance(romashka) == "-785.00"


def test_what_is_before_the_period_is_its_opening_balance(romashka: Account) -> None:
    seen = of(romashka, period=periods.Period(date(2026, 12, 1), date(2026, 12, 3)))
    assert (seen.opening_kop, seen.closing_kop) == (-4035_00, -135_00)
    assert [one.credit_kop for one in seen.entries] == [3900_00]


def test_a_months_act_that_the_ledger_has_overtaken_is_not_named(romashka: Account) -> None:
    papers.fee(romashka, "10,00", "2026-11-30")
    assert shown(of(romashka))[0] == ("30.11", "Services, 1–30 November 2026", 4045_00, 0)


def test_all_contracts_of_a_client_stand_together_and_each_row_names_its_own(romashka: Account) -> None:
    other = papers.company()
    client = Customer.objects.get(contracts__account=romashka)
    Contract.objects.filter(account=other).update(customer=client)
    builder.pay(other, "100,00", "2026-11-20")
    seen = of(romashka, other)
    number = papers.contract(other).number
    assert ("20.11", f"Top-up at the cash desk, contract No. {number}", 0, 100_00) in shown(seen)
    assert seen.closing_kop == -685_00


def test_on_paper_it_says_who_owes_whom_in_words(romashka: Account) -> None:
    assert romashka.contract_id is not None
    said = reconciliation.printed([romashka.contract_id], AUTUMN, on=day("2026-12-06"), language="ru")
    assert said["title"] == "Акт сверки взаимных расчётов"
    assert said["closing"][1:] == ["785,00", ""]
    assert "785,00" in said["conclusion"]
    assert "Семьсот восемьдесят пять рублей" in said["conclusion"]
    pdf = reconciliation.pdf([romashka.contract_id], AUTUMN, on=day("2026-12-06"), language="ru")
    assert pdf.startswith(b"%PDF")
    with pytest.raises(statements.UnableToMakeStatement):
        reconciliation.of_contracts([999_999], AUTUMN)
