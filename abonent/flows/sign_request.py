"""The contract of a request: all that `sign_contract` makes, the request's end and the papers, or nothing at all."""

import contextlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.conf import settings

from abonent.addresses import premises
from abonent.catalog.models import OfferVersion
from abonent.core import clock, db
from abonent.flows import handle_request, sign_contract
from abonent.flows.handle_request import By
from abonent.identity import users
from abonent.network import devices, lines
from abonent.network.models import DeviceSource
from abonent.onboarding import calendar, queries, requests, visits
from abonent.onboarding.models import ConnectionRequest, RequestState
from abonent.onboarding.papers import keeping
from abonent.subscribers.models import Contact, ContactKind, Contract, Customer, CustomerKind


class UnableToSignRequest(Exception):
    """`why`: "not_known" (the customer chosen does not fit what was typed), "document_known", "offer" (`told`)."""

    def __init__(self, why: str, told: str = "") -> None:
        super().__init__(f"{why} {told}".strip())
        self.why, self.told = why, told


@dataclass(frozen=True, slots=True)
class Terms:
    """What lies on the table, checked by the form."""

    offers: tuple[str, ...]  # codes, the tariffs first
    kind: str  # of CustomerKind
    full_name: str
    phone: str  # "+79161234567"
    email: str = ""
    document: keeping.Given | None = None  # of a person
    inn: str = ""
    kpp: str = ""
    registered_address: str = ""  # of a company
    represented_by: str = ""  # of a company: who signs for it, and by what right
    credit_limit_kop: int = 0  # of a company that pays afterwards: how far below zero its balance may go
    existing_id: int | None = None  # the customer known already, whom the manager has recognised


class Known(NamedTuple):
    """A customer who may be the one at the table."""

    customer_id: int
    full_name: str
    numbers: tuple[str, ...]  # of his contracts
    by: tuple[str, ...]  # "document", "inn", "phone"


class Done(NamedTuple):
    contract_id: int
    number: str
    further: bool  # another contract of a known customer: the password stays


def known(terms: Terms) -> list[Known]:
    """The customers of that kind with the same document, INN or phone; the surest first. Three statements at most."""
    found: dict[int, set[str]] = {}
    if terms.document is not None:
        one = keeping.customer_by_document(terms.document.kind, terms.document.number)
        if one is not None:
            found.setdefault(one.pk, set()).add("document")
    if terms.inn:
        for pk in Customer.objects.filter(inn=terms.inn).values_list("pk", flat=True)[:5]:
            found.setdefault(pk, set()).add("inn")
    reached = Contact.objects.filter(kind=ContactKind.PHONE, value=terms.phone)
    for pk in reached.values_list("customer_id", flat=True)[:5]:
        found.setdefault(pk, set()).add("phone")
    rows = Customer.objects.filter(pk__in=found, kind=terms.kind, user__isnull=False).prefetch_related("contracts")
    made = [
        Known(
            one.pk,
            one.full_name,
            tuple(sorted(each.number for each in one.contracts.all() if each.closed_on is None)),
            tuple(by for by in ("document", "inn", "phone") if by in found[one.pk]),
        )
        for one in rows
    ]
    return sorted(made, key=lambda one: (one.by != ("document",) and "document" not in one.by, one.full_name))


def sign(request_id: int, terms: Terms, *, issued: users.Issued, by: By) -> Done:
    """One contract a request, whoever asks twice.

    issued: the password of a new customer, made before, so that a repeat may show the same.
    Raises requests.AlreadySigned, requests.UnableToHandle, UnableToSignRequest, sign_contract.UnableToSignContract,
    customers.UnableToCreateCustomer, contacts.UnableToReadContact.
    """
    asked = queries.one(request_id)
    if asked is None or asked.building is None:
        raise requests.UnableToHandle(requests.Why.NOT_NOW)
    if asked.contract_id is not None:
        raise requests.AlreadySigned(asked.contract_id)
    if asked.state != RequestState.CONNECTED:
        raise requests.UnableToHandle(requests.Why.NOT_NOW)
    on, at = clock.today(), clock.now()
    existing = _recognised(terms)

    def also(signed: sign_contract.Signed) -> None:
        requests.give_contract(asked.pk, contract_id=signed.contract.pk, actor=by.name, at=at)
        visits.give_line(asked.pk, signed.line.pk)
        _let_in(signed)
        if terms.document is not None:
            try:
                keeping.keep_document(signed.customer.pk, terms.document)
            except keeping.DocumentOfAnother:
                raise UnableToSignRequest("document_known") from None
        data = paper_data(asked, terms, signed, on=on, further=existing is not None)
        keeping.keep_paper(signed.contract.pk, data, actor=by.name, at=at)
        said = {"contract": signed.contract.number, "further": existing is not None}
        handle_request.record("sign_contract", asked.pk, by, new=said)
        if signed.activated:
            requests.went_online([signed.contract.pk], at=at)

    signed = sign_contract.sign(
        on=on,
        offers=terms.offers,
        premises=premises.of_building(asked.building, asked.flat),
        customer_kind=terms.kind,
        full_name=terms.full_name,
        inn=terms.inn,
        kpp=terms.kpp,
        registered_address=terms.registered_address if terms.kind == CustomerKind.LEGAL_ENTITY else "",
        phone=terms.phone,
        email=terms.email,
        language=asked.language,
        existing_customer=existing,
        issued=issued,
        also=also,
        credit_limit_kop=terms.credit_limit_kop,
        first_top_up_kop=0 if terms.credit_limit_kop else None,
        actor=by.name,
    )
    return Done(signed.contract.pk, signed.contract.number, existing is not None)


