"""What an app sends twice happens once. The only module that writes AppRequest.

While one is worked on, the same key waits outside: a lock of the database's session, freed when its holder dies.
A request that was killed between its deed and its answer is done again when it is repeated: its verb knows its own
repeat (a payment by its token, a quote by its use, a message by its id), so that there is one effect still.
"""

import contextlib
import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import DatabaseError

from abonent.core import db
from abonent.identity.models_tokens import AppRequest

KEPT = timedelta(hours=48)
KEY_LEAST, KEY_MOST = 8, 80


class UnableToAnswer(Exception):
    """The key cannot be used for this."""


class KeyUsedForAnother(UnableToAnswer):
    """It came before with another address or body."""


class BeingWorkedOn(UnableToAnswer):
    """The same request is under way."""


class Answer(NamedTuple):
    status: int
    content_type: str
    text: str


def is_key(key: str) -> bool:
    """8 to 80 visible characters."""
    return KEY_LEAST <= len(key) <= KEY_MOST and key.isascii() and key.isprintable() and " " not in key


@contextlib.contextmanager
def alone(user_id: int, key: str) -> Iterator[None]:
    """Nobody else works on this key.   Raises BeingWorkedOn."""
    name = f"app_request:{user_id}:{key}"
    if not db.rows("select pg_try_advisory_lock(hashtextextended(%s, 0)) as mine", [name])[0]["mine"]:
        raise BeingWorkedOn
    try:
        yield
    finally:
        # A connection that broke has freed it.
        with contextlib.suppress(DatabaseError):
            db.rows("select pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def begin(user_id: int, key: str, what: bytes, at: datetime) -> Answer | None:
    """Note that it begins; the answer, where it was given before.   what: method, address and body.

    Called within `alone`.   Raises KeyUsedForAnother.
    """
    body_hash = hashlib.sha256(what).digest()
    found, is_new = AppRequest.objects.get_or_create(
        user_id=user_id, key=key, defaults={"body_hash": body_hash, "begun_at": at}
    )
    if is_new:
        return None
    if not hmac.compare_digest(bytes(found.body_hash), body_hash):
        raise KeyUsedForAnother
    return None if found.status is None else Answer(found.status, found.content_type, found.answer)


def keep(user_id: int, key: str, answer: Answer) -> None:
    AppRequest.objects.filter(user_id=user_id, key=key).update(
        status=answer.status, content_type=answer.content_type, answer=answer.text
    )


def forget(user_id: int, key: str) -> None:
    """It came to nothing by our fault: the same key may be tried again."""
    AppRequest.objects.filter(user_id=user_id, key=key, status=None).delete()


def forget_old(at: datetime) -> int:
    """Sweep away what is older than 48 hours; gives how many."""
    return AppRequest.objects.filter(begun_at__lte=at - KEPT).delete()[0]
