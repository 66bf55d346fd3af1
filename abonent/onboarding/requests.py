"""The life of a request to be connected. The only module that writes ConnectionRequest and RequestStep.

new → called → visit → connected → signed          from any of these → refused, no_coverage, duplicate
and back: no_coverage, refused → new, when the person asks again or the network has grown
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from abonent.core import db
from abonent.onboarding.models import ConnectionRequest, RequestState, RequestStep

SAME_WITHIN = timedelta(days=3)  # the same wish sent again meanwhile is the same request
VISITOR = "visitor"
_S = RequestState
_NEXT: Mapping[str, tuple[str, ...]] = {
    _S.NEW: (_S.CALLED, _S.REFUSED, _S.NO_COVERAGE, _S.DUPLICATE),
    _S.CALLED: (_S.VISIT_AGREED, _S.REFUSED, _S.NO_COVERAGE, _S.DUPLICATE),
    _S.VISIT_AGREED: (_S.CALLED, _S.CONNECTED, _S.REFUSED, _S.NO_COVERAGE, _S.DUPLICATE),
    _S.CONNECTED: (_S.SIGNED, _S.REFUSED),
    _S.SIGNED: (),
    _S.REFUSED: (_S.NEW,),
    _S.NO_COVERAGE: (_S.NEW,),
    _S.DUPLICATE: (_S.NEW,),
}
OPEN = (_S.NEW, _S.CALLED, _S.VISIT_AGREED, _S.CONNECTED)


class UnableToMove(Exception):
    """The request cannot go there; the text says from where it can."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a visitor asks for, checked already."""

    full_name: str
    phone: str  # "+79161234567"
    submit_token: str
    consent_text: str
    language: str  # "ru", "en"
    address: str = ""  # as typed
    building_id: int | None = None  # of the directory, where it was found
    flat: str = ""
    offer_id: int | None = None
    is_company: bool = False
    wish: str = ""
    client_address: str | None = None


def open_request(wish: Wish, *, at: datetime) -> ConnectionRequest:
    """Keep the wish; the same one sent twice, or again within three days, is the one that stands.

    at: the instant. Two forms at once: the phone is held until the commit.
    """
    db.require_transaction()
    # Of one phone, one after another: nobody has a row to lock yet.
    db.run("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"request:{wish.phone}"])
    known = _same(wish, at)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            request = ConnectionRequest.objects.create(
                token=secrets.token_urlsafe(32),
                submit_token=wish.submit_token,
                full_name=wish.full_name,
                phone=wish.phone,
                address=wish.address,
                building_id=wish.building_id,
                flat=wish.flat,
                offer_id=wish.offer_id,
                is_company=wish.is_company,
                wish=wish.wish,
                consent_text=wish.consent_text,
                consented_at=at,
                client_address=wish.client_address,
                language=wish.language,
                created_at=at,
                state_at=at,
            )
    except IntegrityError:  # the form was sent with another phone a moment before: what is known stands
        return ConnectionRequest.objects.get(submit_token=wish.submit_token)
    RequestStep.objects.create(request=request, state=request.state, actor=VISITOR, at=at)
    return request


def move(request_id: int, to: str, *, actor: str, at: datetime, note: str = "", reason: str = "") -> ConnectionRequest:
    """Take a request on to a state.   note: for the staff.   reason: why not, for the person.

    The same state again changes nothing. Raises UnableToMove, db.UnableToLock.
    """
    db.require_transaction()
    request = db.lock(ConnectionRequest, [request_id])[request_id]
    if request.state == to:
        return request
    allowed = _NEXT[request.state]
    if to not in allowed:
        raise UnableToMove(
            f"request {request_id} is «{request.state}»: it goes on to {', '.join(allowed) or 'nothing'}"
        )
    if to in (_S.REFUSED, _S.NO_COVERAGE) and not reason:
        raise UnableToMove(f"request {request_id}: «{to}» needs a reason that the person can read")
    request.state, request.state_at, request.reason = to, at, reason
    request.save(update_fields=["state", "state_at", "reason"])
    RequestStep.objects.create(request=request, state=to, actor=actor, note=note, at=at)
    return request


def _same(wish: Wish, at: datetime) -> ConnectionRequest | None:
    """The request that this wish repeats."""
    known = ConnectionRequest.objects.filter(submit_token=wish.submit_token).first()
    if known is not None:
        return known
    recent = ConnectionRequest.objects.filter(phone=wish.phone, state__in=OPEN, created_at__gt=at - SAME_WITHIN)
    said = (wish.building_id, wish.flat, wish.address, wish.offer_id, wish.is_company)
    return next(
        (
            one
            for one in recent.order_by("-id")
            if (one.building_id, one.flat, one.address, one.offer_id, one.is_company) == said
        ),
        None,
    )
