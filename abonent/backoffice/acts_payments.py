"""Money that goes back from the card: a payment taken back whole, or refunded. Each looks, then calls one verb."""

from __future__ import annotations

import secrets

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from abonent.backoffice import gate
from abonent.backoffice.acting import Case, Field, Line, Look, Refused, read_sum
from abonent.core import money
from abonent.flows import cash_desk, four_eyes, refunding
from abonent.identity import permissions
from abonent.payments import cash_orders, cash_shifts, refunds, reversals
from abonent.payments.models import Channel, Payment, PaymentState
from abonent.payments.models_desk import RefundState
from abonent.payments.models_warrants import WarrantVerb
from abonent.ui import formats, words


def fields(case: Case) -> list[Field]:
    return [Field("payment", gettext_lazy("Payment"), "hidden", initial=case.typed.get("payment", ""))]


def refund_fields(case: Case) -> list[Field]:
    try:
        left = money.plain(_left_kop(_payment(case))).replace(".", ",")
    except Refused:
        left = ""
    return [*fields(case), Field("sum", gettext_lazy("Sum, roubles"), "sum", initial=left)]


def correct_look(case: Case) -> Look:
    payment = _payment(case)
    _left_kop(payment)
    if payment.channel == Channel.YOOKASSA:
        raise Refused(_("The bank has this money: refund it."))
    if payment.refunds.exclude(state=RefundState.CANCELED).exists():
        raise Refused(_("Some of it has gone back already: refund the rest."))
    whose = _drawer(case, payment)
    after_kop = case.seen.balance_kop - payment.amount_kop
    return Look(
        [*_told(payment), Line(_("Is taken back"), money.show(payment.amount_kop)), *whose, _after(after_kop)],
        warning=_("The balance goes below zero.") if after_kop < 0 else "",
    )


def correct_do(case: Case) -> str:
    payment = _payment(case)
    try:
        cash_desk.correct(payment_id=payment.pk, on=case.today, own_drawer=_own_drawer(case), **case.by)
    except cash_shifts.NoneOpen:
        raise Refused(_no_shift()) from None
    except reversals.UnableToReverse:
        raise Refused(_("It cannot be taken back any more: look at the payment.")) from None
    return _("The payment of %(sum)s is taken back.") % {"sum": money.show(payment.amount_kop)}


def correct_gives(case: Case) -> four_eyes.Wanted:
    payment = _payment(case)
    said = {"payment_id": payment.pk, "own_drawer": _own_drawer(case)}
    return four_eyes.Wanted(WarrantVerb.CORRECT, case.seen.account_id, payment.amount_kop, said)


def refund_look(case: Case) -> Look:
    payment, amount_kop = _payment(case), read_sum(case)
    left_kop = _left_kop(payment)
    if amount_kop > left_kop:
        raise Refused(_("At most %(sum)s.") % {"sum": money.show(left_kop)}, "sum")
    if amount_kop > case.seen.balance_kop:
        raise Refused(_("The balance has %(sum)s only.") % {"sum": money.show(max(0, case.seen.balance_kop))}, "sum")
    by_card = payment.channel == Channel.YOOKASSA
    if not by_card and payment.channel not in cash_desk.IN_CASH:
        raise Refused(_("Money that came by the bank goes back by a payment order: the accountant makes one."))
    if not by_card and cash_shifts.current(case.request.actor) is None:
        raise Refused(_no_shift())
    where = _("to the card, by the bank") if by_card else _("in cash, by an expense order")
    lines = [*_told(payment), Line(_("Goes back"), f"{money.show(amount_kop)}, {where}")]
    return Look([*lines, _after(case.seen.balance_kop - amount_kop)], secrets.token_urlsafe(24))


def refund_do(case: Case) -> str:
    payment, amount_kop = _payment(case), read_sum(case)
    verb = refunding.ask if payment.channel == Channel.YOOKASSA else cash_desk.give_back
    try:
        verb(payment_id=payment.pk, amount_kop=amount_kop, submit_token=case.token, on=case.today, **case.by)
    except refunding.OverBalance as over:
        raise Refused(_("The balance has %(sum)s only.") % {"sum": money.show(max(0, over.available_kop))}) from None
    except cash_shifts.NoneOpen:
        raise Refused(_no_shift()) from None
    except refunds.UnableToRefund:
        raise Refused(_("It cannot be refunded any more: look at the payment.")) from None
    return _("%(sum)s goes back.") % {"sum": money.show(amount_kop)}


def refund_gives(case: Case) -> four_eyes.Wanted:
    payment = _payment(case)
    return four_eyes.Wanted(WarrantVerb.REFUND, case.seen.account_id, read_sum(case), {"payment_id": payment.pk})


def _own_drawer(case: Case) -> bool:
    """Whether this role takes back only what it has in its open drawer."""
    return not gate.may(case.request, permissions.CORRECT_MONEY)


def _drawer(case: Case, payment: Payment) -> list[Line]:
    """Out of whose drawer the cash comes; nothing where it is in none.   Raises Refused."""
    order = cash_orders.of_payment(payment.pk)
    is_open = order is not None and order.shift_id is not None and cash_shifts.is_open(order.shift_id)
    if _own_drawer(case) and not (is_open and order is not None and order.cashier == case.request.actor):
        raise Refused(_("Your role takes back only cash of your own open shift: ask the accountant."))
    if order is None or order.shift_id is None:
        return []
    cashier = order.cashier if is_open else case.request.actor
    if not is_open and cash_shifts.current(cashier) is None:
        raise Refused(_no_shift())
    return [Line(_("Out of the drawer of"), cashier)]


def _no_shift() -> str:
    return _("Cash comes out of a drawer: open your shift at the cash desk first.")


def _payment(case: Case) -> Payment:
    """Of this contract, credited.   Raises Refused."""
    typed = case.typed.get("payment", "")
    found = None
    if typed.isascii() and typed.isdigit() and len(typed) < 19:
        found = Payment.objects.filter(pk=int(typed), account_id=case.seen.account_id).first()
    if found is None or found.state != PaymentState.SUCCEEDED:
        raise Refused(_("Choose a payment of this contract."))
    return found


def _left_kop(payment: Payment) -> int:
    """Raises Refused."""
    try:
        return refunds.left_kop(payment)
    except refunds.NotRefundable:
        raise Refused(_("It is taken back already.")) from None


def _told(payment: Payment) -> list[Line]:
    assert payment.on is not None, payment.pk
    what = words.CHANNELS[f"clearing:{payment.channel}"]
    return [Line(_("Payment"), f"{money.show(payment.amount_kop)}, {formats.day(payment.on)}, {what}")]


def _after(balance_kop: int) -> Line:
    return Line(_("Balance after"), money.show(balance_kop))
