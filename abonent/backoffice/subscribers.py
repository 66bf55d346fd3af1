"""Find a subscriber, and see him at a glance: who, where, what he has, how to reach him."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from abonent.backoffice import acting, because, card, gate, screen
from abonent.identity import permissions
from abonent.subscribers import contacts, finding


@require_safe
@gate.permitted(permissions.VIEW_SUBSCRIBERS)
def search(request: gate.StaffRequest) -> HttpResponse:
    """/staff/search/?q=: by contract number, name or phone."""
    typed = request.GET.get("q", "").strip()[:80]
    found = finding.find(typed)
    context = {
        "here": "staff_search",
        "q": typed,
        "found": found,
        "short": bool(typed) and len(typed) < finding.LEAST_CHARS,
        "show_phone": contacts.show_phone,
        "most": finding.AT_MOST,
    }
    return screen.show(request, "backoffice/search.html", context)


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
