"""The staff's money pages over HTTP: each calls one verb, tells what it did, and refuses with what to do."""

from collections.abc import Iterator

import pytest

from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.billing import parking
from abonent.billing.models import Change, ChargeRun, Deferral, Subscription
from abonent.billing.tests import builder, changing
from abonent.core import clock
from abonent.core.models import AuditEntry
from abonent.flows import charge_run
from abonent.payments.models_desk import Difference
from abonent.payments.models_receipts import Receipt

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Change:
    """Somebody asks for a tariff that costs 293,33 more for the rest of November."""
    changing.set_mode(monkeypatch, mode="on_approval")
    account = builder.account()
    tariff = builder.active(account, "550,00", "2026-11-01")
    builder.pay(account, "300,00", "2026-11-15")
    quoted = changing.quote(account, tariff, builder.version("850,00"), "2026-11-15")
    return changing.confirm(account, quoted, "2026-11-15")


@pytest.fixture(autouse=True)
def mid_november() -> Iterator[None]:
    with clock.frozen(clock.at_noon(builder.day("2026-11-15"))):
        yield


def test_a_manager_approves_a_change_of_tariff(staff: StaffBrowser, asked: Change) -> None:
    page = staff("manager").get("/staff/approvals/").content.decode()
    assert "Offer tariff-internet-month-85000" in page
    assert "160,00" in page  # 453,33 for the new one less 293,33 that come back
    said = {"id": asked.pk, "do": "approve", "stamp": "of another look"}
    stale = staff("manager").post("/staff/approvals/", said)
    assert (stale.status_code, Change.objects.get().state) == (409, "asked")
    look = staff("manager").get(f"/staff/approvals/{asked.pk}/").content.decode()
    assert "140,00" in look  # the balance after: 300 less 160
    said["stamp"] = look.split('name="stamp" value="')[1].split('"')[0]
    sent = staff("manager").post("/staff/approvals/", said, follow=True)
    asked.refresh_from_db()
    assert (asked.state, asked.decided_by) == ("done", "manager")
    assert "the tariff is changed" in sent.content.decode()
    twice = staff("manager").post("/staff/approvals/", said)
    assert staff("manager").get(f"/staff/approvals/{asked.pk}/").status_code == 404
    assert twice.status_code == 422
    assert "waits no more" in twice.content.decode()
    assert builder.balance(asked.account) == "140.00"


def test_a_change_is_refused_only_with_a_reason(staff: StaffBrowser, asked: Change) -> None:
    silent = staff("manager").post("/staff/approvals/", {"id": asked.pk, "do": "refuse", "why": " "})
    assert (silent.status_code, Change.objects.get().state) == (422, "asked")
    assert "the subscriber reads it" in silent.content.decode()
    staff("manager").post("/staff/approvals/", {"id": asked.pk, "do": "refuse", "why": "No such speed in your house"})
    asked.refresh_from_db()
    assert (asked.state, asked.why) == ("refused", "No such speed in your house")


def test_a_cashier_approves_nothing(staff: StaffBrowser, asked: Change) -> None:
    assert staff("cashier").post("/staff/approvals/", {"id": asked.pk, "do": "approve"}).status_code == 403
    assert Change.objects.get().state == "asked"


def test_a_stopped_run_is_looked_at_and_let_go_on_by_the_accountant(staff: StaffBrowser) -> None:
    account = builder.account(credit_limit="10000,00")
    tariff = builder.active(account, "550,00", "2026-10-01")
    charge_run.start_from(builder.day("2026-11-15"))
    Subscription.objects.filter(id=tariff.id).update(paid_until=builder.day("2026-11-15"))
    ChargeRun.objects.create(on="2026-11-15", state="stopped", stop_reason="its plan is unlike the run before it",
                             plan={"accounts": 1, "charges": 1, "amount_kop": 550_00, "suspensions": 0, "groups": [
                                 {"kind": "internet", "charging": "month", "charges": 1, "priced_kop": 550_00,
                                  "due_kop": 550_00, "covered": 1, "covered_priced_kop": 550_00,
                                  "covered_kop": 550_00}], "compared": None})  # fmt: skip
    assert "2026" in staff("support").get("/staff/charge-runs/").content.decode()
    address = "/staff/charge-runs/2026-11-15/"
    seen = staff("support").get(address).content.decode()
    assert "its plan is unlike the run before it" in seen
    assert "Let it go on" not in seen
    assert staff("support").post(address, {"why": "looks right"}).status_code == 403
    assert staff("accountant").post(address, {"why": ""}).status_code == 422
    assert ChargeRun.objects.get().state == "stopped"
    assert staff("accountant").post(address, {"why": "new prices since today"}).status_code == 302
    run = ChargeRun.objects.get()
    assert (run.state, run.continued_by, run.continued_why) == ("running", "accountant", "new prices since today")
    assert staff("accountant").post(address, {"why": "again"}).status_code == 409
    assert staff("accountant").get("/staff/charge-runs/2026-13-01/").status_code == 404


