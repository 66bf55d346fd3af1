"""Phones and mail addresses as people type them."""

import pytest
from django.utils import translation

from abonent.subscribers import contacts, customers
from abonent.subscribers.models import Contact


@pytest.mark.parametrize(
    "typed",
    [
        "+79161234567",
        "89161234567",
        "79161234567",
        "9161234567",
        "8 916 123 45 67",
        "8 (916) 123-45-67",
        "+7 (916) 123-45-67",
        "+7-916-123-45-67",
        "8.916.123.45.67",
        "8\u00a0916\u00a0123\u201345\u201367",
        "  +7 916 1234567\n",
        "+7(916)1234567",
    ],
)
def test_one_phone_in_every_notation(typed: str) -> None:
    assert contacts.read_phone(typed) == "+79161234567"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("8 496 552-22-22", "+74965522222"),
        ("8 (800) 000-00-00", "+78000000000"),
        ("8001234567", "+78001234567"),
        ("+7 701 123 45 67", "+77011234567"),
    ],
)
def test_phones_of_places_and_free_numbers(typed: str, stored: str) -> None:
    assert contacts.read_phone(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "+",
        "552-22-22",
        "8916123456",  # one digit short
        "891612345678",  # one too many
        "+89161234567",
        "+1 916 123 45 67",
        "+380 44 123 45 67",
        "8 016 123 45 67",
        "8 916 123 45 67 доб. 2",
        "٨٩١٦١٢٣٤٥٦٧",
        "nine",
    ],
)
def test_what_is_no_phone_is_refused_with_what_to_do(typed: str) -> None:
    with translation.override("en"), pytest.raises(contacts.UnableToReadContact, match="with its code"):
        contacts.read_phone(typed)


def test_a_phone_is_shown_in_groups() -> None:
    assert contacts.show_phone("+79161234567") == "+7\u00a0916\u00a0123-45-67"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("anna@example.ru", "anna@example.ru"), (" Anna@Example.RU ", "Anna@example.ru")],
)
def test_mail_addresses(typed: str, stored: str) -> None:
    assert contacts.read_email(typed) == stored


@pytest.mark.parametrize("typed", ["", "anna", "anna@", "@example.ru", "an na@example.ru", "a@b@example.ru", "a@b"])
def test_what_is_no_mail_address_is_refused(typed: str) -> None:
    with translation.override("en"), pytest.raises(contacts.UnableToReadContact, match=r"name@example\.ru"):
        contacts.read_email(typed)


def test_the_same_phone_in_another_notation_stays_one(db: None) -> None:
    anna = customers.create_person(full_name="Соколова Анна Сергеевна")
    contacts.add_phone(anna.pk, "8 916 123 45 67")
    contacts.add_phone(anna.pk, "+7 (916) 123-45-67")
    contacts.add_email(anna.pk, "anna@example.ru")
    found = Contact.objects.filter(customer=anna).order_by("kind").values_list("kind", "value")
    assert list(found) == [("email", "anna@example.ru"), ("phone", "+79161234567")]
