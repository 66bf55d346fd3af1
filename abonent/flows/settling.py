"""Ask the bank for the truth about a payment, and make ours agree with it, in one transaction.

What the functions here are told is never a message's word: it is the bank's own answer to us.
"""

import contextlib
from datetime import UTC, datetime, timedelta

from django.conf import settings

from abonent.core import alarms, clock, db
from abonent.flows import autopay_outcomes, crediting, keep_card
from abonent.ledger import transfers
from abonent.ledger.models import Account
from abonent.payments import cards, matching, payments, strays
from abonent.payments.gateways import yookassa
from abonent.payments.gateways import yookassa_objects as objects
from abonent.payments.models import Channel, Payment, PaymentState

KEY_LIVES = timedelta(hours=23)  # the bank remembers a key for 24
GIVE_UP_AFTER = timedelta(hours=24)
LIST_PAGES_AT_MOST = 200
NEVER_REACHED = "never_reached_bank"


def ask(payment_id: int) -> bool:
    """Ask about a payment of ours and do what follows; whether it is open still, to be asked about again."""
    payment = Payment.objects.filter(id=payment_id, channel=Channel.YOOKASSA).first()
    if payment is None or payment.state in {PaymentState.SUCCEEDED, PaymentState.PARKED}:
        return False
    is_open = payment.state in payments.OPEN
    if not is_open and payment.external_id is None:
        return False
    try:
        bank = _truth(payment)
        if bank is None:
            return _give_up(payment)
        if bank.status == objects.WAITING and not _mismatch(payment, bank):
            bank = yookassa.capture(bank.id, amount_kop=bank.amount_kop, key=f"capture-{payment.id}")
    except yookassa.BankUnknown:
        return is_open
    except yookassa.BankRefused as refusal:
        return refused(payment, refusal)
    return apply(payment.id, bank)


def ask_unknown(external_id: str) -> int | None:
    """Ask about a payment whose id we have not stored; find its owner and do what follows.

    The id of our payment when it is to be asked about again.   Raises yookassa.BankUnknown.
    """
    try:
        bank = yookassa.get(external_id)
    except yookassa.BankRefused as refusal:
        # One alarm a day: whoever knows our address could otherwise fill the list.
        what = f"messages name payments that are none of our shop's, the first is {external_id}: {refusal.code}"
        with db.atomic():
            alarms.raise_alarm(key=f"payments:none_of_our_shop:{clock.today()}", what=what)
        return None
    payment_id = _owner(bank)
    return payment_id if payment_id is not None and apply(payment_id, bank) else None


def apply(payment_id: int, bank: objects.BankPayment) -> bool:
    """Make our row agree with what the bank has just said; whether the payment is open still.

    Two at once, or the same again: the second finds the row as the first left it.
    """
    try:
        with transfers.alarm_on_refusal(), db.atomic():
            payment = payments.lock(payment_id)
            if payment.state in {PaymentState.SUCCEEDED, PaymentState.PARKED}:
                return False
            problem = _mismatch(payment, bank)
            if problem:
                _park(payment, bank, problem)
                return False
            payments.mark_known(payment, external_id=bank.id, method_title=bank.method_title)
            return _agree(payment, bank)
    except transfers.KeyReusedWithOtherBody as reused:
        with db.atomic():
            payment = payments.lock(payment_id)
            if payment.state in payments.CREDITABLE:
                _park(payment, bank, str(reused))
        return False


def refused(payment: Payment, refusal: yookassa.BankRefused) -> bool:
    """The bank says no to our question; whether the payment is open still."""
    what = f"the bank refuses to answer about payment {payment.id}: {refusal}"
    with db.atomic():
        payment = payments.lock(payment.id)
        if payment.state not in payments.CREDITABLE:
            return False
        is_open = payment.state in payments.OPEN
        if refusal.code in {"invalid_credentials", "forbidden"}:
            alarms.raise_alarm(key=f"payments:refused:{refusal.code}:{clock.today()}", what=what)
        if payment.external_id is None and is_open:
            cancel(payment, refusal.code or "refused")
            return False
        if refusal.code == "not_found":
            alarms.raise_alarm(key=f"payment:parked:{payment.id}", what=what)
            payments.park(payment, note=what)
            crediting.publish(payment)
            return False
    return is_open


def _agree(payment: Payment, bank: objects.BankPayment) -> bool:
    """One step of a locked row that the bank's payment matches; whether it is open still."""
    if bank.status == objects.SUCCEEDED:
        crediting.credit(payment, on=clock.today(), at=clock.now(), said=autopay_outcomes.said(payment))
        keep_card.of_payment(payment, bank.method)
        autopay_outcomes.paid(payment)
        return False
    if bank.status == objects.CANCELED:
        if payment.state in payments.OPEN:
            cancel(payment, bank.cancellation_reason)
        return False
    if payment.state != PaymentState.PENDING:
        payments.mark_pending(payment, confirmation_url=bank.confirmation_url)
        crediting.publish(payment)
    return True


