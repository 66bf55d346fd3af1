"""The charge runs: what each date was to take and took, what waits, and letting a stopped one go on."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from abonent.backoffice import gate, reasons, screen
from abonent.billing import runs
from abonent.billing.models import ChargeChunk, ChargeRun, RunState
from abonent.core import clock
from abonent.flows import charge_run
from abonent.identity import permissions
from abonent.ui import formats, words

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

PAGE_DATES = 31


class Group(NamedTuple):
    """One kind of service charged in one way: due now, covered, and in the run before it."""

    name: StrPromise | str
    per: StrPromise | str
    due: int
    due_kop: int
    covered_kop: int
    to_suspend: int
    then: int | None  # charges of the run it is compared with; None: nothing to compare with
    moved_kop: int  # how far the whole prices are from then


class Went(NamedTuple):
    """How far a run has come, in accounts of its chunks."""

    done: int
    of: int
    kop: int  # taken so far


@require_safe
@gate.permitted(permissions.VIEW_MONEY)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/charge-runs/?before=<date>: a month of dates, the last first; which date is next."""
    found = ChargeRun.objects.order_by("-on")
    before = _day(request.GET.get("before", ""))
    if before is not None:
        found = found.filter(on__lt=before)
    shown = list(found[: PAGE_DATES + 1])
    context = {
        "here": "staff_charge_runs",
        "runs": shown[:PAGE_DATES],
        "before": shown[PAGE_DATES - 1].on if len(shown) > PAGE_DATES else None,
        "through": runs.charged_through(),
        "missed": runs.missed(clock.today()),
    }
    return screen.show(request, "backoffice/charge_runs.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.VIEW_MONEY)
def one(request: gate.StaffRequest, on: str) -> HttpResponse:
    """/staff/charge-runs/<date>/: plan, comparison, progress, fact. POST `why` lets a stopped run go on."""
    day = _day(on)
    run = None if day is None else ChargeRun.objects.filter(on=day).first()
    if run is None:
        raise Http404
    if request.method == "POST":
        return _let_go_on(request, run)
    return _show(request, run)


@require_safe
@gate.permitted(permissions.VIEW_MONEY)
def state(request: gate.StaffRequest, on: str) -> HttpResponse:
    """The part of the page that moves."""
    day = _day(on)
    run = None if day is None else ChargeRun.objects.filter(on=day).first()
    if run is None:
        raise Http404
    return render(request, "backoffice/charge_run_state.html", {"run": run, "went": _went(run)})


def _let_go_on(request: gate.StaffRequest, run: ChargeRun) -> HttpResponse:
    """The next tick of the schedule charges; nothing is charged inside a request."""
    if not gate.may(request, permissions.CONTINUE_CHARGE_RUNS):
        return _show(request, run, wrong=_("Your role may not let a stopped run go on."), status=403)
    why = request.POST.get("why", "").strip()[:500]
    if not why:
        return _show(request, run, wrong=_("Say why it is right to go on: those who look later read it."), status=422)
    try:
        charge_run.let_go_on(run.on, by=request.actor, why=why)
    except runs.UnableToContinue:
        gone = _("It is not stopped any more: somebody has let it go on a moment ago.")
        return _show(request, ChargeRun.objects.get(id=run.pk), wrong=gone, status=409)
    return HttpResponseRedirect(reverse("staff_charge_run", args=[run.on.isoformat()]))


def _show(request: gate.StaffRequest, run: ChargeRun, *, wrong: str = "", status: int = 200) -> HttpResponse:
    compared = run.plan.get("compared") or {}
    context = {
        "here": "staff_charge_runs",
        "run": run,
        "groups": _groups(run.plan),
        "compared": [formats.day_in_full(date.fromisoformat(each)) for each in compared.get("dates", [])],
        "went": _went(run) if run.state == RunState.RUNNING else None,
        "local": clock.local,
        "took": _took(run),
        "tolerance": settings.PROFILE.run_tolerance_per_mille,
        "may_continue": gate.may(request, permissions.CONTINUE_CHARGE_RUNS),
        "wrong": wrong,
        "said": reasons.said,
    }
    return screen.show(request, "backoffice/charge_run.html", context, status=status)


def _groups(plan: dict[str, Any]) -> list[Group]:
    """Of a plan as a run keeps it (run_plans.Plan.as_json): what is due now, and what only was due then."""
    now = {(each["kind"], each["charging"]): each for each in plan.get("groups", [])}
    differences = (plan.get("compared") or {}).get("differences", [])
    then = {(each["kind"], each["charging"]): each for each in differences}
    return [_group(key, now.get(key, {}), then.get(key)) for key in sorted({*now, *then})]


def _group(key: tuple[str, str], now: dict[str, int], then: dict[str, int] | None) -> Group:
    kind, charging = key
    return Group(
        name=words.KINDS.get(kind, kind),
        per=words.PER.get(charging, charging),
        due=now.get("charges", 0),
        due_kop=now.get("due_kop", 0),
        covered_kop=now.get("covered_kop", 0),
        to_suspend=now.get("charges", 0) - now.get("covered", 0),
        then=None if then is None else then["then_charges"],
        moved_kop=0 if then is None else then["priced_kop"] - then["then_priced_kop"],
    )


def _went(run: ChargeRun) -> Went:
    chunks = list(ChargeChunk.objects.filter(run_id=run.pk).values_list("accounts", "fact"))
    done = [(accounts, fact) for accounts, fact in chunks if fact is not None]
    taken_kop = sum(fact["amount_kop"] for _, fact in done)
    return Went(sum(accounts for accounts, _ in done), sum(accounts for accounts, _ in chunks), taken_kop)


def _took(run: ChargeRun) -> str:
    """ "2 minutes 5 seconds" as "2:05"; nothing of one that a person had to let go on, or that has not finished."""
    if run.finished_at is None or run.continued_at is not None:
        return ""
    minutes, seconds = divmod(max(1, int((run.finished_at - run.started_at).total_seconds())), 60)
    return f"{minutes}:{seconds:02d}"


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed[:10])
    except ValueError:
        return None
