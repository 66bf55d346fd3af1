"""Buildings one by one, and lists of them, as the staff keep them; each change stands in the log. Writes Building.

A building that the staff have touched is theirs: the profile's list does not overwrite it (loading.py).
"""

from datetime import date
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from abonent.addresses import loading, reading
from abonent.addresses.models import Building, Connected, Segment
from abonent.core import audit, db, profile_schema

MOST = {"entrances": 100, "floors": 100, "flats": 5000}
TECHNOLOGIES = ("", "fttb", "gpon", "wireless")
_TOLD = 50  # changes of a list that its entry in the log names


class UnableToKeep(Exception):
    """Nothing is written; the class says why."""


class NoAddress(UnableToKeep):
    """A settlement and a house at least."""


class KnownAlready(UnableToKeep):
    """There is such a building."""


class BadNumber(UnableToKeep):
    """Of entrances, floors or flats; the text says which."""


class ChangedMeanwhile(UnableToKeep):
    """A colleague has changed the building since it was looked at, or others would change than were shown."""


class Facts(NamedTuple):
    """What may be said of a building, beside its address."""

    segment: str
    connected: str
    planned_on: date | None = None  # of what is planned
    technology: str = ""
    entrances: int | None = None
    floors: int | None = None
    flats: int | None = None


class Address(NamedTuple):
    settlement: str
    street: str
    house: str
    korpus: str = ""
    stroenie: str = ""
    liter: str = ""


def facts(building: Building) -> dict[str, Any]:
    """As it stands in the log, and as a form says what it has looked at."""
    return _plain(Facts(*(getattr(building, name) for name in Facts._fields)))


def make(address: Address, said: Facts, *, by: str, why: str, address_of: str | None = None) -> Building:
    """A new building; the search knows it at once.   address_of: the browser's.   Raises UnableToKeep."""
    tidied = Address(
        *(" ".join(one.split())[:most] for one, most in zip(address, (120, 160, 20, 20, 20, 20), strict=True))
    )
    if not tidied.settlement or not tidied.house:
        raise NoAddress
    checked = _checked(said)
    key = reading.number_key(tidied.house, tidied.korpus, tidied.stroenie, tidied.liter)
    with db.atomic():
        if Building.objects.filter(settlement=tidied.settlement, street=tidied.street, number_key=key).exists():
            raise KnownAlready
        try:
            with transaction.atomic():
                made = Building.objects.create(**tidied._asdict(), **checked._asdict(), number_key=key, kept_here=True)
        except IntegrityError as error:
            raise KnownAlready from error
        loading.learn({(tidied.settlement, tidied.street)})
        audit.record(
            actor=by, action="addresses.make_building", subject=f"building:{made.pk}",
            new={"address": f"{tidied.settlement}, {made}", **_plain(checked)}, why=why, address=address_of,
        )  # fmt: skip
    return made


def change(
    building_id: int, said: Facts, *, seen: dict[str, Any], by: str, why: str, address_of: str | None = None
) -> None:
    """What is said of it from now on.   seen: `facts` that were looked at.   Raises UnableToKeep."""
    checked = _checked(said)
    with db.atomic():
        building = db.lock(Building, [building_id])[building_id]
        old, new = facts(building), _plain(checked)
        if old != seen:
            raise ChangedMeanwhile
        if old == new:
            return
        for name, value in checked._asdict().items():
            setattr(building, name, value)
        building.kept_here = True
        building.save()
        changed = [name for name in new if new[name] != old[name]]
        audit.record(
            actor=by, action="addresses.change_building", subject=f"building:{building_id}",
            old={name: old[name] for name in changed}, new={name: new[name] for name in changed}, why=why,
            address=address_of,
        )  # fmt: skip


class Tried(NamedTuple):
    """What a list would do."""

    loaded: loading.Loaded
    changes: list[loading.Change]  # the first of them

    @property
    def seal(self) -> str:
        return f"{self.loaded.new}:{self.loaded.changed}:{self.loaded.same}"


def dry_run(listed: list[profile_schema.Building], most: int = _TOLD) -> Tried:
    """All of it is done, looked at, and taken back."""
    with db.atomic():
        changes = loading.differences(listed, most)
        loaded = loading.load(listed, by_staff=True)
        transaction.set_rollback(True)
    return Tried(loaded, changes)


def take_in(
    listed: list[profile_schema.Building], *, seal: str, by: str, why: str, address_of: str | None = None
) -> loading.Loaded:
    """A list of the staff's, as it was tried.   Raises ChangedMeanwhile."""
    with db.atomic():
        changes = loading.differences(listed, _TOLD)
        loaded = loading.load(listed, by_staff=True)
        if Tried(loaded, changes).seal != seal:
            raise ChangedMeanwhile
        audit.record(
            actor=by, action="addresses.import_buildings", subject="buildings:list",
            old={one.address: one.old for one in changes},
            new={"new": loaded.new, "changed": loaded.changed} | {one.address: one.new for one in changes},
            why=why, address=address_of,
        )  # fmt: skip
    return loaded


def _checked(said: Facts) -> Facts:
    assert said.segment in Segment.values, said.segment
    assert said.connected in Connected.values, said.connected
    assert said.technology in TECHNOLOGIES, said.technology
    for name, most in MOST.items():
        value = getattr(said, name)
        if value is not None and not 1 <= value <= most:
            raise BadNumber(name)
    return said if said.connected == Connected.PLANNED else said._replace(planned_on=None)


def _plain(said: Facts) -> dict[str, Any]:
    return said._asdict() | {"planned_on": said.planned_on and said.planned_on.isoformat()}
