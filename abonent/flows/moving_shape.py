"""The bundle a provider moves in and out with: its tables, their columns, what may stand in a cell. Pure.

A reader of a cell gives the value that is kept, or raises Wrong with what is allowed there.
"""

import functools
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from abonent.addresses import reading
from abonent.core import money
from abonent.network import rules as network
from abonent.subscribers import contacts, contracts, customers

EARLIEST = date(1990, 1, 1)
LATEST = date(2100, 1, 1)  # of a date that lies ahead
_RUSSIAN_DATE = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ]00:00(?::00)?)?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ID = re.compile(r"[^\s\x00-\x1f]{1,64}")
_CODE = re.compile(r"[a-z0-9_-]{1,64}")
_LIST = re.compile(r"[|;,]")


class Wrong(Exception):
    """`allowed` says what may stand there."""

    def __init__(self, allowed: "str | Promise") -> None:
        super().__init__(str(allowed))
        self.allowed = allowed


class Column(NamedTuple):
    name: str
    sql: str  # its type
    read: Callable[[str], Any]
    needed: bool = True
    absent: Any = None  # what an empty cell means


class Table(NamedTuple):
    name: str
    columns: tuple[Column, ...]
    whole: Callable[[dict[str, Any]], "tuple[str, Promise] | None"] = lambda row: None  # the column that is wrong, why
    more: tuple[tuple[str, str, Callable[[dict[str, Any]], Any]], ...] = ()  # name, type, from the others
    needed: bool = False
    kop: str = ""  # the column whose kopecks are the table's control total


def text(most: int) -> Callable[[str], str]:
    def read(cell: str) -> str:
        if len(cell) > most or _CONTROL.search(cell):
            raise Wrong(_("a text without control characters, not longer than the field"))
        return " ".join(cell.split())

    return read


def one_of(*words: str) -> Callable[[str], str]:
    allowed = ", ".join(words)

    def read(cell: str) -> str:
        if cell.lower() not in words:
            raise Wrong(allowed)
        return cell.lower()

    return read


def identifier(cell: str) -> str:
    if not _ID.fullmatch(cell):
        raise Wrong(_("an identifier: up to 64 characters without spaces"))
    return cell


def code(cell: str) -> str:
    if not _CODE.fullmatch(cell.lower()):
        raise Wrong(_("a code of a-z, 0-9, - and _"))
    return cell.lower()


def number(cell: str) -> str:
    tidy = contracts.tidy_number(cell)
    if not contracts.NUMBER.fullmatch(tidy):
        raise Wrong(_("a contract's number: up to 32 of A-Z, 0-9 and -"))
    return tidy


@functools.lru_cache(maxsize=4096)
def any_date(cell: str) -> date:
    """2026-11-22 or 22.11.2026."""
    iso, russian = _ISO_DATE.fullmatch(cell), _RUSSIAN_DATE.fullmatch(cell)
    try:
        if iso:
            found = date(int(iso[1]), int(iso[2]), int(iso[3]))
        elif russian:
            found = date(int(russian[3]), int(russian[2]), int(russian[1]))
        else:
            raise ValueError(cell)
    except ValueError:
        raise Wrong(_("a date there is: 2026-11-22 or 22.11.2026")) from None
    if not EARLIEST <= found <= LATEST:
        raise Wrong(_("a date from 1990 to 2099"))
    return found


def kop(cell: str) -> int:
    try:
        return money.parse(cell)
    except money.UnableToParse:
        raise Wrong(_("a sum of roubles: 1250,50")) from None


def more_kop(cell: str) -> int:
    found = kop(cell)
    if not found:
        raise Wrong(_("a sum above zero"))
    return found


def signed_kop(cell: str) -> int:
    sign = cell[:1]
    return -kop(cell[1:].strip()) if sign in ("-", "\N{MINUS SIGN}", "\N{EN DASH}") else kop(cell)


def whole(cell: str) -> int:
    if not (cell.isascii() and cell.isdigit() and len(cell) < 8):
        raise Wrong(_("a whole number"))
    return int(cell)


def phones(cell: str) -> list[str]:
    try:
        return list(dict.fromkeys(contacts.read_phone(one) for one in _LIST.split(cell) if one.strip()))
    except contacts.UnableToReadContact:
        raise Wrong(_("phones of Russia, with | between them: +79161234567")) from None


def emails(cell: str) -> list[str]:
    try:
        return list(dict.fromkeys(contacts.read_email(one) for one in _LIST.split(cell) if one.strip()))
    except contacts.UnableToReadContact:
        raise Wrong(_("mail addresses, with | between them: name@example.ru")) from None


def segments(cell: str) -> list[str]:
    found = [one.strip().lower() for one in _LIST.split(cell) if one.strip()]
    if not found or not set(found) <= set(SEGMENTS):
        raise Wrong("|".join(SEGMENTS))
    return found


def mac(cell: str) -> str:
    try:
        return network.read_mac(cell)
    except network.UnableToReadMac:
        raise Wrong(_("the MAC address of a device: aa:bb:cc:dd:ee:ff")) from None


def _customer(row: dict[str, Any]) -> tuple[str, Promise] | None:
    if row["inn"] and not customers.inn_is_whole(row["inn"], row["kind"]):
        return "inn", _("an INN with the right check digits: 12 of a person, 10 of a company")
    return None


