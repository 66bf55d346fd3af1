"""The contract of a request: what is typed, who is known, the password shown once, the papers, the open access."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from abonent.addresses.models import Building
from abonent.backoffice.tests.conftest import StaffBrowser
from abonent.billing.models import Terms
from abonent.core import clock
from abonent.flows import load_profile, schedule, sign_contract, topup
from abonent.identity.models import User
from abonent.ledger.models import Account
from abonent.network.models import Device, Login
from abonent.onboarding import requests, visits, windows
from abonent.onboarding.models import ConnectionRequest, ContractPaper, Equipment, PersonDocument
from abonent.onboarding.papers import printing
from abonent.onboarding.tests.test_requests import wish
from abonent.subscribers.models import Contract, Customer

ON = date(2026, 11, 14)
PERSON = {
    "kind": "person", "full_name": "Новосёлов Иван Петрович", "document_kind": "passport",
    "document_number": "40 12 № 345678", "issued_by": "ТП № 1", "issued_on": "2012-05-04", "birth_date": "1990-02-28",
    "registered_address": "Москва, ул. Лесная, 1", "phone": "8 916 123-45-67", "email": "", "tariff": "city-300",
}  # fmt: skip
COMPANY = {
    "kind": "legal", "full_name": "ООО «Василёк»", "inn": "5042001238", "kpp": "504201001",
    "represented_by": "директор Полев П. П. на основании устава", "registered_address": "Москва, ул. Полевая, 2",
    "phone": "8 916 123-45-67", "tariff": "city-300",
}  # fmt: skip


@pytest.fixture(autouse=True)
def operator(db: None) -> Iterator[None]:
    with clock.frozen(clock.at_noon(ON)):
        load_profile.load(ON)
        yield


@pytest.fixture
def manager(staff: StaffBrowser) -> Client:
    return staff("manager")


def connected(staff: StaffBrowser, flat: str = "5") -> ConnectionRequest:
    """Everything is there: the visit is done, a terminal is left."""
    asked = requests.open_request(wish(flat=flat, submit_token=f"form-{flat}"), at=clock.now())
    asked.building = Building.objects.filter(segment="apartment", connected="yes").order_by("pk")[0]
    asked.state = "address"
    asked.save()
    staff("engineer")
    visit = visits.agree(
        asked.pk, technician_id=User.objects.get(username="engineer").pk,
        window=windows.of_day(date(2026, 11, 14 + int(flat)), clock.zone())[3], tasks="", note="", actor="manager",
        at=clock.now(), version=None,
    )  # fmt: skip
    visits.add_equipment(visit.pk, kind="ont", mac=f"a42bb00000{int(flat):02}", serial="SN-1234", at=clock.now())
    visits.finish(visit.pk, report="Кабель проложен", note="", actor="engineer", at=clock.now())
    asked.refresh_from_db()
    return asked


def address(asked: ConnectionRequest) -> str:
    return f"/staff/requests/{asked.pk}/contract/"


def look(browser: Client, asked: ConnectionRequest, said: dict[str, str]) -> Any:
    return browser.post(address(asked), {"do": "look", **said})


def ticket(answer: Any) -> str:
    found = re.search(r'name="ticket" value="([^"]+)"', answer.content.decode())
    assert found is not None, answer.content.decode()[-3000:]
    return found[1]


def sign(browser: Client, asked: ConnectionRequest, said: dict[str, str], **more: str) -> Any:
    given = ticket(look(browser, asked, said))
    return browser.post(address(asked), {"do": "sign", "ticket": given, **said, **more})


def password(answer: Any) -> str:
    found = re.search(r'id="password">([^<]+)<', answer.content.decode())
    return found[1] if found else ""


def test_from_the_form_to_the_open_access(manager: Client, staff: StaffBrowser) -> None:
    asked = connected(staff)
    preview = look(manager, asked, PERSON).content.decode()
    assert "Новосёлов Иван Петрович" in preview
    assert not Contract.objects.exists()
    signed = sign(manager, asked, PERSON)
    asked.refresh_from_db()
    contract = Contract.objects.get()
    assert (asked.state, asked.contract_id) == ("signed", contract.pk)
    plain = password(signed)
    user = User.objects.get(username=contract.number)
    assert user.check_password(plain)
    assert user.password_must_change is True
    assert plain not in str(ContractPaper.objects.get().data)
    document = PersonDocument.objects.get()
    assert (document.number, document.customer) == ("4012345678", contract.customer)
    assert [(one.mac, one.line) for one in Equipment.objects.all()] == [
        ("a4:2b:b0:00:00:05", contract.lines.get()),
    ]  # fmt: skip
    assert str(contract.lines.get().premises).endswith("5")
    assert [(one.mac, one.source) for one in Device.objects.all()] == [("a4:2b:b0:00:00:05", "engineer")]
    assert [(one.name, one.line) for one in Login.objects.all()] == [(contract.number, contract.lines.get())]

    topup.credit_cash(
        account_id=Account.objects.get(contract=contract).pk, amount_kop=1000_00, receipt_number="1", on=ON,
        actor="cashier",
    )  # fmt: skip
    asked.refresh_from_db()
    assert asked.state == "online"
    assert [one.state for one in asked.steps.filter(kind="moved").order_by("id")][-3:] == ["signed", "paid", "online"]
    again = manager.get(address(asked))
    assert password(again) == ""
    assert b"The password was shown to whoever signed" in again.content


def test_a_second_click_makes_no_second_contract_and_shows_the_same_password(
    manager: Client, staff: StaffBrowser
) -> None:
    asked = connected(staff)
    given = {"do": "sign", "ticket": ticket(look(manager, asked, PERSON)), **PERSON}
    first, second = (manager.post(address(asked), given) for _ in range(2))
    assert password(first) == password(second) != ""
    assert Contract.objects.count() == 1


def test_another_manager_who_comes_second_sees_the_contract_and_no_password(
    manager: Client, staff: StaffBrowser
) -> None:
    asked = connected(staff)
    other = staff("admin")
    his = ticket(look(other, asked, PERSON))
    sign(manager, asked, PERSON)
    answer = other.post(address(asked), {"do": "sign", "ticket": his, **PERSON})
    assert (answer.status_code, password(answer), Contract.objects.count()) == (200, "", 1)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"full_name": "Иван"}, "Write the surname and the name"),
        ({"document_number": "40 12 34567"}, "Four digits of the series and six of the number."),
        ({"document_number": ""}, "Fill this in."),
        ({"birth_date": "2008-11-15"}, "Contracts are signed from 18 years on."),
        ({"birth_date": "1890-01-01"}, "Look at the year once more."),
        ({"issued_on": "2026-11-15"}, "This day has not come yet."),
        ({"issued_on": "1990-02-28"}, "A document is issued after the birth."),
        ({"issued_on": "когда-то"}, "This is not a day."),
        ({"phone": "12345"}, "is not a phone of Russia"),
        ({"email": "кот"}, "is not a mail address"),
        ({"tariff": "no-such"}, "Choose a tariff that is on sale."),
        ({"tariff": "private-100"}, "Choose a tariff that is on sale."),  # of another segment
        ({"registered_address": ""}, "Fill this in."),
    ],
)
def test_a_mistake_is_said_beside_its_field(
    manager: Client, staff: StaffBrowser, said: dict[str, str], problem: str
) -> None:
    answer = look(manager, connected(staff), {**PERSON, **said})
    assert answer.status_code == 422
    assert problem in answer.content.decode()


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"inn": "5042001239"}, "The INN is mistyped"),
        ({"inn": ""}, "Fill this in."),
        ({"kpp": "50420100"}, "A KPP has 9 digits."),
        ({"kpp": ""}, "A company has a KPP"),
        ({"inn": "500100732259"}, "An entrepreneur has no KPP."),
        ({"represented_by": ""}, "Fill this in."),
    ],
)
def test_a_companys_numbers_are_checked(
    manager: Client, staff: StaffBrowser, said: dict[str, str], problem: str
) -> None:
    answer = look(manager, connected(staff), {**COMPANY, **said})
    assert answer.status_code == 422
    assert problem in answer.content.decode()


def test_a_company_signs_by_its_numbers(manager: Client, staff: StaffBrowser) -> None:
    sign(manager, connected(staff), COMPANY)
    customer = Customer.objects.get()
    assert (customer.kind, customer.inn, customer.kpp) == ("legal", "5042001238", "504201001")
    assert customer.registered_address == "Москва, ул. Полевая, 2"
    assert not PersonDocument.objects.exists()


def test_a_company_with_a_credit_limit_is_online_at_once_and_only_who_may_agree_one_does(
    manager: Client, staff: StaffBrowser
) -> None:
    first, second = connected(staff), connected(staff, "6")
    said = {**COMPANY, "credit_limit": "30 000,00"}
    assert b"Credit limit" not in manager.get(address(first)).content
    assert look(manager, first, said).status_code == 422  # his form has no such field
    admin = staff("admin")
    assert "Write the sum as 30 000,00." in look(admin, first, {**said, "credit_limit": "many"}).content.decode()
    assert "30\u00a0000,00" in look(admin, first, said).content.decode()
    sign(admin, first, said)
    terms = Terms.objects.get()
    assert (terms.credit_limit_kop, terms.first_top_up_kop, terms.activated_on) == (30_000_00, 0, ON)
    first.refresh_from_db()
    assert first.state == "online"
    sign(admin, second, {**PERSON, "credit_limit": "30 000,00"})  # a person pays in advance
    assert sorted(Terms.objects.values_list("credit_limit_kop", flat=True)) == [0, 30_000_00]
    paper = ContractPaper.objects.order_by("id")[0].data
    with translation.override("en"):
        said_there = " ".join(text for _, texts in printing._sections(paper) for text in texts)
    assert "may go below zero by 30\u00a0000,00" in said_there


def test_a_further_contract_of_a_known_customer_keeps_his_password(manager: Client, staff: StaffBrowser) -> None:
    first, second = connected(staff), connected(staff, "6")
    plain = password(sign(manager, first, PERSON))
    page = look(manager, second, PERSON).content.decode()
    assert "the same document, the same phone" in page
    assert "No, another customer" not in page  # the document says who he is
    known = Customer.objects.get()
    assert sign(manager, second, PERSON).status_code == 422  # nobody has said that it is he
    answer = sign(manager, second, PERSON, existing=str(known.pk))
    assert (answer.status_code, password(answer)) == (200, "")
    numbers = sorted(one.number for one in known.contracts.all())
    assert len(numbers) == 2
    user = User.objects.get(username=numbers[0])
    assert user.check_password(plain)
    assert sorted(one.name for one in user.sign_in_names.all()) == numbers
    letter = manager.post(f"/staff/contracts/{numbers[1]}/letter.pdf")
    assert letter.content[:5] == b"%PDF-"


def test_one_who_shares_a_phone_may_be_another_customer(manager: Client, staff: StaffBrowser) -> None:
    first, second = connected(staff), connected(staff, "6")
    sign(manager, first, PERSON)
    wife = {**PERSON, "full_name": "Новосёлова Ольга Ивановна", "document_number": "4012 345679"}
    assert sign(manager, second, wife).status_code == 422
    answer = sign(manager, second, wife, existing="new")
    assert password(answer) != ""
    assert Customer.objects.count() == 2


def test_nobody_is_given_a_contract_whom_the_typed_does_not_fit(manager: Client, staff: StaffBrowser) -> None:
    sign_contract.sign(on=ON, offers=["city-300"], segment="apartment", full_name="Чужой Пётр", phone="+79990000000")
    stranger = Customer.objects.get()
    answer = sign(manager, connected(staff), PERSON, existing=str(stranger.pk))
    assert answer.status_code == 422
    assert Contract.objects.count() == 1


def test_television_is_signed_for_beside_the_internet(manager: Client, staff: StaffBrowser) -> None:
    sign(manager, connected(staff), {**PERSON, "more": "tv-basic", "addons": "static-ip"})
    taken = Contract.objects.get().account.subscriptions.order_by("id")
    assert sorted(one.version.offer.code for one in taken) == ["city-300", "static-ip", "tv-basic"]


def test_services_that_do_not_go_together_are_refused(manager: Client, staff: StaffBrowser) -> None:
    asked = connected(staff)
    from abonent.catalog.models import Offer

    Offer.objects.filter(code="static-ip").update(excludes=["city-300"])
    answer = sign(manager, asked, {**PERSON, "addons": "static-ip"})
    assert answer.status_code == 422
    assert b"These services do not go together" in answer.content
    assert not Contract.objects.exists()


def test_the_papers_are_printed_again_as_they_were_signed(manager: Client, staff: StaffBrowser) -> None:
    sign(manager, connected(staff), PERSON)
    number = Contract.objects.get().number
    for kind in ("contract", "act"):
        answer = manager.get(f"/staff/contracts/{number}/{kind}.pdf")
        assert (answer["Content-Type"], answer.content[:5]) == ("application/pdf", b"%PDF-")
    assert manager.get(f"/staff/contracts/{number}/secret.pdf").status_code == 404
    assert manager.get("/staff/contracts/999999/contract.pdf").status_code == 404
    assert staff("engineer").get(f"/staff/contracts/{number}/contract.pdf").status_code == 403


def test_the_letter_is_printed_with_the_password_in_force_alone(manager: Client, staff: StaffBrowser) -> None:
    plain = password(sign(manager, connected(staff), PERSON))
    number = Contract.objects.get().number
    letter = f"/staff/contracts/{number}/letter.pdf"
    assert manager.post(letter, {"password": plain}).content[:5] == b"%PDF-"
    assert manager.post(letter, {"password": f"{plain}x"}).status_code == 404
    assert manager.post(letter).status_code == 404
    assert manager.get(letter).status_code == 405


def test_before_the_work_is_done_there_is_no_contract(manager: Client) -> None:
    asked = requests.open_request(wish(), at=clock.now())
    assert manager.get(address(asked))["Location"] == f"/staff/requests/{asked.pk}/"
    assert manager.post(address(asked), {"do": "sign", **PERSON}).status_code == 302
    assert not Contract.objects.exists()


def test_an_access_opened_otherwise_ends_its_request_by_the_clock(manager: Client, staff: StaffBrowser) -> None:
    asked = connected(staff)
    sign(manager, asked, PERSON)
    Terms.objects.filter(account__contract__request=asked).update(activated_on=ON)
    entry = next(one for one in schedule.ENTRIES if one.name == "requests_online")
    entry.work(clock.now())
    asked.refresh_from_db()
    assert asked.state == "online"
