"""Whose an incoming document of the bank is: by the contract it names, by an invoice, by the payer's INN. Reads only.

A guess is never credited: what is not certain is queued, with the contract it may be of.
"""

import re
from datetime import date
from typing import NamedTuple

from abonent.billing.models import Document as PrintedDocument
from abonent.billing.models_documents import DocumentKind
from abonent.ledger.models import Account
from abonent.payments.bank_statements import words
from abonent.payments.bank_statements.parsing import Document
from abonent.payments.models_invoices import Payer
from abonent.subscribers import contracts
from abonent.subscribers.models import Contract, Customer

CONTRACT, INVOICE, INN, PAYER = "contract", "invoice", "inn", "payer"
BARE_AT_MOST = 20  # numbers of a purpose that are looked up


class Owner(NamedTuple):
    """account_id: None: staff decide, and `why` says why.   suggested: a contract's number, or ""."""

    account_id: int | None
    by: str = ""
    why: str = ""
    suggested: str = ""
    is_money_of_nobody: bool = False  # an acquirer's, our own: not a subscriber's


class Named(NamedTuple):
    """What a purpose names. Numbers as they stand, tidy."""

    contracts: tuple[str, ...]
    invoices: tuple[tuple[int, date | None], ...]
    bare: tuple[str, ...]


def named(purpose: str) -> Named:
    """Pure."""
    contracts_named = [_tidy(match["number"]) for match in words.CONTRACT.finditer(purpose)]
    invoices = [
        (int(match["number"]), _day(match["day"]))
        for match in words.INVOICE.finditer(purpose)
        if not words.PERSONAL.search(purpose[: match.start()])
    ]
    bare = [_tidy(match[0]) for match in words.BARE.finditer(purpose)]
    return Named(_once(contracts_named), tuple(dict.fromkeys(invoices)), _once(bare)[:BARE_AT_MOST])


def of(document: Document, own_account: str) -> Owner:
    """own_account: the operator's own, of the bank."""
    if document.payer_account == own_account:
        return Owner(None, why="our own money between accounts", is_money_of_nobody=True)
    customers = list(Customer.objects.filter(inn=document.payer_inn)) if document.payer_inn else []
    if not customers and words.ACQUIRING.search(document.purpose):
        return Owner(
            None, why="an acquirer pays a day's payments out: each came by its channel", is_money_of_nobody=True
        )
    said = named(document.purpose)
    found = {one.number: one for one in _contracts((*said.contracts, *said.bare))}
    by_word = [found[number] for number in said.contracts if number in found]
    if by_word:
        return _only(by_word, CONTRACT, "the purpose names several contracts")
    by_invoice = _by_invoice(said)
    if by_invoice:
        return _of_invoice(by_invoice, document)
    bare = [found[number] for number in said.bare if number in found]
    signed = [one for one in bare if _is_of(one.customer, document.payer)]
    if len(signed) == 1:
        return _only(signed, CONTRACT, "")
    if customers:
        return _by_inn(customers, suggested=bare)
    pays_for = _paid_by(document.payer_inn)
    if pays_for:
        return _only(pays_for, PAYER, "the payer pays for several contracts, and the purpose names none")
    why = "the purpose names no contract of ours, and the payer's INN is nobody's"
    return Owner(None, why=why, suggested=bare[0].number if len(bare) == 1 else "")


def _of_invoice(by_invoice: list[Contract], document: Document) -> Owner:
    if len(by_invoice) == 1:
        inn = by_invoice[0].customer.inn
        is_other = document.payer_inn and inn and inn != document.payer_inn
        if is_other and by_invoice[0] not in _paid_by(document.payer_inn):
            why = "the invoice is another company's than the payer"
            return Owner(None, why=why, suggested=by_invoice[0].number)
    return _only(by_invoice, INVOICE, "invoices of several contracts have that number")


def _paid_by(inn: str) -> list[Contract]:
    """Open contracts that he pays for, though they are another's."""
    if not inn:
        return []
    found = Contract.objects.select_related("customer").filter(closed_on__isnull=True)
    return list(found.filter(pk__in=Payer.objects.filter(inn=inn).values("contract_id")))


def _by_inn(customers: list[Customer], *, suggested: list[Contract]) -> Owner:
    held = list(Contract.objects.select_related("customer").filter(customer__in=customers, closed_on__isnull=True))
    if len(held) == 1:
        return _only(held, INN, "")
    why = f"the payer's INN has {len(held)} open contracts, and the purpose names none"
    return Owner(None, why=why, suggested=suggested[0].number if len(suggested) == 1 else "")


def _only(found: list[Contract], by: str, why_several: str) -> Owner:
    if len({one.pk for one in found}) > 1:
        return Owner(None, why=why_several, suggested=found[0].number)
    contract = found[0]
    if contract.closed_on is not None:
        return Owner(None, why=f"contract {contract.number} is closed", suggested="")
    return Owner(Account.objects.values_list("id", flat=True).get(contract_id=contract.pk), by=by)


def _contracts(numbers: tuple[str, ...]) -> list[Contract]:
    return list(Contract.objects.select_related("customer").filter(number__in=numbers)) if numbers else []


def invoices_named(purpose: str, contract_id: int) -> list[int]:
    """Ids of the contract's first invoices that the purpose names, in its order."""
    found: list[int] = []
    for number, issued_on in named(purpose).invoices:
        rows = PrintedDocument.objects.filter(
            kind=DocumentKind.INVOICE, number=number, correction=0, contract_id=contract_id
        )
        if issued_on is not None:
            rows = rows.filter(issued_on=issued_on)
        found += [one for one in rows.order_by("-id").values_list("id", flat=True)[:1] if one not in found]
    return found


def _by_invoice(said: Named) -> list[Contract]:
    found: dict[int, Contract] = {}
    for number, issued_on in said.invoices:
        rows = PrintedDocument.objects.filter(kind=DocumentKind.INVOICE, number=number, correction=0)
        if issued_on is not None:
            rows = rows.filter(issued_on=issued_on)
        found |= {one.contract_id: one.contract for one in rows.select_related("contract__customer").defer("data")}
    return list(found.values())


def _is_of(customer: Customer, payer: str) -> bool:
    """Whether the payer's name has the customer's surname."""
    surname = _plain(customer.full_name).split()[:1]
    return bool(surname) and surname[0] in _plain(payer).split()


def _plain(name: str) -> str:
    return re.sub(r"[^\w]+", " ", name.lower().replace("\N{CYRILLIC SMALL LETTER IO}", "\N{CYRILLIC SMALL LETTER IE}"))


def _tidy(number: str) -> str:
    return contracts.tidy_number(number).strip("-")


def _once(numbers: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(numbers))


def _day(text: str | None) -> date | None:
    if not text:
        return None
    parts = re.split(r"[./\s]+", text.strip().lower())
    try:
        month = words.MONTHS.index(parts[1]) + 1 if not parts[1].isdigit() else int(parts[1])
        year = int(parts[2]) + (2000 if len(parts[2]) == 2 else 0)
        return date(year, month, int(parts[0]))
    except ValueError:
        return None
