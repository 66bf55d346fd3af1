"""Interruptions: what the program has seen, what is declared, what is over; declared and ended here."""

from datetime import datetime, time, timedelta

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from abonent.addresses import search
from abonent.addresses.models import Building
from abonent.backoffice import gate, screen
from abonent.backoffice.network import read_id
from abonent.core import clock
from abonent.flows import outage
from abonent.identity import permissions
from abonent.network import outages, queries_staff
from abonent.network.models import OutageState
from abonent.ui import diagnosis

DONE_KEY = "staff_outages_done"  # in the session
BUILDINGS_AT_MOST = 200
STATES = {
    OutageState.SEEN: ("wait", gettext_lazy("seen by the program")),
    OutageState.DECLARED: ("warn", gettext_lazy("declared")),
    OutageState.ENDED: ("ok", gettext_lazy("over")),
    OutageState.DISMISSED: ("quiet", gettext_lazy("was none")),
}
_SAID = {
    "declare": gettext_lazy("Declared: those touched are told and read it on their first screen."),
    "confirm": gettext_lazy("Declared: those touched are told and read it on their first screen."),
    "end": gettext_lazy("Over: those touched are told; a long one gives their days back."),
    "dismiss": gettext_lazy("Dismissed: subscribers read nothing of it any more."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.ANNOUNCE_OUTAGES)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/outages/?q=: POST `do` = declare (of `node` or each `building`), confirm, end, dismiss."""
    if request.method != "POST":
        return _show(request)
    do = request.POST.get("do", "")
    try:
        wrong = _do(request, do)
    except outages.DeclaredAlready:
        wrong = _("There is an open one of that node or building already: it stands below.")
    except outages.NothingChosen:
        wrong = _("Choose a node, or buildings: one of the two.")
    except outages.NotOpen:
        wrong = _("A colleague was quicker: it is not open any more.")
    if wrong:
        return _show(request, wrong=wrong, status=422)
    request.session[DONE_KEY] = do
    return HttpResponseRedirect(reverse("staff_outages"))


def _do(request: gate.StaffRequest, do: str) -> str:
    """What was wrong; nothing: it is done."""
    actor, address = request.actor, request.address
    outage_id = read_id(request.POST.get("outage", ""))
    what = request.POST.get("what", "")[: outages.WHAT_MAX]
    if do == "end":
        outage.end(outage_id, actor=actor, address=address)
        return ""
    if do == "dismiss":
        outage.dismiss(outage_id, actor=actor, address=address)
        return ""
    try:
        expected_at, started_at = _time(request.POST.get("expected", "")), _time(request.POST.get("started", ""))
    except ValueError:
        return _("A time is written like 18:30.")
    if expected_at is not None and expected_at <= clock.now():
        expected_at += timedelta(days=1)  # of tomorrow
    if do == "confirm":
        outage.confirm(outage_id, what=what, expected_at=expected_at, actor=actor, address=address)
        return ""
    if started_at is not None and started_at > clock.now():
        started_at -= timedelta(days=1)  # of yesterday
    typed = [read_id(one) for one in request.POST.getlist("building")[:BUILDINGS_AT_MOST]]
    outage.declare(
        nas_id=_node(request),
        building_ids=list(Building.objects.filter(id__in=typed).values_list("id", flat=True)),
        what=what,
        started_at=started_at or clock.now(),
        expected_at=expected_at,
        actor=actor,
        address=address,
    )
    return ""


def _node(request: gate.StaffRequest) -> int | None:
    typed = read_id(request.POST.get("node", ""))
    return typed if typed in [one for one, _name in queries_staff.nodes()] else None


def _time(typed: str) -> datetime | None:
    """Of today, by the operator's clock; None where nothing is typed.   Raises ValueError."""
    if not typed.strip():
        return None
    hour = time.fromisoformat(typed.strip()[:5])
    return datetime.combine(clock.today(), hour, tzinfo=clock.zone())


def _show(request: gate.StaffRequest, *, wrong: str = "", status: int = 200) -> HttpResponse:
    typed = request.GET.get("q", request.POST.get("q", "")).strip()[:120]
    chosen = [read_id(one) for one in request.POST.getlist("building")[:BUILDINGS_AT_MOST]]
    found = {one.building_id: str(one) for one in search.find(typed).buildings} if typed else {}
    for one in Building.objects.filter(id__in=chosen):
        found.setdefault(one.pk, str(one))
    done = "" if wrong else request.session.pop(DONE_KEY, "")
    context = {
        "here": "staff_outages",
        "open": queries_staff.open_outages(),
        "past": queries_staff.past_outages(),
        "nodes": queries_staff.nodes(),
        "node": read_id(request.POST.get("node", "")),
        "q": "",
        "typed": typed,
        "found": found,
        "chosen": chosen,
        "what": request.POST.get("what", "")[: outages.WHAT_MAX] if wrong else "",
        "what_max": outages.WHAT_MAX,
        "states": STATES,
        "moment": diagnosis.moment,
        "wrong": wrong,
        "done": _SAID.get(done, ""),
    }
    return screen.show(request, "backoffice/outages.html", context, status=status)
