"""The phone's side of RFC 8291 and the push service's of RFC 8292, written apart from the sender's."""

import base64
import json
import os
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SIXTEEN, POINT = 16, 65
LONGEST_TOKEN_SECONDS = 24 * 3600


class UnableToOpen(Exception):
    """It was not closed for this phone, or not as the RFC has it."""


class UnableToTrust(Exception):
    """The sender's token does not prove who he is."""


class Keys(NamedTuple):
    private: bytes
    public: bytes
    auth: bytes


def new_keys() -> Keys:
    own = ec.generate_private_key(ec.SECP256R1())
    public = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return Keys(own.private_numbers().private_value.to_bytes(32, "big"), public, os.urandom(SIXTEEN))


def opened(body: bytes, keys: Keys) -> bytes:
    """Raises UnableToOpen."""
    if len(body) < SIXTEEN + 5 + POINT + 17 or body[SIXTEEN + 4] != POINT:
        raise UnableToOpen("no header of aes128gcm with a key of P-256")
    salt, record = body[:SIXTEEN], int.from_bytes(body[SIXTEEN : SIXTEEN + 4], "big")
    theirs, sealed = body[SIXTEEN + 5 : SIXTEEN + 5 + POINT], body[SIXTEEN + 5 + POINT :]
    if len(sealed) > record:
        raise UnableToOpen("more than one record")
    own = ec.derive_private_key(int.from_bytes(keys.private, "big"), ec.SECP256R1())
    try:
        shared = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
    except ValueError as error:
        raise UnableToOpen("the key is no point of the curve") from error
    input_key = _hkdf(shared, keys.auth, b"WebPush: info\x00" + keys.public + theirs, 32)
    key = _hkdf(input_key, salt, b"Content-Encoding: aes128gcm\x00", SIXTEEN)
    nonce = _hkdf(input_key, salt, b"Content-Encoding: nonce\x00", 12)
    try:
        plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\x00")
    except InvalidTag as error:
        raise UnableToOpen("closed for another phone") from error
    if not plain.endswith(b"\x02"):
        raise UnableToOpen("the last record does not say that it is the last")
    return plain[:-1]


def check_sender(header: str, *, audience: str, server_key: str, now: float) -> dict[str, object]:
    """The claims of a VAPID token.   server_key: of who subscribed.   Raises UnableToTrust."""
    scheme, _, rest = header.partition(" ")
    given = dict(one.strip().partition("=")[::2] for one in rest.split(","))
    token, key = given.get("t", ""), given.get("k", "")
    if scheme.lower() != "vapid" or token.count(".") != 2:
        raise UnableToTrust("no vapid token")
    if key.rstrip("=") != server_key.rstrip("="):
        raise UnableToTrust("another server's key than the phone has subscribed with")
    head, claims, signature = token.split(".")
    try:
        told = json.loads(unbase64(claims))
        raw = unbase64(signature)
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unbase64(key))
        half = len(raw) // 2
        der = encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))
        public.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
        expires_at = int(told["exp"])
    except (ValueError, KeyError, TypeError, InvalidSignature) as error:
        raise UnableToTrust("the token does not hold") from error
    if told.get("aud") != audience:
        raise UnableToTrust(f"a token for {told.get('aud')}")
    if not now < expires_at <= now + LONGEST_TOKEN_SECONDS:
        raise UnableToTrust("the token is old, or good for more than a day")
    if not str(told.get("sub", "")).startswith(("mailto:", "https:")):
        raise UnableToTrust("the token does not say whom to ask")
    found: dict[str, object] = told
    return found


def base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def unbase64(value: str) -> bytes:
    """Raises ValueError."""
    return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)


def _hkdf(key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(key)
