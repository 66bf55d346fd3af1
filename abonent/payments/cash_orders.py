"""Papers of the cash desk and their numbers without gaps. The only module that writes CashOrder and its counter."""

import json
from datetime import date
from typing import Any

from abonent.billing.models import Payout
from abonent.core import db
from abonent.payments import cash_shifts
from abonent.payments.models import Payment
from abonent.payments.models_desk import CashOrder, CashOrderKind, Refund, Reversal

_TAKE = """
    with taken as (
        insert into payments_cashordercounter as counter (kind, year, last_number)
        values (%(kind)s, extract(year from %(on)s::date)::int, 1)
        on conflict (kind, year) do update set last_number = counter.last_number + 1
        returning kind, year, last_number
    ),
    shift as (
        select id from payments_cashshift where cashier = %(cashier)s and closed_at is null for share
    )
    insert into payments_cashorder
        (kind, year, number, "on", account_id, amount_kop, payment_id, refund_id, reversal_id, payout_id, cashier, data,
         shift_id)
    select kind, year, last_number, %(on)s, %(account_id)s, %(amount_kop)s, %(payment_id)s, %(refund_id)s,
           %(reversal_id)s, %(payout_id)s, %(cashier)s, %(data)s::jsonb, shift.id
    from taken left join shift on true
    returning id
"""


def of_payment(payment_id: int) -> CashOrder | None:
    return CashOrder.objects.filter(payment_id=payment_id).first()


def of_refund(refund_id: int) -> CashOrder | None:
    return CashOrder.objects.filter(refund_id=refund_id).first()


def of_reversal(payment_id: int) -> CashOrder | None:
    return CashOrder.objects.filter(reversal_id=payment_id).first()


def of_payout(payout_id: int) -> CashOrder | None:
    return CashOrder.objects.filter(payout_id=payout_id).first()


def of_cashier(order_id: int, cashier: str) -> CashOrder | None:
    return CashOrder.objects.filter(id=order_id, cashier=cashier).first()


def take_in(payment: Payment, *, on: date, cashier: str, data: dict[str, Any]) -> CashOrder:
    """The receipt order of cash that was credited.

    It must be the last statement of its transaction: what fails before it takes no number, what fails after it
    gives the number back, and the counter is locked no longer than a commit takes.
    on: the operator's date.   data: all that is printed.
    """
    return _take(
        CashOrderKind.IN, payment.account_id, payment.amount_kop, on=on, cashier=cashier, data=data,
        payment_id=payment.pk,
    )  # fmt: skip


def take_out(refund: Refund, *, on: date, cashier: str, data: dict[str, Any]) -> CashOrder:
    """The expense order of cash given back; as `take_in`, the last statement.   Raises cash_shifts.NoneOpen."""
    return _take(
        CashOrderKind.OUT, refund.account_id, refund.amount_kop, on=on, cashier=cashier, data=data, refund_id=refund.pk
    )


def take_back(payment: Payment, reversal: Reversal, *, on: date, cashier: str, data: dict[str, Any]) -> CashOrder:
    """The expense order of a mistake: what a receipt order had put into a drawer is none of this payment's money.

    As `take_in`, the last statement.   Raises cash_shifts.NoneOpen.
    """
    return _take(
        CashOrderKind.OUT, payment.account_id, payment.amount_kop, on=on, cashier=cashier, data=data,
        reversal_id=reversal.pk,
    )  # fmt: skip


def pay_out(payout: Payout, *, on: date, cashier: str, data: dict[str, Any]) -> CashOrder:
    """The expense order of what was left after a contract's end; as `take_in`, the last statement.

    Raises cash_shifts.NoneOpen.
    """
    return _take(
        CashOrderKind.OUT, payout.account_id, payout.amount_kop, on=on, cashier=cashier, data=data, payout_id=payout.pk
    )


def _take(
    kind: CashOrderKind,
    account_id: int,
    amount_kop: int,
    *,
    on: date,
    cashier: str,
    data: dict[str, Any],
    **cause: int,
) -> CashOrder:
    """cause: the id of one of payment, refund, reversal, payout."""
    db.require_transaction()
    if kind == CashOrderKind.OUT:
        cash_shifts.require_open(cashier)
    row = db.rows(
        _TAKE,
        {
            "kind": str(kind),
            "on": on,
            "account_id": account_id,
            "amount_kop": amount_kop,
            **dict.fromkeys(("payment_id", "refund_id", "reversal_id", "payout_id")),
            **cause,
            "cashier": cashier,
            "data": json.dumps(data),
        },
    )[0]
    return CashOrder.objects.get(id=row["id"])
