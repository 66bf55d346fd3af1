"""The premises in the operator's buildings. The only module that writes Premises."""

from abonent.addresses.models import Building, Premises


class UnableToFindBuilding(Exception):
    """No such building among the operator's; the message names the address and says what to do."""


def at(*, settlement: str, street: str, house: str, korpus: str = "", flat: str = "") -> Premises:
    """The flat of a known building, or with `flat=""` the whole of it; made when it is asked for first.

    Raises UnableToFindBuilding.
    """
    building = Building.objects.filter(settlement=settlement, street=street, house=house, korpus=korpus).first()
    if building is None:
        where = ", ".join(part for part in (settlement, street, house, korpus) if part)
        raise UnableToFindBuilding(f"«{where}» is not among the operator's buildings: add it to addresses.csv")
    return Premises.objects.get_or_create(building=building, flat=flat)[0]


def of_building(building: Building, flat: str = "") -> Premises:
    """The flat of a building, or with `flat=""` the whole of it; made when it is asked for first."""
    return Premises.objects.get_or_create(building=building, flat=flat)[0]
