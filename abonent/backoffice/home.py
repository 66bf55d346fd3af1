"""The first page of the workplace: what waits for whoever has signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from abonent.backoffice import gate, screen
from abonent.billing.models_changes import Change, ChangeState
from abonent.billing.models_runs import ChargeRun, ParkedAccount, RunState
from abonent.core import clock
from abonent.identity import permissions
from abonent.network import queries_staff as network
from abonent.onboarding import calendar, windows
from abonent.onboarding import queries as onboarding
from abonent.onboarding.models_visits import VisitState
from abonent.payments import receipts, warrants
from abonent.payments.models_desk import BankEntry, BankEntryState, Difference
from abonent.support import queries as support

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise


class Tile(NamedTuple):
    """A number of things that wait, and where they are dealt with."""

    number: int
    label: StrPromise
    address: str = ""  # of a page in the menu; "": told only


class Waiting(NamedTuple):
    permission: str
    of: Callable[[gate.StaffRequest], Tile]  # one statement


# A room that has something waiting adds its line; each is counted only for a role that may deal with it.
WAITING: tuple[Waiting, ...] = (
    Waiting(
        permissions.HANDLE_REQUESTS,
        lambda request: Tile(
            onboarding.count_new(), _("Requests nobody has called back"), reverse("staff_stage", args=["new"])
        ),
    ),
    Waiting(
        permissions.HANDLE_REQUESTS,
        lambda request: Tile(
            onboarding.count_to_call(clock.today(), request.user.pk),
            _("Calls you have promised for today"),
            f"{reverse('staff_requests')}?mine=1",
        ),
    ),
    Waiting(
        permissions.ANSWER_MESSAGES,
        lambda request: Tile(support.count_waiting(), _("Conversations nobody has taken"), reverse("staff_desk")),
    ),
    Waiting(
        permissions.ANNOUNCE_OUTAGES,
        lambda request: Tile(
            network.count_seen_outages(), _("Interruptions that the program has seen"), reverse("staff_outages")
        ),
    ),
    Waiting(
        permissions.DO_VISITS,
        lambda request: Tile(_visits_today(request), _("Your visits today"), reverse("staff_my_visits")),
    ),
    Waiting(
        permissions.APPROVE_TARIFF_CHANGES,
        lambda request: Tile(
            Change.objects.filter(state=ChangeState.ASKED).count(),
            _("Changes of tariff that wait for approval"),
            reverse("staff_approvals"),
        ),
    ),
    Waiting(
        permissions.SECOND_YES,
        lambda request: Tile(
            warrants.count_waiting(but=request.actor),
            _("Acts of colleagues that wait for your second yes"),
            reverse("staff_second_yes"),
        ),
    ),
    Waiting(
        permissions.CONTINUE_CHARGE_RUNS,
        lambda request: Tile(
            ChargeRun.objects.filter(state=RunState.STOPPED).count(),
            _("Charge runs that have stopped"),
            reverse("staff_charge_runs"),
        ),
    ),
    Waiting(
        permissions.CONTINUE_CHARGE_RUNS,
        lambda request: Tile(ParkedAccount.objects.count(), _("Parked accounts"), reverse("staff_parked")),
    ),
    Waiting(
        permissions.CORRECT_MONEY,
        lambda request: Tile(
            receipts.count_stuck()[0], _("Receipts the register has not taken"), reverse("staff_receipts")
        ),
    ),
    Waiting(
        permissions.CORRECT_MONEY,
        lambda request: Tile(
            BankEntry.objects.filter(state=BankEntryState.QUEUED).count(),
            _("Bank transfers without an owner"),
            reverse("staff_bank"),
        ),
    ),
    Waiting(
        permissions.CORRECT_MONEY,
        lambda request: Tile(
            Difference.objects.filter(closed_at__isnull=True).count(),
            _("Differences with banks and terminals"),
            reverse("staff_differences"),
        ),
    ),
)


@require_safe
@gate.any_staff
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/: `tiles` of what waits, and what the role may do."""
    tiles = [one.of(request) for one in WAITING if gate.may(request, one.permission)]
    may = [permissions.DESCRIPTIONS[one] for one in sorted(request.granted) if one in permissions.DESCRIPTIONS]
    return screen.show(request, "backoffice/home.html", {"here": "staff", "tiles": tiles, "may": may})


def _visits_today(request: gate.StaffRequest) -> int:
    hours = windows.of_day(clock.today(), clock.zone())
    mine = calendar.between(hours[0].start, hours[-1].end, technician_id=request.user.pk)
    return sum(one.state == VisitState.PLANNED for one in mine)
