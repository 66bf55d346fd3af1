"""The log of who did what: filters, old and new values, page by page."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from abonent.backoffice import deeds, gate, screen
from abonent.core import audit
from abonent.identity import permissions

SHOWN = 50
FILTERS = ("actor", "action", "subject")


@require_safe
@gate.permitted(permissions.VIEW_AUDIT)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/log/?actor=&action=&subject=&before=: the newest first; `before` is the last id of the page before."""
    asked = {name: request.GET.get(name, "").strip()[:150] for name in FILTERS}
    typed = request.GET.get("before", "")
    before = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None
    found = audit.pages(**asked, before=before, most=SHOWN + 1)
    shown = [deeds.of(one) for one in found[:SHOWN]]
    older = (
        urlencode({**{name: value for name, value in asked.items() if value}, "before": shown[-1].id}) if shown else ""
    )
    context = {
        "here": "staff_log",
        "deeds": shown,
        "asked": asked,
        "actions": sorted(deeds.WORDS.items(), key=lambda one: str(one[1])),
        "older": older if len(found) > SHOWN else "",
        "is_first": before is None,
    }
    return screen.show(request, "backoffice/log.html", context)