def test_a_parked_account_is_charged_again_when_somebody_has_looked(staff: StaffBrowser) -> None:
    account = builder.account()
    builder.active(account, "550,00", "2026-11-01")
    charge_run.start_from(builder.day("2026-11-15"))
    parking.park(account.id, "subscription 7 has the price of -5 kopecks")
    page = staff("accountant").get("/staff/parked/").content.decode()
    assert "-5 kopecks" in page
    assert staff("cashier").post("/staff/parked/", {"account": account.id, "why": "looked"}).status_code == 403
    assert staff("accountant").post("/staff/parked/", {"account": account.id, "why": ""}).status_code == 422
    done = staff("accountant").post(
        "/staff/parked/", {"account": account.id, "why": "the price is mended"}, follow=True
    )
    assert "charge it again, from today" in done.content.decode()
    assert parking.parked() == []
    assert AuditEntry.objects.get(action="billing.unpark").why == "the price is mended"


def test_a_difference_is_closed_with_a_reason(staff: StaffBrowser) -> None:
    made = Difference.objects.create(
        channel="osmp", about="payment", external_id="77", kind="sum", on="2026-11-14", ours_kop=100_00,
        theirs_kop=110_00, what="they say 110,00", found_at=clock.now(), closed_by="", why="",
    )  # fmt: skip
    assert "they say 110,00" in staff("accountant").get("/staff/differences/").content.decode()
    assert staff("accountant").post("/staff/differences/", {"difference": made.pk, "why": ""}).status_code == 422
    staff("accountant").post("/staff/differences/", {"difference": made.pk, "why": "their commission"})
    made.refresh_from_db()
    assert (made.closed_by, made.why) == ("accountant", "their commission")
    assert staff("accountant").post("/staff/differences/", {"difference": made.pk, "why": "x"}).status_code == 422
    assert staff("support").get("/staff/differences/").status_code == 403


def test_the_first_page_counts_what_waits_for_an_accountant(staff: StaffBrowser) -> None:
    page = staff("accountant").get("/staff/").content.decode()
    assert "Charge runs that have stopped" in page
    assert "built-in" not in page


def test_a_stuck_receipt_says_what_to_do_and_is_tried_again_once(staff: StaffBrowser) -> None:
    account = builder.account()
    stuck = Receipt.objects.create(
        cause="offset:17:2026-10", kind="offset", way="atol", account=account, amount_kop=550_00, on="2026-10-31",
        charged_kop=550_00, advances_kop=600_00, balance_kop=50_00, transfers=2, state="failed", key="a-17",
        error="32: the e-mail is wrong",
    )  # fmt: skip
    page = staff("accountant").get("/staff/receipts/").content.decode()
    assert account.contract is not None
    for said in (account.contract.number, "550,00", "mend the contact", "32: the e-mail is wrong"):
        assert said in page
    assert staff("support").post("/staff/receipts/", {"receipt": stuck.pk}).status_code == 403
    assert staff("accountant").post("/staff/receipts/", {"receipt": stuck.pk}).status_code == 302
    stuck.refresh_from_db()
    assert stuck.state == "queued"
    assert AuditEntry.objects.filter(action="receipts.retry", actor="accountant").count() == 1
    again = staff("accountant").post("/staff/receipts/", {"receipt": stuck.pk})
    assert (again.status_code, "somebody was faster" in again.content.decode()) == (422, True)
    assert "No receipt is stuck" in staff("accountant").get("/staff/receipts/").content.decode()


def test_deferred_payments_stand_with_what_became_of_them(staff: StaffBrowser) -> None:
    assert "Nobody has a deferred payment" in staff("support").get("/staff/deferrals/").content.decode()
    owing, kept = builder.account(), builder.account()
    Deferral.objects.create(
        account=owing, amount_kop=300_00, granted_on="2026-11-13", ends_on="2026-11-18", granted_by="100001"
    )
    Deferral.objects.create(
        account=kept, amount_kop=200_00, granted_on="2026-11-01", ends_on="2026-11-06", ended_on="2026-11-05",
        granted_by="system:charge_run",
    )  # fmt: skip
    page = staff("support").get("/staff/deferrals/").content.decode()
    assert page.index("300,00") < page.index("200,00")
    assert "the service itself" in page
    assert staff("engineer").get("/staff/deferrals/").status_code == 403
