"""A technician's visit from its agreement to its report, each verb with its line in the audit log."""

from abonent.core import clock, db
from abonent.flows import handle_request
from abonent.flows.handle_request import By
from abonent.identity.models import User
from abonent.onboarding import photos, visits
from abonent.onboarding.models import Equipment, Visit, VisitPhoto
from abonent.onboarding.windows import Window


def agree(request_id: int, *, technician: User, window: Window, tasks: str, by: By, version: int | None) -> Visit:
    """Raises visits.UnableToVisit, requests.UnableToHandle."""
    with db.atomic():
        made = visits.agree(
            request_id,
            technician_id=technician.pk,
            window=window,
            tasks=tasks,
            note=_when(window, technician),
            actor=by.name,
            at=clock.now(),
            version=version,
        )
        handle_request.record("agree_visit", request_id, by, new={"visit": made.pk, "when": _when(window, technician)})
    return made


def reschedule(visit: Visit, *, technician: User, window: Window, by: By, version: int) -> None:
    """Raises visits.UnableToVisit."""
    with db.atomic():
        before = {"when": visit.period.lower.isoformat(), "technician": visit.technician_id}
        visits.reschedule(
            visit.pk,
            technician_id=technician.pk,
            window=window,
            note=_when(window, technician),
            actor=by.name,
            at=clock.now(),
            version=version,
        )
        said = {"visit": visit.pk, "when": _when(window, technician)}
        handle_request.record("move_visit", visit.request_id, by, old=before, new=said)


def cancel(visit: Visit, *, why: str, by: By, version: int) -> None:
    """Raises visits.UnableToVisit."""
    with db.atomic():
        visits.cancel(visit.pk, why=why, note=why.strip(), actor=by.name, at=clock.now(), version=version)
        handle_request.record("cancel_visit", visit.request_id, by, new={"visit": visit.pk}, why=why)


def finish(visit: Visit, *, report: str, by: By) -> None:
    """Raises visits.UnableToVisit."""
    with db.atomic():
        visits.finish(visit.pk, report=report, note=report.strip(), actor=by.name, at=clock.now())
        handle_request.record("finish_visit", visit.request_id, by, new={"visit": visit.pk})


def add_equipment(visit: Visit, *, kind: str, mac: str, serial: str, by: By) -> Equipment:
    """Raises visits.UnableToVisit."""
    with db.atomic():
        made = visits.add_equipment(visit.pk, kind=kind, mac=mac, serial=serial, at=clock.now())
        said = {"visit": visit.pk, "kind": made.kind, "mac": made.mac, "serial": made.serial}
        handle_request.record("add_equipment", visit.request_id, by, new=said)
    return made


def remove_equipment(visit: Visit, equipment_id: int, *, by: By) -> None:
    with db.atomic():
        gone = visits.remove_equipment(visit.pk, equipment_id)
        if gone is not None:
            said = {"visit": visit.pk, "kind": gone.kind, "mac": gone.mac, "serial": gone.serial}
            handle_request.record("remove_equipment", visit.request_id, by, old=said)


def add_photo(visit: Visit, sent: bytes, *, by: By) -> VisitPhoto:
    """Raises photos.UnableToReadPhoto, visits.UnableToVisit."""
    photo = photos.clean(sent)  # decoding takes time: not inside the transaction
    with db.atomic():
        kept = visits.add_photo(visit.pk, photo, actor=by.name, at=clock.now())
        handle_request.record("add_photo", visit.request_id, by, new={"visit": visit.pk, "photo": kept.pk})
    return kept


def remove_photo(visit: Visit, photo_id: int, *, by: By) -> None:
    with db.atomic():
        if visits.remove_photo(visit.pk, photo_id):
            handle_request.record("remove_photo", visit.request_id, by, old={"visit": visit.pk, "photo": photo_id})


def _when(window: Window, technician: User) -> str:
    return f"{window.start:%d.%m.%Y %H:%M}\u2013{window.end:%H:%M}, {technician.username}"
