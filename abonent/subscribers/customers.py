"""Customers: persons and legal entities. The only module that writes Customer."""

from abonent.core import db
from abonent.identity.models import User
from abonent.subscribers.models import Customer, CustomerKind

MOST_ADDRESS_CHARS = 300
_INN_DIGITS = {CustomerKind.PERSON: (12,), CustomerKind.LEGAL_ENTITY: (10, 12)}  # 12 too: an entrepreneur's
_SORTED_AS = str.maketrans("\N{CYRILLIC SMALL LETTER IO}", "\N{CYRILLIC SMALL LETTER IE}") | {
    ord(quote): " " for quote in "\"'«»„“”"
}
_INN_WEIGHTS = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)  # of the longest; a shorter one takes the last of them


class UnableToCreateCustomer(Exception):
    """The message says what is wrong with which value."""


def create_person(
    *, full_name: str, given_name: str = "", inn: str = "", language: str = "ru", user: User | None = None
) -> Customer:
    """full_name: surname first.   given_name: how the page greets; by default the second word of it.

    Raises UnableToCreateCustomer.
    """
    full_name = _tidy(full_name)
    words = full_name.split()
    given_name = _tidy(given_name) or (words[1] if len(words) > 1 else full_name)
    return _create(CustomerKind.PERSON, full_name, given_name, inn, "", language, user)


def create_legal_entity(
    *,
    full_name: str,
    inn: str = "",
    kpp: str = "",
    registered_address: str = "",
    language: str = "ru",
    user: User | None = None,
) -> Customer:
    """full_name, registered_address: as in the register; the documents say them so.   Raises UnableToCreateCustomer."""
    made = _create(CustomerKind.LEGAL_ENTITY, _tidy(full_name), "", inn, kpp, language, user)
    if registered_address:
        move(made, registered_address=registered_address)
    return made


def move(customer: Customer, *, registered_address: str) -> None:
    """A legal entity's address in the register is another now; documents made before keep the one they have."""
    db.require_transaction()
    if customer.kind != CustomerKind.LEGAL_ENTITY:
        raise UnableToCreateCustomer("a person has no registered address: write the address of the line")
    address = _tidy(registered_address)
    if len(address) > MOST_ADDRESS_CHARS:
        raise UnableToCreateCustomer(f"the registered address is longer than {MOST_ADDRESS_CHARS} characters")
    customer.registered_address = address
    customer.save(update_fields=["registered_address"])


def give_user(customer: Customer, user: User) -> None:
    """The sign-in of a customer who had none."""
    db.require_transaction()
    assert customer.user_id is None, f"customer {customer.pk} has a sign-in"
    customer.user = user
    customer.save(update_fields=["user"])


def sort_key(name: str) -> str:
    """What lists of names sort by: small letters, yo as ye, no quotes around a company's name."""
    return " ".join(name.lower().translate(_SORTED_AS).split())


def inn_is_whole(inn: str, kind: str) -> bool:
    """12 digits of a person, 10 of a company, 12 of an entrepreneur, with the right check digits."""
    if not (inn.isascii() and inn.isdigit() and len(inn) in _INN_DIGITS[CustomerKind(kind)]):
        return False
    checked = (len(inn) - 1,) if len(inn) == 10 else (len(inn) - 2, len(inn) - 1)
    return all(
        sum(w * int(d) for w, d in zip(_INN_WEIGHTS[-n:], inn[:n], strict=True)) % 11 % 10 == int(inn[n])
        for n in checked
    )


def _create(
    kind: CustomerKind, full_name: str, given_name: str, inn: str, kpp: str, language: str, user: User | None
) -> Customer:
    db.require_transaction()
    if not full_name:
        raise UnableToCreateCustomer("a customer needs a name")
    if inn and not inn_is_whole(inn, kind):
        digits = " or ".join(str(n) for n in _INN_DIGITS[kind])
        raise UnableToCreateCustomer(f"INN {inn} is mistyped: {digits} digits, the last ones check the rest")
    if kpp and not (kpp.isascii() and kpp.isalnum() and len(kpp) == 9):
        raise UnableToCreateCustomer(f"KPP {kpp} is mistyped: 9 digits")
    return Customer.objects.create(
        kind=kind, full_name=full_name, sort_key=sort_key(full_name), given_name=given_name, inn=inn, kpp=kpp,
        language=language, user=user,
    )  # fmt: skip


def _tidy(name: str) -> str:
    return " ".join(name.split())
