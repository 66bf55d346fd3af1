"""Numbers of contracts, by scheme, by hand and at once; whose contracts they are."""

import threading
from datetime import date

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from abonent.addresses import loading, premises
from abonent.identity.models import User
from abonent.subscribers import contracts, customers, lines, queries
from abonent.subscribers.models import Contract, Customer

ON = date(2026, 11, 10)


@pytest.fixture
def anna(db: None) -> Customer:
    return person("Соколова Анна Сергеевна")


def person(name: str) -> Customer:
    user = User.objects.create(username=f"user of {name}")
    return customers.create_person(full_name=name, user=user)


def test_numbers_come_from_the_profiles_scheme_one_after_another(anna: Customer) -> None:
    first = settings.PROFILE.contract_number_scheme.first
    numbers = [contracts.sign(customer_id=anna.pk, on=ON).number for _ in range(3)]
    begin = int(numbers[0])
    assert begin >= first
    assert numbers == [f"{begin + n:06d}" for n in range(3)]


def test_a_run_of_numbers_given_by_hand_is_stepped_over_at_once(anna: Customer) -> None:
    begin = int(contracts.sign(customer_id=anna.pk, on=ON).number) + 1
    for n in range(50):
        contracts.sign(customer_id=anna.pk, on=ON, number=str(begin + n))
    contracts.sign(customer_id=anna.pk, on=ON, number="999999")  # far away: it must not move the counter there
    with CaptureQueriesContext(connection) as captured:
        contract = contracts.sign(customer_id=anna.pk, on=ON)
    assert contract.number == str(begin + 50)
    assert len(captured) == 5  # the next number is taken, the run is skipped, the one after it is free


def test_a_given_number_is_tidied_and_stays_unique(anna: Customer) -> None:
    assert contracts.sign(customer_id=anna.pk, on=ON, number=" sp-00 17 ").number == "SP-0017"
    with pytest.raises(contracts.NumberTaken, match="SP-0017"):
        contracts.sign(customer_id=anna.pk, on=ON, number="SP-0017")
    assert Contract.objects.filter(number="SP-0017").count() == 1


@pytest.mark.parametrize("number", ["", "12/34", "договор-1", "1" * 33, "100;200"])
def test_what_cannot_be_a_number_is_refused(anna: Customer, number: str) -> None:
    with pytest.raises(contracts.UnableToSign, match="A-Z"):
        contracts.sign(customer_id=anna.pk, on=ON, number=number)


@pytest.mark.committing
def test_signers_at_once_get_different_numbers(own_database: str) -> None:
    with transaction.atomic():
        customer = person("Соколова Анна Сергеевна")
    together = threading.Barrier(4)
    numbers: list[str] = []

    def sign_some() -> None:
        together.wait(10)
        for _ in range(5):
            with transaction.atomic():
                numbers.append(contracts.sign(customer_id=customer.pk, on=ON).number)
        connection.close()

    threads = [threading.Thread(target=sign_some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(set(numbers)) == 20
    assert Contract.objects.count() == 20


def test_a_persons_contracts_come_with_their_addresses_in_one_query(anna: Customer) -> None:
    loading.load(settings.PROFILE.buildings)
    house = settings.PROFILE.buildings[0]
    flat = premises.at(
        settlement=house.settlement, street=house.street, house=house.house, korpus=house.korpus, flat="15"
    )
    second = contracts.sign(customer_id=anna.pk, on=ON, number="200002")
    first = contracts.sign(customer_id=anna.pk, on=ON, number="200001")
    ended = contracts.sign(customer_id=anna.pk, on=ON, number="200000")
    Contract.objects.filter(pk=ended.pk).update(ended_on=ON)
    lines.add(contract_id=first.pk, segment="business")
    lines.add(contract_id=first.pk, segment="apartment", premises=flat)
    stranger = person("Чужой Пётр")
    contracts.sign(customer_id=stranger.pk, on=ON, number="200003")
    assert anna.user_id is not None
    with CaptureQueriesContext(connection) as captured:
        own = queries.contracts_of(anna.user_id)
    assert len(captured) == 1
    assert [one.number for one in own] == ["200001", "200002", "200000"]  # what has ended stands last
    assert (own[0].address, own[0].segment) == (str(flat), "apartment")
    assert (own[1].id, own[1].address, own[1].segment) == (second.pk, "", "")
    assert (own[0].given_name, own[0].customer_id, own[2].ended_on) == ("Анна", anna.pk, ON)
    assert queries.contracts_of(0) == []


def test_a_user_comes_with_his_contracts_and_all_that_is_stored_of_him(anna: Customer) -> None:
    contracts.sign(customer_id=anna.pk, on=ON, number="200010")
    assert anna.user_id is not None
    User.objects.filter(pk=anna.user_id).update(language="en", password_must_change=True, last_login=timezone.now())
    with CaptureQueriesContext(connection) as captured:
        found = queries.signed_in(anna.user_id)
        assert found is not None
        shown = {field.attname: getattr(found.user, field.attname) for field in User._meta.concrete_fields}
    assert len(captured) == 1
    stored = User.objects.get(pk=anna.user_id)
    assert shown == {field.attname: getattr(stored, field.attname) for field in User._meta.concrete_fields}
    assert not found.user._state.adding
    assert [one.number for one in found.contracts] == ["200010"]
    User.objects.filter(pk=anna.user_id).update(is_active=False)
    assert queries.signed_in(anna.user_id) is None


def test_one_of_the_staff_comes_in_without_contracts(db: None) -> None:
    staff = User.objects.create(username="cashier-7", is_staff=True)
    found = queries.signed_in(staff.pk)
    assert found is not None
    assert (found.user, found.contracts) == (staff, [])
