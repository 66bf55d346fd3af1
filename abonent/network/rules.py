"""Decisions on values: how a change reaches an access server, and what its answer means. No database, no Django."""

import re
from enum import StrEnum

SESSION_NOT_FOUND = 503
RETRY_AFTER_SECONDS = (2, 5, 15, 60, 300)  # after the first try, the second…; then the reconciler goes on
_MAC = re.compile(r"^[0-9a-f]{12}$")
_CLIENT_ID = re.compile(r"^0?1:(?=([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$)")


class Way(StrEnum):
    NOTHING = "nothing"
    COA = "coa"
    DISCONNECT = "disconnect"


class Answer(StrEnum):
    ACK = "ack"
    NAK = "nak"
    GONE = "gone"  # NAK 503: no such session there
    SILENCE = "silence"


class UnableToReadMac(Exception):
    """Not a MAC address in any notation, or one that no device has."""


def way(nas_kind: str, granted: str, expected: str) -> Way:
    """How a session gets from what it has to what it should have.

    granted, expected: "open:<down>:<up>:<address or ->", "walled", "closed".
    Speeds alone change by CoA everywhere. An address or a pool is a new session's; MikroTik takes no Address-List by
    CoA; Cisco would keep the service it has.
    """
    if granted == expected:
        return Way.NOTHING
    if expected == "closed":
        return Way.DISCONNECT
    before, after = granted.split(":"), expected.split(":")
    if before[0] == after[0] == "open":
        return Way.COA if before[3:] == after[3:] else Way.DISCONNECT
    if after[3:] not in ([], ["-"]) or before[3:] not in ([], ["-"]):
        return Way.DISCONNECT
    return Way.COA if nas_kind == "juniper" else Way.DISCONNECT


def answer(*, is_ack: bool, error_cause: int | None) -> Answer:
    """What a packet that came back says."""
    if is_ack:
        return Answer.ACK
    return Answer.GONE if error_cause == SESSION_NOT_FOUND else Answer.NAK


def retry_seconds(attempts: int) -> int | None:
    """How long to wait after `attempts` tries that came to nothing; None: no more."""
    return RETRY_AFTER_SECONDS[attempts - 1] if attempts <= len(RETRY_AFTER_SECONDS) else None


def read_mac(typed: str) -> str:
    """`aa:bb:cc:dd:ee:ff` of any notation.   Raises UnableToReadMac."""
    text = _CLIENT_ID.sub("", typed.strip().lower())
    bare = re.sub(r"[:.\s-]", "", text)
    if not _MAC.match(bare) or bare in {"0" * 12, "f" * 12} or int(bare[1], 16) & 1:
        raise UnableToReadMac(typed[:40])
    return ":".join(bare[at : at + 2] for at in range(0, 12, 2))


def is_random(mac: str) -> bool:
    """Locally administered: the device made it up, and may make up another tomorrow. mac: as `read_mac` gives it."""
    return bool(int(mac[1], 16) & 2)


def octets_of_port(*, vlan: int, module: int, port: int) -> str:
    """Option 82's circuit id as D-Link, Eltex and Huawei send it (00 04, VLAN, module, port), as it is stored."""
    return f"0x0004{vlan:04x}{module:02x}{port:02x}"


def octets_of_switch(mac: str) -> str:
    """Their remote id: 00 06 and the switch's MAC.   Raises UnableToReadMac."""
    return "0x0006" + read_mac(mac).replace(":", "")
