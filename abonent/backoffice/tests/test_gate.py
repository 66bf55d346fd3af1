"""Who may open a page of the workplace, and what the others are told."""

from typing import Any

import pytest
from django.test import Client

from abonent import urls
from abonent.backoffice import addresses
from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.core.models import AuditEntry
from abonent.identity.models import Role, User
from tests.stories import sign_in_people

OPEN = {"staff_login"}  # the door itself


@pytest.fixture
def people(db: None) -> Any:
    with sign_in_people.present():
        yield


def test_every_address_of_the_workplace_is_guarded() -> None:
    bare = [one.name for one in addresses.urlpatterns if not hasattr(one.callback, "permissions")]
    assert set(bare) == OPEN
    assert [one.name for one in addresses.urlpatterns if one not in urls.urlpatterns] == []


def test_a_stranger_signs_in_first_and_comes_back(db: None) -> None:
    answer = Client().get("/staff/search/?q=anna")
    assert answer["Location"] == "/staff/login/?next=/staff/search/%3Fq%3Danna"


def test_a_subscriber_is_refused(people: None) -> None:
    answer = sign_in_people.signed_in().get("/staff/")
    assert answer.status_code == 403
    assert b"This page is not open to you" in answer.content


def test_a_role_without_the_right_is_told_which_and_whom_to_ask(people: None, staff: StaffBrowser) -> None:
    Role.objects.filter(code="cashier").update(permissions=["money.take_cash"])
    staff("admin")
    answer = staff("cashier").get("/staff/search/?q=anna")
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "See subscribers, their contracts and services" in page
    assert "Your role has none of it: Cashier" in page
    assert "Rights are given by: admin" in page
    assert "Subscribers</a>" not in page  # the menu shows only what opens


def test_one_of_the_staff_without_a_role_may_nothing_but_the_first_page(people: None, staff: StaffBrowser) -> None:
    browser = staff("manager")
    User.objects.filter(username="manager").update(role=None)
    assert browser.get("/staff/").status_code == 200
    assert browser.get("/staff/search/").status_code == 403


def test_search_finds_by_number_name_and_phone(people: None, staff: StaffBrowser) -> None:
    from abonent.subscribers import contacts
    from abonent.subscribers.models import Customer

    contacts.add_phone(Customer.objects.get(contracts__number="100001").pk, "8 916 000-00-01")
    browser = staff("support")

    def found(typed: str) -> list[str]:
        page = browser.get("/staff/search/", {"q": typed}).content.decode()
        return [number for number in ("100001", "100006", "100007") if f"/staff/contracts/{number}/" in page]

    assert found("100001") == ["100001"]
    assert found("1000") == ["100001", "100006", "100007"]
    assert found("соколова анна") == ["100001"]
    assert found("Дарья") == ["100006", "100007"]
    assert found("+7 (916) 000-00-01") == ["100001"]
    assert found("Соклова") == ["100001"]  # nobody is called so: who sounds so
    assert found("%") == []
    assert found("Неизвестный") == []


def test_a_look_at_a_subscriber_stands_in_the_audit_log(people: None, staff: StaffBrowser) -> None:
    answer = staff("support").get("/staff/contracts/100001/")
    assert "Соколова Анна Сергеевна" in answer.content.decode()
    entry = AuditEntry.objects.get(action="backoffice.look")
    assert (entry.actor, entry.subject.split(":")[0], entry.address) == ("support", "contract", "127.0.0.1")
    assert staff("support").get("/staff/contracts/999999/").status_code == 404


def test_the_balance_is_for_those_who_may_see_money(people: None, staff: StaffBrowser) -> None:
    assert b"Balance" in staff("support").get("/staff/contracts/100001/").content
    assert b"Balance" not in staff("engineer").get("/staff/contracts/100001/").content
