"""Everything is taken out from a page: written by a job, packed, downloaded by who may, deleted after a day."""

from __future__ import annotations

from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRefresh

from abonent.backoffice import gate, moving, screen, step_up
from abonent.core import clock
from abonent.core.models import Move, MoveKind, MoveState
from abonent.flows import moving_desk
from abonent.identity import permissions
from abonent.support import shown
from abonent.ui import formats

SHOWN = 10


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.MOVE_EVERYTHING)
@step_up.before("begin", "download")
def page(request: gate.StaffRequest) -> HttpResponseBase:
    """/staff/export/: POST `do`: begin; download, drop, again with `move`."""
    if request.method != "POST":
        return _show(request)
    do, move = request.POST.get("do", ""), _named(request)
    try:
        if do == "begin":
            moving_desk.begin_export(actor=request.actor, address=request.address, language=formats.language())
        elif do == "download" and move is not None:
            path = moving_desk.downloaded(move, actor=request.actor, address=request.address)
            name = f"abonent-{clock.on_date(move.asked_at).isoformat()}.zip"
            return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="application/zip")
        elif do == "drop" and move is not None:
            moving_desk.drop(move.pk, actor=request.actor, address=request.address)
        elif do == "again" and move is not None:
            moving_desk.again(move.pk)
    except moving_desk.UnableToMove as refused:
        return _show(request, str(refused))
    return HttpResponseRedirect(reverse("staff_export"))


@require_safe
@gate.permitted(permissions.MOVE_EVERYTHING)
def state(request: gate.StaffRequest) -> HttpResponse:
    """The part of the page that moves; at its end the whole page comes anew."""
    move = _current()
    if move is None:
        return HttpResponseClientRefresh()
    return render(request, "backoffice/move_state.html", moving.progress(move))


def _show(request: gate.StaffRequest, wrong: str = "") -> HttpResponse:
    current = _current()
    found = Move.objects.filter(kind=MoveKind.OUT).exclude(state=MoveState.WRITING).order_by("-id")[:SHOWN]
    context = {
        "here": "staff_export",
        "moves": [
            (one, clock.local(one.asked_at), *moving.STATES[one.state], shown.size_of(one.size_octets), _is_ready(one))
            for one in found
        ],
        "words": moving.TABLES,
        "current": current,
        "hours": moving_desk.EXPORT_KEPT_HOURS,
        "wrong": wrong,
        **(moving.progress(current) if current else {}),
    }
    return screen.show(request, "backoffice/export.html", context, status=409 if wrong else 200)


def _current() -> Move | None:
    return Move.objects.filter(kind=MoveKind.OUT, state=MoveState.WRITING).first()


def _is_ready(move: Move) -> bool:
    return move.state == MoveState.DONE and move.expires_at is not None and move.expires_at > clock.now()


def _named(request: gate.StaffRequest) -> Move | None:
    typed = request.POST.get("move", "")
    wanted = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 18 else 0
    return Move.objects.filter(pk=wanted, kind=MoveKind.OUT).first()
