"""The card: what each role sees of a subscriber and does to him, each act looked at, with its reason, done once."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.billing.models import Deferral, Ending, Pause, Subscription
from abonent.core import clock, db
from abonent.core.models import AuditEntry
from abonent.flows import cash_desk, end_contract, four_eyes, topup
from abonent.identity.models import Role
from abonent.ledger.models import Account
from abonent.network.models import Device
from abonent.payments import cash_shifts, printing
from abonent.payments import invariants as payments
from abonent.payments.models import Payment
from abonent.payments.models_desk import CashOrder, Refund
from abonent.payments.models_warrants import Warrant
from tests.stories.sign_in_people import ON, present

CARD = "/staff/contracts/100001/"


@pytest.fixture(autouse=True)
def people(db: None) -> Iterator[None]:
    with present():
        yield


@pytest.fixture
def account() -> Account:
    """Anna's, with 1 500 at the cash desk: 455 are charged, 1 045 are left."""
    found = Account.objects.get(contract__number="100001")
    topup.credit_cash(account_id=found.pk, amount_kop=1500_00, receipt_number="1", on=ON, actor="cashier")
    return found


def do(desk: Client, name: str, /, **said: Any) -> Any:
    """Look, then yes to what was shown; the answer of whichever refuses."""
    said = {"why": "asked by phone", **said}
    look = desk.post(f"{CARD}do/{name}/", {"do": "look", **said})
    if look.status_code != 200 or 'value="yes"' not in look.content.decode():
        return look
    shown = dict(re.findall(r'name="(stamp|token)" value="([^"]*)"', look.content.decode()))
    return desk.post(f"{CARD}do/{name}/", {"do": "yes", **said, **shown})


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode().replace("\u00a0", " "))


def test_each_role_sees_its_part_and_its_acts(staff: StaffBrowser, account: Account) -> None:
    seen = {role: words(staff(role).get(CARD)) for role in ("admin", "support", "cashier", "engineer")}
    acts = {role: set(re.findall(r"/do/([a-z-]+)/\"", page)) for role, page in seen.items()}
    assert acts == {
        "admin": {"tariff", "deferral", "pause", "device", "end"},
        "support": {"tariff", "deferral", "pause"},
        "cashier": set(),
        "engineer": {"device"},
    }
    assert "Take cash" in seen["cashier"]
    assert "New password" in seen["cashier"]
    assert "Balance" in seen["support"]
    assert "Balance" not in seen["engineer"]
    assert "What was done" in seen["admin"]
    assert "What was done" not in seen["support"]
    assert "Line and devices" in seen["engineer"]
    assert f"do/refund/?payment={Payment.objects.get().pk}" in seen["admin"]
    assert "do/refund/" not in seen["support"]
    assert staff("support").get(f"{CARD}do/end/").status_code == 403
    assert staff("support").post(f"{CARD}do/refund/", {"do": "yes"}).status_code == 403
    assert staff("admin").get(f"{CARD}do/nothing/").status_code == 404


def test_the_card_asks_a_bounded_number_of_questions(staff: StaffBrowser, account: Account) -> None:
    admin = staff("admin")
    admin.get(CARD)
    with CaptureQueriesContext(connection) as asked:
        admin.get(CARD)
    assert len(asked) <= 30, [one["sql"][:90] for one in asked]


def test_a_deferral_is_looked_at_granted_and_stands_in_the_log_with_its_reason(
    staff: StaffBrowser, account: Account
) -> None:
    desk = staff("support")
    assert do(desk, "deferral", sum="many").status_code == 422
    page = words(do(desk, "deferral", sum="5000000"))
    assert "The largest sum is" in page
    answer = do(desk, "deferral", sum="300")
    assert answer["Location"] == CARD
    assert "A deferred payment of 300,00" in words(desk.get(CARD))
    assert Deferral.objects.get().amount_kop == 300_00
    entry = AuditEntry.objects.get(action="billing.grant_deferral")
    assert (entry.actor, entry.why) == ("support", "asked by phone")
    again = do(desk, "deferral", sum="300")
    assert again.status_code == 422
    assert Deferral.objects.count() == 1


def test_nothing_is_done_without_a_reason_or_by_a_look_that_has_grown_old(
    staff: StaffBrowser, account: Account
) -> None:
    desk = staff("support")
    days = {"from": "2026-11-12", "to": "2026-12-12"}
    assert "Write why" in words(do(desk, "pause", why=" ", **days))
    stale = desk.post(f"{CARD}do/pause/", {"do": "yes", "why": "asked", "stamp": "of another look", **days})
    assert stale.status_code == 409
    assert "It would do something else now" in words(stale)
    assert not Pause.objects.exists()
    assert do(desk, "pause", **days).status_code == 302
    assert Pause.objects.get().starts_on.isoformat() == "2026-11-12"
    assert "End the pause" in words(desk.get(CARD))
    assert do(desk, "pause-end").status_code == 302
    assert Pause.objects.get().state == "cancelled"


