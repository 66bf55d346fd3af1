"""The building is found, however it is typed."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from abonent.addresses import loading, search
from abonent.core import profile_schema

TOWN = "г. Сергиев Посад"
HOUSES = [
    (TOWN, "ул. Академика Силина", "1/22", ""),
    (TOWN, "ул. Академика Силина", "3", ""),
    (TOWN, "ул. Дружбы", "9а", ""),
    (TOWN, "ул. Дружбы", "12", ""),
    (TOWN, "ул. Дружбы", "12", "2"),
    (TOWN, "ул. Дружбы", "120", ""),
    (TOWN, "ул. 8 Марта", "5", ""),
    (TOWN, "пр-т Красной Армии", "12", "2"),
    ("д. Зубцово", "", "7", ""),
    ("г. Хотьково", "ул. Дружбы", "12", ""),
]


@pytest.fixture(autouse=True)
def town(db: None) -> None:
    loading.load(building(*one) for one in HOUSES)


def building(settlement: str, street: str, house: str, korpus: str, **more: str) -> profile_schema.Building:
    where = {"settlement": settlement, "street": street, "house": house, "korpus": korpus}
    facts = {"segment": "apartment", "connected": "yes", "flats": "100", **more}
    return profile_schema.Building.model_validate({**where, **facts})


def found(typed: str) -> list[tuple[str, str, str, str, str]]:
    return [(one.settlement, one.street, one.house, one.korpus, one.flat) for one in search.find(typed).buildings]


@pytest.mark.parametrize(
    ("typed", "street", "house", "korpus", "flat"),
    [
        ("силина 1/22", "ул. Академика Силина", "1/22", "", ""),
        ("акад. силина 1/22 кв 14", "ул. Академика Силина", "1/22", "", "14"),
        ("Сергиев Посад, Академика Силина, д. 3", "ул. Академика Силина", "3", "", ""),
        ("силена 3", "ул. Академика Силина", "3", "", ""),  # one typo
        ("окодемика силина 3", "ул. Академика Силина", "3", "", ""),  # two
        ("кросной армеи 12к2", "пр-т Красной Армии", "12", "2", ""),
        ("окодемико силина 3", "ул. Академика Силина", "3", "", ""),  # three
        ("cbkbyf 1/22", "ул. Академика Силина", "1/22", "", ""),  # the wrong layout
        ("дружбы 9А", "ул. Дружбы", "9а", "", ""),
        ("дружбы 12/2", "ул. Дружбы", "12", "2", ""),
        ("8 марта 5", "ул. 8 Марта", "5", "", ""),
        ("зубцово 7", "", "7", "", ""),
        ("хотьково дружбы 12", "ул. Дружбы", "12", "", ""),
    ],
)
def test_the_building_comes_first(typed: str, street: str, house: str, korpus: str, flat: str) -> None:
    assert found(typed)[0][1:] == (street, house, korpus, flat)


def test_the_whole_number_comes_before_those_that_begin_with_it() -> None:
    in_town = [one[2:4] for one in found("сергиев посад дружбы 12")]
    assert in_town == [("12", ""), ("12", "2")]  # and not 120: a number is not a prefix of another


def test_the_second_of_two_numbers_is_the_flat_where_there_is_no_such_korpus() -> None:
    assert found("силина 3 5")[0] == (TOWN, "ул. Академика Силина", "3", "", "5")


def test_one_street_in_two_towns_gives_both() -> None:
    assert {one[0] for one in found("дружбы 12")} == {TOWN, "г. Хотьково"}


def test_a_street_without_a_house_gives_the_street() -> None:
    answer = search.find("силина")
    assert (answer.buildings, answer.streets) == ((), ((TOWN, "ул. Академика Силина"),))


def test_a_house_that_is_not_there_gives_its_street() -> None:
    answer = search.find("силина 99")
    assert (answer.buildings, answer.streets) == ((), ((TOWN, "ул. Академика Силина"),))


@pytest.mark.parametrize("typed", ["", "12", "'; drop table addresses_building --", "\x00", "%", "нигде 5", "щщщщ 5"])
def test_nonsense_finds_nothing_and_breaks_nothing(typed: str) -> None:
    assert search.find(typed) == search.Found()


def test_a_short_word_is_not_bent_into_another() -> None:
    assert found("дом 7") == []


def test_three_statements_are_enough_for_what_is_typed_well() -> None:
    with CaptureQueriesContext(connection) as captured:
        search.find("силина 1/22")
    assert len(captured) == 3


def test_a_building_that_moved_into_the_network_is_found_as_it_is_now() -> None:
    loaded = loading.load([building(TOWN, "ул. Дружбы", "12", "2", connected="planned")])
    assert (loaded.new, loaded.changed, loaded.same) == (0, 1, 0)
    assert search.find("дружбы 12к2").buildings[0].connected == "planned"


def test_stroenie_and_litera_are_their_own(db: None) -> None:
    loading.load([building(TOWN, "ул. Заводская", "4", "", stroenie="2", liter="Б")])
    first = search.find("заводская 4 стр 2 лит б").buildings[0]
    assert (first.stroenie, first.liter, first.exact) == ("2", "Б", True)
