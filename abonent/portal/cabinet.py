"""The account: its first screen and its services. One statement a page, then words."""

from datetime import date, timedelta
from typing import NamedTuple, cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from abonent.billing import forecast as forecasts
from abonent.billing import overdue
from abonent.billing import planned as billing_planned
from abonent.billing import queries as billing
from abonent.core import clock, periods
from abonent.flows import resume_now
from abonent.network import outages
from abonent.notifications import news
from abonent.portal import ahead, planned, scope, screen, sums, traffic
from abonent.ui import diagnosis as words
from abonent.ui import formats

NEWS_DAYS, NEWS_MOST = 31, 2


class StoppedCredit(NamedTuple):
    """Postpaid: the invoice that stopped the credit."""

    invoice: overdue.Overdue
    pay_kop: int  # so that it counts again and everything works


@require_safe
@scope.signed_in_subscriber
def first_screen(request: HttpRequest) -> HttpResponse:
    """/cabinet/."""
    seen, today = overview(request), clock.today()
    future = planned.open_changes(seen.account_id) if seen.has_open_changes else []
    plans = billing_planned.of(seen)
    forecast, known = forecasts.of(seen, today, plans), ahead.known(seen, plans)
    now, seen_ahead = screen.now(seen, today), ahead.of(seen, forecast, known, today)
    interruption = _interruption(seen)
    if interruption and now.state == "ok":
        now = now._replace(state="warn", sentence=interruption.title)
    credit = _stopped_credit(seen, today)
    if credit:
        now = now._replace(pay_kop=credit.pay_kop)
    advised_kop = now.pay_kop or (seen_ahead.advised_kop if seen_ahead else 0)
    context = {
        "here": "cabinet",
        "seen": seen,
        "now": now,
        "interruption": interruption,
        "paid_through": billing.paid_through(seen),
        "next": screen.next_of(seen, forecast, known.names, today),
        "typed": sums.typed(advised_kop) if advised_kop else "",
        "credit": credit,
        "go_on_kop": sum(one.amount_kop for one in resume_now.look(seen, today)) if now.state == "warn" else 0,
        "ahead": seen_ahead,
        "deferral_last": seen.deferral_ends_on - periods.ONE_DAY if seen.deferral_ends_on else None,
        "ends_last": seen.contract_ends_on - periods.ONE_DAY if seen.contract_ends_on else None,
        "may_defer": bool(settings.PROFILE.deferral.max_kop) and not seen.deferral_kop,
        "services": screen.services(seen, today, name_state=False),
        "operations": screen.operations(seen.lines),
        "future": future,
        "news": _news(request, today),
    }
    return render(request, "portal/first_screen.html", context)


def _interruption(seen: billing.Overview) -> words.Said | None:
    """What is known of an outage at the first line that has one."""
    lines = [
        one.line_id for one in seen.subscriptions if one.line_id and one.kind == "internet" and one.role == "tariff"
    ]
    found = outages.open_of(lines)
    return words.of_outage(*found[0][2:]) if found else None


def _news(request: HttpRequest, today: date) -> list[news.Item]:
    """Of the last month, the newest two: for everybody and for his lines."""
    found = news.shown(formats.language(), today, [one.id for one in scope.own(request)])
    return [one for one in found if one.on > today - timedelta(days=NEWS_DAYS)][:NEWS_MOST]


def _stopped_credit(seen: billing.Overview, today: date) -> StoppedCredit | None:
    if seen.withheld_limit_kop is None:
        return None
    found = overdue.of(seen.account_id, on=today)
    if found is None:  # paid in a way that the night will find
        return None
    again = seen._replace(
        credit_limit_kop=seen.withheld_limit_kop,
        balance_kop=seen.balance_kop + found.unpaid_kop,
        withheld_limit_kop=None,
    )
    return StoppedCredit(found, found.unpaid_kop + billing.service_state(again, today).missing_kop)


@require_safe
@scope.signed_in_subscriber
def services(request: HttpRequest) -> HttpResponse:
    """/cabinet/services/."""
    seen, today = overview(request), clock.today()
    future = planned.open_changes(seen.account_id) if seen.has_open_changes else []
    plans = billing_planned.of(seen)
    forecast, known = forecasts.of(seen, today, plans), ahead.known(seen, plans)
    all_of_them = screen.services(seen, today, name_state=True)
    context = {
        "here": "cabinet_services",
        "seen": seen,
        "now": screen.now(seen, today),
        "next": screen.next_of(seen, forecast, known.names, today),
        "tariffs": [one for row, one in zip(seen.subscriptions, all_of_them, strict=True) if row.role == "tariff"],
        "future": future,
        "addons": [one for row, one in zip(seen.subscriptions, all_of_them, strict=True) if row.role != "tariff"],
        "traffic": traffic.of(cast(scope.OwnRequest, request).contract.id, today),
    }
    return render(request, "portal/account_services.html", context)


def overview(request: HttpRequest) -> billing.Overview:
    """What billing knows of the chosen contract.   Raises Http404 for a contract without an account."""
    seen = billing.overview(cast(scope.OwnRequest, request).contract.id, clock.today())
    if seen is None:
        raise Http404
    return seen
