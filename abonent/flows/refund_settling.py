"""Ask the bank for the truth about a refund, and make ours agree with it, in one transaction."""

from datetime import date, datetime, timedelta

from abonent.billing import resuming
from abonent.core import alarms, clock, db
from abonent.flows import receipting, settling
from abonent.ledger import accounts, transfers
from abonent.ledger import queries as ledger_queries
from abonent.ledger.models import Account, Reason
from abonent.notifications import outbox
from abonent.payments import payments, queries, refunds
from abonent.payments.gateways import yookassa, yookassa_refunds
from abonent.payments.gateways import yookassa_objects as objects
from abonent.payments.models import Channel, Payment, PaymentState
from abonent.payments.models_desk import Refund, RefundState

KEY_LIVES = timedelta(hours=23)  # the bank remembers a key for 24
GIVE_UP_AFTER = timedelta(hours=24)
LIST_PAGES_AT_MOST = 200
NEVER_REACHED = "never_reached_bank"


def ask_bank(refund_id: int) -> bool:
    """Ask, and do what follows; whether it is open still, to be asked about again."""
    refund = Refund.objects.get(id=refund_id)
    if refund.state not in refunds.OPEN or not refund.request:
        return False
    try:
        bank = _truth(refund)
    except yookassa.BankUnknown:
        return True
    except yookassa.BankRefused as refusal:
        return _refused(refund_id, refusal)
    return apply(refund_id, bank) if bank is not None else _give_up(refund)


def apply(refund_id: int, bank: objects.BankRefund) -> bool:
    """Make our row agree with what the bank has just said; whether the refund is open still."""
    with transfers.alarm_on_refusal(), db.atomic():
        payment, refund = refunds.lock(refund_id)
        if refund.state in {RefundState.SUCCEEDED, RefundState.PARKED} or refund.returned_id is not None:
            return False
        problem = _mismatch(payment, refund, bank)
        if problem:
            note = f"the bank's refund {bank.id}, {bank.status}, {bank.amount_kop} kopecks: {problem}"
            refunds.park(refund, note=note)
            alarms.raise_alarm(key=f"refund:parked:{refund.pk}", what=f"refund {refund.pk} is parked: {note}")
            return False
        refunds.mark_known(refund, external_id=bank.id, on=clock.today())
        if bank.status == objects.CANCELED:
            _take_back_canceled(refund, bank.cancellation_reason)
            return False
        state = RefundState.SUCCEEDED if bank.status == objects.SUCCEEDED else RefundState.PENDING
        move(refund, state, clock.now())
        return state == RefundState.PENDING


def find(external_id: str) -> Refund | None:
    """Find the row of a refund the bank has told of, or write one; None: it is none of ours, with an alarm.

    Raises yookassa.BankUnknown.
    """
    try:
        bank = yookassa_refunds.get(external_id)
    except yookassa.BankRefused as refusal:
        _alarm_of_none(external_id, f"the bank says {refusal.code}")
        return None
    payment = queries.by_external_id(Channel.YOOKASSA, bank.payment_id)
    if payment is not None and payment.state != PaymentState.SUCCEEDED:
        settling.ask(payment.pk)  # paid and given back before we heard of either
        payment.refresh_from_db()
    if payment is None or payment.state != PaymentState.SUCCEEDED:
        _alarm_of_none(external_id, f"its payment {bank.payment_id} is not credited here")
        return None
    refund = _claimed(payment, bank)
    if refund is None:
        if bank.status == objects.CANCELED:
            return None
        with db.atomic():
            locked = payments.lock(payment.pk)
            refund = refunds.open_found(
                locked, external_id=bank.id, amount_kop=bank.amount_kop, on=clock.today(), at=clock.now()
            )
            what = f"the bank has given {bank.amount_kop} kopecks of payment {payment.pk} back past us: {bank.id}"
            alarms.raise_alarm(key=f"refund:past_us:{bank.id}", what=what)
    apply(refund.pk, bank)
    return refund


def _claimed(payment: Payment, bank: objects.BankRefund) -> Refund | None:
    """Our own row, whose answer was lost: the bank's refund carries its number."""
    said = bank.metadata.get("refund_id", "")
    if not (said.isascii() and said.isdigit() and len(said) <= 18):
        return None
    found = Refund.objects.filter(id=int(said), payment_id=payment.pk, amount_kop=bank.amount_kop).first()
    return found if found is not None and found.external_id in {None, bank.id} else None


def _truth(refund: Refund) -> objects.BankRefund | None:
    """What the bank says of the refund; None when it has never heard of it."""
    if refund.external_id is not None:
        return yookassa_refunds.get(refund.external_id)
    if clock.now() - refund.created_at < KEY_LIVES:
        return yookassa_refunds.create(refund.request, key=refund.idempotence_key)
    cursor = ""
    for _page in range(LIST_PAGES_AT_MOST):
        page = yookassa_refunds.page(payment_id=refund.request["payment_id"], cursor=cursor)
        for bank in page.items:
            if bank.metadata.get("refund_id") == str(refund.pk):
                return bank
        if not page.next_cursor:
            return None
        cursor = page.next_cursor
    raise yookassa.BankUnknown("the bank's list is longer than we read")


