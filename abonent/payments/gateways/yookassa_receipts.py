"""Receipts through YooKassa: inside a payment's or a refund's body, or by calls of their own. See `yookassa.py`.

A shop with fiscalisation refuses payments without a receipt. The bank's receipts name a payment or a refund of its
own; what was sent with their bodies is found in the list of the payment's receipts.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from abonent.core import money
from abonent.payments import fiscal
from abonent.payments.gateways import yookassa
from abonent.payments.gateways import yookassa_objects as objects

PENDING, SUCCEEDED, CANCELED = STATUSES = ("pending", "succeeded", "canceled")
PAYMENT, REFUND = TYPES = ("payment", "refund")
RECEIPTS_MAX = 30  # of one payment or one refund
_LIST_PAGES_AT_MOST = 5
# As the bank numbers the rates; 11 and 12 since January 2026.
VAT_CODES: Mapping[str, int] = {
    "none": 1,
    "vat0": 2,
    "vat10": 3,
    "vat20": 4,
    "vat110": 5,
    "vat120": 6,
    "vat5": 7,
    "vat7": 8,
    "vat105": 9,
    "vat107": 10,
    "vat22": 11,
    "vat122": 12,
}
_SETTLEMENTS: Mapping[fiscal.Settlement, str] = {
    "electronic": "cashless",
    "cash": "cashless",
    "prepayment": "prepayment",
}
_SUM = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2}))?", re.ASCII)


class BankReceipt(NamedTuple):
    """A receipt as the bank tells it."""

    id: str
    type: str  # one of TYPES
    status: str  # one of STATUSES
    total_kop: int
    is_service: bool  # of a rendered service; else of an advance
    first_item: str
    fn_number: str
    fd_number: str
    fp: str
    registered_at: datetime | None


def body(content: fiscal.Content) -> dict[str, Any]:
    """The `receipt` of a payment's or a refund's body."""
    customer = content.customer
    known = {
        "email": customer.email,
        "phone": customer.phone.lstrip("+"),
        "full_name": customer.name,
        "inn": customer.inn,
    }
    return {
        "customer": {name: value for name, value in known.items() if value},
        "items": [_item(one) for one in content.items],
    }


def create(of: str, external_id: str, *, content: fiscal.Content, key: str) -> BankReceipt:
    """Make a receipt of a payment or a refund.   of: one of TYPES.   Raises yookassa.BankRefused, BankUnknown."""
    made = {
        **body(content),
        "type": of,
        f"{of}_id": external_id,
        "send": True,
        "settlements": [{"type": _SETTLEMENTS[content.settlement], "amount": _amount(content.total_kop)}],
    }
    return _read(yookassa.call("POST", "/receipts", body=made, key=key))


def get(receipt_id: str) -> BankReceipt:
    assert objects.is_id(receipt_id), receipt_id
    return _read(yookassa.call("GET", f"/receipts/{receipt_id}"))


def of(what: str, external_id: str) -> list[BankReceipt]:
    """All receipts of a payment or a refund.   what: one of TYPES."""
    found: list[BankReceipt] = []
    params = {f"{what}_id": external_id, "limit": "100"}
    for _page in range(_LIST_PAGES_AT_MOST):
        answer = yookassa.call("GET", "/receipts", params=params)
        items = answer.get("items")
        if not isinstance(items, list):
            raise yookassa.BankUnknown("the list has no items")
        found += [_read(one) for one in items]
        cursor = answer.get("next_cursor")
        if not isinstance(cursor, str) or not cursor:
            return found
        params = {**params, "cursor": cursor}
    raise yookassa.BankUnknown("the list of receipts does not end")


def _item(one: fiscal.Item) -> dict[str, Any]:
    return {
        "description": one.name,
        "quantity": "1.00",
        "measure": "piece",
        "amount": _amount(one.amount_kop),
        "vat_code": VAT_CODES[one.vat],
        "payment_mode": "full_payment" if one.is_service else "advance",
        "payment_subject": "service" if one.is_service else "payment",
    }


def _amount(amount_kop: int) -> dict[str, str]:
    return {"value": money.plain(amount_kop), "currency": objects.CURRENCY}


def _read(answer: Any) -> BankReceipt:
    try:
        return _receipt(answer)
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise yookassa.BankUnknown(f"receipt: {type(error).__name__} {error}") from error


def _receipt(answer: Any) -> BankReceipt:
    receipt_id, of_what, status = answer["id"], answer["type"], answer["status"]
    if not objects.is_id(receipt_id) or of_what not in TYPES or status not in STATUSES:
        raise ValueError("its id, type or status")
    items = answer["items"]
    registered_at = answer.get("registered_at")
    return BankReceipt(
        id=receipt_id,
        type=of_what,
        status=status,
        total_kop=sum(_kop(one) for one in items),
        is_service=items[0].get("payment_mode") == "full_payment",
        first_item=str(items[0].get("description") or ""),
        fn_number=str(answer.get("fiscal_storage_number") or "")[:20],
        fd_number=str(answer.get("fiscal_document_number") or "")[:20],
        fp=str(answer.get("fiscal_attribute") or "")[:20],
        registered_at=datetime.fromisoformat(registered_at) if registered_at else None,
    )


def _kop(item: Any) -> int:
    """Ours are of one piece each; another's quantity is not counted here and will not match."""
    match = _SUM.fullmatch(str(item["amount"]["value"]))
    if match is None:
        raise ValueError("a sum")
    roubles, kopecks = match.groups()
    return int(roubles) * 100 + int((kopecks or "0").ljust(2, "0"))
