"""Take a fee for a deferral, a pause or a change of tariff, and give it back when what it was for never began."""

from datetime import date

from abonent.billing.models import Subscription, SubscriptionState
from abonent.ledger import accounts, transfers
from abonent.ledger.models import Reason


def take(*, key: str, account_id: int, fee_kop: int, on: date, kind: str = "") -> transfers.Posted | None:
    """Move the fee to the revenue of a kind of service; by default of the account's first. 0: None, nothing is moved.

    key: "fee:<what>:<id>".   on: the operator's date.   The account is locked and has the money.
    """
    if not fee_kop:
        return None
    kind = kind or (
        Subscription.objects.filter(account_id=account_id)
        .exclude(state=SubscriptionState.ENDED)
        .order_by("priority", "id")
        .values_list("kind", flat=True)
        .first()
        or "internet"
    )
    return transfers.post(
        key=key,
        debit_id=account_id,
        credit_id=accounts.house_id(f"revenue:{kind}"),
        amount_kop=fee_kop,
        on=on,
        reason=Reason.FEE,
    )


def give_back(*, key: str, transfer_on: date, transfer_id: int, on: date) -> None:
    """Reverse a fee.   key: "unfee:<what>:<id>"."""
    transfers.reverse(key=key, on_of=transfer_on, id_of=transfer_id, on=on)
