"""Codes that prove whose a phone or an address is, and one-time passwords. The only module that writes OneTimeCode.

A code of six digits bears five tries and ten minutes. A one-time password has 43 bits and half an hour: its tries are
counted by the address of who tries (identity/limits.py), never on the row, or a stranger could use it up.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import QuerySet

from abonent.core import db
from abonent.identity import readable
from abonent.identity.models_codes import CodePurpose, OneTimeCode

LIVES = {
    CodePurpose.PASSWORD: timedelta(minutes=30),
    CodePurpose.PHONE: timedelta(minutes=10),
    CodePurpose.EMAIL: timedelta(minutes=10),
}
MOST_WRONG_TRIES = 5
KEPT = timedelta(days=30)  # who was sent what is asked about later; then it is nobody's business
_DIGITS = 6


class UnableToUseCode(Exception):
    """It is not the one that was sent; the tries it has left are counted."""


class WrongCode(UnableToUseCode):
    def __init__(self, tries_left: int) -> None:
        super().__init__(f"{tries_left} tries are left")
        self.tries_left = tries_left  # 0: the code is dead now


class NoOpenCode(UnableToUseCode):
    """None was sent, or it was used, replaced, tried too often, or is too old."""


class Issued(NamedTuple):
    id: int
    plain: str  # goes into the one message, and nowhere else
    expires_at: datetime


def issue(user_id: int, purpose: CodePurpose, address: str, at: datetime) -> Issued:
    """Make a code to be sent to `address`; the one before it, of the same purpose, is good no more."""
    db.require_transaction()
    db.run("select 1 from identity_user where id = %s for no key update", [user_id])  # two at once: the later one stays
    _open(user_id, purpose).update(ended_at=at)
    plain = readable.phrase(2) if purpose == CodePurpose.PASSWORD else f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}"
    made = OneTimeCode.objects.create(
        user_id=user_id,
        purpose=purpose,
        address=address,
        secret_hash=_hash(user_id, purpose, address, plain),
        sent_at=at,
        expires_at=at + LIVES[purpose],
    )
    return Issued(made.pk, plain, made.expires_at)


def waiting(user_id: int, purpose: CodePurpose, at: datetime) -> OneTimeCode | None:
    """The code that was sent and may still be typed."""
    return _open(user_id, purpose).filter(expires_at__gt=at).first()


def use(user_id: int, purpose: CodePurpose, typed: str, at: datetime) -> OneTimeCode | WrongCode | NoOpenCode:
    """Take a code once. What went wrong comes back instead of being raised: the counted try must be committed."""
    db.require_transaction()
    found = _open(user_id, purpose).filter(expires_at__gt=at).select_for_update(no_key=True).first()
    if found is None:
        return NoOpenCode()
    if not _fits(found, typed):
        if purpose == CodePurpose.PASSWORD:
            return WrongCode(MOST_WRONG_TRIES)
        found.wrong_tries += 1
        if found.wrong_tries >= MOST_WRONG_TRIES:
            found.ended_at = at
        found.save(update_fields=["wrong_tries", "ended_at"])
        return WrongCode(MOST_WRONG_TRIES - found.wrong_tries)
    found.used_at = found.ended_at = at
    found.save(update_fields=["used_at", "ended_at"])
    return found


def fits(user_id: int, purpose: CodePurpose, typed: str, at: datetime) -> bool:
    """Whether `use` would take it now. Costs the same whether one was sent or not."""
    found = waiting(user_id, purpose, at) or OneTimeCode(
        user_id=user_id, purpose=purpose, address="", secret_hash=bytes(32)
    )
    return _fits(found, typed)


def call_off(user_id: int, purpose: CodePurpose, at: datetime) -> None:
    """Its owner does not want it any more."""
    _open(user_id, purpose).update(ended_at=at)


def forget_old(at: datetime) -> int:
    """End what nobody has typed and sweep away what is older than 30 days; gives how many."""
    OneTimeCode.objects.filter(ended_at=None, expires_at__lte=at).update(ended_at=at)
    return OneTimeCode.objects.filter(sent_at__lte=at - KEPT).delete()[0]


def _open(user_id: int, purpose: CodePurpose) -> QuerySet[OneTimeCode]:
    return OneTimeCode.objects.filter(user_id=user_id, purpose=purpose, ended_at=None)


def _fits(one: OneTimeCode, typed: str) -> bool:
    hashed = _hash(one.user_id, CodePurpose(one.purpose), one.address, typed)
    return hmac.compare_digest(hashed, bytes(one.secret_hash))


def _hash(user_id: int, purpose: CodePurpose, address: str, typed: str) -> bytes:
    """Keyed by the installation's secret: a copy of the database does not let anybody try a million codes at home."""
    tidy = "".join(typed.split()).lower()
    if purpose != CodePurpose.PASSWORD:
        tidy = tidy.replace("-", "")
    words = f"abonent.codes:{user_id}:{purpose}:{address}:{tidy}"
    return hmac.digest(settings.SECRET_KEY.encode(), words.encode("utf-8", "replace"), hashlib.sha256)
