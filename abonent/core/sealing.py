"""Secrets that must be read again (a code to be sent, an authenticator's seed): sealed, never plain in the database.

The key comes from ABONENT_SECRET_KEY, another one for each purpose; without it a copy of the database tells nothing.
"""

import base64
import functools
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings


class UnableToUnseal(Exception):
    """It was sealed with another key or for another purpose, or is damaged."""


def seal(purpose: str, plain: str) -> str:
    return _box(settings.SECRET_KEY, purpose).encrypt(plain.encode()).decode()


def unseal(purpose: str, sealed: str) -> str:
    """Raises UnableToUnseal."""
    try:
        return _box(settings.SECRET_KEY, purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise UnableToUnseal(purpose) from None


@functools.lru_cache(maxsize=16)
def _box(secret_key: str, purpose: str) -> Fernet:
    key = hmac.digest(secret_key.encode(), f"abonent.sealing:{purpose}".encode(), hashlib.sha256)
    return Fernet(base64.urlsafe_b64encode(key))
