"""Phones and mail addresses of one's own: added by a code that went there, told to the old ones, removed."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction

from abonent.core import clock, jobs
from abonent.identity.models import OneTimeCode
from abonent.notifications import delivery
from abonent.notifications.channels.message import Message
from abonent.subscribers import contacts
from abonent.subscribers.models import Contact, Customer
from tests.stories.sign_in_people import NOON, present, signed_in

PROFILE = "/cabinet/profile/"
PHONE = "+79161234567"


@pytest.fixture(autouse=True)
def people(db: None) -> Iterator[None]:
    with present():
        with transaction.atomic():
            contacts.add_phone(customer("100001").pk, PHONE)
        yield


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    sent: list[Message] = []
    monkeypatch.setitem(delivery._SMS_GATEWAYS, "console", lambda one: sent.append(one))
    monkeypatch.setitem(delivery._EMAIL_GATEWAYS, "console", lambda one: sent.append(one))
    return sent


def customer(number: str) -> Customer:
    return Customer.objects.get(contracts__number=number)


def send_all() -> None:
    jobs.run_due()
    delivery.deliver()


def code_of(message: Message) -> str:
    found = re.search(r"\b\d{6}\b", message.body)
    assert found is not None, message.body
    return found[0]


def test_a_phone_is_added_by_its_code_and_the_old_one_is_told(inbox: list[Message]) -> None:
    anna = signed_in()
    assert anna.post(PROFILE, {"do": "phone", "value": "8 (916) 765-43-21"}).status_code == 303
    send_all()
    (sms,) = inbox
    assert sms.address == "+79167654321"
    assert not Contact.objects.filter(value=sms.address).exists()
    assert anna.post(PROFILE, {"do": "phone_code", "code": code_of(sms)}).status_code == 303
    send_all()
    told = inbox[1]
    assert told.address == PHONE
    assert "+7 9** ***-**-21" in told.body.replace("\u00a0", " ")
    assert Contact.objects.get(value="+79167654321").confirmed_at == NOON
    assert "One-time passwords go there." in anna.get(PROFILE).content.decode()
    assert contacts.phone_of_recovery(customer("100001").pk) == PHONE  # still the one given at connection


def test_an_address_is_confirmed_by_a_letter(inbox: list[Message]) -> None:
    anna = signed_in()
    anna.post(PROFILE, {"do": "email", "value": "Anna@Example.RU"})
    send_all()
    assert inbox[0].address == "Anna@example.ru"
    anna.post(PROFILE, {"do": "email_code", "code": code_of(inbox[0])})
    assert Contact.objects.get(value="Anna@example.ru").confirmed_at == NOON


def test_a_code_bears_five_tries_of_a_thousand(inbox: list[Message]) -> None:
    anna = signed_in()
    anna.post(PROFILE, {"do": "phone", "value": "8 916 765-43-21"})
    send_all()
    right = code_of(inbox[0])
    said = []
    for n in range(1000):
        page = anna.post(PROFILE, {"do": "phone_code", "code": f"{n:06d}" if f"{n:06d}" != right else "x"})
        said.append(page.status_code)
    assert set(said) == {422}
    refused = anna.post(PROFILE, {"do": "phone_code", "code": right})
    assert "The code is good no more" in refused.content.decode()
    assert OneTimeCode.objects.get().wrong_tries == 5
    assert not Contact.objects.filter(value="+79167654321").exists()


def test_a_code_is_good_for_ten_minutes_and_once(inbox: list[Message]) -> None:
    anna = signed_in()
    anna.post(PROFILE, {"do": "phone", "value": "8 916 765-43-21"})
    send_all()
    code = code_of(inbox[0])
    with clock.frozen(NOON + timedelta(minutes=10)):
        assert anna.post(PROFILE, {"do": "phone_code", "code": code}).status_code == 422
    assert anna.post(PROFILE, {"do": "phone_code", "code": f"{code[:3]} {code[3:]}"}).status_code == 303
    assert anna.post(PROFILE, {"do": "phone_code", "code": code}).status_code == 422


def test_the_phone_of_another_contract_is_confirmed_only_by_who_holds_it(inbox: list[Message]) -> None:
    daria = signed_in("100006", "demo-daria")
    response = daria.post(PROFILE, {"do": "phone", "value": PHONE})
    assert response.status_code == 303  # no word of whose it is
    send_all()
    assert inbox[0].address == PHONE
    anna = signed_in()
    assert anna.post(PROFILE, {"do": "phone_code", "code": code_of(inbox[0])}).status_code == 422  # Daria's code
    assert not Contact.objects.filter(customer=customer("100006")).exists()


@pytest.mark.parametrize(
    ("kind", "typed", "said"),
    [
        ("phone", "+380 50 123-45-67", "is not a phone of Russia"),
        ("phone", "8 916 123-45", "is not a phone of Russia"),
        ("phone", "112", "is not a phone of Russia"),
        ("phone", "", "is not a phone of Russia"),
        ("phone", "8 (495) 123-45-67", "mobile phones only"),
        ("email", "anna@", "is not a mail address"),
        ("email", "a" * 300, "is not a mail address"),
        ("email", "anna@example.ru\nBcc: all@example.ru", "is not a mail address"),
    ],
)
def test_what_is_no_contact_is_told_beside_its_field(kind: str, typed: str, said: str) -> None:
    response = signed_in().post(PROFILE, {"do": kind, "value": typed})
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not OneTimeCode.objects.exists()


def test_codes_are_sent_three_an_hour_to_a_phone(inbox: list[Message]) -> None:
    anna = signed_in()
    statuses = [anna.post(PROFILE, {"do": "phone", "value": "8 916 765-43-21"}).status_code for _ in range(4)]
    assert statuses == [303, 303, 303, 422]


def test_the_last_mobile_phone_stays_and_a_removed_one_is_told(inbox: list[Message]) -> None:
    anna = signed_in()
    first = Contact.objects.get(value=PHONE)
    response = anna.post(PROFILE, {"do": "remove", "contact": str(first.pk)})
    assert response.status_code == 422
    assert "your last mobile phone" in response.content.decode()
    with transaction.atomic():
        contacts.add_phone(first.customer_id, "+79167654321")
    assert anna.post(PROFILE, {"do": "remove", "contact": str(first.pk)}).status_code == 303
    send_all()
    assert [one.address for one in inbox] == [PHONE]
    assert contacts.phone_of_recovery(first.customer_id) == "+79167654321"


def test_another_persons_contact_is_removed_by_nobody_else() -> None:
    daria = signed_in("100006", "demo-daria")
    first = Contact.objects.get(value=PHONE)
    assert daria.post(PROFILE, {"do": "remove", "contact": str(first.pk)}).status_code == 404
