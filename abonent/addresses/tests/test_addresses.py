"""Buildings of the profile, premises in them, and how an address reads."""

import pytest
from django.conf import settings
from django.utils import translation

from abonent.addresses import loading, premises, spelling
from abonent.addresses.models import Building, Premises
from abonent.core import profile_schema

HOUSE = profile_schema.Building.model_validate(
    {
        "settlement": "г. Сергиев Посад",
        "street": "ул. Дружбы",
        "house": "9а",
        "korpus": "2",
        "segment": "apartment",
        "connected": "yes",
        "technology": "fttb",
        "floors": "9",
        "flats": "126",
    }
)


def test_loading_twice_keeps_each_house_once_and_takes_the_newer_facts(db: None) -> None:
    assert loading.load([HOUSE]) == (1, 0, 0)
    loading.load([HOUSE.model_copy(update={"technology": "gpon", "connected": "planned"})])
    house = Building.objects.get()
    assert (house.technology, house.connected, house.floors, house.flats) == ("gpon", "planned", 9, 126)


def test_a_house_the_profile_leaves_out_stays(db: None) -> None:
    loading.load([HOUSE])
    loading.load([])
    assert Building.objects.count() == 1


def test_the_profiles_own_buildings_load(db: None) -> None:
    assert loading.load(settings.PROFILE.buildings).new == len(settings.PROFILE.buildings) > 10


def test_premises_are_made_once(db: None) -> None:
    loading.load([HOUSE])
    where = {"settlement": HOUSE.settlement, "street": HOUSE.street, "house": "9а", "korpus": "2"}
    first = premises.at(**where, flat="15")
    assert premises.at(**where, flat="15") == first
    assert premises.at(**where).flat == ""
    assert Premises.objects.count() == 2


def test_a_house_nobody_reaches_is_named(db: None) -> None:
    with pytest.raises(premises.UnableToFindBuilding, match=r"ул\. Дружбы, 99"):
        premises.at(settlement="г. Сергиев Посад", street="ул. Дружбы", house="99")


@pytest.mark.parametrize(
    ("parts", "spelled"),
    [
        (("Город", "ул. Дружбы", "9а", "2", "", "", "15"), "ул. Дружбы, 9а, bldg. 2, apt. 15"),
        (("Город", "ул. Дружбы", "9а", "", ""), "ул. Дружбы, 9а"),
        (("д. Зубцово", "", "7", "", ""), "д. Зубцово, 7"),
        (("Город", "ул. Дружбы", "4", "", "2", "Б", "1"), "ул. Дружбы, 4, str. 2, lit. Б, apt. 1"),
        (("", "", "", "", ""), ""),
    ],
)
def test_how_an_address_is_spelled(parts: tuple[str, ...], spelled: str) -> None:
    with translation.override("en"):
        assert spelling.spell(*parts) == spelled
