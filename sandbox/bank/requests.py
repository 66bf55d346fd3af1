"""Bodies of the API's calls: read, checked, turned into values. Each refusal names its parameter."""

import dataclasses
import json
import re
import urllib.parse
from typing import Any

from sandbox.bank import errors, kopecks

CARD_MIN_KOP = 1_00
CARD_MAX_KOP = 350_000_00
SBP_MAX_KOP = 700_000_00
METHOD_TYPES = ("bank_card", "sbp")
DESCRIPTION_MAX = 128
RETURN_URL_MAX = 2048
RECEIPT_ITEMS_MAX = 80
LOCALES = ("ru_RU", "en_US")
HOST = re.compile(r"[A-Za-z0-9.\-]+|\[[0-9A-Fa-f:.]+\]")


class Number(str):
    """A fraction in JSON, kept as it was written: no float touches it, and no sum may be one."""

    __slots__ = ()


@dataclasses.dataclass(frozen=True)
class NewPayment:
    amount_kop: int
    capture: bool
    save_method: bool
    description: str | None
    return_url: str | None
    locale: str
    confirmation: str | None  # "redirect", "qr"; None: the payer is not there
    method_type: str
    merchant_customer_id: str | None
    metadata: dict[str, str]
    receipt: dict[str, Any] | None
    method_id: str | None


@dataclasses.dataclass(frozen=True)
class NewMethod:
    type: str
    return_url: str | None
    locale: str
    confirmation: str
    metadata: dict[str, str]


@dataclasses.dataclass(frozen=True)
class NewRefund:
    payment_id: str
    amount_kop: int
    description: str | None
    metadata: dict[str, str]
    receipt: dict[str, Any] | None


def body_of(raw: bytes) -> dict[str, Any]:
    """A JSON object; nothing at all is {}."""
    if not raw.strip():
        return {}
    try:
        body = json.loads(raw, parse_float=Number)
    except (ValueError, RecursionError) as error:
        raise errors.invalid(None, "Cannot parse the request body: it must be JSON in UTF-8") from error
    if not isinstance(body, dict):
        raise errors.invalid(None, "The request body must be a JSON object")
    return body


def amount(body: dict[str, Any], parameter: str = "amount") -> int:
    value = body.get(parameter)
    if not isinstance(value, dict):
        raise errors.invalid(parameter, f"Missing parameter: {parameter}")
    if value.get("currency") != "RUB":
        raise errors.invalid(f"{parameter}.currency", "Incorrect currency: only RUB is supported")
    try:
        amount_kop = kopecks.parse(value.get("value"))
    except kopecks.UnableToReadSum as error:
        raise errors.invalid(f"{parameter}.value", 'Incorrect sum: a string like "100.00" is expected') from error
    if amount_kop <= 0:
        raise errors.invalid(f"{parameter}.value", "The sum must be greater than zero")
    return amount_kop


def new_payment(body: dict[str, Any]) -> NewPayment:
    amount_kop = amount(body)
    method_type = _method_type(body)
    if not CARD_MIN_KOP <= amount_kop <= (SBP_MAX_KOP if method_type == "sbp" else CARD_MAX_KOP):
        raise errors.invalid("amount.value", "The sum must be between 1.00 and 350000.00 for a bank card")
    receipt = receipt_of(body)
    _check_receipt_sum(receipt, amount_kop)
    method_id = _text(body, "payment_method_id", 64)
    confirmation: str | None = None
    return_url, locale = None, LOCALES[0]
    if not method_id or body.get("confirmation") is not None:
        confirmation, return_url, locale = _confirmation(body)
    return NewPayment(
        amount_kop=amount_kop,
        capture=_flag(body, "capture"),
        save_method=_flag(body, "save_payment_method"),
        description=_text(body, "description", DESCRIPTION_MAX),
        return_url=return_url,
        locale=locale,
        confirmation=confirmation,
        method_type=method_type,
        merchant_customer_id=_text(body, "merchant_customer_id", 200),
        metadata=_metadata(body),
        receipt=receipt,
        method_id=method_id,
    )


def new_method(body: dict[str, Any]) -> NewMethod:
    """A binding at zero amount: the payer types his card on our page, never the shop."""
    kind = body.get("type")
    if kind not in METHOD_TYPES:
        raise errors.invalid("type", "The payment method is not available: there are bank_card and sbp")
    _refuse_card_data(body, "card")
    confirmation, return_url, locale = _confirmation(body)
    return NewMethod(kind, return_url, locale, confirmation, _metadata(body))


def new_refund(body: dict[str, Any]) -> NewRefund:
    payment_id = _text(body, "payment_id", 64)
    if not payment_id:
        raise errors.invalid("payment_id", "Missing parameter: payment_id")
    return NewRefund(
        payment_id=payment_id,
        amount_kop=amount(body),
        description=_text(body, "description", 250),
        metadata=_metadata(body),
        receipt=receipt_of(body),
    )