def _give_up(refund: Refund) -> bool:
    """The bank has never heard of it: closed after a day, when its key could not make it any more."""
    if clock.now() - refund.created_at < GIVE_UP_AFTER:
        return True
    with db.atomic():
        _payment, refund = refunds.lock(refund.pk)
        if refund.state == RefundState.NEW and refund.external_id is None:
            _cancel(refund, NEVER_REACHED)
    return False


def _refused(refund_id: int, refusal: yookassa.BankRefused) -> bool:
    """The bank's no to our question; whether the refund is open still."""
    with db.atomic():
        _payment, refund = refunds.lock(refund_id)
        if refund.state not in refunds.OPEN:
            return False
        what = f"the bank refuses refund {refund_id}: {refusal}"
        if refusal.code in {"invalid_credentials", "forbidden"}:
            alarms.raise_alarm(key=f"refunds:refused:{refusal.code}:{clock.today()}", what=what)
            return True
        if refund.external_id is None:
            _cancel(refund, refusal.code or "refused")
            return False
        if refusal.code == "not_found":
            refunds.park(refund, note=what)
            alarms.raise_alarm(key=f"refund:parked:{refund_id}", what=what)
            return False
    return True


def move(refund: Refund, state: RefundState, at: datetime) -> None:
    """The one transfer of a locked refund, and what is said of it."""
    assert refund.on is not None, refund.pk
    assert refund.external_id, refund.pk
    is_new = refund.transfer_id is None
    posted = transfers.post(
        key=f"refund:{refund.channel}:{refund.external_id}",
        debit_id=refund.account_id,
        credit_id=accounts.house_id(f"clearing:{refund.channel}"),
        amount_kop=refund.amount_kop,
        on=refund.on,
        reason=Reason.REFUND,
    )
    refunds.mark_taken_on(refund, state=state, transfer_on=posted.on, transfer_id=posted.id, at=at)
    if state == RefundState.SUCCEEDED:  # only now has the payer the money
        receipting.for_refund(
            refund.payment,
            cause=f"refund:{refund.pk}",
            amount_kop=refund.amount_kop,
            on=refund.on,
            external_id=refund.external_id,
        )
    if is_new:
        balance_kop = ledger_queries.balance_kop(refund.account_id)
        outbox.queue(
            key=f"payment_refunded:{refund.pk}",
            contract_id=_contract_id(refund.account_id),
            kind="payment_refunded",
            params={"amount_kop": refund.amount_kop, "balance_kop": balance_kop},
        )


def _take_back_canceled(refund: Refund, reason: str) -> None:
    """The bank could not give it back after all: what had left the account is on it again."""
    if refund.state == RefundState.CANCELED:
        return
    if refund.transfer_id is None:
        _cancel(refund, reason)
        return
    assert refund.transfer_on is not None, refund.pk
    back = transfers.reverse(
        key=f"refund-canceled:{refund.channel}:{refund.external_id}",
        on_of=refund.transfer_on,
        id_of=refund.transfer_id,
        on=clock.today(),
    )
    _cancel(refund, reason, returned_on=back.on, returned_id=back.id)
    resuming.resume(refund.account_id, on=clock.today())


def _cancel(refund: Refund, reason: str, *, returned_on: date | None = None, returned_id: int | None = None) -> None:
    refunds.mark_canceled(
        refund, reason=reason, at=clock.now(), returned_on=returned_on, returned_id=returned_id
    )  # fmt: skip
    what = f"refund {refund.pk} of {refund.amount_kop} kopecks was not given: {reason}"
    alarms.raise_alarm(key=f"refund:canceled:{refund.pk}", what=what)


def _mismatch(payment: Payment, refund: Refund, bank: objects.BankRefund) -> str:
    if refund.external_id not in {None, bank.id}:
        return f"ours is the bank's {refund.external_id}"
    taken = refunds.by_external_id(refund.channel, bank.id)
    if taken is not None and taken.pk != refund.pk:
        return f"it is refund {taken.pk} already"
    if bank.payment_id != payment.external_id:
        return f"it is of the bank's payment {bank.payment_id}, ours of {payment.external_id}"
    if (bank.amount_kop, bank.currency) != (refund.amount_kop, objects.CURRENCY):
        return f"ours is of {refund.amount_kop} kopecks"
    return ""


def _alarm_of_none(external_id: str, why: str) -> None:
    """One alarm a day: whoever knows our address could otherwise fill the list."""
    what = f"messages name refunds that are none of ours, the first is {external_id}: {why}"
    with db.atomic():
        alarms.raise_alarm(key=f"refunds:none_of_ours:{clock.today()}", what=what)


def _contract_id(account_id: int) -> int:
    found = Account.objects.values_list("contract_id", flat=True).get(id=account_id)
    assert found is not None, account_id
    return found
