"""RADIUS as bytes (RFC 2865, 2866, 3579, 5176): what an access server of the demo says and hears.

A codec of our own, beside the one that Abonent speaks CoA with: a mistake in one is seen by the other.
"""

import hashlib
import hmac
import os
import struct
from ipaddress import IPv4Address
from typing import NamedTuple

ACCESS_REQUEST, ACCESS_ACCEPT, ACCESS_REJECT = 1, 2, 3
ACCOUNTING_REQUEST, ACCOUNTING_RESPONSE = 4, 5
DISCONNECT_REQUEST, DISCONNECT_ACK, DISCONNECT_NAK = 40, 41, 42
COA_REQUEST, COA_ACK, COA_NAK = 43, 44, 45

START, STOP, INTERIM, ON, OFF = 1, 2, 3, 7, 8
SESSION_NOT_FOUND = 503

TEXT, NUMBER, ADDRESS, OCTETS = "text", "number", "address", "octets"
# name: (vendor, type, kind)
ATTRIBUTES: dict[str, tuple[int, int, str]] = {
    "User-Name": (0, 1, TEXT),
    "User-Password": (0, 2, OCTETS),
    "CHAP-Password": (0, 3, OCTETS),
    "NAS-IP-Address": (0, 4, ADDRESS),
    "NAS-Port": (0, 5, NUMBER),
    "Framed-IP-Address": (0, 8, ADDRESS),
    "Filter-Id": (0, 11, TEXT),
    "Reply-Message": (0, 18, TEXT),
    "Class": (0, 25, OCTETS),
    "Session-Timeout": (0, 27, NUMBER),
    "Calling-Station-Id": (0, 31, TEXT),
    "NAS-Identifier": (0, 32, TEXT),
    "Acct-Status-Type": (0, 40, NUMBER),
    "Acct-Delay-Time": (0, 41, NUMBER),
    "Acct-Input-Octets": (0, 42, NUMBER),
    "Acct-Output-Octets": (0, 43, NUMBER),
    "Acct-Session-Id": (0, 44, TEXT),
    "Acct-Session-Time": (0, 46, NUMBER),
    "Acct-Terminate-Cause": (0, 49, NUMBER),
    "Acct-Input-Gigawords": (0, 52, NUMBER),
    "Acct-Output-Gigawords": (0, 53, NUMBER),
    "Event-Timestamp": (0, 55, NUMBER),
    "CHAP-Challenge": (0, 60, OCTETS),
    "Message-Authenticator": (0, 80, OCTETS),
    "Acct-Interim-Interval": (0, 85, NUMBER),
    "NAS-Port-Id": (0, 87, TEXT),
    "Framed-Pool": (0, 88, TEXT),
    "Error-Cause": (0, 101, NUMBER),
    "MS-CHAP-Challenge": (311, 11, OCTETS),
    "MS-CHAP2-Response": (311, 25, OCTETS),
    "MS-CHAP2-Success": (311, 26, OCTETS),
    "ADSL-Agent-Circuit-Id": (3561, 1, OCTETS),
    "ADSL-Agent-Remote-Id": (3561, 2, OCTETS),
    "ERX-Ingress-Policy-Name": (4874, 10, TEXT),
    "ERX-Egress-Policy-Name": (4874, 11, TEXT),
    "Cisco-AVPair": (9, 1, TEXT),
    "Mikrotik-Rate-Limit": (14988, 8, TEXT),
    "Mikrotik-Address-List": (14988, 19, TEXT),
}
_NAMES = {(vendor, number): name for name, (vendor, number, _) in ATTRIBUTES.items()}
_VENDOR_SPECIFIC = 26

Value = str | int | bytes
Pairs = list[tuple[str, Value]]


class UnableToRead(Exception):
    """Not a packet of this secret."""


class Packet(NamedTuple):
    code: int
    id: int
    authenticator: bytes
    pairs: Pairs

    def first(self, name: str) -> Value | None:
        return next((value for key, value in self.pairs if key == name), None)

    def all(self, name: str) -> list[Value]:
        return [value for key, value in self.pairs if key == name]


def access_request(number: int, pairs: Pairs, secret: bytes, *, authenticator: bytes | None = None) -> bytes:
    """With Message-Authenticator, first of all. A User-Password is given in the clear and hidden here."""
    random = authenticator or os.urandom(16)
    hidden: Pairs = [("Message-Authenticator", bytes(16))]
    for name, value in pairs:
        if name == "User-Password":
            assert isinstance(value, bytes)
            value = _hide(value, secret, random)
        hidden.append((name, value))
    bare = _frame(ACCESS_REQUEST, number, random, _encode(hidden))
    signed = hmac.new(secret, bare, "md5").digest()
    return bare[:22] + signed + bare[38:]


