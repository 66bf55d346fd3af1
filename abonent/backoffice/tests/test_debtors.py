"""Debtors over HTTP: the list and its numbers, an act on many from the look to the results, a promise."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.billing import debts
from abonent.billing.models import Debt, DebtStep
from abonent.billing.tests import builder, owing
from abonent.core import clock, jobs, partitions
from abonent.core.models import AuditEntry, Batch
from abonent.ledger.models import Account
from abonent.portal.tests.reading import words

pytestmark = pytest.mark.django_db
PAGE = "/staff/debtors/"


@pytest.fixture(autouse=True)
def mid_november(db: None) -> Iterator[None]:
    partitions.ensure(date(2026, 8, 1), date(2026, 12, 31))
    with clock.frozen(clock.at_noon(date(2026, 11, 15))):
        yield


@pytest.fixture
def debtors(mid_november: None) -> list[Account]:
    found = [owing.debtor(f"{number}00,00", f"2026-10-{number:02}") for number in range(1, 5)]
    debts.look(date(2026, 11, 15))
    return found


def number_of(account: Account) -> str:
    assert account.contract is not None
    return account.contract.number


def test_the_list_shows_who_owes_by_stage_and_age_in_so_many_statements(
    staff: StaffBrowser, debtors: list[Account]
) -> None:
    accountant = staff("accountant")
    page = words(accountant.get(PAGE))
    assert "4 debtors, 1 000,00" in page.replace("\u00a0", " ")
    assert "To be told" in page
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert number_of(debtors[1]) in words(accountant.get(f"{PAGE}?stage=notice&age=30&least=200"))
    statements = [one["sql"] for one in asked if "SAVEPOINT" not in one["sql"]]
    assert len(statements) <= 11, statements
    assert "Nobody fits" in words(accountant.get(f"{PAGE}?stage=letter"))
    assert accountant.get(f"{PAGE}?least=money").status_code == 422
    assert accountant.get(f"{PAGE}?building=Moon,%201").status_code == 422
    manager = staff("manager")
    assert "Do to many" not in words(manager.get(PAGE))
    assert staff("engineer").get(PAGE).status_code == 403


def test_an_act_on_many_from_the_look_to_the_results(staff: StaffBrowser, debtors: list[Account]) -> None:
    accountant = staff("accountant")
    assert accountant.post(f"{PAGE}act/", {"kind": "", "why": "x"}).status_code == 422
    assert accountant.post(f"{PAGE}act/", {"kind": "debtors.notice", "why": " "}).status_code == 422
    assert accountant.post(f"{PAGE}act/", {"kind": "debtors.mail", "why": "x", "subject": "x"}).status_code == 422
    assert not Batch.objects.exists()
    asked = {"kind": "debtors.notice", "why": "Autumn", "least": "200", "age": "30"}
    made = accountant.post(f"{PAGE}act/", asked)
    look = words(accountant.get(made["Location"]))
    assert "3 debtors , 900,00" in look
    builder.pay(debtors[1], "200,00", "2026-11-15")
    owing.owe(debtors[2], "1,00", "2026-11-15")
    stale = accountant.post(made["Location"], {"do": "confirm"})
    assert (stale.status_code, DebtStep.objects.count()) == (409, 0)
    assert "2 debtors , 701,00" in words(stale)
    assert staff("admin").post(made["Location"], {"do": "confirm"}).status_code == 403  # who has not looked
    for _ in range(2):  # two clicks do one thing
        assert accountant.post(made["Location"], {"do": "confirm"}).status_code == 302
    assert "0 of 2" in words(accountant.get(f"{made['Location']}state/"))
    jobs.run_due()
    page = words(accountant.get(made["Location"]))
    assert "2 of 2" in page
    assert "Done: 2" in page
    assert "Send a notice of the debt" in words(accountant.get("/staff/batches/"))
    ticked = {"kind": "debtors.suspension", "why": "x", "account": [debtors[0].pk, debtors[2].pk]}
    second = accountant.post(f"{PAGE}act/", ticked)
    assert "There is nobody to do it to" in words(accountant.get(second["Location"]))
    assert "An earlier stage comes first: 1" in words(accountant.get(second["Location"]))
    # The manager's role sees debtors and does nothing to them; the end of a contract is a right of its own.
    assert staff("manager").post(f"{PAGE}act/", asked).status_code == 403
    assert staff("manager").get(made["Location"]).status_code == 403


def test_a_promise_is_written_down_with_a_reason_and_taken_off(staff: StaffBrowser, debtors: list[Account]) -> None:
    accountant, one = staff("accountant"), debtors[0]
    page = f"{PAGE}{number_of(one)}/"
    for wrong in ({"until": "", "why": "x"}, {"until": "2026-11-20", "why": ""}, {"until": "2026-11-14", "why": "x"}):
        assert accountant.post(page, {"do": "hold", **wrong}).status_code == 422, wrong
    accountant.post(page, {"do": "hold", "until": "2026-11-20", "why": "Salary on the 19th"})
    shown = words(accountant.get(page))
    assert "Has promised to pay" in shown
    assert "Salary on the 19th" in shown
    assert staff("manager").post(page, {"do": "release", "why": "x"}).status_code == 403
    accountant.post(page, {"do": "release", "why": "Called it off"})
    assert Debt.objects.get(account=one).held_until is None
    log = AuditEntry.objects.filter(subject=f"account:{one.pk}").order_by("id").values_list("action", "why")
    assert list(log) == [("billing.hold_debt", "Salary on the 19th"), ("billing.release_debt", "Called it off")]
    assert accountant.get(f"{PAGE}nobody/").status_code == 404
