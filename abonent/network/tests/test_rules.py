"""Tables of the network's decisions."""

import pytest

from abonent.network import rules

OPEN, FAST, OWN, WALLED, CLOSED = "open:300:100:-", "open:900:900:-", "open:300:100:198.51.100.7", "walled", "closed"


@pytest.mark.parametrize(
    ("kind", "granted", "expected", "way"),
    [
        ("mikrotik", OPEN, OPEN, "nothing"),
        ("mikrotik", OPEN, FAST, "coa"),
        ("mikrotik", OPEN, WALLED, "disconnect"),  # it takes no Address-List by CoA
        ("mikrotik", WALLED, OPEN, "disconnect"),
        ("juniper", OPEN, WALLED, "coa"),
        ("juniper", WALLED, OPEN, "coa"),
        ("juniper", WALLED, OWN, "disconnect"),  # an address is a new session's
        ("accel_ppp", OPEN, OWN, "disconnect"),
        ("accel_ppp", OWN, FAST, "disconnect"),
        ("accel_ppp", OPEN, WALLED, "disconnect"),  # a pool too
        ("cisco", OPEN, FAST, "coa"),
        ("cisco", OPEN, CLOSED, "disconnect"),
    ],
)
def test_how_a_session_gets_what_it_should_have(kind: str, granted: str, expected: str, way: str) -> None:
    assert rules.way(kind, granted, expected) == way


@pytest.mark.parametrize(
    "typed",
    [
        "AA-BB-CC-DD-EE-01",
        "aa:bb:cc:dd:ee:01",
        "aabb.ccdd.ee01",
        "AABBCCDDEE01",
        "1:aa:bb:cc:dd:ee:01",
        "aa bb cc dd ee 01",
    ],
)
def test_a_mac_is_read_in_any_notation(typed: str) -> None:
    assert rules.read_mac(typed) == "aa:bb:cc:dd:ee:01"


@pytest.mark.parametrize(
    "typed",
    ["", "aa:bb:cc:dd:ee", "aa:bb:cc:dd:ee:0g", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "'; --"],
)
def test_what_no_device_has_is_refused(typed: str) -> None:
    with pytest.raises(rules.UnableToReadMac):
        rules.read_mac(typed)


def test_a_made_up_mac_is_known_by_its_second_bit() -> None:
    assert rules.is_random("da:a1:19:00:00:01")
    assert not rules.is_random("dc:a6:32:00:00:01")


def test_ports_are_stored_as_freeradius_prints_them() -> None:
    """Pitfall 11: VLAN 30, module 1, port 5."""
    assert rules.octets_of_port(vlan=30, module=1, port=5) == "0x0004001e0105"
    assert rules.octets_of_switch("1C-BD-B9-00-00-01") == "0x00061cbdb9000001"


def test_tries_come_to_an_end() -> None:
    assert [rules.retry_seconds(attempts) for attempts in range(1, 7)] == [2, 5, 15, 60, 300, None]
