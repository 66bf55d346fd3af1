"""Departments: what each answers, when it is there, what it promises. Their names and mailboxes are the profile's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core import signing
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from abonent.backoffice import gate, screen
from abonent.core import clock, opening
from abonent.core.profile_places import WEEKDAYS
from abonent.identity import permissions
from abonent.support import desks
from abonent.ui import words

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

SALT = "abonent.backoffice.departments"
DONE_KEY = "department_done"
DAYS: dict[str, StrPromise] = {
    "mon": gettext_lazy("Monday"),
    "tue": gettext_lazy("Tuesday"),
    "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"),
    "fri": gettext_lazy("Friday"),
    "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}


@require_safe
@gate.permitted(permissions.MANAGE_STAFF)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/departments/."""
    local = clock.local(clock.now())
    context = {
        "here": "staff_departments",
        "departments": [(one, opening.now(one.open, local)) for one in desks.departments()],
        "topics": words.TOPICS,
        "done": request.session.pop(DONE_KEY, ""),
    }
    return screen.show(request, "backoffice/departments.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.MANAGE_STAFF)
def one(request: gate.StaffRequest, key: str) -> HttpResponse:
    """/staff/departments/<key>/: POST keeps topics, hours by weekday and promises."""
    found = next((each for each in desks.departments() if each.key == key), None)
    if found is None:
        raise Http404
    work, problem = desks.work_of(found), ""
    typed = _typed_of(work)
    if request.method == "POST":
        typed = dict.fromkeys(typed, "") | request.POST.dict() | {"topics": request.POST.getlist("topic")}
        problem = _keep(request, key, typed)
        if not problem:
            request.session[DONE_KEY] = _("Kept: the site and the desk go by it from now on.")
            return HttpResponseRedirect(reverse("staff_departments"))
    context = {
        "here": "staff_departments",
        "department": found,
        "typed": typed,
        "days": DAYS,
        "topics": words.TOPICS,
        "seen": signing.dumps(json.dumps(work), salt=SALT),
        "problem": problem,
    }
    return screen.show(request, "backoffice/department.html", context, status=422 if problem else 200)


def _keep(request: gate.StaffRequest, key: str, typed: dict[str, Any]) -> str:
    """What is wrong, or ""."""
    why = str(typed.get("why", "")).strip()[:300]
    if not why:
        return _("Write why: it stands in the log.")
    if bool(typed["hours_ru"].strip()) != bool(typed["hours_en"].strip()):
        return _("Write the hours in both languages, or in none.")
    numbers = [str(typed.get(name, "")) for name in ("chat_minutes", "letter_hours")]
    if not all(one.isascii() and one.isdigit() and len(one) < 6 for one in numbers):
        return _("Write promises in whole minutes and hours.")
    work = desks.Work(
        topics=tuple(one for one in typed["topics"] if one in words.TOPICS),
        open=tuple(_openings(typed)),
        hours_ru=typed["hours_ru"].strip()[:120],
        hours_en=typed["hours_en"].strip()[:120],
        phone=typed["phone"].strip()[:40],
        chat_minutes=int(numbers[0]),
        letter_hours=int(numbers[1]),
    )
    try:
        seen = json.loads(signing.loads(typed.get("seen", ""), salt=SALT))
        desks.keep(key, work, seen=seen, by=request.actor, why=why, address=request.address)
    except desks.BadHours as bad:
        return {
            "phone": _("A phone has 11 digits, for example 8-800-000-00-00."),
            "chat_minutes": _("A chat is promised an answer within 1 to 1440 minutes."),
            "letter_hours": _("A letter is promised an answer within 1 to 240 hours."),
        }.get(str(bad), _("Each day opens before it closes; 00:00 at the end is midnight."))
    except desks.TopicLeft as left:
        return _("Nobody else answers «%(topic)s»: give it to another department first.") % {
            "topic": words.TOPICS[str(left)]
        }
    except (desks.ChangedMeanwhile, signing.BadSignature):
        return _("A colleague has changed it meanwhile. Look at it anew.")
    return ""


def _typed_of(work: dict[str, Any]) -> dict[str, Any]:
    """As the form shows it: a beginning and an end a weekday."""
    spans = {day: each for each in reversed(work["open"]) for day in each["days"]}
    found = {name: work[name] for name in ("topics", "hours_ru", "hours_en", "phone", "chat_minutes", "letter_hours")}
    for day in WEEKDAYS:
        found[f"from_{day}"] = spans[day]["from"] if day in spans else ""
        found[f"to_{day}"] = spans[day]["to"] if day in spans else ""
    return found | {"why": ""}


def _openings(typed: dict[str, Any]) -> list[dict[str, Any]]:
    """Days of the same hours together, in the order of the week."""
    spans: dict[tuple[str, str], list[str]] = {}
    for day in WEEKDAYS:
        start, end = str(typed.get(f"from_{day}", "")).strip()[:5], str(typed.get(f"to_{day}", "")).strip()[:5]
        if start or end:
            spans.setdefault((start, end), []).append(day)
    return [{"days": days, "from": start, "to": end} for (start, end), days in spans.items()]
