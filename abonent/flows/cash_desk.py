"""The cash desk's verbs: take cash and give it back, each with its numbered order; correct a mistake.

Who may do what is the screen's question (identity.permissions): TAKE_CASH, REFUND, REFUND_BEYOND_LIMITS, CORRECT_MONEY,
TAKE_BACK_OWN_CASH. What is given back comes out of a drawer: of a cashier's shift that is open.
"""

from datetime import date
from typing import Any

from django.conf import settings

from abonent.billing import endings
from abonent.core import audit, clock, db
from abonent.flows import crediting, refunding, reversing, topup
from abonent.ledger import transfers
from abonent.ledger.models import Account
from abonent.payments import bank_entries, cash_orders, cash_shifts, payments, refunds, reversals
from abonent.payments.models import Channel, Payment, PaymentState
from abonent.payments.models_desk import CashOrder, Reversal, ReversalKind
from abonent.payments.models_shifts import CashShift

IN_CASH = (Channel.CASH, Channel.OSMP, Channel.SBER)  # what went in as notes may come out as notes


class UnableToTake(Exception):
    """No cash was credited, no order has a number."""


class FormUsed(UnableToTake):
    """The form was sent before with another account, sum or date."""


def take(
    *,
    account_id: int,
    amount_kop: int,
    submit_token: str,
    on: date,
    actor: str,
    address: str | None = None,
    in_shift: bool = False,
) -> CashOrder:
    """Take cash: the account is credited, the receipt order has the next number. A second submit finds the first.

    amount_kop: up to topup.CASH_MAX_KOP.   submit_token: of the form, 8-64 of A-Z a-z 0-9 _ -.
    on: the operator's date on the order.   actor: the cashier.   in_shift: only while the cashier has an open shift.
    Raises UnableToTake, FormUsed, cash_shifts.NoneOpen.
    """
    if not 0 < amount_kop <= topup.CASH_MAX_KOP:
        raise UnableToTake(f"a sum from 1 to {topup.CASH_MAX_KOP} kopecks, not {amount_kop}")
    try:
        refunding.require_token(submit_token)
    except refunds.TokenUsed as error:
        raise FormUsed(str(error)) from error
    at = clock.now()
    with transfers.alarm_on_refusal(), db.atomic():
        found = payments.open_received(
            channel=Channel.CASH,
            account_id=account_id,
            amount_kop=amount_kop,
            external_id=f"desk-{submit_token}"[:58],
            on=on,
            at=at,
        )
        payment = payments.lock(found.pk)
        if (payment.account_id, payment.amount_kop, payment.on) != (account_id, amount_kop, on):
            raise FormUsed("the form was sent before with another account, sum or date")
        if payment.state == PaymentState.SUCCEEDED:
            known = cash_orders.of_payment(payment.pk)
            assert known is not None, payment.pk
            return known
        crediting.credit(payment, on=on, at=at)
        audit.record(
            actor=actor,
            action="payments.take_cash",
            subject=f"payment:{payment.pk}",
            new={"account_id": account_id, "amount_kop": amount_kop},
            address=address,
        )
        return _in_shift(cash_orders.take_in(payment, on=on, cashier=actor, data=_printed(account_id)), in_shift)


def give_back(
    *,
    payment_id: int,
    amount_kop: int,
    submit_token: str,
    on: date,
    actor: str,
    why: str,
    beyond: bool = False,
    address: str | None = None,
) -> CashOrder:
    """Give a payment back in cash, whole or in part, by an expense order. A second submit finds the first.

    on: the operator's date.   beyond: the actor's role may give back more than the balance.
    Out of the actor's drawer: his shift is open. Raises cash_shifts.NoneOpen; refunds.UnableToRefund: NotRefundable,
    MoreThanPaid, TokenUsed, refunding.WrongWay (a card's money goes to the card only), refunding.OverBalance.
    """
    refunding.require_token(submit_token)
    with transfers.alarm_on_refusal(), db.atomic():
        return hand_back(
            payments.lock(payment_id), amount_kop=amount_kop, submit_token=submit_token, on=on, actor=actor, why=why,
            beyond=beyond, address=address,
        )  # fmt: skip


