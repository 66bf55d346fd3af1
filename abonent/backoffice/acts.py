"""The acts of the card, the one list: each calls one verb of the flows. A new one is a row here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.http import Http404, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from abonent.backoffice import acting, acts_closing, acts_payments, acts_services, gate
from abonent.backoffice.acting import Act
from abonent.billing import queries as billing
from abonent.core import clock
from abonent.identity import permissions
from abonent.subscribers import finding

ACTS: Final[Mapping[str, Act]] = {
    "tariff": Act(
        (permissions.MANAGE_SERVICES,), _("Change the tariff"), "gauge", acts_services.tariff_fields,
        acts_services.tariff_look, acts_services.tariff_do,
        fits=lambda seen, found: any(one.role == "tariff" for one in seen.subscriptions), binds=True,
    ),
    "deferral": Act(
        (permissions.GRANT_DEFERRALS,), _("Deferred payment"), "calendar-clock", acts_services.deferral_fields,
        acts_services.deferral_look, acts_services.deferral_do, gives=acts_services.deferral_gives,
        fits=lambda seen, found: seen.deferral_ends_on is None and found.ended_on is None,
    ),
    "pause": Act(
        (permissions.MANAGE_SERVICES,), _("Pause"), "circle-pause", acts_services.pause_fields,
        acts_services.pause_look, acts_services.pause_do,
        fits=lambda seen, found: seen.pause is None and found.ended_on is None,
    ),
    "pause-end": Act(
        (permissions.MANAGE_SERVICES,), _("End the pause"), "circle-play", lambda case: [],
        acts_services.pause_end_look, acts_services.pause_end_do, fits=lambda seen, found: seen.pause is not None,
    ),
    "device": Act(
        (permissions.MANAGE_NETWORK,), _("Register a device"), "router", acts_services.device_fields,
        acts_services.device_look, acts_services.device_do,
    ),
    "end": Act(
        (permissions.END_CONTRACTS,), _("End the contract"), "circle-x", acts_services.end_fields,
        acts_services.end_look, acts_services.end_do,
        fits=lambda seen, found: seen.contract_ends_on is None and found.ended_on is None,
    ),
    "end-cancel": Act(
        (permissions.END_CONTRACTS,), _("Call the end off"), "undo-2", lambda case: [],
        acts_services.end_cancel_look, acts_services.end_cancel_do,
        fits=lambda seen, found: seen.contract_ends_on is not None,
    ),
    "pay-out": Act(
        (permissions.REFUND,), _("Pay out what is left"), "banknote-arrow-down", lambda case: [],
        acts_closing.pay_out_look, acts_closing.pay_out_do, gives=acts_closing.pay_out_gives,
        fits=lambda seen, found: found.ended_on is not None and seen.balance_kop > 0,
    ),
    "write-off": Act(
        (permissions.CORRECT_MONEY,), _("Write off"), "eraser", lambda case: [],
        acts_closing.write_off_look, acts_closing.write_off_do, gives=acts_closing.write_off_gives,
        fits=lambda seen, found: found.ended_on is not None and seen.balance_kop != 0,
    ),
    "close": Act(
        (permissions.END_CONTRACTS,), _("Close the account"), "archive", acts_closing.close_fields,
        acts_closing.close_look, acts_closing.close_do, fits=lambda seen, found: found.ended_on is not None,
    ),
}  # fmt: skip
OF_A_PAYMENT: Final[Mapping[str, Act]] = {
    "correct": Act(
        (permissions.CORRECT_MONEY, permissions.TAKE_BACK_OWN_CASH), _("Take the payment back"), "undo-2",
        acts_payments.fields, acts_payments.correct_look, acts_payments.correct_do,
        gives=acts_payments.correct_gives,
    ),
    "refund": Act(
        (permissions.REFUND,), _("Refund"), "banknote-arrow-down", acts_payments.refund_fields,
        acts_payments.refund_look, acts_payments.refund_do, binds=True, gives=acts_payments.refund_gives,
    ),
}  # fmt: skip
ALL: Final = {**ACTS, **OF_A_PAYMENT}


def open_to(request: gate.StaffRequest, seen: billing.Overview, found: finding.FoundContract) -> list[tuple[str, Act]]:
    """Those that this role may do to this contract now."""
    return [(name, one) for name, one in ACTS.items() if _may(request, one) and one.fits(seen, found)]


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(*sorted({each for one in ALL.values() for each in one.any_of}))
def page(request: gate.StaffRequest, number: str, name: str) -> HttpResponse:
    """/staff/contracts/<number>/do/<name>/: one act; each has its own permissions beside the address's."""
    act, found = ALL.get(name), finding.one(number)
    if act is None or found is None or found.closed_on is not None:
        raise Http404
    if not _may(request, act):
        return gate.refuse(request, act.any_of)
    seen = billing.overview(found.id, clock.today())
    if seen is None:
        raise Http404
    return acting.page(request, found, seen, act)


def _may(request: gate.StaffRequest, act: Act) -> bool:
    return any(gate.may(request, one) for one in act.any_of)
