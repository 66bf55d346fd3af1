"""Packets of `bench radius`, made before the measured seconds."""

import hashlib
import hmac
import os
import struct

USER_NAME, USER_PASSWORD, NAS_IP_ADDRESS, FRAMED_ADDRESS, CLASS, CALLING = 1, 2, 4, 8, 25, 31
STATUS, IN_OCTETS, OUT_OCTETS, SESSION_ID, SESSION_TIME, IN_GIGAWORDS, OUT_GIGAWORDS = 40, 42, 43, 44, 46, 52, 53
TIMESTAMP, AUTHENTICATOR, PORT_ID = 55, 80, 87
INTERIM = 3
GIGAWORD = 1 << 32


def access(number: int, name: str, password: str, calling: str, nas: bytes, secret: bytes) -> bytes:
    """Access-Request by PAP, with Message-Authenticator. password: of at most 16 octets. nas: an address, packed."""
    random = os.urandom(16)
    digest = hashlib.md5(secret + random).digest()
    hidden = bytes(one ^ other for one, other in zip(password.encode().ljust(16, b"\0"), digest, strict=True))
    pairs = _pair(AUTHENTICATOR, bytes(16)) + _pair(USER_NAME, name.encode()) + _pair(USER_PASSWORD, hidden)
    pairs += _pair(CALLING, calling.encode()) + _pair(NAS_IP_ADDRESS, nas)
    bare = _frame(1, number, random, pairs)
    return bare[:22] + hmac.new(secret, bare, "md5").digest() + bare[38:]


def interim(
    number: int, name: str, calling: str, session: str, class_: str, address: bytes, up: int, down: int,
    seconds: int, at: int, nas: bytes, secret: bytes,
) -> bytes:  # fmt: skip
    """Accounting-Request of a session that goes on. up, down: octets so far."""
    pairs = _pair(STATUS, _number(INTERIM)) + _pair(SESSION_ID, session.encode()) + _pair(USER_NAME, name.encode())
    pairs += _pair(CALLING, calling.encode()) + _pair(NAS_IP_ADDRESS, nas) + _pair(FRAMED_ADDRESS, address)
    pairs += _pair(PORT_ID, b"pppoe") + _pair(CLASS, class_.encode()) + _pair(TIMESTAMP, _number(at))
    pairs += _pair(SESSION_TIME, _number(seconds)) + _pair(IN_OCTETS, _number(up % GIGAWORD))
    pairs += _pair(OUT_OCTETS, _number(down % GIGAWORD)) + _pair(IN_GIGAWORDS, _number(up // GIGAWORD))
    pairs += _pair(OUT_GIGAWORDS, _number(down // GIGAWORD))
    bare = _frame(4, number, bytes(16), pairs)
    return bare[:4] + hashlib.md5(bare + secret).digest() + bare[20:]


def acknowledged(request: bytes, secret: bytes) -> bytes:
    """What an access server says that obeys: the ACK of a CoA or a Disconnect."""
    bare = _frame(request[0] + 1, request[1], request[4:20], b"")
    return bare[:4] + hashlib.md5(bare + secret).digest()


def value(packet: bytes, number: int) -> bytes | None:
    """The first attribute of that number."""
    rest = packet[20:]
    while len(rest) >= 2 and 2 <= rest[1] <= len(rest):
        if rest[0] == number:
            return rest[2 : rest[1]]
        rest = rest[rest[1] :]
    return None


def _pair(number: int, data: bytes) -> bytes:
    return struct.pack("!BB", number, 2 + len(data)) + data


def _number(one: int) -> bytes:
    return struct.pack("!I", one)


def _frame(code: int, number: int, authenticator: bytes, body: bytes) -> bytes:
    return struct.pack("!BBH", code, number % 256, 20 + len(body)) + authenticator + body
