"""Documents of the contract: a statement for any period; what was made for a legal entity. Files are PDF."""

import re
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple, cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from abonent.billing.documents import printing, queries, reconciliation, statements
from abonent.billing.models import Document
from abonent.billing.models_documents import DocumentKind
from abonent.core import clock, periods
from abonent.payments import invoice_offsets
from abonent.portal import scope
from abonent.subscribers.models import Contract
from abonent.ui import formats, words

_TYPED_DAY = re.compile(r"^\s*(\d{1,2})\.(\d{1,2})\.(\d{4})\s*$")
MOST_CHARS = 40


class Ready(NamedTuple):
    """A period that people often ask for, one press away."""

    label: str
    first: date
    last: date


class Paper(NamedTuple):
    id: int
    kind: str
    title: str
    note: str  # "Correction No. 1 of …", or nothing
    total_kop: int


class Month(NamedTuple):
    month: date
    papers: list[Paper]  # that hold
    corrected: list[Paper]  # what they came instead of


@require_safe
@scope.signed_in_subscriber
def page(request: HttpRequest) -> HttpResponse:
    """/cabinet/documents/."""
    own = cast(scope.OwnRequest, request)
    last_month = periods.calendar_month(periods.month(clock.today(), -1))
    first = max(last_month.start, own.contract.signed_on)
    return _page(own, typed_first=first.isoformat(), typed_last=max(last_month.last_day, first).isoformat())


@require_safe
@scope.signed_in_subscriber
def statement(request: HttpRequest) -> HttpResponse:
    """/cabinet/statement/?from=2026-11-01&to=2026-11-30: both days in it; "01.11.2026" is a day too."""
    own = cast(scope.OwnRequest, request)
    first, last = own.GET.get("from", "")[:MOST_CHARS], own.GET.get("to", "")[:MOST_CHARS]
    if not first and not last:
        return HttpResponseRedirect(reverse("documents"))
    errors = {name: _("This is not a day. Write it like 30.11.2026.")
              for name, typed in (("from", first), ("to", last)) if _day(typed) is None}  # fmt: skip
    if errors:
        return _page(own, typed_first=first, typed_last=last, errors=errors)
    today, contract = clock.today(), own.contract
    try:
        period = statements.require_period(
            cast(date, _day(first)), cast(date, _day(last)), signed_on=contract.signed_on, on=today
        )
        pdf = statements.pdf(contract.id, period, on=today, language=formats.language())
    except statements.BadFrom as error:
        return _page(own, typed_first=first, typed_last=last, errors={"from": str(error)})
    except statements.BadTo as error:
        return _page(own, typed_first=first, typed_last=last, errors={"to": str(error)})
    except statements.UnableToMakeStatement:
        raise Http404 from None
    return _file(pdf, statements.file_name(contract.number, period))


@require_safe
@scope.signed_in_subscriber
def settlements(request: HttpRequest) -> HttpResponse:
    """/cabinet/reconciliation/?from=&to=&all=1: a PDF of this contract, or of all that the company has."""
    own = cast(scope.OwnRequest, request)
    if own.contract.customer_kind != "legal":
        raise Http404
    first, last = own.GET.get("from", "")[:MOST_CHARS], own.GET.get("to", "")[:MOST_CHARS]
    if not first and not last:
        return HttpResponseRedirect(reverse("documents"))
    errors = {f"settle_{name}": _("This is not a day. Write it like 30.11.2026.")
              for name, typed in (("from", first), ("to", last)) if _day(typed) is None}  # fmt: skip
    if errors:
        return _page(own, typed_first=first, typed_last=last, errors=errors)
    ids = [own.contract.id]
    if own.GET.get("all"):
        company = Contract.objects.filter(pk=own.contract.id).values("customer_id")
        ids = list(Contract.objects.filter(customer_id__in=company).order_by("number").values_list("id", flat=True))
    today = clock.today()
    try:
        period = statements.require_period(
            cast(date, _day(first)), cast(date, _day(last)), signed_on=own.contract.signed_on, on=today
        )
        made = reconciliation.pdf(ids, period, on=today, language="ru")
    except statements.BadFrom as error:
        return _page(own, typed_first=first, typed_last=last, errors={"settle_from": str(error)})
    except statements.BadTo as error:
        return _page(own, typed_first=first, typed_last=last, errors={"settle_to": str(error)})
    except statements.UnableToMakeStatement:
        raise Http404 from None
    return _file(made, reconciliation.file_name(own.contract.number, period))


