"""The board of requests: how many wait at each stage, how long, who holds them; and a stage as a list."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from abonent.backoffice import gate, screen, words
from abonent.core import clock
from abonent.identity import permissions
from abonent.onboarding import queries
from abonent.subscribers import contacts


@require_safe
@gate.permitted(permissions.HANDLE_REQUESTS)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/requests/: `board`; `?mine=1`: what I hold."""
    now, mine = clock.now(), bool(request.GET.get("mine"))
    board = queries.board(now, holder_id=request.user.pk if mine else None)
    context = {
        "here": "staff_requests",
        "board": board,
        "ended": [(state, number) for state, number in board.ended.items()],
        "mine": mine,
        **_shown(now),
    }
    return screen.show(request, "backoffice/board.html", context)


@require_safe
@gate.permitted(permissions.HANDLE_REQUESTS)
def stage(request: gate.StaffRequest, state: str) -> HttpResponse:
    """/staff/requests/stage/<state>/: all of a stage, a page at a time."""
    if state not in words.STATES:
        raise Http404
    typed = request.GET.get("page", "1")
    number = int(typed) if typed.isascii() and typed.isdigit() and 0 < int(typed[:6]) < 10_000 else 1
    mine = bool(request.GET.get("mine"))
    rows, more = queries.of_state(state, holder_id=request.user.pk if mine else None, page=number)
    context = {
        "here": "staff_requests",
        "state": state,
        "rows": rows,
        "number": number,
        "more": more,
        "mine": mine,
        **_shown(clock.now()),
    }
    return screen.show(request, "backoffice/stage.html", context)


def _shown(now: object) -> dict[str, object]:
    return {
        "states": words.STATES,
        "age": words.age,
        "now": now,
        "today": clock.today(),
        "show_phone": contacts.show_phone,
    }
