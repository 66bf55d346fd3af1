"""Credit a payment, by whatever channel it came: the money, what it resumes, what is said. One door for all."""

import functools
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import DatabaseError

from abonent.billing import resuming
from abonent.core import alarms, clock, db, events
from abonent.flows import receipt_delivery, receipting, stop_credit
from abonent.ledger import accounts, transfers
from abonent.ledger.models import Account, Reason
from abonent.notifications import delivery, outbox
from abonent.onboarding import requests
from abonent.payments import payments, receipts
from abonent.payments.models import Payment
from abonent.payments.models_gateways import GatewayAsk

_NOT_QUIET = "ABPAY"  # as payments_require raises it


class AccountClosed(Exception):
    """The contract's account was closed before the money could be credited: the transaction must not stand."""


class Said(NamedTuple):
    """Which notice tells of the payment, and what it needs beside the sum and the balance."""

    kind: str = "payment_received"
    params: dict[str, Any] = {}


class Credited(NamedTuple):
    balance_kop: int  # after what was resumed is charged
    resumed: resuming.Resumed


def credit(payment: Payment, *, on: date, at: datetime, said: Said | None = None) -> Credited:
    """Move the payment's money to its account and do what follows from it, in the caller's one transaction.

    The caller has locked the payment, found it creditable, and knows that the money is there. The transfer's
    key is the channel's own id of the payment: a second way to the same money moves nothing.

    A contract closed meanwhile gets its money too, with an alarm.
    on: the operator's date, unless an earlier try has stored one.   at: the instant.
    said: what is told of it; a payment received, unless it says otherwise.
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
    seen = _seen(payment, on=today)
    if seen.closed_on is not None:
        # The bank has this money: our books say so too, and a person gives it back by the usual refund.
        what = f"payment {payment.id} of {payment.amount_kop} kopecks came after its contract was closed: give it back"
        alarms.raise_alarm(key=f"payment:closed:{payment.id}", what=what)
    return _follow(payment, seen, on=today, said=said)


def receive(payment: Payment, *, ask: GatewayAsk | None, on: date) -> Credited | None:
    """`credit` for money that is there when we hear of it: the payment's row, its transfer, what follows.

    None when its channel has told of it before: nothing is written.
    payment: as `payments.open_paid` wants it.   ask: what was asked and answered.   on: the operator's today.
    Raises AccountClosed, transfers.KeyReusedWithOtherBody.
    """
    db.require_transaction()
    if not payments.open_paid(payment, ask):
        return None
    assert payment.on is not None, payment.id
    key = f"payment:{payment.channel}:{payment.external_id}"
    posted = transfers.post(
        key=key,
        debit_id=accounts.house_id(f"clearing:{payment.channel}"),
        credit_id=payment.account_id,
        amount_kop=payment.amount_kop,
        on=payment.on,
        reason=Reason.PAYMENT,
        transfer_id=payment.transfer_id,
    )
    if posted.repeated:  # money without its payment: a person must look
        raise transfers.KeyReusedWithOtherBody(key)
    seen = _seen(payment, on=on)
    if seen.closed_on is not None:
        raise AccountClosed(f"contract {seen.contract_id} is closed since {seen.closed_on}")
    return _follow(payment, seen, on=on)


def receive_quietly(payment: Payment, *, contract_id: int, ask: GatewayAsk | None) -> bool:
    """`receive` in one statement, for money from which nothing follows but a notice; most of it.

    False: nothing was written, `receive` has to look: something waits for money, the contract was closed meanwhile,
    the payment is known. No transaction is open: the statement is one by itself.
    """
    assert payment.on is not None, payment.id
    assert payment.transfer_id is not None, payment.id
    receipt = receipting.of_payment(payment)
    paid = payments.paid_parts(payment, ask)
    moved = transfers.parts(
        key=f"payment:{payment.channel}:{payment.external_id}",
        debit_id=accounts.house_id(f"clearing:{payment.channel}"),
        credit_id=payment.account_id,
        amount_kop=payment.amount_kop,
        on=payment.on,
        reason=Reason.PAYMENT,
        transfer_id=payment.transfer_id,
    )
    queued = outbox.part(
        key=f"payment_received:{payment.id}",
        contract_id=contract_id,
        kind=Said().kind,
        params={"amount_kop": payment.amount_kop},
        more={"balance_kop": "balance_kop"},
        source="quiet",
    ).named("notice_")
    kept = events.part(*_told(payment, contract_id), source="quiet")
    printed = receipts.part(receipt, source="quiet").named("receipt_") if receipt else db.Statement("select", {})
    sql = _quietly(paid.sql, moved.sql, queued.sql, kept.sql, printed.sql)
    params = paid.params | moved.params | queued.params | kept.params | printed.params
    try:
        (said,) = db.prepared_alone(db.Statement(sql, params))
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", None) != _NOT_QUIET:
            raise
        return False
    events.tell(said["told"])
    delivery.deliver.wake()
    if receipt is not None:
        receipt_delivery.deliver.wake()
    return True


@functools.cache
def _quietly(paid: str, moved: str, queued: str, kept: str, printed: str) -> str:
    """The account is locked by `moved`: what is asked of it after that stands."""
    return (
        f"with {paid}, {moved}, quiet as materialized"
        f" (select balance_kop, payments_require_quiet(id) from changed),"
        f" queued as ({queued}), printed as ({printed}), {kept}"
        f" select payments_require(exists (select from quiet)), (select told from kept) as told"
    )


def publish(payment: Payment, contract_id: int | None = None) -> None:
    """Tell the contract's open pages what has become of the payment."""
    events.publish(*_told(payment, contract_id or _contract_id(payment.account_id)))


def _told(payment: Payment, contract_id: int) -> tuple[str, str, dict[str, Any]]:
    data = {"payment_id": payment.id, "state": str(payment.state), "amount_kop": payment.amount_kop}
    return f"contract:{contract_id}", "payment", data


def _seen(payment: Payment, *, on: date) -> resuming.Seen:
    """The account, which the transfer has locked; its credit is given back where this has paid what was overdue."""
    seen = resuming.see(payment.account_id)
    if seen.credit_is_withheld and stop_credit.release(payment.account_id, on=on):
        return resuming.see(payment.account_id)
    return seen


def _follow(payment: Payment, seen: resuming.Seen, *, on: date, said: Said | None = None) -> Credited:
    """Resume what the money covers; tell the payer and his open pages."""
    resumed = resuming.resume_seen(seen, on=on)
    receipting.for_payment(payment)
    contract_id, balance_kop = seen.contract_id, seen.balance_kop - resumed.charged_kop
    assert contract_id is not None, payment.id  # payments are credited to subscribers only
    said = said or Said()
    outbox.queue(
        key=f"payment_received:{payment.id}",
        contract_id=contract_id,
        kind=said.kind,
        params={"amount_kop": payment.amount_kop, "balance_kop": balance_kop, **said.params},
    )
    if resumed.activated:
        outbox.queue(key=f"activated:{payment.id}", contract_id=contract_id, kind="activated", params={})
        requests.went_online([contract_id], at=clock.now())
    elif resumed.paid_until is not None:
        outbox.queue(
            key=f"resumed:{payment.id}",
            contract_id=contract_id,
            kind="resumed",
            params={"paid_until": resumed.paid_until.isoformat()},
        )
    publish(payment, contract_id)
    return Credited(balance_kop, resumed)


def _contract_id(account_id: int) -> int:
    found = Account.objects.values_list("contract_id", flat=True).get(id=account_id)
    assert found is not None, account_id  # payments are credited to subscribers only
    return found
