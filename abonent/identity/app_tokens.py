"""Tokens of apps, one a device. The only module that writes AppToken.

The database holds a hash. A token dies with the password it signed in with, as the browsers' sessions do. The token is
made from the app's own key of that request and our secret: sent again after a lost network, it is the same token.
"""

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings

from abonent.core import db
from abonent.identity.models import User
from abonent.identity.models_tokens import AppToken

KEPT = timedelta(days=400)  # not seen for so long, it signs in no more
MOST = 20  # of one person; the one not seen the longest gives way
SEEN_EVERY = timedelta(minutes=10)
FRESH = timedelta(minutes=10)  # as signed_in.FRESH_SECONDS
SENT_AGAIN_WITHIN = timedelta(minutes=10)
NAME_CHARS = 60


class Issued(NamedTuple):
    token: AppToken
    plain: str  # goes to the app, and nowhere else


def known(user: User, key: str, at: datetime) -> Issued | None:
    """The token of a sign-in that is sent again: the same key within ten minutes."""
    plain = _plain(user, key)
    found = AppToken.objects.filter(
        token_hash=hash_of(plain), user=user, ended_at=None, created_at__gt=at - SENT_AGAIN_WITHIN
    ).first()
    return Issued(found, plain) if found is not None and _is_of_password(found, user) else None


def issue(user: User, key: str, *, device_name: str, address: str | None, at: datetime) -> Issued:
    """Sign an app in.   key: of the app's request, unique to it.   device_name: the app's word, cut at 60."""
    db.require_transaction()
    db.lock(User, [user.pk])  # two at once: the count holds
    again = known(user, key, at)
    if again is not None:
        return again
    plain = _plain(user, key)
    AppToken.objects.filter(token_hash=hash_of(plain)).delete()  # of the same key, ended or long ago
    made = AppToken.objects.create(
        user=user,
        token_hash=hash_of(plain),
        password_stamp=_stamp(user),
        device_name=" ".join(device_name.replace("\0", "").split())[:NAME_CHARS] or "app",
        address=address,
        created_at=at,
        last_seen_at=at,
        confirmed_at=at,
    )
    too_many = AppToken.objects.filter(user=user, ended_at=None).order_by("-last_seen_at", "-id")[MOST:]
    AppToken.objects.filter(pk__in=[one.pk for one in too_many]).update(ended_at=at)
    return Issued(made, plain)


def find(plain: str, at: datetime) -> AppToken | None:
    """Whose token it is, with its user; None: nobody's any more."""
    found = AppToken.objects.select_related("user").filter(
        token_hash=hash_of(plain), ended_at=None, last_seen_at__gt=at - KEPT, user__is_active=True, user__is_staff=False
    )
    one = found.first()
    return one if one is not None and _is_of_password(one, one.user) else None


def note(token: AppToken, address: str | None, at: datetime) -> None:
    """That the app is in use, at most every ten minutes."""
    if at - token.last_seen_at >= SEEN_EVERY:
        AppToken.objects.filter(pk=token.pk).update(last_seen_at=at, address=address)


def of_user(user: User) -> list[AppToken]:
    """The apps that are signed in, the last seen first."""
    found = AppToken.objects.filter(user=user, ended_at=None).order_by("-last_seen_at", "-id")
    return [one for one in found if _is_of_password(one, user)]


def end(user_id: int, token_id: int, at: datetime) -> AppToken:
    """Twice is once.   Raises AppToken.DoesNotExist."""
    db.require_transaction()
    found = AppToken.objects.select_for_update(no_key=True).get(pk=token_id, user_id=user_id)
    if found.ended_at is None:
        found.ended_at = at
        found.save(update_fields=["ended_at"])
    return found


def confirm(token: AppToken, at: datetime) -> None:
    """It is he, just now: by his password."""
    AppToken.objects.filter(pk=token.pk).update(confirmed_at=at)


def is_confirmed(token: AppToken, at: datetime) -> bool:
    """Within ten minutes."""
    return at - FRESH < token.confirmed_at <= at


def keep_after_change(token: AppToken, user: User, at: datetime) -> None:
    """The password was changed by this very app: it stays, the others end with the old one.   user: as he is now."""
    AppToken.objects.filter(pk=token.pk).update(password_stamp=_stamp(user), confirmed_at=at)


def forget_old(at: datetime) -> int:
    """Sweep away what ended or was not seen for 400 days; gives how many."""
    return AppToken.objects.filter(last_seen_at__lte=at - KEPT).delete()[0]


def hash_of(plain: str) -> bytes:
    return hashlib.sha256(plain.encode("utf-8", "replace")).digest()


def _plain(user: User, key: str) -> str:
    words = f"abonent.app_token:{user.pk}:{user.password}:{key}"
    made = hmac.digest(settings.SECRET_KEY.encode(), words.encode("utf-8", "replace"), hashlib.sha256)
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def _stamp(user: User) -> str:
    return user.get_session_auth_hash()[:64]


def _is_of_password(token: AppToken, user: User) -> bool:
    return hmac.compare_digest(token.password_stamp, _stamp(user))
