"""Passkeys: a device signs in for its owner, after his finger, face or PIN. Kept by allauth, checked by fido2.

The only module that writes Authenticator rows of this kind. They exist on https and on http://localhost only.
"""

import json
from datetime import datetime
from typing import Any, NamedTuple

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from abonent.core import db
from abonent.identity.models import User

MOST = 20
NAME_CHARS = 60
MOST_ANSWER_CHARS = 20_000
# What a made-up answer raises on its way through the libraries.
_NONSENSE = (ValidationError, ValueError, TypeError, KeyError, AttributeError, IndexError)


class UnableToUsePasskey(Exception):
    """The answer of the device does not fit: another's, another question's, or made up."""


class TooMany(Exception):
    """Twenty are kept at most."""


class Passkey(NamedTuple):
    id: int
    name: str
    added_at: datetime
    used_at: datetime | None


def of_user(user_id: int) -> list[Passkey]:
    found = Authenticator.objects.filter(user_id=user_id, type=Authenticator.Type.WEBAUTHN).order_by("id")
    return [Passkey(one.pk, str(one.data["name"]), one.created_at, one.last_used_at) for one in found]


def can_be_used(request: HttpRequest) -> bool:
    """Browsers know passkeys by names, over TLS or on localhost."""
    return request.is_secure() or request.get_host().partition(":")[0] == "localhost"


def ask_to_add(user: User) -> dict[str, Any]:
    """What the browser is asked to make, as JSON; the session keeps the question."""
    asked: dict[str, Any] = _plain(auth.begin_registration(user, True))
    return asked


def ask_to_confirm(user: User | None) -> dict[str, Any]:
    """What the browser is asked to sign, as JSON.   user: None: whoever the device says."""
    asked: dict[str, Any] = _plain(auth.begin_authentication(user))
    return asked


def add(user: User, name: str, answer: str) -> Passkey:
    """Keep the passkey that the browser has made.   Raises UnableToUsePasskey or TooMany."""
    db.require_transaction()
    db.lock(User, [user.pk])
    if len(of_user(user.pk)) >= MOST:
        raise TooMany
    credential = _read(answer)
    try:
        auth.parse_registration_response(credential)
        verified = auth.complete_registration(credential).is_user_verified()
    except _NONSENSE:
        raise UnableToUsePasskey from None
    if not verified:
        raise UnableToUsePasskey
    made = auth.WebAuthn.add(user, " ".join(name.split())[:NAME_CHARS], credential).instance
    return Passkey(made.pk, made.data["name"], made.created_at, None)


def check(answer: str, *, user: User | None = None) -> Authenticator:
    """The passkey that has signed the session's question; with `user` it must be his.

    Raises UnableToUsePasskey. The question is spent by a right answer.
    """
    credential = _read(answer)
    try:
        auth.parse_authentication_response(credential)
        who = user or auth.extract_user_from_response(credential)
        found: Authenticator = auth.complete_authentication(who, credential)
    except _NONSENSE:
        raise UnableToUsePasskey from None
    return found


def remove(user_id: int, passkey_id: int) -> str:
    """Gives its name.   Raises Authenticator.DoesNotExist."""
    db.require_transaction()
    found = Authenticator.objects.get(pk=passkey_id, user_id=user_id, type=Authenticator.Type.WEBAUTHN)
    found.delete()
    return str(found.data["name"])


def _read(answer: str) -> dict[str, Any]:
    if len(answer) > MOST_ANSWER_CHARS:
        raise UnableToUsePasskey
    try:
        found = json.loads(answer)
    except ValueError:
        raise UnableToUsePasskey from None
    if not isinstance(found, dict):
        raise UnableToUsePasskey
    return found


def _plain(options: Any) -> Any:
    """The library's mappings as dicts, so that JSON can be made of them."""
    if hasattr(options, "items"):
        return {key: _plain(value) for key, value in options.items() if value is not None}
    if isinstance(options, list | tuple):
        return [_plain(one) for one in options]
    return options