def test_a_tariff_is_changed_at_the_price_that_was_shown(staff: StaffBrowser, account: Account) -> None:
    desk = staff("support")
    of = Subscription.objects.get(account=account)
    said = {"tariff": f"{of.pk}:city-100", "when": "next"}
    look = words(desk.post(f"{CARD}do/tariff/", {"do": "look", "why": "asked", **said}))
    assert "Balance after" in look
    assert do(desk, "tariff", **said).status_code == 302
    assert AuditEntry.objects.get(action="billing.change_tariff").why == "asked by phone"
    assert do(desk, "tariff", **{**said, "tariff": "999999:city-100"}).status_code == 422
    other = Subscription.objects.filter(account__contract__number="100006").get()
    assert do(desk, "tariff", **{**said, "tariff": f"{other.pk}:city-100"}).status_code == 422


def test_a_device_is_registered_and_an_end_planned_and_called_off(staff: StaffBrowser, account: Account) -> None:
    admin = staff("admin")
    line = str(Subscription.objects.get(account=account).line_id)
    assert "no MAC of a device" in words(do(admin, "device", line=line, mac="zz"))
    assert do(admin, "device", line=line, mac="A4-2B-B0-00-00-01").status_code == 302
    assert str(Device.objects.get().mac) == "a4:2b:b0:00:00:01"
    assert "Possible from" in words(do(admin, "end", day="2026-11-10"))
    assert do(admin, "end", day="2026-11-20").status_code == 302
    assert do(admin, "end-cancel").status_code == 302
    assert Ending.objects.get().state == "cancelled"


def test_a_payment_is_refunded_up_to_the_balance_and_taken_back_whole(staff: StaffBrowser, account: Account) -> None:
    money, paid = staff("accountant"), Payment.objects.get()
    assert "open your shift" in words(do(money, "refund", payment=paid.pk, sum="100"))
    cash_desk.open_shift(opening_kop=0, actor="accountant")
    assert "The balance has" in words(do(money, "refund", payment=paid.pk, sum="1400"))
    assert "At most 1 500,00" in words(do(money, "refund", payment=paid.pk, sum="1600"))
    assert do(money, "refund", payment=paid.pk, sum="100").status_code == 302
    shift = cash_shifts.current("accountant")
    assert shift is not None
    assert cash_shifts.sums(shift.pk).given_kop == 100_00  # the Z-report knows of it
    assert "Some of it has gone back already" in words(do(money, "correct", payment=paid.pk))
    second = topup.credit_cash(account_id=account.pk, amount_kop=50_00, receipt_number="2", on=ON, actor="cashier")
    other = Payment.objects.exclude(pk=paid.pk).get()
    assert second is not None
    assert do(money, "correct", payment=other.pk).status_code == 302
    entry = AuditEntry.objects.get(action="payments.correction")
    assert (entry.actor, entry.why) == ("accountant", "asked by phone")
    assert "It is taken back already." in words(do(money, "correct", payment=other.pk))
    stranger = Account.objects.get(contract__number="100006")
    topup.credit_cash(account_id=stranger.pk, amount_kop=70_00, receipt_number="3", on=ON, actor="cashier")
    his = Payment.objects.get(account=stranger)
    assert "Choose a payment of this contract." in words(do(money, "correct", payment=his.pk))


def test_a_cashier_takes_back_cash_of_his_own_open_shift_and_the_z_report_agrees(
    staff: StaffBrowser, account: Account
) -> None:
    desk = staff("cashier")
    cash_desk.open_shift(opening_kop=0, actor="cashier")
    order = cash_desk.take(
        account_id=account.pk, amount_kop=500_00, submit_token="form-of-the-test", on=ON, actor="cashier"
    )
    assert "own open shift" in words(do(desk, "correct", payment=Payment.objects.order_by("id")[0].pk))
    assert do(desk, "correct", payment=order.payment_id).status_code == 302
    back = CashOrder.objects.get(kind="out")
    assert (back.reversal_id, back.cashier, back.amount_kop) == (order.payment_id, "cashier", 500_00)
    assert "correction" in printing.printed(back, "en")["facts"][1][1]
    cash_desk.close_shift(counted_kop=0, why="", actor="cashier")
    late = cash_desk.correct  # of a shift that is closed: out of the drawer of who takes it back
    second = topup.credit_cash(account_id=account.pk, amount_kop=70_00, receipt_number="9", on=ON, actor="cashier")
    assert second is not None
    late(payment_id=Payment.objects.order_by("-id")[0].pk, actor="accountant", why="of no drawer", on=ON)
    assert list(payments.problems()) == []


