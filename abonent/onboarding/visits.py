"""Technicians' visits. The only module that writes Visit, Equipment and VisitPhoto."""

import enum
import hashlib
import re
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from abonent.core import db
from abonent.onboarding import photos, requests
from abonent.onboarding.models import ConnectionRequest, Equipment, RequestState, Visit, VisitPhoto
from abonent.onboarding.models_visits import EquipmentKind, VisitState
from abonent.onboarding.windows import Window

MOST_PHOTOS = 8  # of a visit
MOST_EQUIPMENT = 12
_MAC = re.compile(r"[0-9a-f]{12}")
_SEPARATORS = re.compile(r"[\s:.\u2010-\u2015-]")
_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 /.-]{2,39}")


class Why(enum.Enum):
    """Why not, for the screen's words."""

    BOOKED = enum.auto()  # the technician has another visit then
    PAST = enum.auto()
    NOT_PLANNED = enum.auto()  # it is done or called off already
    NOT_NOW = enum.auto()  # the request is not where a visit is agreed
    CHANGED = enum.auto()
    NO_REASON = enum.auto()
    BAD_MAC = enum.auto()
    BAD_SERIAL = enum.auto()
    EMPTY = enum.auto()  # neither MAC nor serial
    KNOWN_HERE = enum.auto()  # the device stands in this visit's list
    KNOWN_ELSEWHERE = enum.auto()  # `request_id`: it stands at another subscriber's
    TOO_MANY = enum.auto()


class UnableToVisit(Exception):
    """Nothing is written."""

    def __init__(self, why: Why, *, request_id: int = 0) -> None:
        super().__init__(why.name)
        self.why, self.request_id = why, request_id


def agree(
    request_id: int,
    *,
    technician_id: int,
    window: Window,
    tasks: str,
    note: str,
    actor: str,
    at: datetime,
    version: int | None,
) -> Visit:
    """A technician comes within the window; the request is «visit» from now on.   note: for the history.

    Raises UnableToVisit, requests.UnableToHandle.
    """
    request = requests.locked(request_id, version)
    if request.state != RequestState.ADDRESS:
        raise UnableToVisit(Why.NOT_NOW)
    visit = Visit(
        request=request,
        technician_id=technician_id,
        period=DateTimeTZRange(window.start, window.end),
        tasks=tasks.strip(),
        created_by=actor,
        created_at=at,
    )
    _book(visit, window, at)
    requests.note_visit(request, actor=actor, at=at, note=note, to=RequestState.VISIT_AGREED)
    return visit


def reschedule(
    visit_id: int, *, technician_id: int, window: Window, note: str, actor: str, at: datetime, version: int
) -> Visit:
    """Another time, or another technician.   Raises UnableToVisit."""
    request, visit = _planned(visit_id, version)
    visit.technician_id, visit.period = technician_id, DateTimeTZRange(window.start, window.end)
    visit.version += 1
    _book(visit, window, at)
    requests.note_visit(request, actor=actor, at=at, note=note)
    return visit


def cancel(visit_id: int, *, why: str, note: str, actor: str, at: datetime, version: int) -> Visit:
    """Called off; the request waits for another time.   Raises UnableToVisit."""
    request, visit = _planned(visit_id, version)
    why = why.strip()
    if not why:
        raise UnableToVisit(Why.NO_REASON)
    _close(visit, VisitState.CANCELLED, why, at)
    requests.note_visit(request, actor=actor, at=at, note=note, to=RequestState.ADDRESS)
    return visit


def finish(visit_id: int, *, report: str, note: str, actor: str, at: datetime) -> Visit:
    """Cable and equipment are there: the contract may be signed.   Twice is once. Raises UnableToVisit."""
    visit = Visit.objects.filter(pk=visit_id, state=VisitState.DONE).first()
    if visit is not None:
        return visit
    request, visit = _planned(visit_id, None)
    _close(visit, VisitState.DONE, report.strip(), at)
    requests.note_visit(request, actor=actor, at=at, note=note, to=RequestState.CONNECTED)
    return visit


def add_equipment(visit_id: int, *, kind: str, mac: str, serial: str, at: datetime) -> Equipment:
    """A device by its label; also after the visit is done.   Raises UnableToVisit."""
    request, visit = _going_on(visit_id)
    mac, serial = read_mac(mac), " ".join(serial.split())
    if serial and not _SERIAL.fullmatch(serial):
        raise UnableToVisit(Why.BAD_SERIAL)
    if not mac and not serial:
        raise UnableToVisit(Why.EMPTY)
    if visit.equipment.count() >= MOST_EQUIPMENT:
        raise UnableToVisit(Why.TOO_MANY)
    if mac:
        _refuse_known(mac, visit)
    line = request.contract.lines.order_by("pk").first() if request.contract is not None else None
    return Equipment.objects.create(
        visit=visit, line=line, kind=EquipmentKind(kind), mac=mac, serial=serial, noted_at=at
    )


