"""The calendar of technicians' visits: a day by its windows, and a time chosen for a request."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from abonent.backoffice import gate, requests, screen, words
from abonent.core import clock
from abonent.flows import visiting
from abonent.identity import permissions
from abonent.identity import queries as identity
from abonent.identity.models import User
from abonent.onboarding import calendar, queries, visits, windows
from abonent.onboarding import requests as onboarding
from abonent.onboarding.models import ConnectionRequest, RequestState, Visit, VisitPhoto
from abonent.onboarding.models_visits import VisitState

SHOWN_DAYS = 400  # how far back and ahead the calendar is leafed through


class Wanted(NamedTuple):
    """What a time is being chosen for."""

    request: ConnectionRequest
    visit: Visit | None  # to be moved; None: a new one

    @property
    def query(self) -> str:
        return f"visit={self.visit.pk}" if self.visit else f"request={self.request.pk}"


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.HANDLE_REQUESTS, permissions.DO_VISITS)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/visits/?on=: `rows` of windows by technician; with `request` or `visit` a free one is chosen by POST."""
    wanted = _wanted(request)
    if request.method != "POST":
        return _render(request, wanted, _day(request))
    if wanted is None or not gate.may(request, permissions.HANDLE_REQUESTS):
        raise Http404
    try:
        technician, window = _chosen(request)
        if wanted.visit is None:
            visiting.agree(
                wanted.request.pk,
                technician=technician,
                window=window,
                tasks=request.POST.get("tasks", "")[:2000],
                by=requests.by(request),
                version=_number(request),
            )
        else:
            visiting.reschedule(
                wanted.visit, technician=technician, window=window, by=requests.by(request), version=_number(request)
            )
    except visits.UnableToVisit as refused:
        return _render(request, wanted, _day(request), problem=words.why_no_visit(refused))
    except onboarding.UnableToHandle as refused:
        return _render(request, wanted, _day(request), problem=words.why_not(refused))
    request.session[requests.DONE_KEY] = _("The visit is agreed.")
    return HttpResponseRedirect(reverse("staff_request", args=[wanted.request.pk]))


@require_safe
@gate.permitted(permissions.HANDLE_REQUESTS, permissions.DO_VISITS)
def photo(request: gate.StaffRequest, photo_id: int) -> HttpResponse:
    """/staff/photos/<id>/: the picture itself."""
    found = VisitPhoto.objects.filter(pk=photo_id).first() if photo_id <= requests.MOST_ID else None
    if found is None:
        raise Http404
    return HttpResponse(bytes(found.jpeg), content_type="image/jpeg")


def _wanted(request: gate.StaffRequest) -> Wanted | None:
    """Raises Http404: no such request waits for a visit, no such visit is planned."""
    said = request.POST if request.method == "POST" else request.GET
    if not gate.may(request, permissions.HANDLE_REQUESTS) or not (said.get("request") or said.get("visit")):
        return None
    if said.get("visit"):
        visit = calendar.one(_id(said.get("visit", "")))
        if visit is None or visit.state != VisitState.PLANNED:
            raise Http404
        return Wanted(visit.request, visit)
    asked = queries.one(_id(said.get("request", "")))
    if asked is None or asked.state != RequestState.ADDRESS:
        raise Http404
    return Wanted(asked, None)


def _chosen(request: gate.StaffRequest) -> tuple[User, windows.Window]:
    """Raises Http404: the button was not one of ours."""
    name, _bar, key = request.POST.get("slot", "").partition("|")
    technician = next((one for one in identity.users_with(permissions.DO_VISITS) if one.username == name), None)
    try:
        window = windows.read(key, clock.zone())
    except windows.UnableToReadWindow:
        raise Http404 from None
    if technician is None or (window.start.date() - clock.today()).days > windows.AHEAD_DAYS:
        raise Http404
    return technician, window


def _render(request: gate.StaffRequest, wanted: Wanted | None, on: date, problem: str = "") -> HttpResponse:
    now, zone = clock.now(), clock.zone()
    technicians = identity.users_with(permissions.DO_VISITS)
    days = list(windows.week(on))
    whole = windows.of_day(days[0], zone)[0].start, windows.of_day(days[-1], zone)[-1].end
    taken = calendar.between(*whole)
    by_technician = [calendar.slots(taken, one.pk, on, zone) for one in technicians]
    rows = [
        (window, window.end > now, list(zip(technicians, (day[n] for day in by_technician), strict=True)))
        for n, window in enumerate(windows.of_day(on, zone))
    ]
    context = {
        "here": "staff_visits",
        "on": on,
        "today": clock.today(),
        "days": calendar.week(taken, [one.pk for one in technicians], on, zone, now),
        "before": on - timedelta(days=7),
        "after": on + timedelta(days=7),
        "technicians": technicians,
        "rows": rows,
        "wanted": wanted,
        "bookable": (on - clock.today()).days <= windows.AHEAD_DAYS,
        "tasks": request.POST.get("tasks", "") if request.method == "POST" else _tasks(wanted),
        "problem": problem,
        "visit_states": words.VISIT_STATES,
        "may_requests": gate.may(request, permissions.HANDLE_REQUESTS),
    }
    return screen.show(request, "backoffice/visits.html", context, status=422 if problem else 200)


def _tasks(wanted: Wanted | None) -> str:
    if wanted is None or wanted.visit is not None:
        return ""
    offer = wanted.request.offer
    return _("Lay the cable, connect and check: %(what)s.") % {"what": offer.name_ru} if offer else ""


def _day(request: gate.StaffRequest) -> date:
    """The day that is looked at; of a chosen button, its own."""
    typed = request.POST.get("slot", "").partition("|")[2][:10] or request.GET.get("on", "")
    today = clock.today()
    try:
        on = date.fromisoformat(typed)
    except ValueError:
        return today
    return on if abs((on - today).days) <= SHOWN_DAYS else today


def _id(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and len(typed) < 19):
        raise Http404
    return int(typed)


def _number(request: gate.StaffRequest) -> int:
    typed = request.POST.get("version", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else -1
