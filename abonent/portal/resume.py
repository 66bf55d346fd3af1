"""«Go on now»: what the rest of the period costs a suspended subscriber whose money covers it, then one confirm."""

from datetime import date
from typing import NamedTuple, cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from abonent.billing import queries as billing
from abonent.billing import waking
from abonent.core import clock
from abonent.flows import resume_now
from abonent.portal import cabinet, scope, sums
from abonent.ui import formats


class Line(NamedTuple):
    what: str
    amount_kop: int


class Preview(NamedTuple):
    """What agreeing does, today."""

    lines: list[Line]
    cost_kop: int
    balance_after_kop: int
    next_charge: billing.NextCharge | None  # after it


@require_http_methods(["GET", "HEAD", "POST"])
@scope.signed_in_subscriber
def page(request: HttpRequest) -> HttpResponse:
    """/cabinet/resume/: GET shows what it costs; POST with that `cost` agrees to it."""
    own = cast(scope.OwnRequest, request)
    seen, today = cabinet.overview(own), clock.today()
    if request.method != "POST":
        return _render(own, seen, today)
    typed = request.POST.get("cost", "")
    try:
        resume_now.resume(
            account_id=seen.account_id,
            cost_kop=int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else -1,
            on=today,
            actor=own.user.username,
            address=own.META.get("REMOTE_ADDR"),
        )
    except resume_now.NothingToResume:
        return _render(own, cabinet.overview(own), today)  # sent twice, or in another window: the page says how it is
    except resume_now.CostChanged:
        changed = _("The sums have changed since the page was opened. Look at them once more.")
        return _render(own, cabinet.overview(own), today, problem=changed, status=409)
    return HttpResponseRedirect(reverse("cabinet"))


def preview(seen: billing.Overview, today: date) -> Preview | None:
    """None: nothing is suspended, or the money covers none of it."""
    wakes = resume_now.look(seen, today)
    if not wakes:
        return None
    names = {one.id: one.name(formats.language()) for one in seen.subscriptions}
    lines = [
        Line(f"{names[one.id]}, {formats.period(one.due.period.start, one.due.period.end)}", one.amount_kop)
        for one in wakes
    ]
    cost_kop = sum(one.amount_kop for one in lines)
    after = _after(seen, wakes, cost_kop)
    return Preview(lines, cost_kop, after.balance_kop, billing.next_charge(after, today))


def _after(seen: billing.Overview, wakes: list[waking.Wake], cost_kop: int) -> billing.Overview:
    """The account as it will stand."""
    until = {one.id: one.due.period.end for one in wakes}
    rows = tuple(
        row._replace(state=waking.ACTIVE, paid_until=until[row.id], stopped_on=None) if row.id in until else row
        for row in seen.subscriptions
    )
    return seen._replace(subscriptions=rows, balance_kop=seen.balance_kop - cost_kop)


def _render(
    own: scope.OwnRequest, seen: billing.Overview, today: date, *, problem: str = "", status: int = 200
) -> HttpResponse:
    missing_kop = billing.woken(seen, today).missing_kop
    context = {
        "here": "cabinet",
        "seen": seen,
        "shown": preview(seen, today),
        "works": billing.service_state(seen, today).word == "working" and not missing_kop,
        "missing_kop": missing_kop,
        "missing_typed": sums.typed(missing_kop) if missing_kop else "",
        "problem": problem,
    }
    return render(own, "portal/resume.html", context, status=status)
