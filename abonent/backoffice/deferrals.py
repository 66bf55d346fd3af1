"""Deferred payments that count now, and those that ended lately: who lives on a promise, and who kept it."""

from datetime import timedelta

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from abonent.backoffice import gate, screen
from abonent.billing import deferrals
from abonent.core import clock
from abonent.identity import permissions

LATELY_DAYS = 30


@require_safe
@gate.permitted(permissions.VIEW_MONEY, permissions.GRANT_DEFERRALS)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/deferrals/: what is open, the next to end first; then what has ended lately, in debt or not."""
    today = clock.today()
    given = deferrals.given(ended_since=today - timedelta(days=LATELY_DAYS))
    context = {
        "here": "staff_deferrals",
        "open_ones": [one for one in given if one.ended_on is None],
        "ended": [one for one in given if one.ended_on is not None],
        "open_kop": sum(one.amount_kop for one in given if one.ended_on is None),
        "today": today,
        "lately_days": LATELY_DAYS,
        "most": deferrals.MOST_LISTED,
    }
    return screen.show(request, "backoffice/deferrals.html", context)
