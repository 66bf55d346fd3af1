"""Open the account as its owner sees it: for a quarter of an hour, without the right to change anything, in the log.

The pages are the subscriber's own (portal.scope lets them be looked at); he reads in his log that and why.
"""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from abonent.backoffice import acting, because, gate
from abonent.identity import permissions, seeing
from abonent.subscribers import finding

ACCOUNT = "/cabinet/"
MOST_WHY_CHARS = 300


@require_POST
@gate.permitted(permissions.VIEW_MONEY)
def page(request: gate.StaffRequest, number: str) -> HttpResponse:
    """/staff/contracts/<number>/as/: POST `why`: to the account; POST `do`=end: back to the card."""
    found = finding.one(number)
    if found is None or found.closed_on is not None:
        raise Http404
    if not seeing.may(request.user):
        return gate.refuse(request, seeing.NEEDED)
    why = request.POST.get("why", "").strip()[:MOST_WHY_CHARS] or because.of(request, found.id)
    back = f"{reverse('staff_contract', args=[found.number])}{because.query(because.of(request, found.id))}"
    if request.POST.get("do") == "end":
        seeing.end(request.session)
        return HttpResponseRedirect(back)
    if not why:
        request.session[acting.DONE_KEY] = _("Write why: it stands in the log.")
        return HttpResponseRedirect(back)
    gate.looked(request, f"contract:{found.id}", "backoffice.open_as_owner", why=why)
    seeing.begin(request.session, found.id)
    return HttpResponseRedirect(ACCOUNT)
