"""The end of the contract and the closing of the account, as a list to tick: ended, at zero, closed by support."""

from datetime import date, timedelta
from typing import NamedTuple, cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from abonent.billing import endings
from abonent.billing import queries as billing
from abonent.core import clock, periods
from abonent.flows import close_account, end_contract
from abonent.portal import cabinet, privacy, scope, step_up, sums, typed_days
from abonent.subscribers import petitions
from abonent.subscribers.models_personal import PetitionKind
from abonent.ui import formats


class Back(NamedTuple):
    """What comes back of a charge, with its arithmetic."""

    name: str
    charged_kop: int
    used: str  # the days whose money stays; "": none
    used_kop: int
    amount_kop: int


class Preview(NamedTuple):
    last_day: date
    back: list[Back]
    amount_kop: int
    balance_after_kop: int


@require_http_methods(["GET", "HEAD", "POST"])
@scope.signed_in_subscriber
@step_up.before("end", "payout", "move")
def page(request: HttpRequest) -> HttpResponse:
    """/cabinet/close/: GET with `?last=` shows what an end gives back; POST `do`:

    end, keep, payout, withdraw, move; ask (support to close), take_back.
    """
    own = cast(scope.OwnRequest, request)
    if request.method == "POST":
        return _post(own)
    seen, typed = cabinet.overview(own), request.GET.get("last", "")
    if not typed:
        return _render(own, seen)
    error, shown = _look(seen, typed, clock.today())
    return _render(own, seen, typed=typed, error=error, shown=shown)


def _post(own: scope.OwnRequest) -> HttpResponse:
    seen, today, do = cabinet.overview(own), clock.today(), own.POST.get("do", "")
    who, address = own.user.username, own.META.get("REMOTE_ADDR")
    account_id = seen.account_id
    try:
        if do == "end":
            typed = own.POST.get("last", "")
            error, shown = _look(seen, typed, today)
            if shown is None:
                return _render(own, seen, typed=typed, error=error)
            ends_on = shown.last_day + periods.ONE_DAY
            end_contract.plan(account_id=account_id, ends_on=ends_on, on=today, actor=who, address=address)
        elif do == "keep":
            end_contract.cancel(account_id=account_id, actor=who, address=address)
        elif do == "payout":
            close_account.ask_payout(account_id=account_id, on=today, actor=who, address=address)
        elif do == "withdraw":
            close_account.withdraw_payout(account_id=account_id, actor=who, address=address)
        elif do == "ask":
            petitions.ask(own.contract.id, PetitionKind.CLOSING, text="", at=clock.now(), on=today, actor=who,
                          address=address)  # fmt: skip
        elif do == "take_back":
            petitions.withdraw(own.contract.id, PetitionKind.CLOSING, at=clock.now(), actor=who, address=address)
        elif do == "move":
            wanted = own.POST.get("contract", "")
            other = next((one for one in own.contracts if one.number == wanted), None)
            if other is None:
                raise endings.UnableToEnd(endings.Why.STRANGERS)
            close_account.move_left(contract_id=own.contract.id, to_contract_id=other.id, on=today, actor=who,
                                    address=address)  # fmt: skip
    except endings.UnableToEnd as refused:
        return _render(own, cabinet.overview(own), problem=why(refused))
    return HttpResponseRedirect(reverse("close"))


def why(refused: endings.UnableToEnd) -> str:
    """What happened and what to do."""
    possible_on = refused.possible_on
    facts = {
        "day": formats.day(possible_on) if possible_on else "",
        "last": formats.day(possible_on - periods.ONE_DAY) if possible_on else "",
    }
    said = {
        endings.Why.TOO_EARLY: _("The last day is %(last)s at the earliest: it is served already."),
        endings.Why.TOO_FAR: _("An end is planned for a year ahead at most: up to %(day)s."),
        endings.Why.PLANNED: _("The end is planned already. Call it off to choose another day."),
        endings.Why.ENDED: _("The contract has ended already."),
        endings.Why.NONE: _("There is nothing to call off any more."),
        endings.Why.NOT_ENDED: _("Money goes back after the end of the contract."),
        endings.Why.NOTHING_LEFT: _("Nothing is left on the account."),
        endings.Why.ASKED: _("The money is asked back already. Take that request back first."),
        endings.Why.STRANGERS: _("Money moves only to a contract of yours that goes on."),
    }
    return said[refused.why] % facts


def _look(seen: billing.Overview, typed: str, today: date) -> tuple[str, Preview | None]:
    last = typed_days.read(typed)
    if last is None or not date(2000, 1, 1) <= last < date(3000, 1, 1):
        return _("This is not a day. Write it like 30.11.2026."), None
    ends_on, earliest = last + periods.ONE_DAY, endings.earliest(seen, today)
    if ends_on < earliest:
        return why(endings.UnableToEnd(endings.Why.TOO_EARLY, possible_on=earliest)), None
    if (ends_on - today).days > endings.AHEAD_DAYS:
        farthest = today + timedelta(days=endings.AHEAD_DAYS)
        return why(endings.UnableToEnd(endings.Why.TOO_FAR, possible_on=farthest)), None
    names = {one.id: one.name(formats.language()) for one in seen.subscriptions}
    back = [
        Back(
            names[one.subscription_id],
            one.line.charged_kop,
            formats.period(one.line.used.start, one.line.used.end) if one.line.used.days else "",
            one.line.used_kop,
            one.line.amount_kop,
        )
        for one in endings.would_return(seen.account_id, ends_on)
    ]
    amount_kop = sum(one.amount_kop for one in back)
    return "", Preview(last, back, amount_kop, seen.balance_kop + amount_kop)


def _render(
    own: scope.OwnRequest,
    seen: billing.Overview,
    *,
    typed: str = "",
    error: str = "",
    shown: Preview | None = None,
    problem: str = "",
) -> HttpResponse:
    today = clock.today()
    final = end_contract.final(seen.account_id)
    earliest = endings.earliest(seen, today)
    others = [one for one in own.contracts if one.id != own.contract.id and one.ended_on is None]
    wishes = [one for one in petitions.of_contract(own.contract.id) if one.kind == PetitionKind.CLOSING]
    context = {
        "here": "close",
        "closing": privacy.petition_lines(wishes[:1])[0] if wishes else None,
        "equipment": [one[formats.language()] for one in close_account.checklist(account_id=seen.account_id).equipment],
        "seen": seen,
        "final": final,
        "ended_last": final.ends_on - periods.ONE_DAY if final else None,
        "planned_last": seen.contract_ends_on - periods.ONE_DAY if seen.contract_ends_on else None,
        "payout": endings.asked_payout(seen.account_id) if final else None,
        "others": others,
        "owed_kop": max(0, -seen.balance_kop),
        "owed_typed": sums.typed(max(0, -seen.balance_kop)),
        "typed": typed or max(earliest - periods.ONE_DAY, today).isoformat(),
        "error": error,
        "shown": shown,
        "problem": problem,
        "signed_on": seen.signed_on,
        "today": today,
    }
    return render(own, "portal/close.html", context, status=422 if error or problem else 200)
