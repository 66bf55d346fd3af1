"""Episodes of debt follow the ledger; whose turn it is for what follows from their days, sums and steps."""

from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from abonent.billing import debts, deferrals
from abonent.billing.models import Debt, Terms
from abonent.billing.models_debts import DebtStage
from abonent.billing.tests import builder, owing
from abonent.billing.tests.builder import day
from abonent.core import partitions
from abonent.ledger.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def months(db: None) -> None:
    partitions.ensure(date(2026, 8, 1), date(2027, 12, 31))


def look(on: str) -> int:
    return debts.look(day(on))


def of(account: Account, on: str) -> debts.Debtor:
    found = debts.of(account.pk, on=day(on))
    assert found is not None
    return found


def step(account: Account, stage: DebtStage, on: str) -> None:
    with transaction.atomic():
        debts.take_step(of(account, on), stage, on=day(on), by="test", batch_id=None)


def test_a_debt_begins_where_the_ledger_went_below_and_ends_with_the_payment() -> None:
    account = owing.debtor("100,00", "2026-10-03")
    owing.owe(account, "50,00", "2026-10-20")
    builder.pay(account, "30,00", "2026-10-25")  # not enough
    assert (look("2026-11-02"), look("2026-11-02")) == (1, 0)
    found = of(account, "2026-11-02")
    assert (found.began_on, found.owed_kop, found.age_days) == (date(2026, 10, 3), 120_00, 30)
    step(account, DebtStage.NOTICE, "2026-11-02")
    builder.pay(account, "120,00", "2026-11-03")
    assert debts.of(account.pk, on=day("2026-11-03")) is None  # at once; the row follows
    look("2026-11-03")
    assert [str(one.ended_on) for one in Debt.objects.all()] == ["2026-11-03"]
    owing.owe(account, "500,00", "2026-11-05")
    look("2026-11-05")
    again = of(account, "2026-11-20")
    assert (again.began_on, again.owed_kop, again.notice_on, again.place) == (date(2026, 11, 5), 500_00, None, "notice")


def test_who_paid_and_owes_again_between_two_looks_begins_anew() -> None:
    account = owing.debtor("100,00", "2026-10-03")
    look("2026-11-02")
    step(account, DebtStage.NOTICE, "2026-11-02")
    builder.pay(account, "100,00", "2026-11-02")
    owing.owe(account, "70,00", "2026-11-02")
    look("2026-11-02")
    found = of(account, "2026-11-02")
    assert (found.began_on, found.owed_kop, found.notice_on) == (date(2026, 11, 2), 70_00, None)
    assert Debt.objects.count() == 2
    look("2026-11-09")
    assert (of(account, "2026-11-09").began_on, Debt.objects.count()) == (date(2026, 11, 2), 2)


def test_a_deferral_hides_a_debt_and_its_end_brings_the_same_back() -> None:
    account = owing.debtor("100,00", "2026-10-03")
    look("2026-11-02")
    step(account, DebtStage.NOTICE, "2026-11-02")
    with transaction.atomic():
        deferrals.write(account.pk, amount_kop=300_00, on=day("2026-11-02"), actor="test")
    look("2026-11-02")
    assert debts.of(account.pk, on=day("2026-11-02")) is None
    Terms.objects.filter(account=account).update(deferral_kop=0)
    look("2026-11-08")
    found = of(account, "2026-11-08")
    assert (found.began_on, found.notice_on) == (date(2026, 10, 3), date(2026, 11, 2))


def test_credit_that_was_agreed_is_no_debt() -> None:
    account = builder.account(credit_limit="1000,00")
    owing.owe(account, "1000,00", "2026-10-03")
    assert look("2026-11-02") == 0
    owing.owe(account, "0,01", "2026-10-09")
    assert look("2026-11-02") == 1
    assert (of(account, "2026-11-02").began_on, of(account, "2026-11-02").owed_kop) == (date(2026, 10, 9), 1000_01)


