"""The subscriber beside a conversation: what an operator asks first, without asking."""

from typing import NamedTuple

from abonent.billing import queries as billing
from abonent.conversations.models import Conversation
from abonent.core import clock, money
from abonent.flows import diagnosis as diagnosing
from abonent.subscribers import contacts, finding
from abonent.subscribers.models import Contact, ContactKind
from abonent.ui import diagnosis, formats


class Card(NamedTuple):
    name: str
    contract: str
    address: str
    phones: list[str]
    emails: list[str]
    service: str  # "working", "suspended", "waiting", "paused", "none"; "" for a guest
    missing_kop: int
    balance_kop: int | None  # None: a guest, or the role does not see money
    tariff: str
    may_match: str  # the contract whose e-mail or phone a guest has named; not proven
    facts: dict[str, str]  # for prepared answers
    internet: tuple[diagnosis.Said, ...] = ()  # why there is none, a line each


def of(conversation: Conversation, *, may_money: bool) -> Card:
    if conversation.contract is None:
        return _guest(conversation)
    contract, today = conversation.contract, clock.today()
    customer = contract.customer
    found = finding.one(contract.number)
    seen = billing.overview(contract.pk, today)
    state = billing.service_state(seen, today) if seen else None
    tariffs = [one.name(formats.language()) for one in seen.subscriptions if one.role == "tariff"] if seen else []
    reach = list(Contact.objects.filter(customer_id=customer.pk).order_by("kind", "id"))
    balance_kop = seen.balance_kop if seen and may_money else None
    missing_kop = state.missing_kop if state else 0
    address = found.address if found else ""
    return Card(
        name=customer.full_name,
        contract=contract.number,
        address=address,
        phones=[contacts.show_phone(one.value) for one in reach if one.kind == ContactKind.PHONE],
        emails=[one.value for one in reach if one.kind == ContactKind.EMAIL],
        service=state.word if state else "none",
        missing_kop=missing_kop if may_money else 0,
        balance_kop=balance_kop,
        tariff=", ".join(tariffs),
        may_match="",
        internet=tuple(diagnosis.said(one.plain(with_sums=may_money)) for one in diagnosing.of(contract.pk, seen=seen)),
        facts={
            "name": customer.given_name or customer.full_name,
            "contract": contract.number,
            "address": address,
            "tariff": ", ".join(tariffs),
            **({} if balance_kop is None else {"balance": money.show(balance_kop), "missing": money.show(missing_kop)}),
        },
    )


def _guest(conversation: Conversation) -> Card:
    reach = conversation.guest_contact
    known = Contact.objects.filter(value=reach).select_related("customer").first() if reach else None
    number = known.customer.contracts.order_by("number").values_list("number", flat=True).first() if known else None
    return Card(
        name=conversation.guest_name,
        contract="",
        address="",
        phones=[contacts.show_phone(reach)] if reach.startswith("+7") else [],
        emails=[reach] if "@" in reach else [],
        service="",
        missing_kop=0,
        balance_kop=None,
        tariff="",
        may_match=number or "",
        facts={"name": conversation.guest_name},
    )
