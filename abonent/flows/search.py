"""The staff's search: one line typed, looked up in every room that may know it. Reads only.

What is typed decides where it is looked for: a MAC and an IP at the network, letters with a number at the addresses,
digits at contracts, phones, payments and documents.
"""

import ipaddress
import re
from typing import NamedTuple

from abonent.billing.documents import queries as documents
from abonent.billing.models_documents import Document
from abonent.network import queries as network
from abonent.network import rules
from abonent.payments import queries as payments
from abonent.payments.models import Payment
from abonent.subscribers import finding

AT_MOST = finding.AT_MOST
MOST_CHARS = 120
_LETTER = re.compile(r"[^\W\d_]")
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_NUMBER = re.compile(r"(?:№|N|No\.?|#)?\s*([0-9]{1,9})(?:\s*/\s*([0-9]{4}))?", re.IGNORECASE)


class Known(NamedTuple):
    """Something of a contract's: a device, an address of the network."""

    contract: finding.FoundContract
    what: str  # "device", "seen", "session", "static"
    value: str  # the MAC or the address


class Paid(NamedTuple):
    contract: finding.FoundContract
    payment: Payment


class Papered(NamedTuple):
    contract: finding.FoundContract
    document: Document


class Found(NamedTuple):
    contracts: list[finding.FoundContract] = []  # by number, phone or name
    at_address: list[finding.FoundContract] = []
    network: list[Known] = []
    payments: list[Paid] = []
    documents: list[Papered] = []

    @property
    def contract_ids(self) -> list[int]:
        """Everybody shown, each once."""
        shown = [*self.contracts, *self.at_address]
        shown += [one.contract for one in self.network]
        shown += [one.contract for one in self.payments]
        shown += [one.contract for one in self.documents]
        return sorted({one.id for one in shown})

    def __bool__(self) -> bool:
        return any(self[place] for place in range(len(self)))


def find(text: str, *, sees_network: bool, sees_money: bool) -> Found:
    """What fits, by groups, at most AT_MOST in each; nothing for fewer than two characters.

    sees_network, sees_money: whether who asks may see devices and sessions, payments and documents.
    """
    text = " ".join(text.replace("\0", " ").split())[:MOST_CHARS]
    if len(text) < finding.LEAST_CHARS:
        return Found()
    by_network = _of_network(text) if sees_network else None
    if by_network is not None:
        return Found(network=by_network)
    people = finding.find(text)
    has_digit, has_letter = any(char.isdigit() for char in text), bool(_LETTER.search(text))
    return Found(
        contracts=people,
        at_address=finding.at_address(text) if has_digit and has_letter else [],
        payments=_payments(text) if sees_money and has_digit else [],
        documents=_documents(text) if sees_money and has_digit else [],
    )


def _of_network(text: str) -> list[Known] | None:
    """None: it is neither a MAC nor an address."""
    try:
        rows = network.of_mac(rules.read_mac(text), AT_MOST)
    except rules.UnableToReadMac:
        try:
            rows = network.of_address(str(ipaddress.ip_address(text)), AT_MOST)
        except ValueError:
            return None
    contracts = finding.of_lines([row.line_id for row in rows])
    return [Known(contracts[row.line_id], row.what, row.value) for row in rows if row.line_id in contracts]


def _payments(text: str) -> list[Paid]:
    if not _ID.fullmatch(text):
        return []
    rows = payments.find(text, AT_MOST)
    contracts = {one.id: one for one in finding.show([payment.account.contract_id or 0 for payment in rows])}
    return [Paid(contracts[one.account.contract_id], one) for one in rows if one.account.contract_id in contracts]


def _documents(text: str) -> list[Papered]:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return []
    rows = documents.of_number(int(match[1]), int(match[2]) if match[2] else None, AT_MOST)
    contracts = {one.id: one for one in finding.show([document.contract_id for document in rows])}
    return [Papered(contracts[one.contract_id], one) for one in rows if one.contract_id in contracts]
