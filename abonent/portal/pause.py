"""The service off at the subscriber's wish: a pause between two dates, and a daily subscriber's own switch."""

from datetime import date, timedelta
from typing import NamedTuple, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from abonent.billing import pauses, rules
from abonent.billing import queries as billing
from abonent.core import clock, money, periods
from abonent.flows import pause as flow
from abonent.portal import cabinet, scope, typed_days
from abonent.ui import formats, refusals


class Moved(NamedTuple):
    name: str
    through: date  # paid through, before
    through_after: date


class Preview(NamedTuple):
    starts_on: date
    last_day: date
    days: int
    moved: list[Moved]
    fee_kop: int
    balance_after_kop: int


@require_http_methods(["GET", "HEAD", "POST"])
@scope.signed_in_subscriber
def page(request: HttpRequest) -> HttpResponse:
    """/cabinet/pause/: GET with `?from=&to=` shows what it does; POST `do` = plan, cancel, end, off."""
    own = cast(scope.OwnRequest, request)
    if request.method == "POST":
        return _post(own)
    seen, today = cabinet.overview(own), clock.today()
    typed_from, typed_to = request.GET.get("from", ""), request.GET.get("to", "")
    if not typed_from and not typed_to:
        return _render(own, seen)
    errors, shown = _look(seen, typed_from, typed_to, today)
    return _render(own, seen, typed_from, typed_to, errors=errors, shown=shown)


def _post(own: scope.OwnRequest) -> HttpResponse:
    seen, today, do = cabinet.overview(own), clock.today(), own.POST.get("do", "")
    account_id, actor, address = seen.account_id, own.user.username, own.META.get("REMOTE_ADDR")
    try:
        if do == "plan":
            typed_from, typed_to = own.POST.get("from", ""), own.POST.get("to", "")
            errors, shown = _look(seen, typed_from, typed_to, today)
            if shown is None:
                return _render(own, seen, typed_from, typed_to, errors=errors)
            flow.plan(account_id=account_id, starts_on=shown.starts_on, ends_on=shown.last_day + periods.ONE_DAY,
                      on=today, actor=actor, address=address)  # fmt: skip
        elif do == "cancel":
            flow.cancel(account_id=account_id, on=today, actor=actor, address=address)
        elif do == "end":
            flow.end_early(account_id=account_id, on=today, actor=actor, address=address)
        elif do == "off":
            flow.switch_off(account_id=account_id, on=today, actor=actor, address=address)
    except pauses.UnableToPause as refused:
        return _render(own, cabinet.overview(own), problem=why(refused))
    return HttpResponseRedirect(reverse("pause"))


def why(refused: pauses.UnableToPause) -> str:
    """What happened and what to do, with the date from which it is possible."""
    policy = settings.PROFILE.pause
    possible_on = refused.possible_on
    facts = {
        "day": formats.day(possible_on) if possible_on else "",
        "last": formats.day(possible_on - periods.ONE_DAY) if possible_on else "",
        "least": formats.days(policy.min_days),
        "most": formats.days(policy.max_days),
        "sum": money.show(refused.missing_kop),
    }
    return str(refusals.PAUSE[refused.why]) % facts


def _look(seen: billing.Overview, typed_from: str, typed_to: str, today: date) -> tuple[dict[str, str], Preview | None]:
    first, last = typed_days.read(typed_from), typed_days.read(typed_to)
    not_a_day = _("This is not a day. Write it like 30.11.2026.")
    if first is None or last is None:
        return {name: not_a_day for name, day in (("from", first), ("to", last)) if day is None}, None
    if not date(2000, 1, 1) <= first <= last.max - timedelta(days=800) or last >= date(3000, 1, 1):
        return {"to": not_a_day}, None
    try:
        moved = pauses.check(seen, starts_on=first, ends_on=last + periods.ONE_DAY, on=today)
    except pauses.UnableToPause as refused:
        in_last = (pauses.Why.BACKWARDS, pauses.Why.TOO_SHORT, pauses.Why.TOO_LONG)
        return {"to" if refused.why in in_last else "from": why(refused)}, None
    names = {one.id: one.name(formats.language()) for one in seen.subscriptions}
    day = periods.ONE_DAY
    fee_kop = settings.PROFILE.pause.fee_kop
    return {}, Preview(
        first,
        last,
        (last - first).days + 1,
        [Moved(names[one.subscription_id], one.paid_until - day, one.paid_until_after - day) for one in moved],
        fee_kop,
        seen.balance_kop - fee_kop,
    )


def _render(
    own: scope.OwnRequest,
    seen: billing.Overview,
    typed_from: str = "",
    typed_to: str = "",
    *,
    errors: dict[str, str] | None = None,
    shown: Preview | None = None,
    problem: str = "",
) -> HttpResponse:
    today, policy, pause = clock.today(), settings.PROFILE.pause, seen.pause
    tomorrow = today + periods.ONE_DAY
    tariffs = [one for one in seen.subscriptions if one.role == "tariff"]
    working = [one for one in tariffs if one.state == "active"]
    early = pauses.earliest_end(pause, today) if pause and pause.state == "running" else None
    context = {
        "here": "pause",
        "seen": seen,
        "pause": pause,
        "last_day": pause.ends_on - periods.ONE_DAY if pause and pause.ends_on else None,
        "early": early if early and pause and (pause.ends_on is None or early < pause.ends_on) else None,
        "policy": policy,
        "is_daily": any(one.charging in rules.BY_DAYS for one in working),
        "may_plan": bool(working) and seen.deferral_ends_on is None and seen.contract_ends_on is None,
        "nothing_works": not working,
        "tomorrow": tomorrow,
        "typed_from": typed_from or tomorrow.isoformat(),
        "typed_to": typed_to or (today + timedelta(days=policy.min_days)).isoformat(),
        "errors": errors or {},
        "shown": shown,
        "problem": problem,
    }
    return render(own, "portal/pause.html", context, status=422 if errors or problem else 200)
