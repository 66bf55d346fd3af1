"""How people type an address, and what is understood."""

import pytest

from abonent.addresses import reading


@pytest.mark.parametrize(
    ("typed", "words", "number", "flat"),
    [
        ("силина 1/22", ("силина",), "1/22", ""),
        ("Ленина 12к2", ("ленина",), "12k2", ""),
        ("ул. Ленина, д. 12, корп. 2, кв. 5", ("ленина",), "12k2", "5"),
        ("ленина 12 корпус 2 строение 1", ("ленина",), "12k2s1", ""),
        ("пр-т Ленина 12 стр. 3", ("ленина",), "12s3", ""),
        ("ленина 12 2", ("ленина",), "12k2", ""),
        ("ленина 12-2", ("ленина",), "12k2", ""),
        ("12, Ленина", ("ленина",), "12", ""),
        ("ленина 012", ("ленина",), "12", ""),
        ("Дружбы 9А", ("дружбы",), "9а", ""),
        ("Дружбы 9 лит. Б", ("дружбы",), "9lб", ""),
        ("ул. 8 Марта 12 кв 5", ("8", "марта"), "12", "5"),
        ("ул. 50 лет Октября, 3", ("50", "лет", "октября"), "3", ""),
        ("1-я Советская 5", ("1-я", "советская"), "5", ""),
        ("д. Зубцово 7", ("зубцово",), "7", ""),
        (
            "г. Сергиев Посад, ул. Академика Силина, д.1/22 кв. 14",
            ("сергиев", "посад", "академика", "силина"),
            "1/22",
            "14",
        ),
        ("Весёлая 3", ("веселая",), "3", ""),
        ("Дружбы", ("дружбы",), "", ""),
    ],
)
def test_the_first_reading_is_what_people_mean(typed: str, words: tuple[str, ...], number: str, flat: str) -> None:
    assert reading.readings(typed)[0] == (words, number, flat)


@pytest.mark.parametrize(
    ("typed", "also"),
    [
        ("ленина 12/2", "12k2"),  # a slash between house and korpus
        ("ленина 12 2", "12"),  # the second number was the flat
        ("ленина 12а", "12lа"),  # a letter of the house, or a litera
        ("ленина 12 лит. а", "12а"),
    ],
)
def test_what_may_be_meant_as_well_is_a_reading_too(typed: str, also: str) -> None:
    assert also in [one.number for one in reading.readings(typed) if one.words == ("ленина",)]


def test_two_bare_numbers_are_a_house_and_its_flat_when_there_is_no_such_korpus() -> None:
    assert reading.Reading(("ленина",), "12", "2") in reading.readings("ленина 12 2")


@pytest.mark.parametrize("typed", ["", "   ", "12", "кв. 5", "!!!", "/", "ул.", "д. 5"])
def test_without_a_name_there_is_nothing_to_look_for(typed: str) -> None:
    assert reading.readings(typed) == []


def test_a_page_of_text_is_cut_and_read_at_once() -> None:
    assert len(reading.readings("очень длинный текст 1 " * 1_000)) < 20


@pytest.mark.parametrize(
    ("house", "korpus", "stroenie", "liter", "key"),
    [
        ("12", "", "", "", "12"),
        ("12", "2", "", "", "12k2"),
        ("12 корп. 2", "", "", "", "12k2"),
        ("12к2", "", "", "", "12k2"),
        ("12", "2", "3", "А", "12k2s3lа"),
        ("1/22", "", "", "", "1/22"),
        ("9А", "", "", "", "9а"),
        ("9a", "", "", "", "9а"),  # a Latin letter is a slip
        ("участок", "", "", "", "участок"),
    ],
)
def test_one_number_has_one_key(house: str, korpus: str, stroenie: str, liter: str, key: str) -> None:
    assert reading.number_key(house, korpus, stroenie, liter) == key


def test_the_wrong_layout_is_read_as_the_keys_were_meant() -> None:
    assert reading.in_russian_layout("Cbkbyf 1/22") == "силина 1/22"
