"""«Why is there no internet?» of a contract: what its subscriber reads, and what only the network knows beside it."""

from typing import NamedTuple

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from abonent.backoffice import gate, screen
from abonent.backoffice.network import read_id
from abonent.flows import diagnosis
from abonent.identity import permissions
from abonent.network import queries
from abonent.subscribers import finding
from abonent.ui import diagnosis as words

DONE_KEY = "staff_internet_done"  # in the session


class Shown(NamedTuple):
    line_id: int
    said: words.Said
    checks: list[words.Check]
    line: queries.LineSeen | None


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.VIEW_NETWORK)
def page(request: gate.StaffRequest, number: str) -> HttpResponse:
    """/staff/contracts/<number>/internet/: POST `line` restarts its session, by who may change the network."""
    found = finding.one(number)
    if found is None:
        raise Http404
    gate.looked(request, f"contract:{found.id}")
    verdicts = diagnosis.of(found.id)
    problem = ""
    if request.method == "POST":
        problem = _restart(request, verdicts)
        if not problem:
            request.session[DONE_KEY] = found.number
            return HttpResponseRedirect(reverse("staff_internet", args=[found.number]))
    context = {
        "here": "staff_search",
        "one": found,
        "verdicts": [_shown(one, with_sums=gate.may(request, permissions.VIEW_MONEY)) for one in verdicts],
        "moment": words.moment,
        "may_manage": gate.may(request, permissions.MANAGE_NETWORK),
        "may_outages": gate.may(request, permissions.ANNOUNCE_OUTAGES),
        "problem": problem,
        "done": not problem and request.session.pop(DONE_KEY, "") == found.number,
    }
    return screen.show(request, "backoffice/internet.html", context, status=422 if problem else 200)


def _shown(one: diagnosis.Verdict, *, with_sums: bool) -> Shown:
    plain = one.plain(with_sums=with_sums)
    return Shown(one.line_id, words.said(plain), words.checks(plain), one.facts.seen)


def _restart(request: gate.StaffRequest, verdicts: list[diagnosis.Verdict]) -> str:
    """What was wrong; nothing: it is done."""
    if not gate.may(request, permissions.MANAGE_NETWORK):
        return _("Your role may not change the network.")
    line_id = read_id(request.POST.get("line", ""))
    if not line_id or line_id not in [one.line_id for one in verdicts]:
        raise Http404
    try:
        diagnosis.restart(line_id, actor=request.actor, address=request.address)
    except diagnosis.UnableToRestart:
        return _("It was restarted a moment ago, or is not online. Look again in a minute.")
    return ""
