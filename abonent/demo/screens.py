"""The demo's own pages: its clock, and the doors to the sandbox process. With the sandbox off they have no address."""

from datetime import date
from typing import NamedTuple

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from abonent.core import clock, periods
from abonent.demo import clock_move
from abonent.ui import formats

DOORS = ("bank", "sms", "mail", "push", "terminal", "network")
MOST_DAYS = 366  # at once: each date's work is really done
REPORT_KEY = "clock_report"  # in the session: the next page tells what the move has run


class UnableToReadDate(Exception):
    """Its text is for the page."""


class Door(NamedTuple):
    key: str
    icon: str
    name: str
    what: str


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """/sandbox/."""
    doors = [
        Door("clock", "calendar-days", _("The clock"), _("Move the date on and see what the night does.")),
        Door("bank", "landmark", _("The bank"), _("Every payment it knows, the cards for trying, its delays.")),
        Door("sms", "smartphone", _("SMS"), _("What subscribers would read on their phones.")),
        Door("mail", "mail", _("Mail"), _("Letters that left us and went nowhere.")),
        Door("push", "bell", _("Push"), _("A phone that takes web pushes, without a browser's maker.")),
        Door("terminal", "banknote", _("A terminal"), _("Pay in cash by the number of a contract.")),
        Door("network", "router", _("The network"), _("Dial in as a subscriber, and see who is online.")),
    ]
    return render(request, "demo/index.html", {"here": "sandbox", "doors": doors})


@require_safe
def door(request: HttpRequest, key: str) -> HttpResponse:
    """/sandbox/bank/ and the others: to the process beside us."""
    if key not in DOORS:
        raise Http404
    return HttpResponseRedirect(f"{settings.SANDBOX_URL}/{key}/")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def the_clock(request: HttpRequest) -> HttpResponse:
    """/sandbox/clock/: POST `step` (day, month) or `to` (a date) moves on and runs what the nights would have run."""
    today = clock.today()
    typed, error = "", ""
    if request.method == "POST":
        typed = request.POST.get("to", "")[:20]
        try:
            to = _wanted(request.POST.get("step", ""), typed, today)
            request.session[REPORT_KEY] = clock_move.move(to)
            return HttpResponse(status=303, headers={"Location": request.path})
        except (UnableToReadDate, clock.UnableToMoveClock) as refused:
            error = str(refused)
    context = {
        "here": "sandbox",
        "today": today,
        "typed": typed,
        "error": error,
        "next_month": periods.month(today, 1),
        "report": request.session.pop(REPORT_KEY, None) if request.method == "GET" else None,
    }
    return render(request, "demo/clock.html", context, status=422 if error else 200)


def _wanted(step: str, typed: str, today: date) -> date:
    if step == "day":
        return today + periods.ONE_DAY
    if step == "month":
        return periods.month(today, 1)
    try:
        to = date.fromisoformat(typed)
    except ValueError:
        raise UnableToReadDate(_("Choose a date.")) from None
    if to <= today:
        raise UnableToReadDate(
            _("The clock goes forward only. Choose a date after %(day)s.") % {"day": formats.day(today)}
        )
    if (to - today).days > MOST_DAYS:
        raise UnableToReadDate(_("A year at most at once: every date's work is really done."))
    return to
