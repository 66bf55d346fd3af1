"""An invoice overdue withholds the credit limit of new charges until it is paid; then it counts again at once."""

from datetime import date

import pytest
from django.db import transaction

from abonent.billing import overdue, subscriptions
from abonent.billing.models import Document, Terms
from abonent.billing.tests import builder, papers
from abonent.billing.tests.builder import day
from abonent.core import clock, db, partitions
from abonent.core.models import Alarm
from abonent.flows import charge_run, stop_credit, topup, verify
from abonent.ledger import transfers
from abonent.ledger.models import Account
from abonent.ledger.tests import unguarded
from abonent.notifications.models import Notice

pytestmark = pytest.mark.django_db
EVERYBODY = (0, 2**63 - 1)


@pytest.fixture
def romashka(db: None) -> Account:
    """3 900,00 a month on a credit of 10 000,00; the invoice of November is to be paid by 11 December."""
    partitions.ensure(date(2026, 11, 1), date(2027, 3, 1))
    account = papers.company(credit_limit="10000,00")
    papers.charge(account, "3900,00", "2026-11-01")
    charge_run.start_from(date(2026, 12, 1))
    charge_run.run(date(2026, 12, 1))
    papers.make(account)
    return account


def charge_through(on: date) -> None:
    charge_run.catch_up(on, late_yes=True)


def pay(account: Account, amount: str, on: str) -> None:
    with clock.frozen(clock.at_noon(day(on))):
        topup.credit_cash(
            account_id=account.pk,
            amount_kop=builder.kop(amount),
            receipt_number=f"{account.pk}-{on}-{amount}",
            on=day(on),
            actor="test",
        )


def limits(account: Account) -> tuple[int, int | None]:
    terms = Terms.objects.get(account=account)
    return terms.credit_limit_kop, terms.withheld_limit_kop


def notices(kind: str) -> int:
    return Notice.objects.filter(kind=kind).count()


def broken() -> list[str]:
    return list(verify.problems())


def test_the_day_after_its_last_the_limit_is_withheld_and_what_falls_due_is_suspended(romashka: Account) -> None:
    charge_through(date(2026, 12, 11))
    assert (limits(romashka), overdue.of(romashka.pk, on=date(2026, 12, 11))) == ((10_000_00, None), None)
    charge_through(date(2026, 12, 12))
    assert limits(romashka) == (0, 10_000_00)
    found = overdue.of(romashka.pk, on=date(2026, 12, 12))
    assert found is not None
    # December's 3 900,00 are owed too, and are not overdue yet.
    assert (found.number, str(found.pay_until), found.unpaid_kop) == (1, "2026-12-11", 3900_00)
    assert [one.state for one in romashka.subscriptions.all()] == ["active"]  # paid through December
    assert list(Alarm.objects.values_list("key", flat=True)) == [f"overdue:{found.document_id}"]
    assert (notices("credit_stopped"), broken()) == (1, [])
    charge_through(date(2027, 1, 1))
    assert [one.state for one in romashka.subscriptions.all()] == ["suspended"]
    assert builder.balance(romashka) == "-7800.00"  # nothing is charged for January
    assert (notices("credit_stopped"), broken()) == (1, [])


def test_paid_it_counts_again_at_once_and_the_service_goes_on(romashka: Account) -> None:
    charge_through(date(2027, 1, 1))
    pay(romashka, "3899,99", "2027-01-05")
    assert limits(romashka) == (0, 10_000_00)
    pay(romashka, "0,01", "2027-01-05")
    assert limits(romashka) == (10_000_00, None)
    assert [one.state for one in romashka.subscriptions.all()] == ["active"]
    # 3 900 × 27 ÷ 31 = 3 396,774… for the 5th to the 31st, beside December's 3 900,00
    assert builder.balance(romashka) == "-7296.77"
    assert (notices("credit_restored"), broken()) == (1, [])


def test_paid_in_time_nothing_happens(romashka: Account) -> None:
    pay(romashka, "3900,00", "2026-12-11")
    charge_through(date(2026, 12, 31))
    assert (limits(romashka), notices("credit_stopped"), broken()) == ((10_000_00, None), 0, [])