def cancel(payment: Payment, reason: str) -> None:
    """Close a locked open payment, and do what follows for whom it was debited.   reason: the bank's word, or ours."""
    payments.mark_canceled(payment, reason=reason, at=clock.now())
    crediting.publish(payment)
    autopay_outcomes.declined(payment)


def _mismatch(payment: Payment, bank: objects.BankPayment) -> str:
    """What the bank's payment says otherwise than our row; "" when it agrees."""
    if payment.external_id is None and payments.is_taken(payment, bank.id):
        return "it is another row's"
    if payment.external_id not in {None, bank.id}:
        return f"ours is the bank's {payment.external_id}"
    claim = matching.claim_of(payment.request.get("metadata", {}))
    assert claim is not None, payment.id
    return matching.mismatch(bank, _ours(), claim, payment.amount_kop)


def _park(payment: Payment, bank: objects.BankPayment, problem: str) -> None:
    """The bank's answer does not agree with ours: staff look, no money moves."""
    if payment.external_id is None and not payments.is_taken(payment, bank.id):
        payments.mark_known(payment, external_id=bank.id)
    note = f"the bank's payment {bank.id}, {bank.status}, {bank.amount_kop} kopecks: {problem}"
    payments.park(payment, note=note)
    alarms.raise_alarm(key=f"payment:parked:{payment.id}", what=f"payment {payment.id} is parked: {note}")
    crediting.publish(payment)


def _truth(payment: Payment) -> objects.BankPayment | None:
    """What the bank says of the payment; None when it has never heard of it.

    Without the bank's id the answer to us was lost, or never given: the same words, the same key bring it.
    """
    if payment.external_id is not None:
        return yookassa.get(payment.external_id)
    if clock.now() - payment.created_at < KEY_LIVES:
        # Of a card unbound meanwhile the same words cannot be said any more: the bank's list is asked instead.
        with contextlib.suppress(cards.TokenForgotten):
            return yookassa.create(cards.body_of(payment), key=payment.idempotence_key)
    # The demo's clock may run ahead of the bank's: look from where that one may have stood.
    ahead = max(timedelta(0), clock.now() - datetime.now(UTC))
    since, cursor = payment.created_at - ahead - timedelta(hours=1), ""
    claim = matching.claim_of(payment.request.get("metadata", {}))
    for _page in range(LIST_PAGES_AT_MOST):
        page = yookassa.page(created_since=since, cursor=cursor)
        for bank in page.items:
            if matching.claim_of(bank.metadata) == claim:
                return bank
        if not page.next_cursor:
            return None
        cursor = page.next_cursor
    raise yookassa.BankUnknown("the bank's list is longer than we read")


def _give_up(payment: Payment) -> bool:
    """The bank has never heard of it: closed after a day, when its key could not make it any more."""
    if clock.now() - payment.created_at < GIVE_UP_AFTER:
        return True
    with db.atomic():
        payment = payments.lock(payment.id)
        if payment.state == PaymentState.NEW and payment.external_id is None:
            cancel(payment, NEVER_REACHED)
    return False


def _owner(bank: objects.BankPayment) -> int | None:
    """Our row for a bank's payment that no row names; None when it is nobody's here, and parked for staff."""
    claim = matching.claim_of(bank.metadata)
    why = matching.not_ours(bank, _ours()) or ("its metadata is not ours" if claim is None else "")
    if claim is not None and not why:
        row = Payment.objects.filter(id=claim.payment_id, channel=Channel.YOOKASSA).first()
        if (
            row is not None
            and row.external_id in {None, bank.id}
            and matching.claim_of(row.request.get("metadata", {})) == claim
        ):
            return row.id
        if bank.status != objects.SUCCEEDED:
            return None  # nothing is paid; the bank will tell when it is
        # Our row is lost, or another payment of the bank's is its own: this money came in all the same.
        why = _why_not_creditable(bank, claim)
        if not why:
            with db.atomic():
                return payments.open_found(
                    account_id=claim.account_id,
                    amount_kop=bank.amount_kop,
                    external_id=bank.id,
                    metadata=bank.metadata,
                    at=clock.now(),
                ).id
    at = clock.now()
    with db.atomic():
        strays.park(bank, why=why, at=at)
        alarms.raise_alarm(
            key=f"payment:stray:{bank.id}", what=f"the bank's payment {bank.id} is credited to no one: {why}"
        )
    return None


def _why_not_creditable(bank: objects.BankPayment, claim: matching.Claim) -> str:
    """For a payment without a row of ours: only its metadata speaks for it, so it must agree with itself."""
    account = Account.objects.filter(id=claim.account_id, contract__number=claim.contract).first()
    if account is None:
        return f"there is no account {claim.account_id} of that contract"
    if not 0 < bank.amount_kop <= settings.PROFILE.card.max_kop:
        return f"{bank.amount_kop} kopecks is over the channel's limit"
    return ""


def _ours() -> matching.Ours:
    return matching.Ours(shop_id=settings.YOOKASSA_SHOP_ID, test=yookassa.is_test_shop())