def signed_request(code: int, number: int, pairs: Pairs, secret: bytes) -> bytes:
    """Accounting, CoA and Disconnect: the authenticator is the digest of all with the secret."""
    bare = _frame(code, number, bytes(16), _encode(pairs))
    return bare[:4] + hashlib.md5(bare + secret).digest() + bare[20:]


def answer(code: int, to: Packet, pairs: Pairs, secret: bytes) -> bytes:
    bare = _frame(code, to.id, to.authenticator, _encode(pairs))
    return bare[:4] + hashlib.md5(bare + secret).digest() + bare[20:]


def read(data: bytes) -> Packet:
    """Raises UnableToRead."""
    if len(data) < 20:
        raise UnableToRead("too short")
    code, number, length = struct.unpack("!BBH", data[:4])
    if not 20 <= length <= len(data):
        raise UnableToRead("its length is not its length")
    return Packet(code, number, data[4:20], _decode(data[20:length]))


def read_request(data: bytes, secret: bytes) -> Packet:
    """A CoA or Disconnect that this secret has signed.   Raises UnableToRead."""
    packet = read(data)
    if hashlib.md5(data[:4] + bytes(16) + data[20:] + secret).digest() != packet.authenticator:
        raise UnableToRead("another secret")
    return packet


def read_answer(data: bytes, authenticator: bytes, secret: bytes) -> Packet:
    """The answer to the request of that authenticator.   Raises UnableToRead."""
    packet = read(data)
    if hashlib.md5(data[:4] + authenticator + data[20:] + secret).digest() != packet.authenticator:
        raise UnableToRead("another secret")
    return packet


def chap_password(password: str, challenge: bytes, number: int = 1) -> bytes:
    return bytes([number]) + hashlib.md5(bytes([number]) + password.encode() + challenge).digest()


def _hide(plain: bytes, secret: bytes, authenticator: bytes) -> bytes:
    padded = plain + bytes(-len(plain) % 16 or (16 if not plain else 0))
    out, last = b"", authenticator
    for at in range(0, len(padded), 16):
        digest = hashlib.md5(secret + last).digest()
        last = bytes(one ^ other for one, other in zip(padded[at : at + 16], digest, strict=True))
        out += last
    return out


def _frame(code: int, number: int, authenticator: bytes, body: bytes) -> bytes:
    return struct.pack("!BBH", code, number, 20 + len(body)) + authenticator + body


def _encode(pairs: Pairs) -> bytes:
    out = b""
    for name, value in pairs:
        vendor, number, kind = ATTRIBUTES[name]
        data = _to_bytes(kind, value)
        one = struct.pack("!BB", number, 2 + len(data)) + data
        if vendor:
            one = struct.pack("!BBI", _VENDOR_SPECIFIC, 6 + len(one), vendor) + one
        out += one
    return out


def _to_bytes(kind: str, value: Value) -> bytes:
    if isinstance(value, bytes):
        return value
    if kind == NUMBER:
        return struct.pack("!I", int(value) % (1 << 32))
    if kind == ADDRESS:
        return IPv4Address(value).packed
    return str(value).encode()


def _decode(body: bytes) -> Pairs:
    found: Pairs = []
    while body:
        if len(body) < 2 or not 2 <= body[1] <= len(body):
            raise UnableToRead("an attribute is cut")
        number, value = body[0], body[2 : body[1]]
        body = body[body[1] :]
        if number == _VENDOR_SPECIFIC and len(value) > 6:
            vendor = int.from_bytes(value[:4], "big")
            rest = value[4:]
            while len(rest) >= 2 and 2 <= rest[1] <= len(rest):
                _add(found, vendor, rest[0], rest[2 : rest[1]])
                rest = rest[rest[1] :]
        else:
            _add(found, 0, number, value)
    return found


def _add(found: Pairs, vendor: int, number: int, value: bytes) -> None:
    name = _NAMES.get((vendor, number))
    if name is None:
        return
    kind = ATTRIBUTES[name][2]
    if kind == NUMBER and len(value) == 4:
        found.append((name, int.from_bytes(value, "big")))
    elif kind == ADDRESS and len(value) == 4:
        found.append((name, str(IPv4Address(value))))
    elif kind == TEXT:
        found.append((name, value.decode("utf-8", "replace")))
    else:
        found.append((name, value))
