"""Documents and statements as PDF, news, and one's phones and mail addresses."""

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Router, Status

from abonent.api.v1 import shapes, wire
from abonent.billing.documents import printing, queries, statements
from abonent.core import clock
from abonent.flows import own_contacts
from abonent.subscribers import contacts
from abonent.subscribers.models import Contact, ContactKind
from abonent.subscribers.queries import OwnContract
from abonent.ui import formats

router = Router(tags=["Papers and contacts"])


@router.get("/contracts/{str:number}/documents", response=list[shapes.Document], summary="Invoices, acts, VAT invoices")
def documents(request: HttpRequest, number: str) -> list[shapes.Document]:
    return [
        shapes.Document(id=one.pk, kind=one.kind, title=printing.title(one), month=one.month, total_kop=one.total_kop)
        for one in queries.of_contract(wire.own(request, number).id)
    ]


@router.get(
    "/contracts/{str:number}/documents/{int:document_id}", summary="A document as PDF, in Russian as the law asks"
)
def document(request: HttpRequest, number: str, document_id: shapes.Id) -> HttpResponse:
    found = queries.own(wire.own(request, number).id, document_id)
    if found is None:
        raise Http404
    return _pdf(printing.pdf(found, "ru"), printing.file_name(found))


@router.get("/contracts/{str:number}/statement", summary="A statement of any days as PDF")
def statement(request: HttpRequest, number: str, first: date, last: date) -> HttpResponse:
    contract, today = wire.own(request, number), clock.today()
    period = statements.require_period(first, last, signed_on=contract.signed_on, on=today)
    pdf = statements.pdf(contract.id, period, on=today, language=formats.language())
    return _pdf(pdf, statements.file_name(contract.number, period))


@router.get("/contacts", response=list[shapes.Contact], summary="Phones and mail addresses")
def own(request: HttpRequest) -> list[shapes.Contact]:
    return [_contact(one) for one in contacts.of_customer(_first(request).customer_id)]


@router.post("/contacts", response={202: None}, summary="Send a code to a new phone or address; asks who you are")
def add(request: HttpRequest, given: shapes.NewContact) -> Status[None]:
    first = _first(request)
    wire.require_confirmed(request)
    own_contacts.ask_code(
        user=wire.caller(request).user,
        customer_id=first.customer_id,
        contract_id=first.id,
        kind=ContactKind(given.kind),
        typed=given.value,
        at=clock.now(),
    )
    return Status(202, None)


@router.post("/contacts/code", response={201: shapes.Contact}, summary="The code that came: the contact is yours")
def confirm(request: HttpRequest, given: shapes.ContactCode) -> Status[shapes.Contact]:
    first = _first(request)
    made = own_contacts.confirm(
        user=wire.caller(request).user,
        customer_id=first.customer_id,
        contract_id=first.id,
        kind=ContactKind(given.kind),
        typed=given.code,
        at=clock.now(),
        address=wire.acting(request).address,
    )
    return Status(201, _contact(made))


@router.delete("/contacts/{int:contact_id}", response={204: None}, summary="Remove a contact; asks who you are")
def remove(request: HttpRequest, contact_id: shapes.Id) -> Status[None]:
    first = _first(request)
    wire.require_confirmed(request)
    own_contacts.remove(
        user=wire.caller(request).user,
        customer_id=first.customer_id,
        contract_id=first.id,
        contact_id=contact_id,
        address=wire.acting(request).address,
    )
    return Status(204, None)


def _first(request: HttpRequest) -> OwnContract:
    found = wire.caller(request).contracts
    if not found:
        raise Http404
    return found[0]


def _contact(one: Contact) -> shapes.Contact:
    return shapes.Contact(id=one.pk, kind=one.kind, value=one.value, is_confirmed=one.confirmed_at is not None)


def _pdf(pdf: bytes, name: str) -> HttpResponse:
    return HttpResponse(
        pdf, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
