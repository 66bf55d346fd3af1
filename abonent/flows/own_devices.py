"""A subscriber's word about his devices: registered, named, taken off; with an entry in the audit log."""

from abonent.core import audit, db
from abonent.network import devices
from abonent.network.models import Device


def register(*, line_id: int, typed: str, name: str, actor: str, why: str = "", address: str | None = None) -> Device:
    """By typing.   why: where one of the staff does it.   Raises devices.UnableToReadMac, TooMany, TakenElsewhere."""
    with db.atomic():
        made = devices.register(line_id, typed, name=name)
        _record("network.register_device", made, actor, address, why)
    return made


def register_seen(*, line_id: int, sighting_id: int, actor: str, address: str | None = None) -> Device:
    """By one tap on what was seen on the line.   Raises devices.NotSeen, TooMany."""
    with db.atomic():
        made = devices.register_seen(line_id, sighting_id)
        _record("network.register_device", made, actor, address)
    return made


def rename(*, line_id: int, device_id: int, name: str) -> bool:
    with db.atomic():
        return devices.rename(line_id, device_id, name)


def remove(*, line_id: int, device_id: int, actor: str, address: str | None = None) -> Device | None:
    """None: it is not of that line."""
    with db.atomic():
        gone = devices.remove(line_id, device_id)
        if gone is not None:
            _record("network.remove_device", gone, actor, address)
    return gone


def _record(action: str, device: Device, actor: str, address: str | None, why: str = "") -> None:
    audit.record(
        actor=actor,
        action=action,
        subject=f"line:{device.line_id}",
        new={"mac": device.mac, "source": str(device.source)},
        why=why,
        address=address,
    )
