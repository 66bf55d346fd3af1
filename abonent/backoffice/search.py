"""The search from anywhere: one line, everything that fits, by groups."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from abonent.backoffice import gate, screen
from abonent.billing.models_documents import DocumentKind
from abonent.flows import search
from abonent.identity import permissions
from abonent.payments.models import Channel, PaymentState
from abonent.subscribers import contacts, finding

WHERE_KNOWN = {
    "device": _("registered device"),
    "seen": _("seen, not registered"),
    "session": _("online with it now"),
    "static": _("static address"),
}
CHANNELS = {
    Channel.YOOKASSA: _("bank card"),
    Channel.CASH: _("cash"),
    Channel.OSMP: _("terminal"),
    Channel.SBER: _("Sberbank"),
    Channel.BANK: _("bank transfer"),
}
STATES = {
    PaymentState.NEW: _("begun"),
    PaymentState.PENDING: _("waits for the payer"),
    PaymentState.SUCCEEDED: _("paid"),
    PaymentState.CANCELED: _("cancelled"),
    PaymentState.PARKED: _("staff look into it"),
}
DOCUMENTS = {
    DocumentKind.INVOICE: _("Invoice"),
    DocumentKind.ACT: _("Act"),
    DocumentKind.VAT_INVOICE: _("VAT invoice"),
}


@require_safe
@gate.permitted(permissions.VIEW_SUBSCRIBERS)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/search/?q=: a contract, a name, a phone, an address, a MAC, an IP, a payment, a document.

    Whom it has shown stands in the audit log, what was typed does not: it may be a name.
    """
    typed = request.GET.get("q", "").strip()[: search.MOST_CHARS]
    found = search.find(
        typed,
        sees_network=gate.may(request, permissions.VIEW_NETWORK),
        sees_money=gate.may(request, permissions.VIEW_MONEY),
    )
    if found:
        gate.looked(request, "search:contracts", "backoffice.search", new={"contracts": found.contract_ids})
    context = {
        "here": "staff_search",
        "q": typed,
        "found": found,
        "short": len(typed) < finding.LEAST_CHARS,
        "most": search.AT_MOST,
        "show_phone": contacts.show_phone,
        "where_known": WHERE_KNOWN,
        "channels": CHANNELS,
        "states": STATES,
        "document_names": DOCUMENTS,
    }
    return screen.show(request, "backoffice/search.html", context)
