"""YooKassa's refunds: made, asked about, listed. Fails as gateways/yookassa.py does: BankRefused or BankUnknown."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from abonent.payments.gateways import yookassa
from abonent.payments.gateways import yookassa_objects as objects

T = TypeVar("T")


def new_refund(
    *,
    payment_id: str,
    amount_kop: int,
    description: str,
    metadata: Mapping[str, str],
    receipt: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The body of `create`.   payment_id: the bank's.   receipt: of a payment that carried one."""
    return {
        **({"receipt": dict(receipt)} if receipt else {}),
        "payment_id": payment_id,
        "amount": yookassa.amount(amount_kop),
        "description": description[:250],
        "metadata": dict(metadata),
    }


def create(body: Mapping[str, Any], *, key: str) -> objects.BankRefund:
    """Give back; the same key with the same body gives the same refund for 24 hours.

    A pending one gets no notification when it is canceled: ask.
    """
    return _read(objects.read_refund, yookassa.call("POST", "/refunds", body=body, key=key))


def get(refund_id: str) -> objects.BankRefund:
    """The truth about a refund. BankRefused with code "not_found" for another shop's and for nobody's."""
    assert objects.is_id(refund_id), "what has not the shape of an id is never asked about"
    return _read(objects.read_refund, yookassa.call("GET", f"/refunds/{refund_id}"))


def page(
    *, created_since: datetime | None = None, created_before: datetime | None = None, payment_id: str = "",
    cursor: str = "",
) -> objects.RefundPage:  # fmt: skip
    """The shop's refunds, a page of them; those of one payment of the bank's where it is given."""
    params = {"limit": str(yookassa.LIST_PAGE)}
    if created_since is not None:
        params["created_at.gte"] = created_since.isoformat(timespec="milliseconds")
    if created_before is not None:
        params["created_at.lt"] = created_before.isoformat(timespec="milliseconds")
    if payment_id:
        params["payment_id"] = payment_id
    if cursor:
        params["cursor"] = cursor
    return _read(objects.read_refunds, yookassa.call("GET", "/refunds", params=params))


def _read(how: Callable[[Any], T], answer: dict[str, Any]) -> T:
    try:
        return how(answer)
    except objects.UnableToRead as error:
        raise yookassa.BankUnknown(str(error)) from error