def _let_in(signed: sign_contract.Signed) -> None:
    """The network knows the line by its login, and the device that the technician noted is the first of the line."""
    lines.give_login(signed.line.pk, signed.contract.number)
    for one in calendar.equipment_of_line(signed.line.pk).exclude(mac=""):
        # Another line's device stands there still: the subscriber registers it himself once it is seen on his.
        with contextlib.suppress(devices.UnableToRegister):
            devices.register(signed.line.pk, one.mac, name=one.serial, source=DeviceSource.ENGINEER)


def paper_data(
    asked: ConnectionRequest, terms: Terms, signed: sign_contract.Signed, *, on: date, further: bool
) -> dict[str, Any]:
    """All that the papers say, as JSON: no password."""
    profile = settings.PROFILE
    versions = [OfferVersion.objects.select_related("offer").get(pk=one.version_id) for one in signed.subscriptions]
    building = asked.building
    assert building is not None, "a connected request has its building"
    document = terms.document
    return {
        "number": signed.contract.number,
        "signed_on": on.isoformat(),
        "further": further,
        "seller": {
            "name": _both(profile.legal_name),
            "brand": profile.brand,
            "requisites": _requisites(),
        },
        "buyer": {
            "kind": str(terms.kind),
            "name": signed.customer.full_name,
            "inn": terms.inn,
            "kpp": terms.kpp,
            "registered_address": document.registered_address if document else terms.registered_address,
            "represented_by": terms.represented_by,
            "phone": terms.phone,
            "email": terms.email,
            "document": None
            if document is None
            else {
                "kind": document.kind,
                "number": document.number,
                "issued_by": document.issued_by,
                "issued_on": document.issued_on.isoformat(),
                "birth_date": document.birth_date.isoformat(),
            },
        },
        "line": {
            "settlement": building.settlement,
            "address": [building.street, building.house, building.korpus, building.stroenie, building.liter],
            "flat": asked.flat,
            "entrance": asked.entrance,
            "technology": building.technology,
        },
        "services": [
            {
                "name": {"ru": one.offer.name_ru, "en": one.offer.name_en},
                "role": str(one.offer.role),
                "price_kop": one.price_kop,
                "charging": str(one.charging),
                "down_mbps": one.down_mbps,
                "up_mbps": one.up_mbps,
                "channels": one.channels,
            }
            for one in versions
        ],
        "first_top_up_kop": 0 if terms.credit_limit_kop else profile.first_top_up_kop,
        "credit_limit_kop": terms.credit_limit_kop,
        "overdue_days": profile.overdue_days,
        "billing_cycle": profile.billing_cycle,
        "equipment": [
            {"kind": str(one.kind), "mac": one.mac, "serial": one.serial}
            for one in calendar.equipment_of_request(asked.pk)
        ],
        "visit": _visit(asked.pk),
    }


def send_online(at: datetime) -> int:
    """What was opened otherwise than by a payment (a deferral, a bonus) ends its request too; give how many."""
    with db.atomic():
        waiting = ConnectionRequest.objects.filter(
            state__in=(RequestState.SIGNED, RequestState.PAID), contract__account__terms__activated_on__isnull=False
        )
        return requests.went_online(list(waiting.values_list("contract_id", flat=True)[:500]), at=at)


def signed_before(contract_id: int) -> Done:
    """What a request's contract is, for who comes second."""
    contract = Contract.objects.get(pk=contract_id)
    paper = keeping.paper_of(contract.number)
    return Done(contract.pk, contract.number, bool(paper is not None and paper.data["further"]))


def _recognised(terms: Terms) -> Customer | None:
    """Raises UnableToSignRequest: not one of those that fit what was typed, or a new one with a known document."""
    fitting = known(terms)
    if terms.existing_id is None:
        if any("document" in one.by for one in fitting):
            raise UnableToSignRequest("document_known")
        return None
    if terms.existing_id not in {one.customer_id for one in fitting}:
        raise UnableToSignRequest("not_known")
    return Customer.objects.get(pk=terms.existing_id)


def _visit(request_id: int) -> dict[str, str] | None:
    done = next((one for one in calendar.of_request(request_id) if one.closed_at and one.state == "done"), None)
    if done is None or done.closed_at is None:
        return None
    return {"on": clock.on_date(done.closed_at).isoformat(), "report": done.report}


def _requisites() -> dict[str, Any] | None:
    given = settings.PROFILE.requisites
    if given is None:
        return None
    return {
        "inn": given.inn,
        "kpp": given.kpp or "",
        "ogrn": given.ogrn,
        "address": _both(given.address),
        "director": _both(given.director),
        "director_position": _both(given.director_position),
        "bank": {
            "name": given.bank.name,
            "bik": given.bank.bik,
            "account": given.bank.account,
            "correspondent_account": given.bank.correspondent_account,
        },
    }


def _both(text: Any) -> dict[str, str]:
    return {"ru": text.ru, "en": text.en}
