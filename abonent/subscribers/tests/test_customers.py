"""Names as they sort and greet; a mistyped INN."""

import pytest

from abonent.subscribers import customers
from abonent.subscribers.models import Customer


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Ёлкина Алёна", "елкина алена"),
        ("ООО «Ромашка»", "ооо ромашка"),
        ('АО "Первый"  завод', "ао первый завод"),
        ("  Иванов   Пётр ", "иванов петр"),
    ],
)
def test_names_sort_by_small_letters_with_yo_as_ye(name: str, key: str) -> None:
    assert customers.sort_key(name) == key


def test_a_person_is_greeted_by_his_given_name(db: None) -> None:
    assert customers.create_person(full_name=" Соколова  Анна Сергеевна").given_name == "Анна"
    assert customers.create_person(full_name="Соколова Анна", given_name="Аня").given_name == "Аня"
    assert customers.create_person(full_name="Мадонна").given_name == "Мадонна"
    assert customers.create_legal_entity(full_name="ООО «Ромашка»").given_name == ""


def test_a_legal_entity_has_its_address_in_the_register(db: None) -> None:
    made = customers.create_legal_entity(full_name="ООО «Ромашка»", registered_address=" 141300,  г. Посад, д. 7 ")
    assert made.registered_address == "141300, г. Посад, д. 7"
    customers.move(made, registered_address="141301, г. Посад, д. 8")
    assert Customer.objects.get(id=made.pk).registered_address == "141301, г. Посад, д. 8"
    with pytest.raises(customers.UnableToCreateCustomer, match="longer than 300"):
        customers.move(made, registered_address="я" * 301)
    with pytest.raises(customers.UnableToCreateCustomer, match="person"):
        customers.move(customers.create_person(full_name="Соколова Анна"), registered_address="дом")


def test_a_customer_needs_a_name(db: None) -> None:
    with pytest.raises(customers.UnableToCreateCustomer, match="name"):
        customers.create_person(full_name="  ")


@pytest.mark.parametrize(
    ("inn", "kind", "whole"),
    [
        ("7707083893", "legal", True),
        ("7707083894", "legal", False),  # the check digit
        ("500100732259", "person", True),
        ("500100732259", "legal", True),  # an entrepreneur
        ("500100732258", "person", False),
        ("500100732249", "person", False),  # the eleventh digit
        ("7707083893", "person", False),
        ("77070838930", "legal", False),
        ("77070838９3", "legal", False),
        ("", "legal", False),
    ],
)
def test_an_inn_checks_itself(inn: str, kind: str, whole: bool) -> None:
    assert customers.inn_is_whole(inn, kind) is whole


def test_a_mistyped_inn_or_kpp_is_refused(db: None) -> None:
    with pytest.raises(customers.UnableToCreateCustomer, match="INN 7707083894"):
        customers.create_legal_entity(full_name="ООО «Ромашка»", inn="7707083894")
    with pytest.raises(customers.UnableToCreateCustomer, match="KPP 77"):
        customers.create_legal_entity(full_name="ООО «Ромашка»", inn="7707083893", kpp="77")
