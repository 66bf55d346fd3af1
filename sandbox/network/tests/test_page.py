"""The page of the demo's access server: without FreeRADIUS it says so; its codec reads what it wrote."""

import urllib.request

import pytest

from sandbox import testing
from sandbox.network import page, wire


def test_without_freeradius_the_page_says_so_and_a_press_does_nothing(one_sandbox: testing.Running) -> None:
    with urllib.request.urlopen(f"{one_sandbox.base_url}/network/") as answer:
        assert "FreeRADIUS здесь не установлен" in answer.read().decode()
    pressed = urllib.request.Request(f"{one_sandbox.base_url}/network/?lang=en", data=b"way=dial&number=100001")
    with urllib.request.urlopen(pressed) as answer:
        assert "FreeRADIUS is not installed here" in answer.read().decode()
    with urllib.request.urlopen(f"{one_sandbox.base_url}/network/sessions.json") as answer:
        assert answer.read() == b"[]"


def test_a_silent_server_is_told_as_silence() -> None:
    network = page.Network(9)
    try:
        server = network.server()
        server.patience_seconds, server.tries = 0.05, 1
        network.act("dial", "100001", "", "")
        assert network.said[0] == {"way": "dial", "who": "100001", "outcome": "no answer"}
        network.act("use", "", "", "nobody's")
        assert network.said[0]["outcome"] == "no session"
        network.act("deaf", "", "", "")
        assert network.manners == "deaf"
    finally:
        network.close()


def test_a_packet_is_read_as_it_was_written_by_its_secret_only() -> None:
    pairs: wire.Pairs = [("User-Name", "анна"), ("Acct-Input-Octets", 5), ("Mikrotik-Rate-Limit", "1M/2M")]
    data = wire.signed_request(wire.COA_REQUEST, 7, pairs, b"secret")
    assert wire.read_request(data, b"secret").pairs == pairs
    for broken in (b"", data[:19], data[:-1], data[:4] + bytes(16) + data[20:]):
        with pytest.raises(wire.UnableToRead):
            wire.read_request(broken, b"secret")
    with pytest.raises(wire.UnableToRead):
        wire.read_request(data, b"another")