# skynet: a notice from day 3 and 10,00, suspension from day 10 and 50,00, a letter from day 30 and 300,00, the
# contract's end from day 215 and 300,00. The debt began on 3 October; steps: (stage, day).
STAGES: list[tuple[str, list[tuple[DebtStage, str]], str, str, str | None]] = [
    ("500,00", [], "2026-10-05", "waiting", "2026-10-06"),
    ("500,00", [], "2026-10-06", "notice", "2026-10-06"),
    ("9,99", [], "2026-10-20", "waiting", "2026-10-06"),  # too small
    ("500,00", [(DebtStage.NOTICE, "2026-10-06")], "2026-10-12", "waiting", "2026-10-13"),
    ("500,00", [(DebtStage.NOTICE, "2026-10-06")], "2026-10-13", "suspension", "2026-10-13"),
    # told 20 days late: suspended 20 days later too
    ("500,00", [(DebtStage.NOTICE, "2026-10-26")], "2026-10-20", "waiting", "2026-11-02"),
    ("49,99", [(DebtStage.NOTICE, "2026-10-06")], "2026-11-13", "waiting", "2026-10-13"),
    (
        "500,00", [(DebtStage.NOTICE, "2026-10-06"), (DebtStage.SUSPENSION, "2026-10-13")], "2026-11-02", "letter",
        "2026-11-02",
    ),
    (
        "500,00",
        [
            (DebtStage.NOTICE, "2026-10-06"), (DebtStage.SUSPENSION, "2026-10-13"), (DebtStage.LETTER, "2026-11-05"),
        ],
        "2027-05-08", "waiting", "2027-05-09",  # 185 days after the letter
    ),
    (
        "500,00",
        [
            (DebtStage.NOTICE, "2026-10-06"), (DebtStage.SUSPENSION, "2026-10-13"), (DebtStage.LETTER, "2026-11-05"),
        ],
        "2027-05-09", "contract_end", "2027-05-09",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("amount", "taken", "on", "place", "due_on"), STAGES)
def test_whose_turn_it_is(
    amount: str, taken: list[tuple[DebtStage, str]], on: str, place: str, due_on: str | None
) -> None:
    account = owing.debtor(amount, "2026-10-03")
    look("2026-10-03")
    for stage, taken_on in taken:
        step(account, stage, taken_on)
    found = of(account, on)
    assert (found.place, str(found.due_on)) == (place, due_on)
    twice: Any = taken[0][0] if taken else None
    if twice is not None:
        with pytest.raises(debts.UnableToStep):
            step(account, twice, on)


def test_a_promise_holds_a_debtor_back_through_its_day() -> None:
    account = owing.debtor("500,00", "2026-10-03")
    look("2026-10-10")
    with transaction.atomic():
        debts.hold(account.pk, until=day("2026-10-15"), why="the salary comes", by="anna", on=day("2026-10-10"))
    assert (of(account, "2026-10-15").place, of(account, "2026-10-16").place) == ("held", "notice")
    for until in ("2026-10-09", "2027-01-11"):
        with pytest.raises(debts.UnableToHold), transaction.atomic():
            debts.hold(account.pk, until=day(until), why="?", by="anna", on=day("2026-10-10"))
    with transaction.atomic():
        debts.hold(account.pk, until=None, why="called off", by="anna", on=day("2026-10-10"))
    assert of(account, "2026-10-10").place == "notice"


def test_the_list_pages_by_keys_and_its_totals_are_the_lists() -> None:
    accounts = [owing.debtor(f"{number}00,00", f"2026-10-{number:02}") for number in range(1, 8)]
    look("2026-10-20")
    on, seen = day("2026-10-20"), []
    after = (date(1, 1, 1), 0)
    while shown := debts.page(debts.Choice(), on=on, after=after, most=3):
        seen += [one.account_id for one in shown]
        after = (shown[-1].began_on, shown[-1].debt_id)
    assert seen == [one.pk for one in accounts]
    total = debts.totals(debts.Choice(), on=on)
    assert [(one.place, one.age, one.debtors, one.owed_kop) for one in total] == [("notice", "0", 7, 2800_00)]
    some = debts.Choice(least_kop=200_00, most_kop=400_00, tariff="tariff-internet-month-62000")
    assert [one.owed_kop for one in debts.found(some, on=on, most=9)] == [200_00, 300_00, 400_00]
    assert debts.found(some._replace(tariff="other"), on=on, most=9) == []
    assert debts.found(debts.Choice(age="30"), on=on, most=9) == []
    assert settings.PROFILE.debts.notice.days == 3
