"""The browsers a user has signed in with. The only module that writes KnownDevice.

A browser holds one random token in a cookie; here stands its hash, once for each user who signed in with it.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from abonent.identity.models import KnownDevice

KEPT = timedelta(days=400)  # the longest a browser keeps a cookie
_TOKEN_BYTES = 32


def new_token() -> str:
    return secrets.token_urlsafe(_TOKEN_BYTES)


def hash_of(token: str) -> bytes:
    """A cookie may hold anything: whatever it is, its hash is 32 bytes."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def is_known(user_id: int, token: str, at: datetime) -> bool:
    """Whether this user has signed in with this browser within 400 days."""
    return KnownDevice.objects.filter(user_id=user_id, token_hash=hash_of(token), last_seen_at__gt=at - KEPT).exists()


def remember(user_id: int, token: str, at: datetime) -> str:
    """Note that the user has signed in with a browser that holds `token` ("": none); give the one to hold.

    A token that we never gave is not taken over: nobody may plant one of his own in another's browser.
    """
    if not token or not KnownDevice.objects.filter(token_hash=hash_of(token)).exists():
        token = new_token()
    KnownDevice.objects.update_or_create(user_id=user_id, token_hash=hash_of(token), defaults={"last_seen_at": at})
    return token


def forget_old(at: datetime) -> int:
    """Sweep away the devices not seen for 400 days; gives how many."""
    return KnownDevice.objects.filter(last_seen_at__lte=at - KEPT).delete()[0]
