"""The acts of the card, the one list: each calls one verb of the flows. A new one is a row here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from abonent.backoffice import acting, acts_payments, acts_services, gate
from abonent.backoffice.acting import Act
from abonent.billing import queries as billing
from abonent.core import clock
from abonent.identity import permissions
from abonent.subscribers import finding

ACTS: Final[Mapping[str, Act]] = {
    "tariff": Act(
        permissions.MANAGE_SERVICES, _("Change the tariff"), "gauge", acts_services.tariff_fields,
        acts_services.tariff_look, acts_services.tariff_do,
        fits=lambda seen: any(one.role == "tariff" for one in seen.subscriptions), binds=True,
    ),
    "deferral": Act(
        permissions.GRANT_DEFERRALS, _("Deferred payment"), "calendar-clock", acts_services.deferral_fields,
        acts_services.deferral_look, acts_services.deferral_do, fits=lambda seen: seen.deferral_ends_on is None,
    ),
    "pause": Act(
        permissions.MANAGE_SERVICES, _("Pause"), "circle-pause", acts_services.pause_fields,
        acts_services.pause_look, acts_services.pause_do, fits=lambda seen: seen.pause is None,
    ),
    "pause-end": Act(
        permissions.MANAGE_SERVICES, _("End the pause"), "circle-play", lambda case: [], acts_services.pause_end_look,
        acts_services.pause_end_do, fits=lambda seen: seen.pause is not None,
    ),
    "device": Act(
        permissions.MANAGE_NETWORK, _("Register a device"), "router", acts_services.device_fields,
        acts_services.device_look, acts_services.device_do,
    ),
    "end": Act(
        permissions.END_CONTRACTS, _("End the contract"), "circle-x", acts_services.end_fields,
        acts_services.end_look, acts_services.end_do, fits=lambda seen: seen.contract_ends_on is None,
    ),
    "end-cancel": Act(
        permissions.END_CONTRACTS, _("Call the end off"), "undo-2", lambda case: [], acts_services.end_cancel_look,
        acts_services.end_cancel_do, fits=lambda seen: seen.contract_ends_on is not None,
    ),
}  # fmt: skip
OF_A_PAYMENT: Final[Mapping[str, Act]] = {
    "correct": Act(
        permissions.CORRECT_MONEY, _("Take the payment back"), "undo-2", acts_payments.fields,
        acts_payments.correct_look, acts_payments.correct_do,
    ),
    "refund": Act(
        permissions.REFUND, _("Refund"), "banknote-arrow-down", acts_payments.refund_fields,
        acts_payments.refund_look, acts_payments.refund_do, binds=True,
    ),
}  # fmt: skip
ALL: Final = {**ACTS, **OF_A_PAYMENT}


def open_to(request: gate.StaffRequest, seen: billing.Overview) -> list[tuple[str, Act]]:
    """Those that this role may do to this contract now."""
    return [(name, one) for name, one in ACTS.items() if gate.may(request, one.permission) and one.fits(seen)]


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(*sorted({one.permission for one in ALL.values()}))
def page(request: gate.StaffRequest, number: str, name: str) -> HttpResponse:
    """/staff/contracts/<number>/do/<name>/: one act; each has its own permission beside the address's."""
    act, found = ALL.get(name), finding.one(number)
    if act is None or found is None or found.closed_on is not None:
        raise Http404
    if not gate.may(request, act.permission):
        return gate.refuse(request, (act.permission,))
    seen = billing.overview(found.id, clock.today())
    if seen is None:
        raise Http404
    return acting.page(request, found, seen, act)
