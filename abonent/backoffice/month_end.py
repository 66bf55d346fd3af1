"""Documents of legal entities by the month: what is made, what is due, what the ledger has overtaken, settlements."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from abonent.backoffice import gate, screen
from abonent.billing.documents import formats, invoices, letters, printing, queries, reconciliation, statements
from abonent.billing.models_documents import Document
from abonent.core import clock, periods
from abonent.flows import month_end, send_documents
from abonent.identity import permissions
from abonent.payments import invoice_offsets
from abonent.subscribers.models import Contract, CustomerKind
from abonent.ui import words

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

MONTHS_SHOWN = 12
LETTER_STATES: dict[str, tuple[str, StrPromise]] = {
    "queued": ("wait", gettext_lazy("on its way")),
    "sent": ("ok", gettext_lazy("sent")),
    "bounced": ("warn", gettext_lazy("did not arrive")),
    "no_address": ("quiet", gettext_lazy("only in Mail")),
}


@require_http_methods(["GET", "HEAD", "POST"])
@gate.permitted(permissions.MAKE_DOCUMENTS)
def page(request: gate.StaffRequest) -> HttpResponse:
    """/staff/documents/?month=2026-10&after=<number>: POST `do` make; correct with `document` and `why`; send with
    `contract` and `month`."""
    if request.method == "POST":
        if request.POST.get("do") == "send":
            return _send(request)
        if request.POST.get("do") != "correct":
            month_end.begin(actor=request.actor, address=request.address)
            return HttpResponseRedirect(f"{reverse('staff_documents')}?begun=1")
        return _correct(request)
    return _show(request)


@require_safe
@gate.permitted(permissions.MAKE_DOCUMENTS)
def state(request: gate.StaffRequest) -> HttpResponse:
    """How far the month's end is; when nothing is left to do the whole page comes anew."""
    how_far = _how_far()
    if not how_far["waits"]:
        return HttpResponseClientRedirect(reverse("staff_documents"))
    return render(request, "backoffice/documents_state.html", how_far)


@require_safe
@gate.permitted(permissions.MAKE_DOCUMENTS)
def file(request: gate.StaffRequest, document_id: int) -> HttpResponse:
    """/staff/documents/<id>.pdf."""
    document = Document.objects.filter(id=document_id).first()
    if document is None:
        raise Http404
    return screen.pdf(printing.pdf(document, "ru"), printing.file_name(document))


@require_safe
@gate.permitted(permissions.MAKE_DOCUMENTS)
def settlements(request: gate.StaffRequest) -> HttpResponse:
    """/staff/reconciliation/?number=…&from=…&to=…&all=1: a PDF of the contract, or of all that its client has."""
    number = request.GET.get("number", "").strip()[:40]
    contract = Contract.objects.select_related("customer").filter(number=number).first()
    if contract is None or contract.customer.kind != CustomerKind.LEGAL_ENTITY:
        return _show(request, wrong=_("There is no contract of a legal entity with this number."))
    today = clock.today()
    last_month = periods.calendar_month(periods.month(today, -1))
    first = _day(request.GET.get("from", "")) or max(periods.month(last_month.start, -2), contract.signed_on)
    last = _day(request.GET.get("to", "")) or max(last_month.last_day, first)
    ids = [contract.pk]
    if request.GET.get("all"):
        others = Contract.objects.filter(customer_id=contract.customer_id).order_by("number")
        ids = list(others.values_list("id", flat=True))
    try:
        period = statements.require_period(first, last, signed_on=contract.signed_on, on=today)
        made = reconciliation.pdf(ids, period, on=today, language="ru")
    except statements.UnableToMakeStatement as refused:
        return _show(request, wrong=str(refused))
    gate.looked(request, f"contract:{contract.pk}")
    return screen.pdf(made, reconciliation.file_name(number, period))


def _send(request: gate.StaffRequest) -> HttpResponse:
    """The month's documents once more by e-mail; pressed twice it is one letter."""
    contract, month = request.POST.get("contract", ""), _day(f"{request.POST.get('month', '')[:7]}-01")
    found = Contract.objects.filter(number=contract[:40]).first()
    if found is None or month is None:
        raise Http404
    try:
        send_documents.send_again(found.pk, month, actor=request.actor, address=request.address)
    except letters.UnableToSendAgain:
        return _show(
            request, wrong=_("It is on its way already, or the client has no mail address: write it down first.")
        )
    return HttpResponseRedirect(f"{reverse('staff_documents')}?month={month:%Y-%m}&sent=1")


def _how_far() -> dict[str, Any]:
    """Of the last closed month: contracts made and due, letters that wait and have gone."""
    closed = queries.closed_months(clock.today())
    due = len(queries.due(closed))
    made = queries.sum_of_month(closed[-1]).contracts if closed else 0
    mails = letters.counts(closed[-1]) if closed else letters.Counts(0, 0, 0, 0)
    return {"due": due, "made": made, "mails": mails, "waits": bool(due or mails.queued)}


def _correct(request: gate.StaffRequest) -> HttpResponse:
    typed, why = request.POST.get("document", ""), request.POST.get("why", "").strip()[:500]
    document_id = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 18 else 0
    if not why:
        return _show(request, wrong=_("Say why it is corrected: the log keeps it."))
    try:
        invoices.correct(document_id, on=clock.today(), actor=request.actor, why=why)
    except invoices.UnableToMakeDocuments as refused:
        return _show(request, wrong=str(refused))
    return HttpResponseRedirect(f"{reverse('staff_documents')}?corrected=1")


def _show(request: gate.StaffRequest, *, wrong: str = "") -> HttpResponse:
    today = clock.today()
    closed = queries.closed_months(today)
    months = queries.months_before(closed[-1] if closed else periods.month(today, -1).replace(day=1), MONTHS_SHOWN)
    chosen = _day(f"{request.GET.get('month', '')[:7]}-01")
    month = chosen if chosen in months else months[-1]
    found = queries.of_month(month, after=request.GET.get("after", "")[:40])
    held = found[: queries.MOST_OF_MONTH]
    ids = [one.contract_id for one in held]
    sent, owed = letters.last_of(month, ids), invoice_offsets.of_contracts(ids, on=today)
    context = _how_far() | {
        "here": "staff_documents",
        "months": months[::-1],
        "month": month,
        "papers": [
            (
                one,
                next((each for each in owed.get(one.contract_id, ()) if each.month == month), None),
                sent.get(one.contract_id),
            )
            for one in held
        ],
        "invoice_states": words.INVOICE_STATES,
        "letter_states": LETTER_STATES,
        "more_after": found[queries.MOST_OF_MONTH - 1].contract_number if len(found) > queries.MOST_OF_MONTH else "",
        "summed": queries.sum_of_month(month),
        "outdated": queries.outdated_named(months),
        "from_day": months[-3].isoformat(),
        "to_day": periods.calendar_month(months[-1]).last_day.isoformat(),
        "wrong": wrong,
        "begun": not wrong and "begun" in request.GET,
        "sent": not wrong and "sent" in request.GET,
        "corrected": not wrong and "corrected" in request.GET,
        "month_name": formats.period(periods.calendar_month(month)),
    }
    return screen.show(request, "backoffice/documents.html", context, status=422 if wrong else 200)


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed[:10])
    except ValueError:
        return None