def hand_back(
    payment: Payment,
    *,
    amount_kop: int,
    submit_token: str,
    on: date,
    actor: str,
    why: str,
    beyond: bool = False,
    address: str | None = None,
) -> CashOrder:
    """`give_back` in the caller's transaction.   payment: locked."""
    known = refunds.by_token(submit_token, payment_id=payment.pk, amount_kop=amount_kop)
    if known is not None:
        order = cash_orders.of_refund(known.pk)
        assert order is not None, known.pk
        return order
    if payment.channel not in IN_CASH:
        raise refunding.WrongWay(f"payment {payment.pk} came by {payment.channel}: it does not go back in cash")
    refund = refunding.give(
        payment,
        channel=Channel.CASH,
        external_id=f"desk-{submit_token}"[:64],
        amount_kop=amount_kop,
        submit_token=submit_token,
        actor=actor,
        why=why,
        on=on,
        beyond=beyond,
        address=address,
    )
    return cash_orders.take_out(refund, on=on, cashier=actor, data=_printed(payment.account_id) | {"why": why})


def correct(
    *, payment_id: int, actor: str, why: str, on: date, own_drawer: bool = False, address: str | None = None
) -> Reversal:
    """Take a wrongly credited payment back whole: another's account, another sum. Twice is once.

    The balance may go below zero: the money was never there. The bank's document of a transfer goes back to the
    queue, to be given to its true owner. A card's payment is refunded, never corrected. Cash that a receipt order put
    into a drawer comes out of it by an expense order: of the shift that took it, while that is open, else of the
    actor's; so that taken anew for its true owner it is in the drawer once.
    own_drawer: only cash that the actor took in the shift he has open.
    Raises reversals.UnableToReverse, NotOwnDrawer; cash_shifts.NoneOpen.
    """
    with transfers.alarm_on_refusal(), db.atomic():
        return undo(payments.lock(payment_id), actor=actor, why=why, on=on, own_drawer=own_drawer, address=address)


def undo(
    payment: Payment, *, actor: str, why: str, on: date, own_drawer: bool = False, address: str | None = None
) -> Reversal:
    """`correct` in the caller's transaction.   payment: locked."""
    if not why.strip():
        raise reversals.UnableToReverse("a correction says why")
    known = reversals.of(payment.pk)
    if known is not None:
        return known
    if payment.channel == Channel.YOOKASSA:
        raise reversals.UnableToReverse("the bank has this money: refund it through the bank")
    if own_drawer:
        require_own_drawer(payment.pk, actor)
    made = reversing.reverse(payment, kind=ReversalKind.CORRECTION, actor=actor, why=why, on=on, address=address)
    bank_entries.release(payment.pk, why=why)
    order = cash_orders.of_payment(payment.pk)
    if order is not None and order.shift_id is not None:
        cashier = order.cashier if cash_shifts.is_open(order.shift_id) else actor
        said = {**_printed(payment.account_id), "why": why, "order": f"{order.number}/{order.year}"}
        cash_orders.take_back(payment, made, on=on, cashier=cashier, data=said)
    return made


def require_own_drawer(payment_id: int, actor: str) -> None:
    """Raises reversals.NotOwnDrawer."""
    order = cash_orders.of_payment(payment_id)
    is_own = order is not None and order.cashier == actor and order.shift_id is not None
    if not is_own or order is None or order.shift_id is None or not cash_shifts.is_open(order.shift_id):
        raise reversals.NotOwnDrawer(f"payment {payment_id} is not of the shift that {actor} has open")


