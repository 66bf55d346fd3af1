"""The account as its owner sees it, for staff: to be looked at, never changed, for a while, and he reads of it."""

import time
from collections.abc import Iterator

import pytest
from django.test import Client

from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.billing.models import Pause
from abonent.core.models import AuditEntry
from abonent.identity import seeing
from abonent.identity.models import Role, User
from tests.stories.sign_in_people import present, signed_in

OPEN = "/staff/contracts/100006/as/"


@pytest.fixture(autouse=True)
def people(db: None) -> Iterator[None]:
    with present():
        yield


def opened(staff: StaffBrowser, role: str = "support") -> Client:
    desk = staff(role)
    assert desk.post(OPEN, {"why": "cannot find her invoice"})["Location"] == "/cabinet/"
    return desk


def test_staff_see_the_page_she_sees_and_she_reads_of_it(staff: StaffBrowser) -> None:
    desk = opened(staff)
    page = desk.get("/cabinet/").content.decode()
    assert "100006" in page
    assert "Nothing can be changed" in page
    assert desk.get("/cabinet/history/").status_code == 200
    assert desk.get("/staff/").status_code == 200  # he is himself still
    daria = signed_in("100006", "demo-daria")
    log = daria.get("/cabinet/security/log/").content.decode()
    assert "opened your account as you see it" in log
    assert "cannot find her invoice" in log
    assert "Nothing can be changed" not in daria.get("/cabinet/").content.decode()
    looked = AuditEntry.objects.filter(action="backoffice.look_as_owner").order_by("id")
    assert [one.new["page"] for one in looked] == ["/cabinet/", "/cabinet/history/"]
    assert desk.post(OPEN, {"do": "end"})["Location"] == "/staff/contracts/100006/"
    assert desk.get("/cabinet/").status_code == 404


def test_nothing_is_changed_that_way_and_what_is_hers_alone_stays_hidden(staff: StaffBrowser) -> None:
    desk = opened(staff)
    answer = desk.post("/cabinet/pause/", {"do": "plan", "from": "2026-11-12", "to": "2026-12-12"})
    assert answer.status_code == 403
    assert not Pause.objects.exists()
    for address in ("security/", "security/log/", "profile/", "privacy/", "support/", "close/"):
        assert desk.get(f"/cabinet/{address}").status_code == 404, address
    assert desk.get("/mail/").status_code == 404
    assert desk.post("/cabinet/contract/", {"contract": "100007"}).status_code == 403
    assert desk.post("/cabinet/privacy/data.json").status_code == 403
    assert desk.post("/cabinet/password/", {"new_password": "a-new-one-of-mine"}).status_code in (403, 404)


def test_it_ends_by_itself_and_with_the_right(staff: StaffBrowser, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = opened(staff)
    support = Role.objects.get(code="support")
    granted = list(support.permissions)
    support.permissions = [one for one in granted if one != "money.view"]
    support.save()
    assert desk.get("/cabinet/").status_code == 404
    assert desk.post(OPEN, {"why": "again"}).status_code == 403
    support.permissions = granted
    support.save()
    assert desk.get("/cabinet/").status_code == 200
    kept = desk.session[seeing.KEY]
    user = User.objects.get(username="support")
    assert seeing.of(desk.session, user) == kept[0]
    monkeypatch.setattr(time, "time", lambda: kept[1])
    assert seeing.of(desk.session, user) is None


def test_without_a_reason_or_the_right_nothing_opens(staff: StaffBrowser) -> None:
    desk = staff("support")
    assert desk.post(OPEN, {"why": " "})["Location"] == "/staff/contracts/100006/"
    assert "Write why" in desk.get("/staff/contracts/100006/").content.decode()
    assert desk.get("/cabinet/").status_code == 404
    assert desk.get(OPEN).status_code == 405
    assert staff("engineer").post(OPEN, {"why": "curious"}).status_code == 403
    assert desk.post("/staff/contracts/999999/as/", {"why": "x"}).status_code == 404
    assert not AuditEntry.objects.filter(action="backoffice.open_as_owner").exists()
