"""What is asked about technicians' visits, and what they left at subscribers'."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Prefetch, QuerySet

from abonent.onboarding import windows
from abonent.onboarding.models import Equipment, Visit, VisitPhoto
from abonent.onboarding.models_visits import VisitState
from abonent.onboarding.windows import Window

_JOINED = ("technician", "request__building", "request__offer", "request__contract")


class Slot(NamedTuple):
    """A window of a technician's day."""

    window: Window
    visits: list[Visit]  # that overlap it; none: he is free


class Day(NamedTuple):
    on: date
    free: int  # windows that somebody could still come in


def between(start: datetime, end: datetime, *, technician_id: int | None = None) -> list[Visit]:
    """Visits that are not called off and overlap [start, end), by their time. One statement."""
    found = Visit.objects.filter(period__overlap=DateTimeTZRange(start, end)).exclude(state=VisitState.CANCELLED)
    if technician_id is not None:
        found = found.filter(technician_id=technician_id)
    return list(found.select_related(*_JOINED).order_by("period", "id"))


def slots(taken: Sequence[Visit], technician_id: int, on: date, zone: ZoneInfo) -> list[Slot]:
    """The day of one technician, from visits that `between` gave."""
    his = [one for one in taken if one.technician_id == technician_id]
    return [Slot(each, [one for one in his if _overlap(one, each)]) for each in windows.of_day(on, zone)]


def week(taken: Sequence[Visit], technician_ids: Sequence[int], on: date, zone: ZoneInfo, at: datetime) -> list[Day]:
    """How many windows of each day of that week are free and not over yet."""
    days = []
    for each in windows.week(on):
        free = sum(
            not slot.visits and slot.window.end > at for one in technician_ids for slot in slots(taken, one, each, zone)
        )
        days.append(Day(each, free))
    return days


def one(visit_id: int, *, technician_id: int | None = None) -> Visit | None:
    """With its devices and photos (without the pictures).   technician_id: only if it is his."""
    photos = Prefetch("photos", VisitPhoto.objects.defer("jpeg").order_by("id"))
    devices = Prefetch("equipment", Equipment.objects.order_by("id"))
    found = Visit.objects.select_related(*_JOINED).prefetch_related(photos, devices).filter(pk=visit_id)
    if technician_id is not None:
        found = found.filter(technician_id=technician_id)
    return found.first()


def of_request(request_id: int) -> list[Visit]:
    """The latest first, with devices and photos."""
    photos = Prefetch("photos", VisitPhoto.objects.defer("jpeg").order_by("id"))
    devices = Prefetch("equipment", Equipment.objects.order_by("id"))
    found = Visit.objects.filter(request_id=request_id).select_related("technician")
    return list(found.prefetch_related(photos, devices).order_by("-period"))


def equipment_of_request(request_id: int) -> QuerySet[Equipment]:
    """What stands at the subscriber's, in the order it was written down."""
    return Equipment.objects.filter(visit__request_id=request_id).order_by("id")


def equipment_of_line(line_id: int) -> QuerySet[Equipment]:
    """What stands on a line: kind, MAC, serial; in the order it was written down."""
    return Equipment.objects.filter(line_id=line_id).order_by("id")


def _overlap(visit: Visit, window: Window) -> bool:
    return bool(visit.period.lower < window.end and window.start < visit.period.upper)
