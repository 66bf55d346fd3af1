"""The devices of a line. The only module that writes Device and Sighting beside `radius.answered`."""

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from abonent.core import clock, db
from abonent.network import rules
from abonent.network.models import Device, DeviceSource, Sighting
from abonent.subscribers.models import Line

NAME_MAX = 60
SIGHTINGS_DAYS = 30

UnableToReadMac = rules.UnableToReadMac


class UnableToRegister(Exception):
    """Nothing is written."""


class TooMany(UnableToRegister):
    """The line has as many devices as the profile allows."""


class TakenElsewhere(UnableToRegister):
    """It is registered on another line, and was not seen on this one."""


class NotSeen(UnableToRegister):
    """Nothing of that MAC was seen on this line."""


def register(line_id: int, typed: str, *, name: str = "", source: str = DeviceSource.TYPED) -> Device:
    """Let a device use the line; its live session follows in the same transaction. A repeat gives what is there.

    A device seen on this very line may move here from another: whoever holds it plugged it in here.
    Raises UnableToReadMac, TooMany, TakenElsewhere.
    """
    db.require_transaction()
    mac = rules.read_mac(typed)
    db.lock(Line, [line_id])  # two at once: the limit counts both
    known = Device.objects.filter(mac=mac).first()
    if known is not None and known.line_id == line_id:
        return known
    if Device.objects.filter(line_id=line_id).count() >= settings.PROFILE.device_limit:
        raise TooMany(str(settings.PROFILE.device_limit))
    seen = Sighting.objects.filter(line_id=line_id, mac=mac).first()
    if known is not None:
        if seen is None:
            raise TakenElsewhere(mac)
        _leave(known)
    try:
        with transaction.atomic():
            made = Device.objects.create(
                line_id=line_id,
                mac=mac,
                name=" ".join(name.split())[:NAME_MAX],
                source=source,
                last_seen_at=seen.seen_at if seen else None,
            )
    except IntegrityError:  # another line was quicker
        raise TakenElsewhere(mac) from None
    Sighting.objects.filter(mac=mac).delete()
    _follow(line_id, mac)
    return made


def register_seen(line_id: int, sighting_id: int, *, name: str = "") -> Device:
    """One tap on what was seen on the line.   Raises NotSeen, TooMany."""
    seen = Sighting.objects.filter(line_id=line_id, id=sighting_id).first()
    if seen is None:
        raise NotSeen(str(sighting_id))
    return register(line_id, seen.mac, name=name, source=DeviceSource.SEEN)


def rename(line_id: int, device_id: int, name: str) -> bool:
    """Whether there is such a device on the line."""
    return bool(Device.objects.filter(line_id=line_id, id=device_id).update(name=" ".join(name.split())[:NAME_MAX]))


def remove(line_id: int, device_id: int) -> Device | None:
    """Take a device off the line; its session falls back to the walled garden. None: no such device there."""
    db.require_transaction()
    found = Device.objects.filter(line_id=line_id, id=device_id).first()
    if found is not None:
        _leave(found)
    return found


def forget_old() -> int:
    """Sightings of more than a month ago."""
    return Sighting.objects.filter(seen_at__lt=clock.now() - timedelta(days=SIGHTINGS_DAYS)).delete()[0]


def _leave(device: Device) -> None:
    line_id, mac = device.line_id, device.mac
    device.delete()
    _follow(line_id, mac)


def _follow(line_id: int, mac: str) -> None:
    """Sessions of the device are looked at anew; one that was nobody's belongs to the line now."""
    db.run(
        "update network_accesssession set line_id = %(line)s where mac = %(mac)s::macaddr and line_id is null "
        "and exists (select from network_device d where d.line_id = %(line)s and d.mac = %(mac)s::macaddr)",
        {"line": line_id, "mac": mac},
    )
    db.rows(
        "select radius.queue(array(select id from network_accesssession "
        "where line_id = %s and mac = %s::macaddr and way <> 'login'), 'device')",
        [line_id, mac],
    )
