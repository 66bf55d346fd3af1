"""What colleagues may not give away alone: it waits here for a second yes. Who asked sees his own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from abonent.backoffice import gate, screen
from abonent.billing import deferrals, endings
from abonent.core import clock, money
from abonent.flows import four_eyes
from abonent.identity import permissions
from abonent.payments import cash_shifts, refunds, reversals, warrants
from abonent.payments.models_warrants import Warrant, WarrantState, WarrantVerb

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

VERBS: dict[str, StrPromise] = {
    WarrantVerb.REFUND: gettext_lazy("Refund of a payment"),
    WarrantVerb.CORRECT: gettext_lazy("A payment taken back"),
    WarrantVerb.DEFERRAL: gettext_lazy("Deferred payment"),
    WarrantVerb.PAY_OUT: gettext_lazy("What is left, paid out"),
    WarrantVerb.WRITE_OFF: gettext_lazy("Write-off"),
}
STATES: dict[str, tuple[str, StrPromise]] = {
    WarrantState.DONE: ("ok", gettext_lazy("done")),
    WarrantState.DECLINED: ("warn", gettext_lazy("declined")),
    WarrantState.WITHDRAWN: ("quiet", gettext_lazy("withdrawn")),
    WarrantState.STALE: ("warn", gettext_lazy("no longer as it was asked for")),
    WarrantState.EXPIRED: ("quiet", gettext_lazy("expired")),
}
FACTS: dict[str, StrPromise] = {
    "balance_kop": gettext_lazy("Balance"),
    "left_kop": gettext_lazy("Left of the payment"),
}
DECIDED_SHOWN = 20
MOST_WHY_CHARS = 500


class Waiting(NamedTuple):
    one: Warrant
    what: StrPromise | str
    contract: str
    owner: str
    asked_at: datetime  # in the operator's zone
    until: datetime
    facts: list[tuple[StrPromise, int, int | None]]  # what, then, now; None: nothing is left
    is_stale: bool
    is_own: bool


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.SECOND_YES, *four_eyes.ASKED_WITH)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/second-yes/: what waits, the oldest first; POST `id` with `do` approve, decline and `why`, or withdraw."""
    if request.method == "POST":
        return _decide(request)
    return _show(request)


def _decide(request: gate.StaffRequest) -> HttpResponse:
    typed, why = request.POST.get("id", ""), request.POST.get("why", "").strip()[:MOST_WHY_CHARS]
    warrant_id = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 18 else 0
    verb = request.POST.get("do", "")
    if verb != "withdraw" and not gate.may(request, permissions.SECOND_YES):
        return gate.refuse(request, (permissions.SECOND_YES,))
    now = clock.now()
    try:
        if verb == "approve":
            one = four_eyes.approve(warrant_id, by=request.user, on=clock.today(), at=now, address=request.address)
        elif verb == "decline":
            one = four_eyes.decline(warrant_id, by=request.actor, why=why, at=now, address=request.address)
        else:
            one = four_eyes.withdraw(warrant_id, by=request.actor, at=now, address=request.address)
    except _REFUSALS as refused:
        return _show(request, wrong=(warrant_id, _why_not(refused)))
    if one.state in (WarrantState.STALE, WarrantState.EXPIRED):
        said_so = _("It is no longer what was asked for: nothing was done. It must be asked for anew.")
        return _show(request, wrong=(0, said_so), status=409)
    return HttpResponseRedirect(f"{reverse('staff_second_yes')}?done={one.pk}")


_REFUSALS = (
    warrants.UnableToWarrant, refunds.UnableToRefund, reversals.UnableToReverse, deferrals.UnableToDefer,
    endings.UnableToEnd, cash_shifts.NoneOpen,
)  # fmt: skip


def _why_not(refused: Exception) -> str:
    if isinstance(refused, warrants.Own):
        return _("You have asked for it yourself: a colleague says the second yes.")
    if isinstance(refused, warrants.NoReason):
        return _("Write why not: who asked reads it.")
    if isinstance(refused, four_eyes.AboveOwnSum):
        return _("It is more than your own role moves: ask a colleague whose role may more.")
    if isinstance(refused, warrants.NotWaiting):
        return _("It waits no more: somebody has just decided.")
    if isinstance(refused, cash_shifts.NoneOpen):
        return _("The cash comes out of the drawer of who asked, and his shift is closed: he opens one first.")
    return _("It cannot be done now: look at the contract. It goes on waiting.")


def _show(request: gate.StaffRequest, wrong: tuple[int, str] | None = None, status: int = 422) -> HttpResponse:
    """wrong: of which, and what; 0 or one that waits no more is told above the list."""
    may = gate.may(request, permissions.SECOND_YES)
    mine = "" if may else request.actor
    waiting = [_row(one, request.actor) for one in warrants.waiting(asked_by=mine)]
    ids = {each.one.pk for each in waiting}
    context = {
        "here": "staff_second_yes",
        "may": may,
        "waiting": waiting,
        "decided": [_decided(one) for one in warrants.decided(most=DECIDED_SHOWN, asked_by=mine)],
        "wrong_id": wrong[0] if wrong and wrong[0] in ids else 0,
        "wrong": wrong[1] if wrong else "",
        "done": "" if wrong else _done(request.GET.get("done", ""), mine),
    }
    return screen.show(request, "backoffice/second_yes.html", context, status=status if wrong else 200)


def _row(one: Warrant, actor: str) -> Waiting:
    now = four_eyes.facts_now(one)
    contract = one.account.contract
    assert contract is not None, one.pk
    return Waiting(
        one=one,
        what=VERBS[one.verb],
        contract=contract.number,
        owner=contract.customer.full_name,
        asked_at=clock.local(one.asked_at),
        until=clock.local(one.expires_at),
        facts=[(FACTS[name], kop, now.get(name)) for name, kop in one.seen.items()],
        is_stale=now != one.seen,
        is_own=one.asked_by == actor,
    )


def _decided(one: Warrant) -> Mapping[str, Any]:
    contract = one.account.contract
    assert contract is not None, one.pk
    assert one.decided_at is not None, one.pk
    return {
        "one": one,
        "what": VERBS[one.verb],
        "contract": contract.number,
        "state": STATES[one.state],
        "at": clock.local(one.decided_at),
    }


def _done(typed: str, mine: str) -> str:
    """What became of the one that was just decided; "" where none was."""
    if not (typed.isascii() and typed.isdigit() and len(typed) < 18):
        return ""
    found = next((one for one in warrants.decided(most=DECIDED_SHOWN, asked_by=mine) if one.pk == int(typed)), None)
    if found is None:
        return ""
    return f"{VERBS[found.verb]}, {money.show(found.amount_kop)}: {STATES[found.state][1]}."
