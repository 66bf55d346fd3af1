"""YooKassa's objects as values: read from its JSON, every word checked. No Django, no network.

`read_*` raise UnableToRead for a shape the bank does not promise; what they give can be stored as it stands.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

CURRENCY = "RUB"
ACTIVE, INACTIVE = "active", "inactive"  # of a method, beside PENDING
PENDING, WAITING, SUCCEEDED, CANCELED = STATUSES = ("pending", "waiting_for_capture", "succeeded", "canceled")

_ID = re.compile(r"[0-9a-zA-Z-]{1,64}")
_SUM = re.compile(r"(\d{1,12})(?:\.(\d{1,2}))?", re.ASCII)
_YEAR = re.compile(r"20\d{2}", re.ASCII)
_MONTH = re.compile(r"0[1-9]|1[0-2]", re.ASCII)
_LAST4 = re.compile(r"\d{4}", re.ASCII)
_GARBAGE = (AttributeError, KeyError, TypeError, ValueError)


class UnableToRead(Exception):
    """Not what the bank promises."""


@dataclass(frozen=True, slots=True)
class BankMethod:
    """A method of payment as the bank tells it, in a payment or by itself."""

    id: str = field(repr=False)  # who has it and our key may charge
    kind: str  # "bank_card", "sbp"
    saved: bool
    status: str  # pending, active, inactive; "" in a payment
    title: str  # "•• 4242"
    system: str  # "Mir"; "" when there is no card
    expiry: tuple[int, int] | None  # (year, month): good through that month
    confirmation_url: str = field(repr=False)
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BankPayment:
    """A payment as the bank tells it."""

    id: str
    status: str  # one of STATUSES
    paid: bool
    amount_kop: int
    currency: str
    shop_id: str  # whose payment it is; "" when the bank does not say
    test: bool
    created_at: datetime
    metadata: Mapping[str, str]
    confirmation_url: str = field(repr=False)  # who has it may pay; "" when there is nothing to confirm
    cancellation_reason: str  # the bank's word: "insufficient_funds"; "" unless canceled
    method_title: str  # "•• 4242"
    method: BankMethod | None = None  # None: not chosen yet, or of no shape we know


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list, the newest first."""

    items: tuple[BankPayment, ...]
    next_cursor: str  # "": this is the last page


@dataclass(frozen=True, slots=True)
class BankRefund:
    id: str
    payment_id: str
    status: str  # pending, succeeded, canceled
    amount_kop: int
    currency: str
    created_at: datetime
    metadata: Mapping[str, str]
    cancellation_reason: str  # the bank's word: "insufficient_funds"; "" unless canceled


@dataclass(frozen=True, slots=True)
class RefundPage:
    """A page of a list of refunds, the newest first."""

    items: tuple[BankRefund, ...]
    next_cursor: str  # "": this is the last page


@dataclass(frozen=True, slots=True)
class Shop:
    id: str
    test: bool
    enabled: bool
    prints_receipts: bool  # then every payment must carry one


class _Fraction(str):
    """A number with a point in JSON, kept as written: no float touches it, and no sum may be one."""

    __slots__ = ()