def pay_out(*, payout_id: int, on: date, actor: str, why: str = "", address: str | None = None) -> CashOrder:
    """What an ended contract had left and its owner asked back, handed over by an expense order. Twice is once.

    actor: out of whose drawer.   Raises cash_shifts.NoneOpen, endings.UnableToEnd.
    """
    with transfers.alarm_on_refusal(), db.atomic():
        return _hand_over(payout_id, on=on, actor=actor, why=why, address=address)


def pay_left_out(*, account_id: int, on: date, actor: str, why: str, address: str | None = None) -> CashOrder:
    """`pay_out` of what its owner has asked back, or asks at the desk now: all that is left."""
    with transfers.alarm_on_refusal(), db.atomic():
        return hand_left_over(account_id=account_id, on=on, actor=actor, why=why, address=address)


def hand_left_over(*, account_id: int, on: date, actor: str, why: str, address: str | None = None) -> CashOrder:
    """`pay_left_out` in the caller's transaction."""
    db.lock(Account, [account_id])
    asked = endings.asked_payout(account_id) or endings.ask_payout(account_id, on=on, actor=actor)
    return _hand_over(asked.pk, on=on, actor=actor, why=why, address=address)


def _hand_over(payout_id: int, *, on: date, actor: str, why: str, address: str | None) -> CashOrder:
    made = endings.pay_out(payout_id, on=on, actor=actor)  # its account is locked from here on
    known = cash_orders.of_payout(payout_id)
    if known is not None:
        return known
    audit.record(
        actor=actor, action="billing.pay_out", subject=f"account:{made.account_id}",
        new={"amount_kop": made.amount_kop}, why=why, address=address,
    )  # fmt: skip
    return cash_orders.pay_out(made, on=on, cashier=actor, data={**_printed(made.account_id), "why": why})


def open_shift(*, opening_kop: int, actor: str, address: str | None = None) -> CashShift:
    """Begin the cashier's shift with what is in the drawer.   Raises cash_shifts.OpenAlready."""
    at = clock.now()
    with db.atomic():
        made = cash_shifts.open_shift(actor, opening_kop=opening_kop, on=clock.on_date(at), at=at)
        _record_shift("payments.open_shift", made, actor, address, opening_kop=opening_kop)
    return made


def close_shift(*, counted_kop: int, why: str, actor: str, address: str | None = None) -> CashShift:
    """End the cashier's shift: its report stands from now on.   Raises cash_shifts.NoneOpen, NeedsReason."""
    at = clock.now()
    with db.atomic():
        shift = cash_shifts.close_shift(actor, counted_kop=counted_kop, why=why, on=clock.on_date(at), at=at)
        said = {"counted_kop": counted_kop, "difference_kop": shift.difference_kop}
        _record_shift("payments.close_shift", shift, actor, address, why=why.strip(), **said)
    return shift


def _in_shift(order: CashOrder, needed: bool) -> CashOrder:
    """The order, if it is of a shift or need not be: what was taken while the shift was being closed is not taken."""
    if needed and order.shift_id is None:
        raise cash_shifts.NoneOpen(f"{order.cashier} has no open shift")
    return order


def _record_shift(
    action: str, shift: CashShift, actor: str, address: str | None, *, why: str = "", **new: int | None
) -> None:
    audit.record(actor=actor, action=action, subject=f"shift:{shift.number}", new=new, why=why, address=address)


def _printed(account_id: int) -> dict[str, Any]:
    """Who paid and whom, as it stands now: the paper never changes afterwards."""
    contract = Account.objects.select_related("contract__customer").get(id=account_id).contract
    assert contract is not None, account_id
    profile = settings.PROFILE
    requisites = profile.requisites
    return {
        "operator": profile.legal_name.model_dump(),
        "inn": requisites.inn if requisites else "",
        "accountant": requisites.accountant.model_dump() if requisites and requisites.accountant else None,
        "contract": contract.number,
        "signed_on": contract.signed_on.isoformat(),
        "customer": contract.customer.full_name,
        "vat_rate": profile.vat_rate,
    }