def test_what_is_left_after_the_end_is_paid_out_of_a_drawer_and_the_account_closed(
    staff: StaffBrowser, account: Account
) -> None:
    admin = staff("admin")
    assert "it ends first" in words(do(admin, "close", equipment="none"))
    assert "it ends first" in words(do(admin, "write-off"))
    end_contract.plan(account_id=account.pk, ends_on=date(2026, 11, 11), on=ON, actor="100001")
    with clock.frozen(clock.at_noon(date(2026, 11, 11))):
        end_contract.apply_due(account.pk, account.pk, on=date(2026, 11, 11))
        acts = set(re.findall(r"/do/([a-z-]+)/\"", words(admin.get(CARD))))
        assert acts == {"pay-out", "write-off", "close"}
        assert "is left" in words(do(admin, "close", equipment="none"))
        assert "open your shift" in words(do(admin, "pay-out"))
        cash_desk.open_shift(opening_kop=2000_00, actor="admin")
        assert do(admin, "pay-out").status_code == 302
        assert CashOrder.objects.get().payout_id is not None
        assert "Nothing is left" in words(do(admin, "pay-out"))
        assert "at zero" in words(do(admin, "write-off"))
        assert "Say whether our equipment" in words(do(admin, "close"))
        assert do(admin, "close", equipment="none").status_code == 302
        assert "The account is closed." in words(admin.get(CARD))
        assert admin.get(f"{CARD}do/tariff/").status_code == 404
    assert list(payments.problems()) == []


def test_more_than_ones_own_sum_waits_for_a_colleagues_yes(staff: StaffBrowser, account: Account) -> None:
    Role.objects.filter(code="accountant").update(most_kop=99_00)
    money, admin, paid = staff("accountant"), staff("admin"), Payment.objects.get()
    cash_desk.open_shift(opening_kop=500_00, actor="accountant")
    form = {"payment": paid.pk, "sum": "100"}
    look = words(money.post(f"{CARD}do/refund/", {"do": "look", "why": "moves away", **form}))
    assert "Alone you give 99,00" in look
    assert "the second yes: admin" in look
    forged = {"do": "yes", "why": "asked", "token": "a" * 32, **form}
    assert money.post(f"{CARD}do/refund/", forged).status_code == 409
    assert not Warrant.objects.exists()
    assert do(money, "refund", **form).status_code == 302
    waits = Warrant.objects.get()
    assert (waits.amount_kop, waits.asked_by, Refund.objects.count()) == (100_00, "accountant", 0)
    assert "a colleague is asked" in words(money.get(CARD))
    assert "waits for a second yes at this contract already" in words(do(money, "refund", **form))
    page = "/staff/second-yes/"
    own = words(money.post(page, {"id": waits.pk, "do": "approve"}))
    assert "You have asked for it yourself" in own
    assert "Write why not" in words(admin.post(page, {"id": waits.pk, "do": "decline", "why": " "}))
    assert "Acts of colleagues" in words(admin.get("/staff/"))
    assert "asked by phone" in words(admin.get(page))
    assert "refund of a payment" in words(admin.post(page, {"id": waits.pk, "do": "approve"}, follow=True)).lower()
    refund = Refund.objects.get()
    assert (refund.amount_kop, refund.asked_by, refund.state) == (100_00, "accountant", "succeeded")
    assert CashOrder.objects.get().cashier == "accountant"
    assert "It waits no more" in words(admin.post(page, {"id": waits.pk, "do": "approve"}))
    said = AuditEntry.objects.filter(action__endswith="second_yes").order_by("id")
    assert [(one.actor, one.new["asked_by"]) for one in said] == [("accountant", "accountant"), ("admin", "accountant")]
    with pytest.raises(DatabaseError), db.atomic():
        Warrant.objects.update(state="waiting", decided_by="", decided_at=None)


def test_a_second_yes_to_what_has_changed_does_nothing(staff: StaffBrowser, account: Account) -> None:
    Role.objects.filter(code="support").update(most_kop=99_00)
    desk, admin = staff("support"), staff("admin")
    page = "/staff/second-yes/"
    assert do(desk, "deferral", sum="300").status_code == 302
    first = Warrant.objects.get()
    topup.credit_cash(account_id=account.pk, amount_kop=5_00, receipt_number="5", on=ON, actor="cashier")
    assert "no longer what was asked for" in words(admin.get(page))
    late = admin.post(page, {"id": first.pk, "do": "approve"})
    assert (late.status_code, Warrant.objects.get().state, Deferral.objects.count()) == (409, "stale", 0)
    assert do(desk, "deferral", sum="300").status_code == 302
    second = Warrant.objects.get(state="waiting")
    assert words(staff("cashier").get(page)).count("300,00") == 0  # another's
    assert staff("engineer").get(page).status_code == 403
    assert desk.post(page, {"id": second.pk, "do": "approve"}).status_code == 403
    assert admin.post(page, {"id": second.pk, "do": "decline", "why": "pays late each time"}).status_code == 302
    assert "pays late each time" in words(desk.get(page))
    assert do(desk, "deferral", sum="300").status_code == 302
    assert four_eyes.expire_due(clock.now() + timedelta(days=3)) == 1
    assert do(desk, "deferral", sum="300").status_code == 302
    last = Warrant.objects.get(state="waiting")
    with pytest.raises(DatabaseError), db.atomic():  # nobody says yes to his own, whoever writes the row
        Warrant.objects.filter(pk=last.pk).update(state="done", decided_by="support", decided_at=clock.now())
    assert admin.post(page, {"id": last.pk, "do": "approve"}).status_code == 302
    assert Deferral.objects.get().amount_kop == 300_00
    assert AuditEntry.objects.get(action="billing.grant_deferral").actor == "support"
