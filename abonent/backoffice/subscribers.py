"""Find a subscriber, and see him at a glance: who, where, what he has, how to reach him."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from abonent.backoffice import because, gate, screen
from abonent.billing import queries as billing
from abonent.core import clock
from abonent.identity import permissions
from abonent.subscribers import contacts, finding
from abonent.subscribers.models import Contact, ContactKind
from abonent.ui import formats, words


@require_safe
@gate.permitted(permissions.VIEW_SUBSCRIBERS)
def search(request: gate.StaffRequest) -> HttpResponse:
    """/staff/search/?q=: by contract number, name or phone."""
    typed = request.GET.get("q", "").strip()[:80]
    found = finding.find(typed)
    context = {
        "here": "staff_search",
        "q": typed,
        "found": found,
        "short": bool(typed) and len(typed) < finding.LEAST_CHARS,
        "show_phone": contacts.show_phone,
        "most": finding.AT_MOST,
    }
    return screen.show(request, "backoffice/search.html", context)


@require_safe
@gate.permitted(permissions.VIEW_SUBSCRIBERS)
def contract(request: gate.StaffRequest, number: str) -> HttpResponse:
    """/staff/contracts/<number>/: the contract at a glance; that it was looked at stands in the audit log."""
    found = finding.one(number)
    if found is None:
        raise Http404
    why = because.of(request, found.id)
    gate.looked(request, f"contract:{found.id}", why=why)
    today = clock.today()
    seen = billing.overview(found.id, today)
    reach = Contact.objects.filter(customer_id=found.customer_id).order_by("kind", "id")
    context = {
        "here": "staff_search",
        "one": found,
        "phones": [each.value for each in reach if each.kind == ContactKind.PHONE],
        "emails": [each.value for each in reach if each.kind == ContactKind.EMAIL],
        "show_phone": contacts.show_phone,
        "services": [] if seen is None else [_service(each) for each in seen.subscriptions],
        "seen": seen,
        "back": because.query(why),
        "may_password": gate.may(request, permissions.ISSUE_PASSWORDS),
        "may_money": gate.may(request, permissions.VIEW_MONEY),
    }
    return screen.show(request, "backoffice/contract.html", context)


def _service(one: billing.SubscriptionRow) -> tuple[str, str, object, int, object]:
    """Its name, the mark and the word of its state, its price and for what time."""
    mark, word = words.STATES[one.state]
    return one.name(formats.language()), mark, word, one.price_kop, words.PER[one.charging]