def test_a_kopeck_short_is_not_paid(romashka: Account) -> None:
    pay(romashka, "3899,99", "2026-12-11")
    charge_through(date(2026, 12, 12))
    found = overdue.of(romashka.pk, on=date(2026, 12, 12))
    assert found is not None
    assert (limits(romashka), found.unpaid_kop) == ((0, 10_000_00), 1)


def test_what_came_back_of_a_later_month_pays_no_earlier_invoice(romashka: Account) -> None:
    charge_through(date(2026, 12, 10))
    subscription = romashka.subscriptions.get()
    papers.give_back(subscription, "2026-12-11")
    found = overdue.of(romashka.pk, on=date(2026, 12, 12))
    assert found is not None
    assert found.unpaid_kop == 3900_00


def test_a_payment_taken_back_by_the_bank_withholds_it_again(romashka: Account) -> None:
    pay(romashka, "3900,00", "2026-12-10")
    charge_through(date(2026, 12, 20))
    paid = db.rows("select \"on\", id from ledger_transfer where reason = 'payment'")[0]
    with transaction.atomic():
        transfers.reverse(key="chargeback:1", on_of=paid["on"], id_of=paid["id"], on=date(2026, 12, 20))
    charge_through(date(2026, 12, 21))
    assert limits(romashka) == (0, 10_000_00)


def test_what_else_pays_it_is_found_by_the_nights_run(romashka: Account) -> None:
    charge_through(date(2027, 1, 1))
    builder.pay(romashka, "3900,00", "2027-01-02")  # resumes nothing: the limit is still withheld
    assert limits(romashka) == (0, 10_000_00)
    charge_through(date(2027, 1, 2))
    assert limits(romashka) == (10_000_00, None)
    assert [one.state for one in romashka.subscriptions.all()] == ["active"]
    assert builder.balance(romashka) == "-7674.19"  # 3 900 × 30 ÷ 31 = 3 774,193… from the 2nd


def test_withheld_twice_is_withheld_once(romashka: Account) -> None:
    charge_through(date(2026, 12, 12))
    with transaction.atomic():
        assert stop_credit.step(*EVERYBODY, on=date(2026, 12, 12)) == 0
    assert limits(romashka) == (0, 10_000_00)


def test_a_limit_agreed_meanwhile_counts_when_it_is_paid(romashka: Account) -> None:
    charge_through(date(2026, 12, 12))
    with transaction.atomic():
        subscriptions.set_terms(romashka.pk, credit_limit_kop=20_000_00)
    assert limits(romashka) == (0, 20_000_00)
    pay(romashka, "3900,00", "2026-12-13")
    assert limits(romashka) == (20_000_00, None)


def test_a_limit_taken_away_meanwhile_stays_away(romashka: Account) -> None:
    charge_through(date(2026, 12, 12))
    with transaction.atomic():
        subscriptions.set_terms(romashka.pk, credit_limit_kop=0)
    pay(romashka, "3900,00", "2026-12-13")
    assert (limits(romashka), broken()) == ((0, None), [])


def test_a_prepaid_company_and_a_person_on_credit_are_left_alone(romashka: Account) -> None:
    person = builder.account(credit_limit="5000,00")
    builder.subscribe(person, "650,00", "2026-12-01")
    builder.resume(person, "2026-12-01")
    charge_through(date(2027, 1, 20))
    assert limits(person) == (5000_00, None)
    assert Document.objects.filter(contract__account=person).count() == 0


@pytest.mark.parametrize(
    ("rule", "breaking"),
    [
        (
            "an overdue invoice withholds the credit limit",
            "update billing_terms set (credit_limit_kop, withheld_limit_kop) = (withheld_limit_kop, null)",
        ),
        (
            "a credit limit is withheld for an overdue invoice",
            "update billing_document set data = jsonb_set(data, '{pay_until}', '\"2027-06-01\"')",
        ),
    ],
)
def test_verify_finds_credit_that_the_invoices_do_not_explain(romashka: Account, rule: str, breaking: str) -> None:
    charge_through(date(2026, 12, 13))
    assert broken() == []
    db.run("set constraints all immediate")
    unguarded.disarm("billing_document")
    assert db.run(breaking) > 0
    found = broken()
    assert any(line.startswith(rule) for line in found), found
