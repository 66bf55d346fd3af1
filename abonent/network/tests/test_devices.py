"""The devices of a line: registered, moved, limited; a line's login, port and address."""

from typing import Any

import pytest
from django.db import transaction

from abonent.billing.tests import builder
from abonent.core import clock
from abonent.core import db as database
from abonent.network import devices, lines
from abonent.network.models import AccessChange, AccessSession, AddressPool, Device, NasKind, Sighting
from abonent.network.tests import radius
from abonent.subscribers.models import Line


@pytest.fixture
def line(db: None) -> Line:
    return builder.line_of(builder.account())


def seen(line: Line, mac: str) -> Sighting:
    return Sighting.objects.create(line=line, mac=mac, seen_at=clock.now())


def session(mac: str, line_id: int | None) -> AccessSession:
    made = radius.make_nas(NasKind.MIKROTIK, "127.0.0.11")
    now = clock.now()
    return AccessSession.objects.create(
        unique_id=mac, nas=made, acct_session_id="1", user_name=mac, line_id=line_id, way="mac", mac=mac, port="",
        circuit_id="", remote_id="", started_at=now, updated_at=now, granted="walled",
    )  # fmt: skip


def test_a_device_is_registered_once_in_any_notation(line: Line) -> None:
    first = devices.register(line.pk, "AABB.CCDD.EE02", name="  My   phone ")
    assert (first.mac, first.name) == ("aa:bb:cc:dd:ee:02", "My phone")
    assert devices.register(line.pk, "aa:bb:cc:dd:ee:02").pk == first.pk
    with pytest.raises(devices.UnableToReadMac):
        devices.register(line.pk, "aa:bb")


def test_the_profile_limits_the_devices_of_a_line(line: Line, settings: Any) -> None:
    for number in range(settings.PROFILE.device_limit):
        devices.register(line.pk, f"aa:bb:cc:dd:00:{number:02x}")
    with pytest.raises(devices.TooMany):
        devices.register(line.pk, "aa:bb:cc:dd:ee:ff")
    assert Device.objects.filter(line=line).count() == settings.PROFILE.device_limit


def test_anothers_device_moves_only_where_it_was_seen(line: Line) -> None:
    """A router sold to a neighbour works at his: a MAC typed by a stranger takes nobody's away."""
    other = builder.line_of(builder.account())
    devices.register(other.pk, "aa:bb:cc:dd:ee:03")
    with pytest.raises(devices.TakenElsewhere):
        devices.register(line.pk, "aa:bb:cc:dd:ee:03")
    found = seen(line, "aa:bb:cc:dd:ee:03")
    with pytest.raises(devices.NotSeen):
        devices.register_seen(other.pk, found.pk)
    assert devices.register_seen(line.pk, found.pk).line_id == line.pk
    assert not Device.objects.filter(line=other).exists()
    assert not Sighting.objects.exists()


def test_the_session_of_a_stranger_follows_when_it_is_registered_and_when_it_leaves(line: Line) -> None:
    live = session("aa:bb:cc:dd:ee:04", None)
    made = devices.register(line.pk, "aa:bb:cc:dd:ee:04")
    live.refresh_from_db()
    assert live.line_id == line.pk
    assert AccessChange.objects.filter(session=live, cause="device").count() == 1
    assert devices.rename(line.pk, made.pk, "Router")
    assert not devices.rename(line.pk + 1, made.pk, "Router")
    assert devices.remove(line.pk + 1, made.pk) is None
    assert devices.remove(line.pk, made.pk) is not None
    assert AccessChange.objects.filter(session=live, cause="device").count() == 2


def test_a_line_has_one_login_with_a_password_of_its_own(line: Line) -> None:
    made = lines.give_login(line.pk, " K100500 ")
    assert made.name == "k100500"
    assert len(made.password) == lines.PASSWORD_LENGTH
    assert lines.give_login(line.pk, "k100500").password == made.password
    other = builder.line_of(builder.account())
    for name in ("k100500", "with space", ""):
        with pytest.raises(lines.UnableToSetUp):
            lines.give_login(other.pk, name)


def test_a_port_is_one_lines(line: Line) -> None:
    lines.bind(line.pk, circuit_id="0x0004001E0105")
    assert lines.bind(line.pk, circuit_id="0x0004001e0105", any_device=True).any_device
    other = builder.line_of(builder.account())
    for circuit in ("0x0004001e0105", "", "0x1", "port 5"):
        with pytest.raises(lines.UnableToSetUp):
            lines.bind(other.pk, circuit_id=circuit)


def test_a_pool_gives_its_lowest_free_address_once(line: Line) -> None:
    pool = AddressPool.objects.create(name="office", network="198.51.100.0/30")
    other, third = (builder.line_of(builder.account()) for _ in range(2))
    assert lines.give_address(line.pk, pool.pk).address == "198.51.100.1"
    assert lines.give_address(line.pk, pool.pk).address == "198.51.100.1"
    assert lines.give_address(other.pk, pool.pk).address == "198.51.100.2"
    with pytest.raises(lines.UnableToSetUp):
        lines.give_address(third.pk, pool.pk)
    lines.take_address(line.pk)
    assert lines.give_address(third.pk, pool.pk).address == "198.51.100.1"


def test_a_new_address_is_looked_at_in_the_live_session(line: Line) -> None:
    live = session("aa:bb:cc:dd:ee:05", line.pk)
    pool = AddressPool.objects.create(name="office", network="198.51.100.0/30")
    with transaction.atomic():
        lines.give_address(line.pk, pool.pk)
    database.run("set constraints all immediate")
    assert AccessChange.objects.filter(session=live, cause="address").count() == 1