def is_id(text: object) -> bool:
    """Whether it has the shape of the bank's ids. What comes from outside is asked this before any use."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def read_json(text: bytes) -> dict[str, Any]:
    """The JSON object in these octets. Raises UnableToRead."""
    try:
        found = json.loads(text, parse_float=_Fraction, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise UnableToRead(f"not JSON: {type(error).__name__}") from error
    if not isinstance(found, dict):
        raise UnableToRead("JSON, but not an object")
    return found


def read_payment(answer: Any) -> BankPayment:
    try:
        return _payment(answer)
    except _GARBAGE as error:
        raise UnableToRead(f"payment: {type(error).__name__} {error}") from error


def read_page(answer: Any) -> Page:
    try:
        items = tuple(_payment(item) for item in answer["items"])
        return Page(items, _text(answer, "next_cursor", optional=True))
    except _GARBAGE as error:
        raise UnableToRead(f"list: {type(error).__name__} {error}") from error


def read_refund(answer: Any) -> BankRefund:
    try:
        return _refund(answer)
    except _GARBAGE as error:
        raise UnableToRead(f"refund: {type(error).__name__} {error}") from error


def read_refunds(answer: Any) -> RefundPage:
    try:
        items = tuple(_refund(item) for item in answer["items"])
        return RefundPage(items, _text(answer, "next_cursor", optional=True))
    except _GARBAGE as error:
        raise UnableToRead(f"list of refunds: {type(error).__name__} {error}") from error


def read_method(answer: Any) -> BankMethod:
    try:
        found = _method(answer)
        _one_of(found.status, (PENDING, ACTIVE, INACTIVE))
        return found
    except _GARBAGE as error:
        raise UnableToRead(f"payment method: {type(error).__name__} {error}") from error


def read_shop(answer: Any) -> Shop:
    try:
        fiscal = answer.get("fiscalization")
        return Shop(
            id=_text(answer, "account_id"),
            test=answer.get("test") is True,
            enabled=answer.get("status") == "enabled",
            prints_receipts=isinstance(fiscal, dict) and fiscal.get("enabled") is True,
        )
    except _GARBAGE as error:
        raise UnableToRead(f"shop: {type(error).__name__} {error}") from error


def short(answer: Mapping[str, Any], name: str) -> str:
    """A word for people and logs, whatever the bank put there."""
    return str(answer.get(name) or "").replace("\0", "").encode(errors="replace").decode()[:200]


def _payment(answer: Any) -> BankPayment:
    amount_kop, currency = _amount(answer["amount"])
    return BankPayment(
        id=_id(answer, "id"),
        status=_one_of(_text(answer, "status"), STATUSES),
        paid=_flag(answer, "paid"),
        amount_kop=amount_kop,
        currency=currency,
        shop_id=_text(answer.get("recipient") or {}, "account_id", optional=True),
        test=_flag(answer, "test"),
        created_at=_created_at(answer),
        metadata=_metadata(answer),
        confirmation_url=_web_address(answer.get("confirmation") or {}),
        cancellation_reason=_text(answer.get("cancellation_details") or {}, "reason", optional=True)[:64],
        method_title=_method_title(answer.get("payment_method") or {}),
        method=_method_of_payment(answer.get("payment_method")),
    )


def _refund(answer: Any) -> BankRefund:
    amount_kop, currency = _amount(answer["amount"])
    return BankRefund(
        id=_id(answer, "id"),
        payment_id=_id(answer, "payment_id"),
        status=_one_of(_text(answer, "status"), (PENDING, SUCCEEDED, CANCELED)),
        amount_kop=amount_kop,
        currency=currency,
        created_at=_created_at(answer),
        metadata=_metadata(answer),
        cancellation_reason=_text(answer.get("cancellation_details") or {}, "reason", optional=True)[:64],
    )


def _created_at(answer: Any) -> datetime:
    created_at = datetime.fromisoformat(_text(answer, "created_at"))
    if created_at.tzinfo is None:
        raise ValueError("created_at has no zone")
    return created_at


def _metadata(answer: Any) -> dict[str, str]:
    return {_storable(name): _storable(value) for name, value in (answer.get("metadata") or {}).items()}


def _method_of_payment(answer: Any) -> BankMethod | None:
    """Money never waits for how a card is described: what cannot be read is no method to keep."""
    try:
        return _method(answer) if answer else None
    except _GARBAGE:
        return None


def _method(answer: Any) -> BankMethod:
    card = answer.get("card") or {}
    return BankMethod(
        id=_id(answer, "id"),
        kind=_text(answer, "type")[:12],
        saved=_flag(answer, "saved"),
        status=_text(answer, "status", optional=True),
        title=_method_title(answer),
        system=_text(card, "card_type", optional=True)[:40],
        expiry=_expiry(card),
        confirmation_url=_web_address(answer.get("confirmation") or {}),
        metadata=_metadata(answer),
    )


def _expiry(card: Any) -> tuple[int, int] | None:
    year, month = (_text(card, f"expiry_{part}", optional=True) for part in ("year", "month"))
    if not (_YEAR.fullmatch(year) and _MONTH.fullmatch(month)):
        return None
    return int(year), int(month)


def _amount(value: Any) -> tuple[int, str]:
    match = _SUM.fullmatch(_text(value, "value"))
    if match is None:
        raise ValueError("amount")
    roubles, kopecks = match.groups()
    return int(roubles) * 100 + int((kopecks or "0").ljust(2, "0")), _text(value, "currency")


def _web_address(confirmation: Any) -> str:
    url = _text(confirmation, "confirmation_url", optional=True)
    if not url:
        return ""
    parts = urlsplit(url)  # raises ValueError where it is none
    if parts.scheme not in {"https", "http"} or not parts.hostname or not url.isascii() or len(url) > 2048:
        raise ValueError("confirmation_url")
    return url


def _method_title(method: Any) -> str:
    last4 = _text(method.get("card") or {}, "last4", optional=True)
    return f"•• {last4}" if _LAST4.fullmatch(last4) else _text(method, "title", optional=True)[:80]


def _text(values: Any, name: str, *, optional: bool = False) -> str:
    value = values.get(name) if optional else values[name]
    return "" if value is None and optional else _storable(value)


def _storable(value: object) -> str:
    """Text that PostgreSQL can keep; half a surrogate pair raises UnicodeEncodeError, a ValueError."""
    if type(value) is not str:
        raise TypeError(f"{type(value).__name__} instead of a text")
    if "\0" in value or len(value) > 4096:
        raise ValueError("a text that cannot be kept")
    value.encode()
    return value


def _flag(values: Any, name: str) -> bool:
    value = values[name]
    if not isinstance(value, bool):
        raise TypeError(f"{name} is not a flag")
    return value


def _id(values: Any, name: str) -> str:
    value = _text(values, name)
    if not is_id(value):
        raise ValueError(f"{name} is not an id")
    return value


def _one_of(value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError(f"status {value[:40]!r}")
    return value


def _refuse(name: str) -> None:
    raise ValueError(name)
