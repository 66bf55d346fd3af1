"""The staff deal with a request to be connected: each verb with its line in the audit log, together or not at all."""

from datetime import date
from typing import Any, NamedTuple

from abonent.addresses.models import Building
from abonent.core import audit, clock, db
from abonent.identity.models import User
from abonent.onboarding import requests
from abonent.onboarding.models import CallOutcome, ConnectionRequest, RequestState


class By(NamedTuple):
    """Who of the staff does it, from where."""

    user_id: int
    name: str
    address: str | None = None  # of the browser


def open_by_phone(wish: requests.Wish, *, note: str, next_call_on: date | None, by: By) -> ConnectionRequest:
    """A request told by phone: the caller has been spoken with, and whoever took the call holds it.

    The same wish told twice is the request that stands; where somebody works on it already nothing of it changes.
    Raises requests.UnableToHandle.
    """
    with db.atomic():
        request = requests.open_request(wish, at=clock.now(), actor=by.name)
        if request.state != RequestState.NEW:
            return request
        record("open_by_phone", request.pk, by, new={"consent": wish.consent_text})
        _log_call(request.pk, CallOutcome.REACHED, note, next_call_on, by, request.version)
        request.refresh_from_db()
    return request


def take(request_id: int, *, holder: User | None, by: By, version: int) -> None:
    """holder: who holds it from now on; None: nobody.   Raises requests.UnableToHandle."""
    with db.atomic():
        name = "" if holder is None else holder.username
        holder_id = None if holder is None else holder.pk
        requests.take(request_id, holder_id=holder_id, name=name, actor=by.name, at=clock.now(), version=version)
        record("hold_request", request_id, by, new={"holder": name})


def log_call(request_id: int, *, outcome: str, note: str, next_call_on: date | None, by: By, version: int) -> None:
    """outcome: of models.CallOutcome.   Raises requests.UnableToHandle."""
    with db.atomic():
        _log_call(request_id, outcome, note, next_call_on, by, version)


def _log_call(request_id: int, outcome: str, note: str, next_call_on: date | None, by: By, version: int) -> None:
    requests.log_call(
        request_id,
        outcome=outcome,
        note=note,
        next_call_on=next_call_on,
        caller_id=by.user_id,
        actor=by.name,
        at=clock.now(),
        on=clock.today(),
        version=version,
    )
    said = {"outcome": outcome, "next_call_on": next_call_on.isoformat() if next_call_on else None}
    record("call", request_id, by, new=said)


def set_address(
    request_id: int, *, building_id: int, flat: str, entrance: str, offer_id: int | None, by: By, version: int
) -> None:
    """Raises requests.UnableToHandle."""
    with db.atomic():
        building = Building.objects.filter(pk=building_id).first()
        if building is None:
            raise requests.UnableToHandle(requests.Why.NO_BUILDING)
        before = ConnectionRequest.objects.values("building_id", "flat", "entrance", "offer_id").get(pk=request_id)
        after = requests.set_address(
            request_id,
            building=building,
            flat=flat,
            entrance=entrance,
            offer_id=offer_id,
            note=f"{building}, {flat.strip()}" if flat.strip() else str(building),
            actor=by.name,
            at=clock.now(),
            version=version,
        )
        new = {name: getattr(after, name) for name in before}
        record("set_address", request_id, by, old=dict(before), new=new)


def close(request_id: int, to: str, *, reason: str, duplicate_of_id: int | None, by: By, version: int) -> None:
    """to: refused, no_coverage, duplicate.   Raises requests.UnableToHandle."""
    with db.atomic():
        requests.close(
            request_id,
            to,
            reason=reason,
            duplicate_of_id=duplicate_of_id,
            actor=by.name,
            at=clock.now(),
            version=version,
        )
        record("close_request", request_id, by, new={"state": to, "duplicate_of": duplicate_of_id}, why=reason)


def reopen(request_id: int, *, by: By, version: int) -> None:
    """Asked for again, or the network has grown.   Raises requests.UnableToHandle."""
    with db.atomic():
        requests.move(request_id, "new", actor=by.name, at=clock.now(), version=version)
        record("reopen_request", request_id, by)


def record(
    action: str,
    request_id: int,
    by: By,
    *,
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
    why: str = "",
) -> None:
    """A line of the audit log, in the caller's transaction."""
    audit.record(
        actor=by.name,
        action=f"onboarding.{action}",
        subject=f"request:{request_id}",
        old=old,
        new=new,
        why=why,
        address=by.address,
    )
