"""The technician's own pages, for a phone in one hand: where to go today, and what was done there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from abonent.backoffice import gate, requests, screen, words
from abonent.core import clock
from abonent.flows import visiting
from abonent.identity import permissions
from abonent.onboarding import calendar, photos, visits, windows
from abonent.onboarding.models import Visit
from abonent.subscribers import contacts

SHOWN_DAYS = 60


@require_safe
@gate.permitted(permissions.DO_VISITS)
def day(request: gate.StaffRequest) -> HttpResponse:
    """/staff/visits/mine/?on=: his visits of a day, by their time."""
    today = clock.today()
    try:
        on = date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        on = today
    if abs((on - today).days) > SHOWN_DAYS:
        on = today
    hours = windows.of_day(on, clock.zone())
    mine = calendar.between(hours[0].start, hours[-1].end, technician_id=request.user.pk)
    context = {
        "here": "staff_my_visits",
        "on": on,
        "today": today,
        "before": on - timedelta(days=1),
        "after": on + timedelta(days=1),
        "visits": [(one, requests.window_of(one)[1]) for one in mine],
        "visit_states": words.VISIT_STATES,
        "show_phone": contacts.show_phone,
    }
    return screen.show(request, "backoffice/my_visits.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.DO_VISITS)
def page(request: gate.StaffRequest, visit_id: int) -> HttpResponse:
    """/staff/visits/<id>/: his own only; POST `do`: equipment, remove_equipment, photo, remove_photo, done."""
    visit = _his(request, visit_id)
    if request.method != "POST":
        gate.looked(request, f"request:{visit.request_id}")
        return _render(request, visit)
    do = request.POST.get("do", "")
    verb = _VERBS.get(do)
    if verb is None:
        raise Http404
    try:
        verb(request, visit)
    except visits.UnableToVisit as refused:
        return _render(request, _his(request, visit_id), problem=(do, words.why_no_visit(refused)))
    except photos.UnableToReadPhoto as refused:
        return _render(request, _his(request, visit_id), problem=(do, _why_no_photo(refused)))
    return HttpResponseRedirect(f"{reverse('staff_visit', args=[visit_id])}#{do.removeprefix('remove_')}")


def _his(request: gate.StaffRequest, visit_id: int) -> Visit:
    found = calendar.one(visit_id, technician_id=request.user.pk) if visit_id <= requests.MOST_ID else None
    if found is None:
        raise Http404
    return found


def _equipment(request: gate.StaffRequest, visit: Visit) -> None:
    kind = request.POST.get("kind", "")
    if kind not in words.EQUIPMENT:
        raise Http404
    mac, serial = request.POST.get("mac", "")[:40], request.POST.get("serial", "")[:60]
    visiting.add_equipment(visit, kind=kind, mac=mac, serial=serial, by=requests.by(request))


def _remove_equipment(request: gate.StaffRequest, visit: Visit) -> None:
    visiting.remove_equipment(visit, _id(request), by=requests.by(request))


def _photo(request: gate.StaffRequest, visit: Visit) -> None:
    sent = request.FILES.getlist("photo")
    if not sent:
        raise photos.UnableToReadPhoto("none")
    for one in sent[: visits.MOST_PHOTOS]:
        if not one.size or one.size > photos.MOST_BYTES:
            raise photos.UnableToReadPhoto("size")
        visiting.add_photo(visit, one.read(), by=requests.by(request))


def _remove_photo(request: gate.StaffRequest, visit: Visit) -> None:
    visiting.remove_photo(visit, _id(request), by=requests.by(request))


def _done(request: gate.StaffRequest, visit: Visit) -> None:
    visiting.finish(visit, report=request.POST.get("report", "")[:2000], by=requests.by(request))


_VERBS: dict[str, Callable[[gate.StaffRequest, Visit], None]] = {
    "equipment": _equipment,
    "remove_equipment": _remove_equipment,
    "photo": _photo,
    "remove_photo": _remove_photo,
    "done": _done,
}


def _render(request: gate.StaffRequest, visit: Visit, problem: tuple[str, str] | None = None) -> HttpResponse:
    on, hours = requests.window_of(visit)
    context = {
        "here": "staff_my_visits",
        "visit": visit,
        "asked": visit.request,
        "on": on,
        "hours": hours,
        "phone": contacts.show_phone(visit.request.phone),
        "equipment": words.EQUIPMENT,
        "visit_states": words.VISIT_STATES,
        "problem": problem,
        "typed": request.POST if problem else {},
        "may_photo": visit.photos.count() < visits.MOST_PHOTOS,
    }
    return screen.show(request, "backoffice/visit.html", context, status=422 if problem else 200)


def _why_no_photo(refused: photos.UnableToReadPhoto) -> str:
    return {
        "none": _("Choose a photo first."),
        "size": _("The photo is empty or larger than 12 MB: take it smaller."),
        "pixels": _("The photo has too many pixels: take it smaller."),
        "format": _("This is not a photo: JPEG, PNG and WebP are taken."),
    }[str(refused)]


def _id(request: gate.StaffRequest) -> int:
    typed = request.POST.get("id", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 19):
        raise Http404
    return int(typed)
