"""YooKassa's saved methods of payment: bound at zero amount, charged without the payer. Stores and decides nothing.

Failures are those of `yookassa`: BankRefused is the bank's own no, BankUnknown is everything else.
"""

from collections.abc import Mapping
from typing import Any

from abonent.payments.gateways import yookassa
from abonent.payments.gateways import yookassa_objects as objects


def new_binding(*, kind: str, return_url: str, locale: str, metadata: Mapping[str, str]) -> dict[str, Any]:
    """The body of `bind`: the payer types the card on the bank's page.   kind: "bank_card" or "sbp"."""
    return {
        "type": kind,
        "confirmation": {"type": "redirect", "return_url": return_url, "locale": locale},
        "metadata": dict(metadata),
    }


def new_charge(
    *, amount_kop: int, description: str, metadata: Mapping[str, str], receipt: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The body of `yookassa.create` for a debit without the payer; the token joins it at the call alone.

    receipt: as in `yookassa.new_payment`.
    """
    return {
        **({"receipt": dict(receipt)} if receipt else {}),
        "amount": yookassa.amount(amount_kop),
        "capture": True,
        "description": description[:128],
        "metadata": dict(metadata),
    }


def with_token(body: Mapping[str, Any], token: str) -> dict[str, Any]:
    """The same body, paid by a saved method. What is stored has no token: so it can be forgotten."""
    return {**body, "payment_method_id": token}


def bind(body: Mapping[str, Any], *, key: str, patience: yookassa.Patience | None = None) -> objects.BankMethod:
    """Begin a binding; the same key with the same body gives the same one for 24 hours."""
    return _method(yookassa.call("POST", "/payment_methods", body=body, key=key, patience=patience))


def get(method_id: str) -> objects.BankMethod:
    """The truth about a method. BankRefused with code "not_found" for another shop's and for nobody's."""
    return _method(yookassa.call("GET", f"/payment_methods/{yookassa.checked(method_id)}"))


def _method(answer: dict[str, Any]) -> objects.BankMethod:
    try:
        return objects.read_method(answer)
    except objects.UnableToRead as error:
        raise yookassa.BankUnknown(str(error)) from error
