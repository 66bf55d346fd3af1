"""Money goes back to the payer: through the bank it came by, or by a payment order of our own.

    ask ──► the row, its key ──► the bank ──► apply: one transaction      settle, the poller ──► the bank ──► apply
    the bank's message of a refund that is none of ours ──► found, written as it is, with an alarm

As with payments: no HTTP inside a transaction, no message is believed, the key is stored before the call, and an
unknown result is asked about with the same key before anything else. What the bank says is taken in by
refund_settling.py; cash goes back in cash_desk.py; what is taken back against our will, in reversing.py.
"""

import re
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from abonent.core import alarms, audit, clock, db, jobs
from abonent.flows import receipting, refund_settling
from abonent.ledger import queries as ledger_queries
from abonent.ledger import transfers
from abonent.ledger.models import Account
from abonent.payments import payments, refunds
from abonent.payments.gateways import yookassa, yookassa_refunds
from abonent.payments.models import Channel, Payment
from abonent.payments.models_desk import Refund, RefundState

ASK_AFTER_SECONDS = (5, 30, 60, 300, 600, 1800, 3600)
POLL_AFTER_SECONDS = 60
POLL_AT_MOST = 500

_TOKEN = re.compile(r"[0-9a-zA-Z_-]{8,64}")


class WrongWay(refunds.UnableToRefund):
    """Money goes back the way it came: a card's to the card, never in cash."""


class OverBalance(refunds.UnableToRefund):
    """available_kop: what the balance gives back: bonuses and what is promised already left out."""

    def __init__(self, available_kop: int) -> None:
        super().__init__(f"the balance gives back {available_kop} kopecks at most; more needs a role that may")
        self.available_kop = available_kop


def ask(
    *,
    payment_id: int,
    amount_kop: int,
    submit_token: str,
    actor: str,
    why: str,
    on: date,
    beyond: bool = False,
    address: str | None = None,
) -> Refund:
    """Give a card payment back, whole or in part, through the bank; a second submit of the form finds the first.

    amount_kop: at most the payment less its earlier refunds, and at most what of the balance is paid money.
    on: the operator's date the payer asked on: he must have it `refund_days` later.
    beyond: the actor's role may give back more than the balance.
    Raises refunds.UnableToRefund: NotRefundable, MoreThanPaid, TokenUsed, WrongWay, OverBalance. A bank that does
    not answer raises nothing: the refund stands as `new` and is asked about. Not to be called in a transaction.
    """
    require_token(submit_token)
    with db.atomic():
        refund = open_asked(
            payments.lock(payment_id), amount_kop=amount_kop, submit_token=submit_token, actor=actor, why=why, on=on,
            beyond=beyond, address=address,
        )  # fmt: skip
    refund_settling.ask_bank(refund.pk)
    return Refund.objects.get(id=refund.pk)


def open_asked(
    payment: Payment,
    *,
    amount_kop: int,
    submit_token: str,
    actor: str,
    why: str,
    on: date,
    beyond: bool = False,
    address: str | None = None,
) -> Refund:
    """The first half of `ask`, in the caller's transaction; after its commit refund_settling.ask_bank, or the job does.

    payment: locked.   Raises refunds.UnableToRefund.
    """
    known = refunds.by_token(submit_token, payment_id=payment.pk, amount_kop=amount_kop)
    if known is not None:
        return known
    if payment.channel != Channel.YOOKASSA or payment.external_id is None:
        raise WrongWay(f"payment {payment.pk} came by {payment.channel}: no bank can be asked to return it")
    refunds.require_left(payment, amount_kop)
    refund_id = refunds.reserve_id()
    refund = refunds.open_refund(
        payment,
        refund_id=refund_id,
        channel=Channel.YOOKASSA,
        amount_kop=amount_kop,
        submit_token=submit_token,
        request=_request(payment, refund_id, amount_kop),
        due_on=due_on(on),
        beyond=require_balance(payment.account_id, amount_kop, beyond=beyond),
        actor=actor,
        why=why,
        at=clock.now(),
    )
    record(refund, actor, why, address)
    ask_again.defer_in(ASK_AFTER_SECONDS[0], refund_id=refund.pk, turn=0)
    return refund


def give_by_order(
    *,
    payment_id: int,
    amount_kop: int,
    order_number: str,
    submit_token: str,
    actor: str,
    why: str,
    on: date,
    beyond: bool = False,
    address: str | None = None,
) -> Refund:
    """Keep that a bank transfer was given back by the operator's own payment order; a second submit finds the first.

    order_number: of that order.   on: its date.   Raises refunds.UnableToRefund.
    """
    require_token(submit_token)
    with transfers.alarm_on_refusal(), db.atomic():
        payment = payments.lock(payment_id)
        known = refunds.by_token(submit_token, payment_id=payment_id, amount_kop=amount_kop)
        if known is not None:
            return known
        if payment.channel != Channel.BANK:
            raise WrongWay(f"payment {payment_id} came by {payment.channel}, not by the bank's transfer")
        external_id = f"order-{on}-{order_number}"
        if refunds.by_external_id(Channel.BANK, external_id) is not None:
            raise refunds.TokenUsed(f"order {order_number} of {on} is written down already")
        return give(
            payment, channel=Channel.BANK, external_id=external_id, amount_kop=amount_kop,
            submit_token=submit_token, actor=actor, why=why, on=on, beyond=beyond, address=address,
        )  # fmt: skip


