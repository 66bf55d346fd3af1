"""A request's own page: what is known, what was done, and every verb of the staff on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from abonent.addresses import search
from abonent.addresses.models import Building
from abonent.backoffice import gate, screen, words
from abonent.catalog import queries as catalog
from abonent.core import clock
from abonent.flows import handle_request, visiting
from abonent.identity import permissions
from abonent.identity import queries as identity
from abonent.onboarding import calendar, queries, visits
from abonent.onboarding import requests as onboarding
from abonent.onboarding.models import ConnectionRequest, Visit
from abonent.subscribers import contacts
from abonent.ui import formats

DONE_KEY = "request_done"  # in the session: the next page says what was done
MOST_ID = 2**63 - 1


class Refused(Exception):
    """What was typed will not do; the text is for the page."""


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.HANDLE_REQUESTS)
def page(request: gate.StaffRequest, request_id: int) -> HttpResponse:
    """/staff/requests/<id>/: POST `do` with the `version` that was looked at; `?find=` looks for the building."""
    asked = queries.one(request_id) if request_id <= MOST_ID else None
    if asked is None:
        raise Http404
    if request.method != "POST":
        gate.looked(request, f"request:{asked.pk}")
        return _render(request, asked)
    do = request.POST.get("do", "")
    verb = _VERBS.get(do)
    if verb is None:
        raise Http404
    try:
        said = verb(request, asked, _version(request))
    except (Refused, onboarding.UnableToMove, visits.UnableToVisit) as refused:
        fresh = queries.one(request_id)
        assert fresh is not None, "a request is never deleted"
        return _render(request, fresh, problem=(do, _why(refused)))
    request.session[DONE_KEY] = said
    return HttpResponseRedirect(reverse("staff_request", args=[asked.pk]))


def _take(request: gate.StaffRequest, asked: ConnectionRequest, version: int) -> str:
    name = request.POST.get("holder", "")
    holders = {one.username: one for one in identity.users_with(permissions.HANDLE_REQUESTS)}
    if name and name not in holders:
        raise Refused(_("Choose a colleague who handles requests."))
    handle_request.take(asked.pk, holder=holders.get(name), by=by(request), version=version)
    return _("Held by %(name)s") % {"name": name} if name else _("Nobody holds it")


def _call(request: gate.StaffRequest, asked: ConnectionRequest, version: int) -> str:
    outcome = request.POST.get("outcome", "")
    if outcome not in words.OUTCOMES:
        raise Refused(_("Say how the call ended."))
    handle_request.log_call(
        asked.pk,
        outcome=outcome,
        note=_text(request, "note"),
        next_call_on=_day(request.POST.get("next_call_on", "")),
        by=by(request),
        version=version,
    )
    return _("The call is written down.")


def _address(request: gate.StaffRequest, asked: ConnectionRequest, version: int) -> str:
    typed = request.POST.get("building", "")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 19):
        raise Refused(_("Choose the building among those found."))
    code = request.POST.get("offer", "")
    offers = {one.offer.code: one.offer_id for one in catalog.on_sale(clock.today())}
    if code and code not in offers:
        raise Refused(_("Choose a tariff that is on sale."))
    handle_request.set_address(
        asked.pk,
        building_id=int(typed),
        flat=request.POST.get("flat", "")[:20],
        entrance=request.POST.get("entrance", "")[:20],
        offer_id=offers.get(code),
        by=by(request),
        version=version,
    )
    return _("The address is written down.")


def _close(request: gate.StaffRequest, asked: ConnectionRequest, version: int) -> str:
    to, other = request.POST.get("to", ""), request.POST.get("duplicate_of", "").strip().lstrip("№")
    if to not in words.CLOSINGS:
        raise Refused(_("Say why the request is closed."))
    handle_request.close(
        asked.pk,
        to,
        reason=_text(request, "reason"),
        duplicate_of_id=int(other) if other.isascii() and other.isdigit() and len(other) < 19 else None,
        by=by(request),
        version=version,
    )
    return _("The request is closed.")


def _reopen(request: gate.StaffRequest, asked: ConnectionRequest, version: int) -> str:
    handle_request.reopen(asked.pk, by=by(request), version=version)
    return _("The request is open again.")


def _call_off(request: gate.StaffRequest, asked: ConnectionRequest, version: int) -> str:
    typed = request.POST.get("visit", "")
    visit = next((one for one in calendar.of_request(asked.pk) if str(one.pk) == typed), None)
    if visit is None:
        raise Refused(_("The visit is done or called off already."))
    visiting.cancel(visit, why=_text(request, "why"), by=by(request), version=_number(request, "visit_version"))
    return _("The visit is called off.")


_VERBS: dict[str, Callable[[gate.StaffRequest, ConnectionRequest, int], str]] = {
    "take": _take,
    "call": _call,
    "address": _address,
    "close": _close,
    "reopen": _reopen,
    "call_off": _call_off,
}


def by(request: gate.StaffRequest) -> handle_request.By:
    return handle_request.By(request.user.pk, request.actor, request.address)


def _render(
    request: gate.StaffRequest, asked: ConnectionRequest, problem: tuple[str, str] | None = None
) -> HttpResponse:
    now, today = clock.now(), clock.today()
    find = request.GET.get("find", "").strip()[:240]
    found = search.find(find) if find else search.Found()
    buildings: list[tuple[int, str, str, str]] = [
        (one.building_id, str(one), one.settlement, one.connected) for one in found.buildings
    ]
    if not find and asked.building is not None:
        buildings = [_own(asked.building)]
    context = {
        "here": "staff_requests",
        "asked": asked,
        "place": queries.place(asked.state),
        "states": words.STATES,
        "connected": words.CONNECTED,
        "visit_states": words.VISIT_STATES,
        "equipment": words.EQUIPMENT,
        "outcomes": words.OUTCOMES,
        "closings": words.CLOSINGS,
        "steps": [
            (one, words.step(one), words.step_note(one), clock.local(one.at)) for one in queries.history(asked.pk)
        ],
        "visits": [(one, window_of(one)) for one in calendar.of_request(asked.pk)],
        "others": list(queries.others_of_phone(asked)),
        "holders": [one.username for one in identity.users_with(permissions.HANDLE_REQUESTS)],
        "offers": [one.offer for one in catalog.on_sale(today) if one.offer.role == "tariff"],
        "find": find,
        "found": buildings,
        "phone": contacts.show_phone(asked.phone),
        "asked_on": clock.on_date(asked.created_at),
        "age": words.age(asked.state_at, now),
        "is_open": asked.state in onboarding.OPEN,
        "is_closed": asked.state in onboarding.CLOSED,
        "may_sign": gate.may(request, permissions.SIGN_CONTRACTS),
        "today": today,
        "done": request.session.pop(DONE_KEY, "") if request.method == "GET" else "",
        "problem": problem,
        "typed": request.POST if request.method == "POST" else {},
    }
    return screen.show(request, "backoffice/request.html", context, status=422 if problem else 200)


def _own(building: Building) -> tuple[int, str, str, str]:
    return building.pk, str(building), building.settlement, building.connected


def window_of(visit: Visit) -> tuple[date, str]:
    """The operator's date of a visit, and from when to when."""
    start, end = clock.local(visit.period.lower), clock.local(visit.period.upper)
    return start.date(), f"{start:%H:%M}{formats.EN_DASH}{end:%H:%M}"


def _why(refused: Exception) -> str:
    if isinstance(refused, onboarding.UnableToHandle):
        return words.why_not(refused)
    if isinstance(refused, visits.UnableToVisit):
        return words.why_no_visit(refused)
    if isinstance(refused, Refused):
        return str(refused)
    return words.why_not(onboarding.UnableToHandle(onboarding.Why.NOT_NOW))


def _version(request: gate.StaffRequest) -> int:
    return _number(request, "version")


def _number(request: gate.StaffRequest, name: str) -> int:
    """A form without it fits no version."""
    typed = request.POST.get(name, "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else -1


def _text(request: gate.StaffRequest, name: str) -> str:
    return request.POST.get(name, "").strip()[:2000]


def _day(typed: str) -> date | None:
    """As the browser's own calendar writes it.   Raises Refused."""
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise Refused(_("This is not a day. Write it like 30.11.2026.")) from None
