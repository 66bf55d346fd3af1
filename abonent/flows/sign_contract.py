"""A contract is signed: customer, sign-in, line, account and services, together or not at all."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth import hashers

from abonent.addresses.models import Premises
from abonent.billing import resuming, subscriptions
from abonent.billing.models import Subscription
from abonent.catalog import queries as catalog
from abonent.catalog.models import Offer, OfferRole, OfferVersion, ServiceKind
from abonent.core import audit, db
from abonent.identity import users
from abonent.ledger import accounts
from abonent.ledger.models import Account
from abonent.notifications import outbox
from abonent.subscribers import contacts, contracts, customers, lines
from abonent.subscribers.models import Contract, Customer, CustomerKind, Line


class UnableToSignContract(Exception):
    """The message says why, and what to do. Nothing is written."""


class OfferNotFit(UnableToSignContract):
    """An offer is not sold, not in that segment, or not together with another."""


class Signed(NamedTuple):
    contract: Contract
    account: Account
    password: str | None  # ours, to be shown once; None: it was given, or the customer signs in with his own
    customer: Customer
    line: Line
    subscriptions: tuple[Subscription, ...]  # in the order of `offers`
    activated: bool  # the access is open at once: on credit, or for nothing


def sign(
    *,
    on: date,
    offers: Sequence[str],
    segment: str | None = None,
    premises: Premises | None = None,
    customer_kind: str = CustomerKind.PERSON,
    full_name: str = "",
    given_name: str = "",
    inn: str = "",
    kpp: str = "",
    registered_address: str = "",
    phone: str = "",
    email: str = "",
    language: str = "ru",
    existing_customer: Customer | None = None,
    number: str | None = None,
    password: str | None = None,
    issued: users.Issued | None = None,
    also: Callable[[Signed], None] | None = None,
    credit_limit_kop: int = 0,
    first_top_up_kop: int | None = None,
    actor: str = "system:sign_contract",
) -> Signed:
    """Sign a contract; its services wait for the first top-up, or begin at once where the money is there.

    on: the operator's date.   offers: codes on sale; an add-on needs its tariff among them.
    segment: by default that of the premises' building.
    existing_customer: gets a further contract, whose number signs him in too, with the password he has; the
    names, addresses and contacts are of new customers only.   number: None is the next of the profile's scheme.
    password: None is one made by us.   issued: one made by us before, for a caller who may have to repeat himself.
    also: what stands or falls with the contract, called last within the transaction.
    first_top_up_kop: None is the profile's.
    Raises UnableToSignContract, contracts.UnableToSign, customers.UnableToCreateCustomer,
    contacts.UnableToReadContact or users.UnableToCreateUser.
    """
    if segment is None:
        if premises is None:
            raise UnableToSignContract("give the premises, or the segment of a service without a place")
        segment = premises.building.segment
    versions = _versions(offers, segment, on)
    # Hashing takes a tenth of a second: not inside the transaction.
    if existing_customer is not None and existing_customer.user is not None:
        issued = None
    elif issued is None:
        issued = _credentials(password)
    with db.atomic():
        if existing_customer is not None:
            customer = db.lock(Customer, [existing_customer.pk])[existing_customer.pk]
        else:
            customer = _create_customer(
                customer_kind, full_name, given_name, inn, kpp, registered_address, phone, email, language
            )
        contract = contracts.sign(customer_id=customer.pk, on=on, number=number)
        _let_in(customer, contract, issued)
        line = lines.add(contract_id=contract.pk, segment=segment, premises=premises)
        account = accounts.open_account(contract.pk)
        subscriptions.set_terms(
            account.pk,
            credit_limit_kop=credit_limit_kop,
            first_top_up_kop=settings.PROFILE.first_top_up_kop if first_top_up_kop is None else first_top_up_kop,
        )
        made = _subscribe(account, line, versions, on)
        activated = resuming.resume(account.pk, on=on).activated  # on credit, or for nothing
        if activated:
            outbox.queue(key=f"activated:contract:{contract.pk}", contract_id=contract.pk, kind="activated", params={})
        audit.record(
            actor=actor,
            action="subscribers.sign_contract",
            subject=f"contract:{contract.pk}",
            new={
                "number": contract.number,
                "customer": customer.pk,
                "offers": list(offers),
                "credit_limit_kop": credit_limit_kop,
            },
        )
        for subscription in made.values():
            subscription.refresh_from_db()  # the first charge may have begun them
        account.refresh_from_db()
        shown = issued.plain if issued is not None and password is None else None
        signed = Signed(contract, account, shown, customer, line, tuple(made[code] for code in offers), activated)
        if also is not None:
            also(signed)
    return signed


def _versions(offers: Sequence[str], segment: str, on: date) -> list[OfferVersion]:
    """What the codes cost that day, tariffs before the add-ons that stand on them.   Raises OfferNotFit."""
    if len(set(offers)) != len(offers):
        raise OfferNotFit("an offer is named twice")
    known = catalog.versions_on(list(offers), on)
    for code in offers:
        if code not in known or not known[code].offer.on_sale:
            raise OfferNotFit(f"«{code}» is not on sale on {on}: choose another offer")
        offer = known[code].offer
        if segment not in offer.segments:
            allowed = ", ".join(offer.segments)
            raise OfferNotFit(f"«{code}» is not sold to {segment}: it is for {allowed}")
    _refuse_misfits([version.offer for version in known.values()])
    return sorted(known.values(), key=lambda version: version.offer.role != OfferRole.TARIFF)


def _refuse_misfits(offers: Sequence[Offer]) -> None:
    tariffs = [offer for offer in offers if offer.role == OfferRole.TARIFF]
    if sum(offer.kind == ServiceKind.INTERNET for offer in tariffs) > 1:
        raise OfferNotFit("one internet tariff a line: leave one, or sign another contract")
    have = {offer.code for offer in offers}
    stand_on = {word for offer in tariffs for word in (offer.code, offer.kind)}
    for offer in offers:
        for other in sorted(have & set(offer.excludes)):
            raise OfferNotFit(f"«{offer.code}» does not go together with «{other}»: leave one of them out")
        if offer.requires and not stand_on & set(offer.requires):
            needed = " or ".join(offer.requires)
            raise OfferNotFit(f"«{offer.code}» needs {needed} on the same line: add it, or leave it out")


def _credentials(password: str | None) -> users.Issued:
    if password is None:
        return users.issue_password()
    return users.Issued(password, hashers.make_password(password), must_change=False)


def _create_customer(
    kind: str,
    full_name: str,
    given_name: str,
    inn: str,
    kpp: str,
    registered_address: str,
    phone: str,
    email: str,
    language: str,
) -> Customer:
    if kind == CustomerKind.PERSON:
        customer = customers.create_person(full_name=full_name, given_name=given_name, inn=inn, language=language)
    else:
        customer = customers.create_legal_entity(
            full_name=full_name, inn=inn, kpp=kpp, registered_address=registered_address, language=language
        )
    if phone:
        contacts.add_phone(customer.pk, phone)
    if email:
        contacts.add_email(customer.pk, email)
    return customer


def _let_in(customer: Customer, contract: Contract, issued: users.Issued | None) -> None:
    if customer.user is None:
        assert issued is not None
        user = users.create_subscriber(
            contract.number,
            hashed=issued.hashed,
            must_change=issued.must_change,
            language=customer.language,
        )
        customers.give_user(customer, user)
    else:
        users.add_number(customer.user, contract.number)


def _subscribe(account: Account, line: Line, versions: Sequence[OfferVersion], on: date) -> dict[str, Subscription]:
    """By code. An add-on stands on the tariff that it requires by code or kind, the first of them."""
    tariffs: dict[str, Subscription] = {}
    made: dict[str, Subscription] = {}
    for version in versions:
        offer = version.offer
        parent_id = None
        if offer.role == OfferRole.ADDON and offer.requires:
            parent_id = next((one.pk for code, one in tariffs.items() if {code, one.kind} & set(offer.requires)))
        made[offer.code] = subscriptions.subscribe(
            account_id=account.pk, line_id=line.pk, version_id=version.pk, on=on, parent_id=parent_id
        )
        if offer.role == OfferRole.TARIFF:
            tariffs[offer.code] = made[offer.code]
    return made
