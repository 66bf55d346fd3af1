"""What a receipt says: customer, items, VAT, how it was paid. Pure values; each gateway puts them in its own words.

54-FZ: a payment in advance is a receipt of an «advance»; when the service is rendered, one more says that it was paid
with that advance (for communication services once a month is enough); an advance given back is a refund receipt.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

VatRate = Literal["none", 0, 5, 7, 10, 22]
Settlement = Literal["electronic", "cash", "prepayment"]

NAME_LENGTH = 128
_VAT_22_SINCE = date(2026, 1, 1)  # 20 % before
# What is paid in advance carries the calculated rate: 22/122 of the sum.
_CALCULATED = {"vat5": "vat105", "vat7": "vat107", "vat10": "vat110", "vat20": "vat120", "vat22": "vat122"}
_SPACES = re.compile(r"\s+")


class UnableToWord(Exception):
    """Such a receipt cannot be."""


class Customer(NamedTuple):
    email: str  # "" where there is none: then the phone
    phone: str  # +79161234567, or ""
    name: str = ""  # of a company only: the law wants its name and INN where they are known
    inn: str = ""


class Item(NamedTuple):
    name: str
    amount_kop: int
    vat: str  # as ATOL spells it: "vat122"
    is_service: bool  # a rendered service, wholly paid; else an advance


class Content(NamedTuple):
    at: datetime  # the operator's wall clock
    customer: Customer
    items: tuple[Item, ...]
    settlement: Settlement

    @property
    def total_kop(self) -> int:
        return sum(item.amount_kop for item in self.items)


def vat(vat_rate: VatRate, on: date, *, is_advance: bool) -> str:
    """The rate's name on a receipt of a date.   vat_rate: the profile's."""
    if vat_rate == "none":
        return "none"
    name = "vat20" if vat_rate == 22 and on < _VAT_22_SINCE else f"vat{vat_rate}"
    return _CALCULATED.get(name, name) if is_advance else name


def usual_tax_system(vat_rate: VatRate) -> str:
    """What an operator with such a rate most probably is taxed by: ABONENT_ATOL_SNO says it where this is wrong."""
    return "usn_income" if vat_rate in {"none", 5, 7} else "osn"


def item(name: str, amount_kop: int, *, vat: str, is_service: bool) -> Item:
    """Raises UnableToWord for a sum that is none."""
    if amount_kop <= 0:
        raise UnableToWord(f"an item of {amount_kop} kopecks")
    return Item(_SPACES.sub(" ", name).strip()[:NAME_LENGTH], amount_kop, vat, is_service)


def content(
    *, at: datetime, customer: Customer, items: Sequence[Item], settlement: Settlement, amount_kop: int
) -> Content:
    """Raises UnableToWord when the items are not the sum, or nobody would get it."""
    made = Content(at, customer, tuple(items), settlement)
    if made.total_kop != amount_kop:
        raise UnableToWord(f"items of {made.total_kop} kopecks, the sum is {amount_kop}")
    if not (customer.email or customer.phone):
        raise UnableToWord("there is neither an e-mail nor a phone to send it to")
    return made


def dump(made: Content) -> dict[str, Any]:
    """As it is kept in a row."""
    return {
        "at": made.at.isoformat(timespec="seconds"),
        "customer": made.customer._asdict(),
        "items": [item._asdict() for item in made.items],
        "settlement": made.settlement,
    }


def load(kept: dict[str, Any]) -> Content:
    """What `dump` has kept."""
    return Content(
        datetime.fromisoformat(kept["at"]),
        Customer(**kept["customer"]),
        tuple(Item(**one) for one in kept["items"]),
        kept["settlement"],
    )