def _contract(row: dict[str, Any]) -> tuple[str, Promise] | None:
    if row["ended_on"] and row["ended_on"] < row["signed_on"]:
        return "ended_on", _("not before it was signed")
    if row["closed_on"] and not row["ended_on"]:
        return "closed_on", _("only with the date on which the contract ended")
    return None


def _subscription(row: dict[str, Any]) -> tuple[str, Promise] | None:
    if row["state"] == "active" and row["paid_until"] is None:
        return "paid_until", _("the first day that is not paid: what works is paid until a date")
    if row["state"] == "ended" and row["ended_on"] is None:
        return "ended_on", _("the date on which it ended")
    if row["ended_on"] and row["ended_on"] < row["started_on"]:
        return "ended_on", _("not before it began")
    if row["paid_until"] and row["paid_until"] > row["started_on"] + timedelta(days=30_000):
        return "paid_until", _("not so far ahead")
    return None


def _given_name(row: dict[str, Any]) -> str:
    if row["kind"] != "person":
        return ""
    words = row["full_name"].split()
    return str(words[1] if len(words) > 1 else row["full_name"])[:80]


def _number_key(row: dict[str, Any]) -> str:
    return reading.number_key(row["house"], row["korpus"], row["stroenie"], row["liter"])


SEGMENTS = ("apartment", "private", "business")
KINDS = ("internet", "tv", "telephony", "video", "colocation")
STATES = ("active", "suspended", "waiting", "paused", "standing", "ended")

TABLES = (
    Table("tariffs", (
        Column("code", "text", code),
        Column("role", "text", one_of("tariff", "addon"), False, "tariff"),
        Column("kind", "text", one_of(*KINDS), False, "internet"),
        Column("segments", "text[]", segments, False, list(SEGMENTS)),
        Column("name", "text", text(120)),
        Column("charging", "text", one_of("month", "day", "per_day", "once"), False, "month"),
        Column("price", "bigint", kop),
        Column("valid_from", "date", any_date, False, EARLIEST),
        Column("down_mbps", "int", whole, False),
        Column("up_mbps", "int", whole, False),
    ), kop="price"),
    Table("addresses", (
        Column("address_id", "text", identifier),
        Column("settlement", "text", text(120)),
        Column("street", "text", text(160)),
        Column("house", "text", text(20)),
        Column("korpus", "text", text(20), False, ""),
        Column("stroenie", "text", text(20), False, ""),
        Column("liter", "text", text(20), False, ""),
        Column("flat", "text", text(20), False, ""),
        Column("segment", "text", one_of(*SEGMENTS), False, "apartment"),
        Column("connected", "text", one_of("yes", "planned", "no"), False, "yes"),
        Column("technology", "text", text(16), False, ""),
    ), more=(("number_key", "text", _number_key),)),
    Table("customers", (
        Column("customer_id", "text", identifier),
        Column("kind", "text", one_of("person", "legal"), False, "person"),
        Column("full_name", "text", text(200)),
        Column("inn", "text", text(12), False, ""),
        Column("kpp", "text", text(9), False, ""),
        Column("registered_address", "text", text(300), False, ""),
        Column("phone", "text[]", phones, False, []),
        Column("email", "text[]", emails, False, []),
        Column("language", "text", one_of("ru", "en"), False, "ru"),
    ), whole=_customer, more=(
        ("sort_key", "text", lambda row: customers.sort_key(row["full_name"])),
        ("given_name", "text", _given_name),
    )),
    Table("contracts", (
        Column("contract_id", "text", identifier),
        Column("customer_id", "text", identifier),
        Column("number", "text", number),
        Column("signed_on", "date", any_date),
        Column("ended_on", "date", any_date, False),
        Column("closed_on", "date", any_date, False),
        Column("credit_limit", "bigint", kop, False, 0),
    ), whole=_contract, kop="credit_limit"),
    Table("subscriptions", (
        Column("subscription_id", "text", identifier),
        Column("contract_id", "text", identifier),
        Column("address_id", "text", identifier, False),
        Column("segment", "text", one_of(*SEGMENTS), False),
        Column("tariff", "text", code),
        Column("price", "bigint", kop, False),
        Column("state", "text", one_of(*STATES), False, "active"),
        Column("started_on", "date", any_date),
        Column("paid_until", "date", any_date, False),
        Column("ended_on", "date", any_date, False),
    ), whole=_subscription, kop="price"),
    Table("balances", (
        Column("contract_id", "text", identifier),
        Column("balance", "bigint", signed_kop),
    ), kop="balance"),
    Table("payments", (
        Column("payment_id", "text", identifier),
        Column("contract_id", "text", identifier),
        Column("paid_on", "date", any_date),
        Column("amount", "bigint", more_kop),
        Column("channel", "text", text(40), False, ""),
    ), kop="amount"),
    Table("devices", (
        Column("contract_id", "text", identifier),
        Column("address_id", "text", identifier, False),
        Column("mac", "text", mac),
        Column("name", "text", text(60), False, ""),
    )),
)  # fmt: skip


def spelled(value: Any) -> str:
    """A value as it stands in a cell of the bundle; a sum by `spelled_kop`."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return "|".join(str(one) for one in value)
    return str(value)
