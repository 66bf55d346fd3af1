"""Accounts that no run charges until somebody has looked."""

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from abonent.backoffice import gate, reasons, screen
from abonent.billing import parking
from abonent.core import clock
from abonent.flows import unpark
from abonent.identity import permissions

SHOWN = 100


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.VIEW_MONEY)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/parked/: why each stands aside; POST `account` with `why` lets the runs charge it again."""
    if request.method == "POST":
        return _unpark(request)
    return _show(request)


def _unpark(request: gate.StaffRequest) -> HttpResponse:
    if not gate.may(request, permissions.CONTINUE_CHARGE_RUNS):
        return _show(request, wrong=_("Your role may not let it be charged again."), status=403)
    typed, why = request.POST.get("account", ""), request.POST.get("why", "").strip()[:500]
    account_id = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 18 else 0
    if not why:
        return _show(request, wrong=_("Say what was wrong, and is mended."), account_id=account_id, status=422)
    try:
        unpark.unpark(account_id, on=clock.today(), by=request.actor, why=why)
    except parking.UnableToUnpark as refused:
        return _show(request, wrong=_why_not(refused), account_id=account_id, status=422)
    return HttpResponseRedirect(f"{reverse('staff_parked')}?done=1")


def _why_not(refused: parking.UnableToUnpark) -> str:
    if isinstance(refused, parking.SenselessStill):
        return _("Mend it first. %(what)s") % {"what": reasons.said(refused.what)}
    return _("It is not parked any more: somebody has just taken it back.")


def _show(request: gate.StaffRequest, *, wrong: str = "", account_id: int = 0, status: int = 200) -> HttpResponse:
    parked = parking.parked(SHOWN)
    context = {
        "here": "staff_parked",
        "parked": parked,
        "most": SHOWN,
        "on_date": clock.on_date,
        "said": reasons.said,
        "may_unpark": gate.may(request, permissions.CONTINUE_CHARGE_RUNS),
        "wrong": wrong,
        "wrong_id": account_id if any(one.account_id == account_id for one in parked) else 0,
        "done": not wrong and "done" in request.GET,
    }
    return screen.show(request, "backoffice/parked.html", context, status=status)
