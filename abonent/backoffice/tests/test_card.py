"""The card: what each role sees of a subscriber and does to him, each act looked at, with its reason, done once."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.billing.models import Deferral, Ending, Pause, Subscription
from abonent.core.models import AuditEntry
from abonent.flows import topup
from abonent.identity.models import Role
from abonent.ledger.models import Account
from abonent.network.models import Device
from abonent.payments.models import Payment
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
    assert len(asked) <= 26, [one["sql"][:90] for one in asked]


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
    assert "The balance has" in words(do(money, "refund", payment=paid.pk, sum="1400"))
    assert "At most 1 500,00" in words(do(money, "refund", payment=paid.pk, sum="1600"))
    assert do(money, "refund", payment=paid.pk, sum="100").status_code == 302
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


def test_a_role_moves_no_more_than_its_limit(staff: StaffBrowser, account: Account) -> None:
    Role.objects.filter(code="accountant").update(most_kop=99_00)
    money, paid = staff("accountant"), Payment.objects.get()
    refused = "Your role moves 99,00"
    assert refused in words(do(money, "refund", payment=paid.pk, sum="100"))
    assert refused in words(do(money, "correct", payment=paid.pk))
    forged = {"do": "yes", "why": "asked", "payment": paid.pk, "sum": "100", "token": "a" * 32}
    assert refused in words(money.post(f"{CARD}do/refund/", forged))
    assert do(money, "refund", payment=paid.pk, sum="99").status_code == 302
