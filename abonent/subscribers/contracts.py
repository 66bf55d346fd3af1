"""Contracts and their numbers. The only module that writes Contract."""

import re
from datetime import date

from django.conf import settings

from abonent.core import db, profile_schema
from abonent.subscribers.models import Contract

NUMBER = re.compile(r"[0-9A-Z-]{1,32}")  # it stands in addresses of pages, and is typed at sign-in

_SKIP_TAKEN = db.read_sql(__file__, "skip_taken_numbers")
_INSERT = """
    insert into subscribers_contract (number, customer_id, signed_on) values (%s, %s, %s)
    on conflict (number) do nothing
    returning id
"""


class UnableToSign(Exception):
    """The message says why, and what to do."""


class NumberTaken(UnableToSign):
    """Another contract has that number."""


def sign(*, customer_id: int, on: date, number: str | None = None) -> Contract:
    """A new contract, with its own number or the next of the profile's scheme.

    Numbers are unique; a scheme's numbers may have gaps (a signing that failed).   on: the operator's date.
    Raises NumberTaken, or UnableToSign for a number that cannot be one.
    """
    db.require_transaction()
    if number is None:
        return _sign_next(customer_id, on, settings.PROFILE.contract_number_scheme)
    number = tidy_number(number)
    if not NUMBER.fullmatch(number):
        raise UnableToSign(f"«{number}» cannot be a contract's number: up to 32 of A-Z, 0-9 and -")
    contract = _insert(number, customer_id, on)
    if contract is None:
        raise NumberTaken(f"the number {number} belongs to another contract: choose another, or give none")
    return contract


def end(contract_id: int, *, on: date) -> None:
    """The contract has ended.   on: the first date without service. Twice is once."""
    db.require_transaction()
    Contract.objects.filter(id=contract_id, ended_on__isnull=True).update(ended_on=on)


def close(contract_id: int, *, on: date) -> bool:
    """Nobody's any more: no page shows it. Give whether it was open. The flow has looked at its money."""
    db.require_transaction()
    found = Contract.objects.filter(id=contract_id, ended_on__isnull=False, closed_on__isnull=True)
    return found.update(closed_on=on) == 1


def tidy_number(text: str) -> str:
    """As typed by a person, without spaces, in capitals."""
    return "".join(text.split()).upper()


def _sign_next(customer_id: int, on: date, scheme: profile_schema.ContractNumberScheme) -> Contract:
    while True:
        contract = _insert(scheme.number(_next_counter(scheme)), customer_id, on)
        if contract is not None:
            return contract
        _skip_taken(scheme)


def _next_counter(scheme: profile_schema.ContractNumberScheme) -> int:
    row = db.rows("select nextval('subscribers_contract_counter') as n")[0]
    return scheme.first + int(row["n"]) - 1


def _skip_taken(scheme: profile_schema.ContractNumberScheme) -> None:
    """Move the counter behind the run of numbers given by hand or import, however long."""
    db.run(_SKIP_TAKEN, {"prefix": scheme.prefix, "digits": scheme.digits, "first": scheme.first})


def _insert(number: str, customer_id: int, on: date) -> Contract | None:
    rows = db.rows(_INSERT, [number, customer_id, on])
    return Contract(id=rows[0]["id"], number=number, customer_id=customer_id, signed_on=on) if rows else None
