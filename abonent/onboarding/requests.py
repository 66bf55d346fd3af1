"""The life of a request to be connected. The only module that writes ConnectionRequest and RequestStep.

new → called → address → visit → connected → signed → paid → online
from any of the first five → refused, no_coverage, duplicate; and from those back to new, when it is asked for again
"""

import enum
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from abonent.addresses.models import Building
from abonent.core import db
from abonent.onboarding.models import CallOutcome, ConnectionRequest, RequestState, RequestStep, StepKind

SAME_WITHIN = timedelta(days=3)  # the same wish sent again meanwhile is the same request
CALL_AHEAD_DAYS = 366  # a next call is promised for a year ahead at most
VISITOR = "visitor"
_NOT_IN_NAMES = "<>@/\\{}"
BY_ITSELF = "system:onboarding"
_S = RequestState
_CLOSED = (_S.REFUSED, _S.NO_COVERAGE, _S.DUPLICATE)
_NEXT: Mapping[str, tuple[str, ...]] = {
    _S.NEW: (_S.CALLED, *_CLOSED),
    _S.CALLED: (_S.ADDRESS, *_CLOSED),
    _S.ADDRESS: (_S.VISIT_AGREED, *_CLOSED),
    _S.VISIT_AGREED: (_S.ADDRESS, _S.CONNECTED, *_CLOSED),
    _S.CONNECTED: (_S.SIGNED, _S.REFUSED),
    _S.SIGNED: (_S.PAID,),
    _S.PAID: (_S.ONLINE,),
    _S.ONLINE: (),
    _S.REFUSED: (_S.NEW,),
    _S.NO_COVERAGE: (_S.NEW,),
    _S.DUPLICATE: (_S.NEW,),
}
OPEN = (_S.NEW, _S.CALLED, _S.ADDRESS, _S.VISIT_AGREED, _S.CONNECTED)  # the staff's to deal with
IN_MOTION = (*OPEN, _S.SIGNED, _S.PAID)  # not at its end yet
CLOSED = _CLOSED


class UnableToMove(Exception):
    """The request cannot go there; the text says from where it can."""


class Why(enum.Enum):
    """Why not, for the screen's words."""

    CHANGED = enum.auto()  # somebody was quicker: look at it anew
    NOT_NOW = enum.auto()  # its state does not allow it
    NO_REASON = enum.auto()
    NO_BUILDING = enum.auto()
    NO_FLAT = enum.auto()  # `most`: the flats of the building
    FLAT_NEEDED = enum.auto()
    NO_SUCH_REQUEST = enum.auto()
    DAY_PAST = enum.auto()
    DAY_FAR = enum.auto()


class UnableToHandle(UnableToMove):
    """What one of the staff wanted cannot be; nothing is written."""

    def __init__(self, why: Why, *, most: int = 0) -> None:
        super().__init__(why.name)
        self.why, self.most = why, most


class AlreadySigned(UnableToMove):
    """A contract stands on the request already."""

    def __init__(self, contract_id: int) -> None:
        super().__init__(f"contract {contract_id}")
        self.contract_id = contract_id


class NoName(Exception):
    """What was typed is no name of a person."""


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


def read_name(text: str) -> str:
    """As typed, without the blanks around.   Raises NoName."""
    name = " ".join(text.split())
    if not any(char.isalpha() for char in name) or any(char in name for char in _NOT_IN_NAMES):
        raise NoName
    return name


