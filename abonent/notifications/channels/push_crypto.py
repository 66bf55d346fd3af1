"""What a web push is closed with: RFC 8291 (its reader's key, aes128gcm) and RFC 8292 (VAPID, who sends it). Pure."""

import base64
import hashlib
import hmac
import json
import os
from typing import NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PAYLOAD_MOST_OCTETS = 2000  # push services take 4,096 with all that is added
_RECORD_OCTETS = 4096
_LAST_RECORD = b"\x02"
_POINT_OCTETS, _AUTH_OCTETS = 65, 16


class UnableToClose(Exception):
    """The reader's keys are not what a browser makes."""


class Keys(NamedTuple):
    """The reader's, as his browser gave them."""

    public_key: bytes  # an uncompressed point of P-256
    auth_secret: bytes


def read_keys(public_key: str, auth_secret: str) -> Keys:
    """From base64url.   Raises UnableToClose."""
    try:
        keys = Keys(unbase64(public_key), unbase64(auth_secret))
        _point(keys.public_key)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise UnableToClose("the keys of a push subscription") from error
    if len(keys.public_key) != _POINT_OCTETS or len(keys.auth_secret) != _AUTH_OCTETS:
        raise UnableToClose("the keys of a push subscription")
    return keys


def close(
    payload: bytes, keys: Keys, *, salt: bytes | None = None, own: ec.EllipticCurvePrivateKey | None = None
) -> bytes:
    """The body of the push.   salt, own: random but in the test against the RFC's own example.

    Raises UnableToClose.
    """
    assert len(payload) <= PAYLOAD_MOST_OCTETS, len(payload)
    salt, own = salt or os.urandom(16), own or ec.generate_private_key(ec.SECP256R1())
    mine = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    try:
        shared = own.exchange(ec.ECDH(), _point(keys.public_key))
    except ValueError as error:
        raise UnableToClose("the keys of a push subscription") from error
    info = b"WebPush: info\x00" + keys.public_key + mine
    secret = _derive(keys.auth_secret, shared, info, 32)
    key = _derive(salt, secret, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derive(salt, secret, b"Content-Encoding: nonce\x00", 12)
    sealed = AESGCM(key).encrypt(nonce, payload + _LAST_RECORD, None)
    return salt + _RECORD_OCTETS.to_bytes(4, "big") + bytes([len(mine)]) + mine + sealed


def new_private_key() -> str:
    """For a new installation: a scalar of P-256 in base64url."""
    made = ec.generate_private_key(ec.SECP256R1())
    return base64url(made.private_numbers().private_value.to_bytes(32, "big"))


def public_key(private_key: str) -> str:
    """What a page gives the browser to subscribe with."""
    point = _private(private_key).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64url(point)


def authorization(private_key: str, *, audience: str, subject: str, expires_at: int) -> str:
    """The header that tells a push service who we are.   audience: its origin.   expires_at: seconds since 1970."""
    head = base64url(json.dumps({"typ": "JWT", "alg": "ES256"}, separators=(",", ":")).encode())
    claims = {"aud": audience, "exp": expires_at, "sub": subject}
    signed = f"{head}.{base64url(json.dumps(claims, separators=(',', ':')).encode())}"
    signature = _private(private_key).sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
    r, s = utils.decode_dss_signature(signature)
    token = f"{signed}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
    return f"vapid t={token}, k={public_key(private_key)}"


def base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def unbase64(value: str) -> bytes:
    """Raises ValueError."""
    return base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)


def _private(scalar: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(unbase64(scalar), "big"), ec.SECP256R1())


def _point(octets: bytes) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), octets)


def _derive(salt: bytes, secret: bytes, info: bytes, octets: int) -> bytes:
    """HKDF-SHA-256 of one block."""
    extracted = hmac.digest(salt, secret, hashlib.sha256)
    return hmac.digest(extracted, info + b"\x01", hashlib.sha256)[:octets]
