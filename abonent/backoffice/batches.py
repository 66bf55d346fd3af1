"""Acts on many: the preview with who is left out, the yes, how far it is, what became of each, the files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from abonent.backoffice import debt_words, gate, screen
from abonent.core import batches, clock, events
from abonent.core.models import Batch, BatchFile
from abonent.core.models_batches import BatchRowState, BatchState
from abonent.flows import batching
from abonent.ledger.models import Account

SHOWN = 50
SHOWN_BATCHES = 50
KINDS_PERMISSIONS = tuple(sorted({one.needs[0] for one in batching.KINDS.values()}))


class Reason(NamedTuple):
    word: str
    rows: int
    sum_kop: int


class Tab(NamedTuple):
    """The rows of a state."""

    state: str
    word: str
    rows: int
    sum_kop: int


class Row(NamedTuple):
    number: str
    name: str
    sum_kop: int
    said: str


@require_safe
@gate.permitted(*KINDS_PERMISSIONS)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/batches/?before=<id>: the newest first; previews that were not confirmed are their maker's alone."""
    before = _number(request.GET.get("before", ""))
    found = Batch.objects.exclude(state=BatchState.PREVIEW).order_by("-id")
    shown = list((found.filter(id__lt=before) if before else found)[: SHOWN_BATCHES + 1])
    lines = [(one, debt_words.KINDS[one.kind], *debt_words.STATES[one.state]) for one in shown[:SHOWN_BATCHES]]
    context = {
        "here": "staff_debtors",
        "local": clock.local,
        "lines": lines,
        "before": shown[SHOWN_BATCHES - 1].pk if len(shown) > SHOWN_BATCHES else 0,
    }
    return screen.show(request, "backoffice/batches.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(*KINDS_PERMISSIONS)
def one(request: gate.StaffRequest, batch_id: int) -> HttpResponse:
    """/staff/batches/<id>/?rows=<state>&after=<id>: one. POST `do`: confirm, stop, go_on."""
    found = _find(batch_id)
    if missing := [each for each in batching.KINDS[found.kind].needs if not gate.may(request, each)]:
        return gate.refuse(request, tuple(missing))
    if request.method != "POST":
        return _show(request, found)
    do = request.POST.get("do", "")
    if do == "confirm":
        try:
            batching.confirm(found.pk, by=request.actor, address=request.address)
        except batches.StalePreview:
            said = _("Something has changed since you looked: here is how it stands now. Look once more.")
            return _show(request, _find(batch_id), wrong=said, status=409)
        except batches.UnableToConfirm:
            found = _find(batch_id)
            if found.state == BatchState.PREVIEW:
                return _show(request, found, wrong=_("Only who has looked at it confirms it."), status=403)
    elif do == "stop":
        batching.stop(found.pk, by=request.actor, address=request.address)
    elif do == "go_on":
        batching.go_on(found.pk, by=request.actor, address=request.address)
    return HttpResponseRedirect(reverse("staff_batch", args=[batch_id]))


@require_safe
@gate.permitted(*KINDS_PERMISSIONS)
def state(request: gate.StaffRequest, batch_id: int) -> HttpResponse:
    """The part of the page that moves."""
    return render(request, "backoffice/batch_state.html", _state(_find(batch_id)))


@require_safe
@gate.permitted(*KINDS_PERMISSIONS)
def file(request: gate.StaffRequest, batch_id: int, number: int) -> HttpResponse:
    """/staff/batches/<id>/<number>.pdf: the letters of a batch in one file."""
    found = BatchFile.objects.filter(batch_id=batch_id, number=number).first() if number < 2**31 else None
    if found is None:
        raise Http404
    gate.looked(request, f"batch:{batch_id}", "backoffice.print")
    return screen.pdf(bytes(found.content), f"letters-{batch_id}-{number}.pdf")


def _show(request: gate.StaffRequest, found: Batch, *, wrong: str = "", status: int = 200) -> HttpResponse:
    counted = batches.counts(found)
    is_preview = found.state == BatchState.PREVIEW
    words = debt_words.ROWS | ({"planned": debt_words.MEANT} if is_preview else {})
    tabs = _tabs(counted, words)
    chosen = request.GET.get("rows", "")
    if chosen not in {one.state for one in tabs}:
        chosen = tabs[0].state if tabs else ""
    rows = batches.rows(found, chosen, after=_number(request.GET.get("after", "")), most=SHOWN + 1) if chosen else []
    context = {
        "here": "staff_debtors",
        "local": clock.local,
        "name": debt_words.KINDS[found.kind],
        "what_happens": debt_words.WHAT_HAPPENS[found.kind],
        "is_preview": is_preview,
        "is_mine": found.made_by == request.actor,
        "left_out": _reasons(counted, BatchRowState.LEFT_OUT),
        "not_done": [*_reasons(counted, BatchRowState.SKIPPED), *_reasons(counted, BatchRowState.REFUSED)],
        "tabs": tabs,
        "chosen": chosen,
        "rows": _named(rows[:SHOWN]),
        "next_after": rows[SHOWN - 1].pk if len(rows) > SHOWN else 0,
        "events": f"/events/?last={events.last_id([batches.TOPIC])}",
        "wrong": wrong,
    }
    return screen.show(request, "backoffice/batch.html", context | _state(found), status=status)


def _state(found: Batch) -> dict[str, Any]:
    mark, word = debt_words.STATES[found.state]
    files = list(found.files.order_by("number").values("number", "rows")) if found.state != BatchState.PREVIEW else []
    return {"batch": found, "went": batches.progress(found), "mark_kind": mark, "state_word": word, "files": files}


def _tabs(counted: list[batches.Counted], words: Mapping[str, object]) -> list[Tab]:
    tabs = []
    for code, word in words.items():
        of_state = [one for one in counted if one.state == code]
        if of_state:
            tabs.append(
                Tab(code, str(word), sum(one.rows for one in of_state), sum(one.sum_kop for one in of_state))
            )  # fmt: skip
    return tabs


def _reasons(counted: list[batches.Counted], of_state: str) -> list[Reason]:
    return [
        Reason(debt_words.reason(one.said), one.rows, one.sum_kop) for one in counted if one.state == of_state
    ]  # fmt: skip


def _named(rows: list[Any]) -> list[Row]:
    """One statement for a page."""
    accounts = Account.objects.select_related("contract__customer").in_bulk([one.subject_id for one in rows])
    named = []
    for one in rows:
        contract = accounts[one.subject_id].contract
        assert contract is not None, one.subject_id
        said = debt_words.reason(one.said) if one.said else ""
        named.append(Row(contract.number, contract.customer.full_name, one.sum_kop, said))
    return named


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 18 else 0


def _find(batch_id: int) -> Batch:
    found = Batch.objects.filter(pk=batch_id).first() if batch_id < 2**62 else None
    if found is None:
        raise Http404
    return found