def open_request(wish: Wish, *, at: datetime, actor: str = VISITOR) -> ConnectionRequest:
    """Keep the wish; the same one sent twice, or again within three days, is the one that stands.

    at: the instant.   actor: one of the staff where it was told by phone. Two forms at once: the phone is held until
    the commit.
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
    RequestStep.objects.create(request=request, state=request.state, actor=actor, at=at)
    return request


def move(
    request_id: int,
    to: str,
    *,
    actor: str,
    at: datetime,
    note: str = "",
    reason: str = "",
    version: int | None = None,
) -> ConnectionRequest:
    """Take a request on to a state.   note: for the staff.   reason: why not, for the person.

    version: of the form that was looked at; None: whoever asks has not looked.
    The same state again changes nothing. Raises UnableToMove, UnableToHandle, db.UnableToLock.
    """
    request = _locked(request_id, version)
    if request.state == to:
        return request
    _go(request, to, actor=actor, at=at, note=note, reason=reason)
    return request


def take(request_id: int, *, holder_id: int | None, name: str, actor: str, at: datetime, version: int) -> None:
    """One of the staff holds it from now on (None: nobody).   name: of the holder, for the history."""
    request = _locked(request_id, version)
    if request.holder_id == holder_id:
        return
    request.holder_id = holder_id
    _save(request, "holder")
    _note(request, StepKind.TAKEN, actor=actor, at=at, note=name)


def log_call(
    request_id: int,
    *,
    outcome: str,
    note: str,
    next_call_on: date | None,
    caller_id: int,
    actor: str,
    at: datetime,
    on: date,
    version: int,
) -> ConnectionRequest:
    """A call was made. Who was reached is «called»; a request that nobody holds is the caller's.

    on: the operator's today.   Raises UnableToHandle.
    """
    request = _locked(request_id, version)
    if request.state not in OPEN:
        raise UnableToHandle(Why.NOT_NOW)
    if next_call_on is not None and next_call_on < on:
        raise UnableToHandle(Why.DAY_PAST)
    if next_call_on is not None and (next_call_on - on).days > CALL_AHEAD_DAYS:
        raise UnableToHandle(Why.DAY_FAR)
    request.next_call_on = next_call_on
    request.holder_id = request.holder_id or caller_id
    _save(request, "next_call_on", "holder")
    _note(request, StepKind.CALL, actor=actor, at=at, note=note, outcome=outcome, next_call_on=next_call_on)
    if outcome == CallOutcome.REACHED and request.state == _S.NEW:
        _go(request, _S.CALLED, actor=actor, at=at)
    return request


def set_address(
    request_id: int,
    *,
    building: Building,
    flat: str,
    entrance: str,
    offer_id: int | None,
    note: str,
    actor: str,
    at: datetime,
    version: int,
) -> ConnectionRequest:
    """Where and for what the line will be: a building of the directory and a flat that it has.

    A request that was called is «address» then; a later one stays where it is.   note: what has changed, in words.
    Raises UnableToHandle.
    """
    request = _locked(request_id, version)
    if request.state not in OPEN:
        raise UnableToHandle(Why.NOT_NOW)
    flat = " ".join(flat.split())
    if building.segment == "apartment" and not flat and not request.is_company:
        raise UnableToHandle(Why.FLAT_NEEDED)
    if building.flats and flat.isascii() and flat.isdigit() and not 1 <= int(flat) <= building.flats:
        raise UnableToHandle(Why.NO_FLAT, most=building.flats)
    request.building, request.flat, request.entrance, request.offer_id = building, flat, entrance.strip(), offer_id
    _save(request, "building", "flat", "entrance", "offer")
    _note(request, StepKind.EDITED, actor=actor, at=at, note=note)
    if request.state == _S.CALLED:
        _go(request, _S.ADDRESS, actor=actor, at=at)
    return request


def close(
    request_id: int,
    to: str,
    *,
    reason: str,
    duplicate_of_id: int | None,
    actor: str,
    at: datetime,
    version: int,
) -> ConnectionRequest:
    """Refused, no coverage, or a duplicate of another request.   Raises UnableToHandle."""
    assert to in CLOSED, to
    request = _locked(request_id, version)
    reason = reason.strip()
    if to not in _NEXT[request.state]:
        raise UnableToHandle(Why.NOT_NOW)
    if to == _S.DUPLICATE:
        if (
            duplicate_of_id in (None, request_id)
            or not ConnectionRequest.objects.filter(pk=duplicate_of_id).exclude(state=_S.DUPLICATE).exists()
        ):
            raise UnableToHandle(Why.NO_SUCH_REQUEST)
        request.duplicate_of_id = duplicate_of_id
        _save(request, "duplicate_of")
    elif not reason:
        raise UnableToHandle(Why.NO_REASON)
    request.next_call_on = None
    _save(request, "next_call_on")
    _go(request, to, actor=actor, at=at, reason=reason)
    return request


def give_contract(request_id: int, *, contract_id: int, actor: str, at: datetime) -> ConnectionRequest:
    """The contract is signed: one a request, whoever asks twice.   Raises AlreadySigned, UnableToHandle."""
    request = _locked(request_id, None)
    if request.contract_id is not None:
        raise AlreadySigned(request.contract_id)
    if _S.SIGNED not in _NEXT[request.state]:
        raise UnableToHandle(Why.NOT_NOW)
    request.contract_id, request.next_call_on = contract_id, None
    _save(request, "contract", "next_call_on")
    _go(request, _S.SIGNED, actor=actor, at=at)
    return request


def went_online(contract_ids: list[int], *, at: datetime) -> int:
    """The first top-up of these contracts has come and their access is open; give how many requests that ends."""
    db.require_transaction()
    waiting = ConnectionRequest.objects.filter(contract_id__in=contract_ids, state__in=(_S.SIGNED, _S.PAID))
    found = list(waiting.order_by("pk").select_for_update(no_key=True, of=("self",)))
    for request in found:
        if request.state == _S.SIGNED:
            _go(request, _S.PAID, actor=BY_ITSELF, at=at)
        _go(request, _S.ONLINE, actor=BY_ITSELF, at=at)
    return len(found)


def note_visit(request: ConnectionRequest, *, actor: str, at: datetime, note: str, to: str | None = None) -> None:
    """A visit was agreed, moved, called off or done; for onboarding/visits.py, which holds the request locked."""
    _note(request, StepKind.VISIT, actor=actor, at=at, note=note)
    request.next_call_on = None
    _save(request, "next_call_on")
    if to is not None and request.state != to:
        if to not in _NEXT[request.state]:
            raise UnableToHandle(Why.NOT_NOW)
        _go(request, to, actor=actor, at=at)


def locked(request_id: int, version: int | None) -> ConnectionRequest:
    """For visits.py.   Raises UnableToHandle, db.UnableToLock."""
    return _locked(request_id, version)


def _locked(request_id: int, version: int | None) -> ConnectionRequest:
    db.require_transaction()
    request = db.lock(ConnectionRequest, [request_id])[request_id]
    if version is not None and request.version != version:
        raise UnableToHandle(Why.CHANGED)
    return request


def _go(request: ConnectionRequest, to: str, *, actor: str, at: datetime, note: str = "", reason: str = "") -> None:
    allowed = _NEXT[request.state]
    if to not in allowed:
        raise UnableToMove(
            f"request {request.pk} is «{request.state}»: it goes on to {', '.join(allowed) or 'nothing'}"
        )
    if to in (_S.REFUSED, _S.NO_COVERAGE) and not reason:
        raise UnableToMove(f"request {request.pk}: «{to}» needs a reason that the person can read")
    request.state, request.state_at, request.reason = to, at, reason
    _save(request, "state", "state_at", "reason")
    _note(request, StepKind.MOVED, actor=actor, at=at, note=note)


def _save(request: ConnectionRequest, *fields: str) -> None:
    request.version += 1
    request.save(update_fields=[*fields, "version"])


def _note(request: ConnectionRequest, kind: str, *, actor: str, at: datetime, **said: Any) -> None:
    RequestStep.objects.create(request=request, kind=kind, state=request.state, actor=actor, at=at, **said)


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
