"""The browsers a user is signed in with, as allauth keeps them: seen, and ended one by one or all."""

import time
from datetime import UTC, datetime
from typing import NamedTuple

from allauth.usersessions.models import UserSession
from django.contrib.auth import update_session_auth_hash
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from abonent.core import db
from abonent.identity.models import KnownDevice, User

SEEN_KEY = "seen_at"  # in the session, seconds
SEEN_EVERY_SECONDS = 600
CONFIRMED_KEY = "confirmed_at"  # in the session, seconds of real time: the demo's clock may be moved
FRESH_SECONDS = 600


class SignedIn(NamedTuple):
    id: int
    is_this: bool
    since: datetime
    last_seen_at: datetime
    address: str
    browser: str  # its own words; see `portal/browsers.py`


def of_user(user_id: int, session: SessionBase) -> list[SignedIn]:
    """This one first, then by when they were seen. Those that ended meanwhile are forgotten."""
    _forget_ended(user_id)
    found = [
        SignedIn(
            one.pk, one.session_key == session.session_key, one.created_at, one.last_seen_at, one.ip, one.user_agent
        )
        for one in UserSession.objects.filter(user_id=user_id)
    ]
    return sorted(found, key=lambda one: (one.is_this, one.last_seen_at), reverse=True)


def end(user_id: int, signed_in_id: int) -> None:
    """Raises UserSession.DoesNotExist."""
    db.require_transaction()
    UserSession.objects.get(pk=signed_in_id, user_id=user_id).end()


def end_others(user_id: int, session: SessionBase, device_hash: bytes | None) -> int:
    """All but this one, and no other browser is known any more; gives how many."""
    db.require_transaction()
    others = list(UserSession.objects.filter(user_id=user_id).exclude(session_key=session.session_key))
    for one in others:
        one.end()
    KnownDevice.objects.filter(user_id=user_id).exclude(token_hash=device_hash or b"").delete()
    return len(others)


def confirm(session: SessionBase) -> None:
    """It is he, just now: by his password, a code or a passkey."""
    session[CONFIRMED_KEY] = int(time.time())


def is_confirmed(session: SessionBase) -> bool:
    """Within ten minutes."""
    return 0 <= time.time() - int(session.get(CONFIRMED_KEY, 0)) < FRESH_SECONDS


def begin(session: SessionBase) -> None:
    """He has signed in with this browser."""
    confirm(session)
    session[SEEN_KEY] = int(time.time())


def keep_through(request: HttpRequest, user: User) -> None:
    """His password is another: this browser stays signed in, and on the list of those that are."""
    before = request.session.session_key
    update_session_auth_hash(request, user)
    UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key)


def note(request: HttpRequest) -> None:
    """That this browser is in use, at most every ten minutes: no page pays for it but one."""
    now = int(time.time())
    if now - request.session.get(SEEN_KEY, 0) >= SEEN_EVERY_SECONDS:
        request.session[SEEN_KEY] = now
        seen = UserSession.objects.filter(session_key=request.session.session_key)
        seen.update(last_seen_at=datetime.fromtimestamp(now, UTC))


def _forget_ended(user_id: int) -> None:
    """Sessions that are over, or that began with a password which is not his any more."""
    UserSession.objects.purge_and_list(_User(user_id))


class _User(NamedTuple):
    pk: int