def give(
    payment: Payment,
    *,
    channel: Channel,
    external_id: str,
    amount_kop: int,
    submit_token: str,
    actor: str,
    why: str,
    on: date,
    beyond: bool,
    address: str | None,
) -> Refund:
    """Write down what has been handed over, in the caller's transaction.   payment: locked."""
    at = clock.now()
    refunds.require_left(payment, amount_kop)
    refund = refunds.open_refund(
        payment,
        refund_id=refunds.reserve_id(),
        channel=channel,
        amount_kop=amount_kop,
        submit_token=submit_token,
        request={},
        due_on=due_on(on),
        beyond=require_balance(payment.account_id, amount_kop, beyond=beyond),
        actor=actor,
        why=why,
        at=at,
    )
    refunds.mark_known(refund, external_id=external_id, on=on)
    refund_settling.move(refund, RefundState.SUCCEEDED, at)
    record(refund, actor, why, address)
    return refund


@jobs.job(queue="payments", lock="refund:{refund_id}", queueing_lock="settle_refund:{refund_id}")
def settle(refund_id: int) -> None:
    """Ask the bank about a refund of ours and do what follows. Safe at any moment, any number of times."""
    refund_settling.ask_bank(refund_id)


@jobs.job(queue="payments", queueing_lock="ask_refund:{refund_id}:{turn}")
def ask_again(refund_id: int, turn: int) -> None:
    """`settle`, on a schedule that ends; the poller goes on after it."""
    if refund_settling.ask_bank(refund_id) and turn + 1 < len(ASK_AFTER_SECONDS):
        ask_again.defer_in(ASK_AFTER_SECONDS[turn + 1], refund_id=refund_id, turn=turn + 1)


@jobs.job(queue="payments", queueing_lock="refund_external:{external_id}:{turn}")
def settle_external(external_id: str, turn: int) -> None:
    """Ask the bank about a refund whose id we have not stored: its answer was lost, or it was made past us."""
    known = refunds.by_external_id(Channel.YOOKASSA, external_id)
    if known is not None:
        refund_settling.ask_bank(known.pk)
        return
    try:
        refund_settling.find(external_id)
    except yookassa.BankUnknown:
        if turn + 1 < len(ASK_AFTER_SECONDS):
            settle_external.defer_in(ASK_AFTER_SECONDS[turn], external_id=external_id, turn=turn + 1)


def poll_open(now: datetime) -> int:
    """Ask about every refund that has stood open for a minute; give how many. The schedule calls it.

    The bank sends no message of a refund it has canceled.
    """
    before = now - timedelta(seconds=POLL_AFTER_SECONDS)
    found = refunds.open_ids(channel=Channel.YOOKASSA, before=before, limit=POLL_AT_MOST)
    with db.atomic():
        for refund_id in found:
            settle.defer(refund_id=refund_id)
    return len(found)


def tell_overdue(on: date) -> int:
    """An alarm for each refund that its payer should have had before `on`; give how many. The schedule calls it."""
    late = refunds.overdue(on)
    with db.atomic():
        for one in late:
            what = f"refund {one.pk} of {one.amount_kop} kopecks was due on {one.due_on} and is {one.state}"
            alarms.raise_alarm(key=f"refund:overdue:{one.pk}", what=what)
    return len(late)


def require_token(submit_token: str) -> None:
    if not _TOKEN.fullmatch(submit_token):
        raise refunds.TokenUsed("the form's token is none of ours")


def require_balance(account_id: int, amount_kop: int, *, beyond: bool) -> bool:
    """Whether it is more than the balance gives back; locks the account.   Raises OverBalance where it may not be."""
    account = db.lock(Account, [account_id])[account_id]
    unspent_kop = ledger_queries.unspent_bonus_kop(account_id)
    available_kop = max(0, (account.balance_kop or 0) - unspent_kop - refunds.held_kop(account_id))
    if amount_kop > available_kop and not beyond:
        raise OverBalance(available_kop)
    return amount_kop > available_kop


def due_on(asked_on: date) -> date:
    return asked_on + timedelta(days=settings.PROFILE.refund_days)


def record(refund: Refund, actor: str, why: str, address: str | None) -> None:
    audit.record(
        actor=actor,
        action="payments.refund",
        subject=f"payment:{refund.payment_id}",
        new={"refund_id": refund.pk, "amount_kop": refund.amount_kop, "channel": refund.channel,
             "beyond": refund.beyond},
        why=why,
        address=address,
    )  # fmt: skip


def _request(payment: Payment, refund_id: int, amount_kop: int) -> dict[str, object]:
    contract = Account.objects.values_list("contract__number", flat=True).get(id=payment.account_id)
    assert payment.external_id is not None, payment.pk
    with translation.override("ru"):
        description = _("Refund, contract %(number)s") % {"number": contract}
    return yookassa_refunds.new_refund(
        payment_id=payment.external_id,
        amount_kop=amount_kop,
        description=description,
        metadata={"refund_id": str(refund_id), "contract": str(contract)},
        receipt=receipting.for_bank(account_id=payment.account_id, amount_kop=amount_kop, on=clock.today()),
    )
