"""Whether the bank's payment is ours, whose it is, whether it says what we asked for. Pure: no Django."""

from collections.abc import Mapping
from dataclasses import dataclass

from abonent.payments.gateways import yookassa_objects as objects


@dataclass(frozen=True, slots=True)
class Ours:
    """Who we are to the bank."""

    shop_id: str
    test: bool  # a test shop's payments move no real money


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose payment its metadata says it is."""

    payment_id: int
    account_id: int
    contract: str


def metadata(claim: Claim) -> dict[str, str]:
    """What a payment carries to the bank and back: our row, and enough to find its owner without the row."""
    return {
        "payment_id": str(claim.payment_id),
        "account_id": str(claim.account_id),
        "contract": claim.contract,
    }


def claim_of(said: Mapping[str, str]) -> Claim | None:
    """None for metadata that is not ours."""
    payment_id, account_id = _number(said.get("payment_id")), _number(said.get("account_id"))
    contract = said.get("contract")
    if payment_id is None or account_id is None or not contract:
        return None
    return Claim(payment_id, account_id, contract)


def not_ours(bank: objects.BankPayment, ours: Ours) -> str:
    """Why the bank's payment is none of this shop's; "" when it is. For staff, in English, as every alarm."""
    if bank.shop_id != ours.shop_id:
        return f"it is of the shop {bank.shop_id or 'that the bank does not name'}, ours is {ours.shop_id}"
    if bank.test != ours.test:
        paid, takes = ("play", "real") if bank.test else ("real", "play")
        return f"it is in {paid} money, this shop takes {takes} money"
    if bank.currency != objects.CURRENCY:
        return f"it is in {bank.currency[:8]}"
    return ""


def mismatch(bank: objects.BankPayment, ours: Ours, claim: Claim, amount_kop: int) -> str:
    """What the bank's payment says otherwise than our row; "" when it agrees.

    claim: of our row: what its metadata must say.   amount_kop: of our row.
    """
    if why := not_ours(bank, ours):
        return why
    said = claim_of(bank.metadata)
    if said is None:
        return "its metadata is not ours"
    if said != claim:
        return f"its metadata names payment {said.payment_id} of account {said.account_id}"
    if bank.amount_kop != amount_kop:
        return f"it is of {bank.amount_kop} kopecks, ours is of {amount_kop}"
    if bank.status == objects.SUCCEEDED and not bank.paid:
        return "it is succeeded and not paid at once"
    return ""


def _number(text: str | None) -> int | None:
    """An id of ours: ASCII digits, no sign, inside bigint."""
    if text and text.isascii() and text.isdigit() and len(text) <= 18:
        return int(text)
    return None
