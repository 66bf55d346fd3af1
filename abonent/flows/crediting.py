"""Credit a payment, by whatever channel it came: the money, what it resumes, what is said. One door for all."""

from datetime import date, datetime
from typing import NamedTuple

from abonent.billing import resuming
from abonent.core import clock, db, events
from abonent.flows import stop_credit
from abonent.ledger import accounts, transfers
from abonent.ledger import queries as ledger_queries
from abonent.ledger.models import Account, Reason
from abonent.notifications import outbox
from abonent.payments import payments
from abonent.payments.models import Payment


class Credited(NamedTuple):
    balance_kop: int  # after what was resumed is charged
    resumed: resuming.Resumed


def credit(payment: Payment, *, on: date, at: datetime) -> Credited:
    """Move the payment's money to its account and do what follows from it, in the caller's one transaction.

    The caller has locked the payment, found it creditable, and knows that the money is there. The transfer's
    key is the channel's own id of the payment: a second way to the same money moves nothing.

    on: the operator's date, unless an earlier try has stored one.   at: the instant.
    Raises transfers.KeyReusedWithOtherBody.
    """
    db.require_transaction()
    payments.mark_dated(payment, on=on)
    assert payment.on is not None, payment.id
    assert payment.external_id, payment.id
    posted = transfers.post(
        key=f"payment:{payment.channel}:{payment.external_id}",
        debit_id=accounts.house_id(f"clearing:{payment.channel}"),
        credit_id=payment.account_id,
        amount_kop=payment.amount_kop,
        on=payment.on,
        reason=Reason.PAYMENT,
    )
    payments.mark_succeeded(payment, transfer_on=posted.on, transfer_id=posted.id, at=at)
    # Money of an earlier date (a bank's statement) opens the service today, not on the days before.
    today = max(on, clock.on_date(at))
    stop_credit.release(payment.account_id, on=today)
    resumed = resuming.resume(payment.account_id, on=today)
    balance_kop = ledger_queries.balance_kop(payment.account_id)
    _tell(payment, balance_kop, resumed)
    return Credited(balance_kop, resumed)


def publish(payment: Payment, contract_id: int | None = None) -> None:
    """Tell the contract's open pages what has become of the payment."""
    events.publish(
        f"contract:{contract_id or _contract_id(payment.account_id)}",
        "payment",
        {"payment_id": payment.id, "state": str(payment.state), "amount_kop": payment.amount_kop},
    )


def _tell(payment: Payment, balance_kop: int, resumed: resuming.Resumed) -> None:
    contract_id = _contract_id(payment.account_id)
    outbox.queue(
        key=f"payment_received:{payment.id}",
        contract_id=contract_id,
        kind="payment_received",
        params={"amount_kop": payment.amount_kop, "balance_kop": balance_kop},
    )
    if resumed.activated:
        outbox.queue(key=f"activated:{payment.id}", contract_id=contract_id, kind="activated", params={})
    elif resumed.paid_until is not None:
        outbox.queue(
            key=f"resumed:{payment.id}",
            contract_id=contract_id,
            kind="resumed",
            params={"paid_until": resumed.paid_until.isoformat()},
        )
    publish(payment, contract_id)


def _contract_id(account_id: int) -> int:
    found = Account.objects.values_list("contract_id", flat=True).get(id=account_id)
    assert found is not None, account_id  # payments are credited to subscribers only
    return found