def capture_amount(body: dict[str, Any]) -> int | None:
    """None: the whole sum."""
    receipt_of(body)
    return amount(body) if body.get("amount") is not None else None


def _text(body: dict[str, Any], name: str, longest: int) -> str | None:
    value = body.get(name)
    if value is None:
        return None
    if type(value) is not str or len(value) > longest:
        raise errors.invalid(name, f"{name} must be a string of at most {longest} characters")
    return value


def _flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise errors.invalid(name, f"{name} must be true or false")
    return value


def _metadata(body: dict[str, Any]) -> dict[str, str]:
    value = body.get("metadata")
    if value is None:
        return {}
    if not isinstance(value, dict) or len(value) > 16:
        raise errors.invalid("metadata", "metadata must be an object of at most 16 keys")
    for key, item in value.items():
        if len(key) > 32:
            raise errors.invalid("metadata", "A key of metadata must be at most 32 characters")
        if type(item) is not str or len(item) > 512:
            raise errors.invalid(f"metadata.{key}", "A value of metadata must be a string of at most 512 characters")
    return value


def receipt_of(body: dict[str, Any]) -> dict[str, Any] | None:
    receipt = body.get("receipt")
    if receipt is None:
        return None
    items = receipt.get("items") if isinstance(receipt, dict) else None
    if not isinstance(items, list) or not 1 <= len(items) <= RECEIPT_ITEMS_MAX:
        raise errors.invalid("receipt", "Receipt is missing or illegal")
    for place, item in enumerate(items):
        if not isinstance(item, dict):
            raise errors.invalid(f"receipt.items[{place}]", "Receipt is missing or illegal")
        amount(item)
        for name in ("description", "quantity", "vat_code"):
            if item.get(name) is None:
                raise errors.invalid(f"receipt.items[{place}].{name}", "Receipt is missing or illegal")
    customer = receipt.get("customer")
    if not isinstance(customer, dict) or not (customer.get("email") or customer.get("phone")):
        raise errors.invalid("receipt.customer", "Receipt is missing or illegal: email or phone is required")
    checked: dict[str, Any] = receipt
    return checked


def _check_receipt_sum(receipt: dict[str, Any] | None, amount_kop: int) -> None:
    """Only whole quantities are summed: fractions are the cash register's arithmetic."""
    if receipt is None:
        return
    total_kop = 0
    for item in receipt["items"]:
        quantity = re.fullmatch(r"([0-9]{1,5})(?:\.0+)?", str(item["quantity"]))
        if quantity is None:
            return
        total_kop += amount(item) * int(quantity[1])
    if total_kop != amount_kop:
        raise errors.invalid("receipt.items", "The sum of the receipt's items does not equal the payment's amount")


def _method_type(body: dict[str, Any]) -> str:
    data = body.get("payment_method_data")
    if data is None:
        return METHOD_TYPES[0]
    if not isinstance(data, dict) or data.get("type") not in METHOD_TYPES:
        raise errors.invalid(
            "payment_method_data.type", "The payment method is not available: there are bank_card and sbp"
        )
    _refuse_card_data(data, "payment_method_data.card")
    return str(data["type"])


def _refuse_card_data(data: dict[str, Any], parameter: str) -> None:
    if data.get("card") is not None:
        raise errors.UnableToServe(403, "You can't pass card data: the payer types it on the bank's page", parameter)


def _confirmation(body: dict[str, Any]) -> tuple[str, str | None, str]:
    """(type, return_url, locale)."""
    confirmation = body.get("confirmation")
    if not isinstance(confirmation, dict):
        raise errors.invalid("confirmation", "Missing parameter: confirmation (or payment_method_id)")
    kind = confirmation.get("type")
    if kind not in ("redirect", "qr"):
        raise errors.invalid("confirmation.type", "Only the confirmations of type redirect and qr are available")
    locale = confirmation.get("locale") or LOCALES[0]
    if locale not in LOCALES:
        raise errors.invalid("confirmation.locale", "locale must be ru_RU or en_US")
    return_url = confirmation.get("return_url")
    if kind == "qr" and return_url is None:
        return kind, None, locale
    if type(return_url) is not str or len(return_url) > RETURN_URL_MAX or not is_web_address(return_url):
        raise errors.invalid("confirmation.return_url", "return_url must be an http(s) address up to 2048 characters")
    return kind, return_url, locale


def is_web_address(url: str) -> bool:
    """Safe to stand in a Location and in a policy header."""
    if not url.isascii() or any(character.isspace() or not character.isprintable() for character in url):
        return False
    try:
        parts = urllib.parse.urlsplit(url)
        parts.port  # noqa: B018  a wrong port raises here
    except ValueError:
        return False
    host = parts.netloc.rpartition("@")[2]
    host = host.rpartition(":")[0] if re.search(r":[0-9]+$", host) else host
    return parts.scheme in ("http", "https") and parts.username is None and HOST.fullmatch(host) is not None