@require_safe
@scope.signed_in_subscriber
def file(request: HttpRequest, document_id: int) -> HttpResponse:
    """/cabinet/documents/<id>/: in Russian, as the law asks; `?language=en` to read."""
    document = queries.own(cast(scope.OwnRequest, request).contract.id, document_id)
    if document is None:
        raise Http404
    language = "en" if request.GET.get("language") == "en" else "ru"
    return _file(printing.pdf(document, language), printing.file_name(document))


def papers(made: Iterable[Document]) -> list[Month]:
    """By month, the newest first; within one in the order of kinds, what holds apart from what is corrected."""
    order = list(DocumentKind)
    months: dict[date, Month] = {}
    for one in sorted(
        made, key=lambda one: (-one.month.toordinal(), order.index(DocumentKind(one.kind)), one.correction)
    ):
        month = months.setdefault(one.month, Month(one.month, [], []))
        month.papers.append(Paper(one.pk, str(one.kind), printing.title(one), printing.correction(one), one.total_kop))
    for month in months.values():
        held = {one.kind: one for one in month.papers}  # corrections come in their order
        month.corrected.extend(one for one in month.papers if held[one.kind] is not one)
        month.papers[:] = held.values()
    return list(months.values())


def _page(
    own: scope.OwnRequest, *, typed_first: str, typed_last: str, errors: dict[str, str] | None = None
) -> HttpResponse:
    made = queries.of_contract(own.contract.id)
    context = {
        "here": "documents",
        "typed_first": typed_first,
        "typed_last": typed_last,
        "errors": errors or {},
        "ready": _ready(own.contract.signed_on, clock.today()),
        "is_legal": own.contract.customer_kind == "legal",
        "months": papers(made),
        "owed": {one.document_id: one for one in _owed(own)} if made else {},
        "invoice_states": words.INVOICE_STATES,
        "has_more": own.contract.customer_kind == "legal" and len(own.contracts) > 1,
    }
    return render(own, "portal/documents.html", context, status=422 if errors else 200)


def _owed(own: scope.OwnRequest) -> list[invoice_offsets.Invoice]:
    return invoice_offsets.of_contracts([own.contract.id], on=clock.today()).get(own.contract.id, [])


def _ready(signed_on: date, today: date) -> list[Ready]:
    this = today.replace(day=1)
    last = periods.calendar_month(periods.month(this, -1))
    wanted = [
        Ready(_("This month"), this, today),
        Ready(_("Last month"), last.start, last.last_day),
        Ready(_("Three months"), periods.month(this, -3), last.last_day),
        Ready(_("This year"), this.replace(month=1), today),
        Ready(_("From the beginning"), max(signed_on, _years_ago(today)), today),
    ]
    found: list[Ready] = []
    for one in wanted:
        first = max(one.first, signed_on)
        if one.last >= signed_on and (first, one.last) not in [(each.first, each.last) for each in found]:
            found.append(one._replace(first=first))
    return found


def _years_ago(today: date) -> date:
    """The first day of the longest statement that ends today."""
    return periods.month(today + periods.ONE_DAY, -12 * statements.MOST_YEARS)


def _day(typed: str) -> date | None:
    match = _TYPED_DAY.match(typed)
    if match is not None:
        typed = f"{match[3]}-{int(match[2]):02d}-{int(match[1]):02d}"
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        return None


def _file(pdf: bytes, name: str) -> HttpResponse:
    return HttpResponse(
        pdf, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
