"""«Deferred payment»: what it opens, costs and until when, before it is agreed; or why not, and from which date."""

from datetime import date, timedelta
from typing import NamedTuple, cast

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from abonent.billing import deferrals, policies, rules
from abonent.billing import queries as billing
from abonent.core import clock, money, periods
from abonent.flows import defer
from abonent.portal import cabinet, scope, sums
from abonent.ui import formats, refusals


class Line(NamedTuple):
    what: str
    amount_kop: int


class Preview(NamedTuple):
    """What agreeing does, today."""

    amount_kop: int
    lines: list[Line]  # the fee, and what is charged at once
    cost_kop: int
    balance_after_kop: int
    last_day: date  # pay on it at the latest
    next_on: date | None
    next_kop: int


@require_http_methods(["GET", "HEAD", "POST"])
@scope.signed_in_subscriber
def page(request: HttpRequest) -> HttpResponse:
    """/cabinet/deferred/: GET with `?sum=` shows what it does; POST with `sum`, `cost` and `day` agrees to it."""
    own = cast(scope.OwnRequest, request)
    seen, today = cabinet.overview(own), clock.today()
    if seen.deferral_ends_on is not None and request.method != "POST":
        return _render(own, seen, granted=True)
    try:
        may = deferrals.allowed(seen, on=today)
    except deferrals.UnableToDefer as refused:
        return _render(own, seen, refused=refused, status=422 if request.method == "POST" else 200)
    given = request.POST if request.method == "POST" else request.GET
    typed = given.get("sum", "")[: sums.MOST_CHARS]
    try:
        amount_kop = sums.read(typed) if typed or request.method == "POST" else may.advised_kop
        _check(amount_kop, may)
    except sums.UnableToRead as error:
        advised = preview(seen, may.advised_kop, may, today)
        return _render(own, seen, may=may, shown=advised, typed=typed, error=str(error), status=422)
    shown = preview(seen, amount_kop, may, today)
    if request.method != "POST":
        return _render(own, seen, may=may, shown=shown, typed=sums.typed(amount_kop))
    if (given.get("cost"), given.get("day")) != (str(shown.cost_kop), today.isoformat()):
        changed = _("The sums have changed since the page was opened. Look at them once more.")
        return _render(own, seen, may=may, shown=shown, typed=sums.typed(amount_kop), problem=changed, status=409)
    try:
        defer.grant(account_id=seen.account_id, amount_kop=amount_kop, on=today, actor=own.user.username,
                    address=own.META.get("REMOTE_ADDR"))  # fmt: skip
    except deferrals.UnableToDefer as refused:
        return _render(own, seen, refused=refused, status=422)
    return HttpResponseRedirect(reverse("deferred"))


def preview(seen: billing.Overview, amount_kop: int, may: deferrals.Allowed, today: date) -> Preview:
    names = {one.id: one.name(formats.language()) for one in seen.subscriptions}
    held = {one.id: one for one in billing.held(seen)}
    with_it = seen._replace(
        balance_kop=seen.balance_kop - may.fee_kop, deferral_kop=amount_kop, deferral_ends_on=may.ends_on
    )
    charged = billing.woken(with_it, today).charged
    lines = [Line(_("Fee for the deferred payment"), may.fee_kop)] if may.fee_kop else []
    for one in charged:
        what = f"{names[one.id]}, {formats.period(one.due.period.start, one.due.period.end)}"
        lines.append(Line(what, one.amount_kop))
    cost_kop = sum(one.amount_kop for one in lines)
    ahead = billing.next_charge(with_it, today)
    next_on, next_kop = (ahead.on, ahead.amount_kop) if ahead else (None, 0)
    for one in charged:
        woken = held[one.id]
        if woken.charging == rules.ONCE:
            continue
        due = rules.next_due(woken.charging, one.due.period.end, one.anchor_day)
        proration_days = policies.in_force().proration_days
        kop = rules.cost(woken.charging, woken.price_kop, woken.discounts, due, proration_days).amount_kop
        if next_on is None or due.period.start < next_on:
            next_on, next_kop = due.period.start, kop
        elif due.period.start == next_on:
            next_kop += kop
    return Preview(
        amount_kop, lines, cost_kop, seen.balance_kop - cost_kop, may.ends_on - periods.ONE_DAY, next_on, next_kop
    )


def why(refused: deferrals.UnableToDefer) -> str:
    """What happened and what to do, with the date from which it is possible."""
    facts = {
        "day": formats.day(refused.possible_on) if refused.possible_on else "",
        "sum": money.show(refused.limit_kop),
    }
    return str(refusals.DEFERRAL[refused.why]) % facts


def _check(amount_kop: int, may: deferrals.Allowed) -> None:
    """Raises sums.UnableToRead, for the field."""
    if amount_kop < may.least_kop:
        raise sums.UnableToRead(why(deferrals.UnableToDefer(deferrals.Why.TOO_SMALL, limit_kop=may.least_kop)))
    if amount_kop > may.most_kop:
        raise sums.UnableToRead(why(deferrals.UnableToDefer(deferrals.Why.TOO_LARGE, limit_kop=may.most_kop)))


def _render(
    own: scope.OwnRequest,
    seen: billing.Overview,
    *,
    may: deferrals.Allowed | None = None,
    shown: Preview | None = None,
    refused: deferrals.UnableToDefer | None = None,
    granted: bool = False,
    typed: str = "",
    error: str = "",
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    ends_on = seen.deferral_ends_on
    context = {
        "here": "deferred",
        "seen": seen,
        "may": may,
        "shown": shown,
        "today": clock.today(),
        "granted": granted,
        "last_day": ends_on - timedelta(days=1) if ends_on else None,
        "to_pay_kop": max(0, -(seen.balance_kop + seen.credit_limit_kop)),
        "to_pay_typed": sums.typed(max(0, -(seen.balance_kop + seen.credit_limit_kop))),
        "refused": why(refused) if refused else "",
        "refused_pay": sums.typed(refused.limit_kop)
        if refused and refused.why in (deferrals.Why.UNPAID, deferrals.Why.NOT_ENOUGH, deferrals.Why.FIRST_TOP_UP)
        else "",
        "typed": typed,
        "error": error,
        "problem": problem,
    }
    return render(own, "portal/deferred.html", context, status=status)
