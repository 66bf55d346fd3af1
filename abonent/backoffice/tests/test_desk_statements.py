"""Each desk's list costs so many statements, however long it is."""

import secrets
from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.billing import debts, parking
from abonent.billing.models import ChargeRun, Deferral
from abonent.billing.tests import builder, owing
from abonent.core import clock
from abonent.core.models import Batch
from abonent.flows import cash_desk
from abonent.payments.models_desk import BankEntry, BankStatement, Difference
from abonent.payments.models_receipts import Receipt

pytestmark = pytest.mark.django_db
# By desk: the session, who it is and his role are three of them.
MOST = {
    "/staff/cash/": 6, "/staff/shifts/": 4, "/staff/bank/": 7, "/staff/differences/": 4, "/staff/receipts/": 6,
    "/staff/approvals/": 5, "/staff/parked/": 4, "/staff/deferrals/": 4, "/staff/charge-runs/": 7,
    "/staff/debtors/": 8, "/staff/batches/": 4,
}  # fmt: skip


@pytest.fixture(autouse=True)
def mid_november(db: None) -> Iterator[None]:
    with clock.frozen(clock.at_noon(builder.day("2026-11-15"))):
        yield


def statements(browser: Client, page: str) -> list[str]:
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(page).status_code == 200, page
    return [one["sql"] for one in asked if not one["sql"].startswith(("SAVEPOINT", "RELEASE", "ROLLBACK"))]


def test_a_desk_asks_no_more_statements_of_three_rows_than_of_one(staff: StaffBrowser) -> None:
    admin = staff("admin")
    cash_desk.open_shift(opening_kop=0, actor="admin", address=None)
    statement = BankStatement.objects.create(
        account="40702810055000001742", first_on="2026-11-14", last_on="2026-11-14", opening_kop=0, received_kop=0,
        spent_kop=0, closing_kop=0, entries_count=3, new_count=3, outgoing_count=0, loaded_by="admin",
        loaded_at=clock.now(),
    )  # fmt: skip
    for number in range(1, 4):
        _fill(number, statement)
        for page in MOST:
            admin.get(page)  # what is looked up once a process
        seen = {page: len(statements(admin, page)) for page in MOST}
        assert {page: n for page, n in seen.items() if n > MOST[page]} == {}, number


def _fill(number: int, statement: BankStatement) -> None:
    account = owing.debtor(f"{number}00,00", f"2026-10-0{number}")
    with transaction.atomic():
        parking.park(account.pk, "it makes no sense")
    Deferral.objects.create(
        account=account, amount_kop=300_00, granted_on="2026-11-13", ends_on="2026-11-18", granted_by="x"
    )
    Difference.objects.create(
        channel="osmp", about="payment", external_id=f"7{number}", kind="sum", on="2026-11-14", ours_kop=100_00,
        theirs_kop=110_00, what="x", found_at=clock.now(), closed_by="", why="",
    )  # fmt: skip
    Receipt.objects.create(
        cause=f"offset:{number}:2026-10", kind="offset", way="atol", account=account, amount_kop=550_00,
        on="2026-10-31", charged_kop=550_00, advances_kop=600_00, balance_kop=50_00, transfers=2, state="failed",
        key=f"a-{number}", error="32: the e-mail is wrong",
    )  # fmt: skip
    ChargeRun.objects.create(on=f"2026-11-0{number}", state="finished", plan={}, fact={})
    Batch.objects.create(
        kind="debtors.notice", why="x", state="done", made_by="admin", drawn_at=clock.now(), started_at=clock.now()
    )  # fmt: skip
    assert account.contract is not None
    BankEntry.objects.create(
        key=f"k{number}", statement=statement, number=str(number), document_on="2026-11-14", received_on="2026-11-14",
        amount_kop=100_00, payer="A payer", state="queued", suggested=account.contract.number,
    )  # fmt: skip
    cash_desk.take(
        account_id=account.pk, amount_kop=10_00, submit_token=secrets.token_urlsafe(24), on=clock.today(),
        actor="admin", in_shift=True,
    )  # fmt: skip
    debts.look(clock.today())