def remove_equipment(visit_id: int, equipment_id: int) -> Equipment | None:
    """Written by mistake.   None: it is not there."""
    _going_on(visit_id)
    found = Equipment.objects.filter(pk=equipment_id, visit_id=visit_id).first()
    if found is not None:
        Equipment.objects.filter(pk=equipment_id).delete()
    return found


def add_photo(visit_id: int, photo: photos.Photo, *, actor: str, at: datetime) -> VisitPhoto:
    """The same picture twice is one.   Raises UnableToVisit."""
    _request, visit = _going_on(visit_id)
    digest = hashlib.sha256(photo.jpeg).digest()
    known = visit.photos.filter(sha256=digest).first()
    if known is not None:
        return known
    if visit.photos.count() >= MOST_PHOTOS:
        raise UnableToVisit(Why.TOO_MANY)
    return VisitPhoto.objects.create(
        visit=visit,
        sha256=digest,
        jpeg=photo.jpeg,
        width=photo.width,
        height=photo.height,
        taken_by=actor,
        kept_at=at,
    )


def remove_photo(visit_id: int, photo_id: int) -> bool:
    _going_on(visit_id)
    return VisitPhoto.objects.filter(pk=photo_id, visit_id=visit_id).delete()[0] == 1


def give_line(request_id: int, line_id: int) -> int:
    """The devices left at a request stand on its line now; give how many."""
    db.require_transaction()
    return Equipment.objects.filter(visit__request_id=request_id, line__isnull=True).update(line_id=line_id)


def read_mac(text: str) -> str:
    """ "AA-BB-CC-DD-EE-FF", "aabb.ccdd.eeff" → "aa:bb:cc:dd:ee:ff"; "" stays.   Raises UnableToVisit.

    Nobody's device: all zeros, and those of a group (broadcast is one).
    """
    digits = _SEPARATORS.sub("", text).lower()
    if not digits:
        return ""
    if not _MAC.fullmatch(digits) or int(digits[:2], 16) & 1 or not int(digits, 16):
        raise UnableToVisit(Why.BAD_MAC)
    return ":".join(digits[n : n + 2] for n in range(0, 12, 2))


def _refuse_known(mac: str, visit: Visit) -> None:
    """A device stands in one place; at one whose contract has ended it may be taken away."""
    for other in Equipment.objects.filter(mac=mac).select_related("visit__request__contract"):
        if other.visit_id == visit.pk:
            raise UnableToVisit(Why.KNOWN_HERE)
        request = other.visit.request
        ended = request.contract is not None and request.contract.ended_on is not None
        if request.pk != visit.request_id and not ended and request.state not in requests.CLOSED:
            raise UnableToVisit(Why.KNOWN_ELSEWHERE, request_id=request.pk)


def _book(visit: Visit, window: Window, at: datetime) -> None:
    if window.end <= at:
        raise UnableToVisit(Why.PAST)
    hold(visit.technician_id)
    try:
        with transaction.atomic():  # a savepoint: the refusal of the database is an answer, not an accident
            visit.save()
    except IntegrityError as error:
        if "onboarding_visit_no_double_booking" in str(error):
            raise UnableToVisit(Why.BOOKED) from None
        raise


def hold(technician_id: int) -> None:
    """Of one technician, one after another: two that overlap would else wait for each other until one is killed."""
    db.run("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"technician:{technician_id}"])


def _planned(visit_id: int, version: int | None) -> tuple[ConnectionRequest, Visit]:
    request, visit = _going_on(visit_id)
    if visit.state != VisitState.PLANNED:
        raise UnableToVisit(Why.NOT_PLANNED)
    if version is not None and visit.version != version:
        raise UnableToVisit(Why.CHANGED)
    return request, visit


def _going_on(visit_id: int) -> tuple[ConnectionRequest, Visit]:
    """The request first, then its visit: the order of all who lock both. Not of a visit that was called off."""
    db.require_transaction()
    request_id = Visit.objects.values_list("request_id", flat=True).get(pk=visit_id)
    request = requests.locked(request_id, None)
    visit = db.lock(Visit, [visit_id])[visit_id]
    if visit.state == VisitState.CANCELLED:
        raise UnableToVisit(Why.NOT_PLANNED)
    return request, visit


def _close(visit: Visit, state: str, report: str, at: datetime) -> None:
    visit.state, visit.report, visit.closed_at = state, report, at
    visit.version += 1
    visit.save(update_fields=["state", "report", "closed_at", "version"])
