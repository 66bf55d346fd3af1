"""A subscriber at a glance: who, where, what he has, how to reach him."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from abonent.backoffice import acting, because, card, gate, screen
from abonent.identity import permissions
from abonent.subscribers import finding


@require_safe
@gate.permitted(permissions.VIEW_SUBSCRIBERS)
def contract(request: gate.StaffRequest, number: str) -> HttpResponse:
    """/staff/contracts/<number>/: the contract at a glance; that it was looked at stands in the audit log."""
    found = finding.one(number)
    if found is None:
        raise Http404
    why = because.of(request, found.id)
    gate.looked(request, f"contract:{found.id}", why=why)
    done = request.session.pop(acting.DONE_KEY, "")
    context = {"here": "staff_search", "back": because.query(why), "done": done, **card.of(request, found)}
    return screen.show(request, "backoffice/contract.html", context)
