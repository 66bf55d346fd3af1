"""A provider is taken over from a page: files sent, columns shown and chosen, a dry run, a yes, progress, totals."""

from __future__ import annotations

import csv
import itertools
import re
from datetime import date
from typing import TYPE_CHECKING, Any

from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRefresh

from abonent.backoffice import gate, screen, step_up
from abonent.core import cells, clock
from abonent.core.models import Move, MoveKind, MoveState
from abonent.flows import moving_desk, moving_in, moving_received, moving_shape
from abonent.identity import permissions
from abonent.ui import formats

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

SHOWN, ERRORS_SHOWN = 20, 50
GOES_ON = (MoveState.RECEIVING, MoveState.CHECKING, MoveState.WRITING)
_SOURCE = re.compile(r"[a-z0-9_-]{1,32}")
TABLES: dict[str, StrPromise] = {
    "tariffs": gettext_lazy("Tariffs"),
    "addresses": gettext_lazy("Addresses"),
    "customers": gettext_lazy("Customers"),
    "contracts": gettext_lazy("Contracts"),
    "subscriptions": gettext_lazy("Services"),
    "balances": gettext_lazy("Balances"),
    "payments": gettext_lazy("Payments"),
    "devices": gettext_lazy("Devices"),
    "ledger": gettext_lazy("Ledger"),
    "documents": gettext_lazy("Documents"),
}
STEPS: dict[str, StrPromise] = TABLES | {
    "": gettext_lazy("Waits its turn"),
    "check": gettext_lazy("Compares the tables with each other"),
    "write": gettext_lazy("Writes"),
    "pack": gettext_lazy("Packs"),
}
STATES: dict[str, tuple[str, StrPromise]] = {
    "receiving": ("wait", gettext_lazy("is being received")),
    "checking": ("wait", gettext_lazy("is being checked")),
    "wrong": ("warn", gettext_lazy("has mistakes")),
    "checked": ("wait", gettext_lazy("waits for your yes")),
    "writing": ("wait", gettext_lazy("is being written")),
    "done": ("ok", gettext_lazy("done")),
    "failed": ("warn", gettext_lazy("did not work")),
    "dropped": ("quiet", gettext_lazy("deleted")),
}


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.MOVE_EVERYTHING)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/import/: POST `files` and `source` keeps a bundle and has it looked at."""
    if request.method != "POST":
        return _page(request)
    source = request.POST.get("source", "").strip() or moving_in.SOURCE
    if not _SOURCE.fullmatch(source):
        return _page(request, _("The name of the system is up to 32 of a-z, 0-9, - and _."))
    try:
        move = moving_desk.receive(
            request.FILES.getlist("files"), source=source, actor=request.actor, address=request.address,
            language=formats.language(),
        )  # fmt: skip
    except moving_received.UnableToReceive as refused:
        return _page(request, str(refused))
    except OSError:
        return _page(request, _("There is no room for the files on this machine."))
    return HttpResponseRedirect(reverse("staff_import_one", args=[move.pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.MOVE_EVERYTHING)
@step_up.before("confirm")
def one(request: gate.StaffRequest, move_id: int) -> HttpResponse:
    """/staff/import/<id>/: POST `do`: map (`<table>.<ours>` = theirs), confirm, drop, again."""
    move = _find(move_id)
    if request.method != "POST":
        return _one(request, move)
    do = request.POST.get("do", "")
    try:
        if do == "map":
            moving_desk.remap(move_id, _mapping(request, move), actor=request.actor, address=request.address)
        elif do == "confirm":
            moving_desk.confirm(move_id, actor=request.actor, address=request.address)
        elif do == "drop":
            moving_desk.drop(move_id, actor=request.actor, address=request.address)
        elif do == "again":
            moving_desk.again(move_id)
    except moving_desk.UnableToMove as refused:
        return _one(request, _find(move_id), str(refused))
    return HttpResponseRedirect(reverse("staff_import_one", args=[move_id]))


@require_safe
@gate.permitted(permissions.MOVE_EVERYTHING)
def state(request: gate.StaffRequest, move_id: int) -> HttpResponse:
    """The part of the page that moves; at its end the whole page comes anew."""
    move = _find(move_id)
    if move.state not in GOES_ON:
        return HttpResponseClientRefresh()
    return render(request, "backoffice/move_state.html", progress(move))


@require_safe
@gate.permitted(permissions.MOVE_EVERYTHING)
def errors(request: gate.StaffRequest, move_id: int) -> FileResponse:
    """/staff/import/<id>/errors.csv: a line each: file, line, column, what stands there, what is allowed."""
    path = moving_desk.folder_of(_find(move_id)).joinpath(moving_desk.ERRORS)
    if not path.is_file():
        raise Http404
    gate.looked(request, f"move:{move_id}", action="flows.download_errors")
    name = f"import-{move_id}-errors.csv"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type="text/csv")


def progress(move: Move) -> dict[str, Any]:
    """For `move_state.html`, of an export too."""
    mark, word = STATES[move.state]
    return {
        "move": move,
        "goes_on": move.state in GOES_ON,
        "mark_kind": mark,
        "state_word": word,
        "step": STEPS.get(move.step, move.step),
        "most": max(move.rows_expected, move.rows_done),
        "is_stuck": moving_desk.is_stuck(move),
    }


def _page(request: gate.StaffRequest, wrong: str = "") -> HttpResponse:
    context = {
        "here": "staff_import",
        "moves": [
            (one, clock.local(one.asked_at), *STATES[one.state])
            for one in Move.objects.filter(kind=MoveKind.IN).order_by("-id")[:SHOWN]
        ],
        "tables": [(one, TABLES[one.name]) for one in moving_shape.TABLES],
        "source": request.POST.get("source", "")[:32],
        "wrong": wrong,
    }
    return screen.show(request, "backoffice/import.html", context, status=422 if wrong else 200)


def _one(request: gate.StaffRequest, move: Move, wrong: str = "") -> HttpResponse:
    report = move.report
    context = {
        "here": "staff_import",
        "tables": [_table(one) for one in report.get("tables", ())],
        "totals": [(one, TABLES[one["table"]]) for one in report.get("totals", ())],
        "problems": report.get("problems", 0),
        "first_day": formats.day_in_full(date.fromisoformat(report["first_day"])) if "first_day" in report else "",
        "errors": _errors(move),
        "may_choose": move.state in (MoveState.WRONG, MoveState.CHECKED),
        "is_missing": any(one["missing"] for one in report.get("tables", ())),
        "words": TABLES,
        "wrong": wrong,
    }
    return screen.show(request, "backoffice/import_one.html", context | progress(move), status=409 if wrong else 200)


def _table(found: dict[str, Any]) -> dict[str, Any]:
    """A file as it was found, with our columns in their order: name, whether needed, theirs."""
    columns = {one.name: one.columns for one in moving_shape.TABLES}[found["table"]]
    rows = [(one.name, one.needed, found["columns"].get(one.name, "")) for one in columns]
    return found | {"title": TABLES[found["table"]], "rows": rows}


def _errors(move: Move) -> list[list[str]]:
    path = moving_desk.folder_of(move).joinpath(moving_desk.ERRORS)
    if move.state != MoveState.WRONG or not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = itertools.islice(csv.reader(file, delimiter=";"), 1, ERRORS_SHOWN + 1)
        return [[cells.loud(one) for one in row] for row in rows]  # a page runs no formulas


def _mapping(request: gate.StaffRequest, move: Move) -> dict[str, dict[str, str]]:
    """What was chosen, of columns that are there; "" is «none of them»."""
    chosen: dict[str, dict[str, str]] = {}
    for found in move.report.get("tables", ()):
        for ours in (each[0] for each in _table(found)["rows"]):
            theirs = request.POST.get(f"{found['table']}.{ours}")
            if theirs is not None and theirs in ("", *found["names"]):
                chosen.setdefault(found["table"], {})[ours] = theirs
    return chosen


def _find(move_id: int) -> Move:
    found = Move.objects.filter(pk=move_id, kind=MoveKind.IN).first()
    if found is None:
        raise Http404
    return found
