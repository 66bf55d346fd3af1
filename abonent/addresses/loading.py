"""Bring the buildings in line with the operator's profile. The only module that writes Building."""

from collections.abc import Iterable

from abonent.addresses.models import Building
from abonent.core import db, profile_schema

_KEY = ["settlement", "street", "house", "korpus"]
_FACTS = ["segment", "connected", "technology", "floors", "flats"]


def load(buildings: Iterable[profile_schema.Building]) -> int:
    """Write the profile's buildings, known ones anew; twice is as good as once. Gives their number.

    A building that the profile leaves out stays: people may live in it.
    """
    db.require_transaction()
    rows = [
        Building(
            settlement=one.settlement,
            street=one.street,
            house=one.house,
            korpus=one.korpus,
            segment=one.segment,
            connected=one.connected,
            technology=one.technology or "",
            floors=one.floors,
            flats=one.flats,
        )
        for one in sorted(buildings, key=lambda one: (one.settlement, one.street, one.house, one.korpus))
    ]
    Building.objects.bulk_create(rows, batch_size=1000, update_conflicts=True, unique_fields=_KEY, update_fields=_FACTS)
    return len(rows)
