"""Hand the queued receipts over and ask what became of them. The only module that moves a receipt's state.

Claim (attempts + 1, the next try pushed ahead) → words kept → call, outside any transaction → mark. Killed anywhere
between, it is claimed again: the same key brings the document that the register has, never a second one. Through the
bank, whose keys live a day, its list is asked before anything is made.
"""

import logging
import time
from concurrent import futures
from typing import NamedTuple

from abonent.core import alarms, clock, db, jobs
from abonent.flows import receipt_items
from abonent.payments import fiscal, receipts
from abonent.payments.gateways import atol, yookassa
from abonent.payments.gateways import yookassa_receipts as bank
from abonent.payments.models_receipts import Receipt, ReceiptKind, ReceiptState, Way

BATCH = 16
THREADS = 4
CLAIMED_SECONDS = 300  # longer than the slowest register may take
RUN_SECONDS = 5  # then the job hands over to a next one, so that a worker can stop
RETRY_AFTER_SECONDS = (10, 60, 300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600)  # then it has failed
# While the register works on it: most are ready in a minute; it gives one up after a day or two by itself.
ASK_AFTER_SECONDS = (2, 5, 15, 30, 60, 120, 300, 900, 1800, 3600, *(3 * 3600,) * 24)
OURS_SECONDS = 3600  # the register refuses us, not the document: whoever mends it needs an hour
LOST_THERE_SECONDS = 3600  # what the register had taken it does not know any more
TURNS_AT_MOST = 5

log = logging.getLogger(__name__)


class _Done(NamedTuple):
    fiscal: receipts.Fiscal
    external_id: str


class _Sent(NamedTuple):
    external_id: str
    error: str = ""


class _Later(NamedTuple):
    """Not known, or the register is not there."""

    error: str
    is_ours: bool = False  # the register refuses our password: no document of ours is to blame


class _Anew(NamedTuple):
    """To be handed over once more.   refused: the register has ended the document it had."""

    error: str
    refused: bool


class _Refused(NamedTuple):
    """The register does not take such a document: a person looks."""

    error: str
    registered: bool = False  # it has one, and that one does not agree with ours: no other is made


_Outcome = _Done | _Sent | _Later | _Anew | _Refused


@jobs.job(queue="receipts", lock="receipts", queueing_lock="receipts", retry=3)
def deliver() -> None:
    """Hand over and ask about everything that is due, then sleep until the next one is."""
    until = time.monotonic() + RUN_SECONDS
    with futures.ThreadPoolExecutor(THREADS, "receipts") as threads:
        while batch := receipts.claim(most=BATCH, claimed_seconds=CLAIMED_SECONDS):
            running = {}
            for receipt in batch:
                worded = _worded(receipt)
                if isinstance(worded, fiscal.Content):
                    running[threads.submit(_step, receipt, worded)] = receipt
                else:
                    _mark(receipt, worded)
            for done in futures.as_completed(running):
                _mark(running[done], done.result())
            if time.monotonic() > until:
                deliver.defer()
                return
    wait = receipts.seconds_to_next()
    if wait is not None:
        deliver.defer_in(wait)


def wake_if_due() -> None:
    """For the schedule: a wake that a killed process took with it is made good."""
    wait = receipts.seconds_to_next()
    if wait is not None and wait <= 1:
        deliver.wake()


def _worded(receipt: Receipt) -> fiscal.Content | _Outcome:
    """Its words, kept before the register hears of them."""
    if receipt.content is None:
        try:
            receipts.keep_content(receipt, fiscal.dump(receipt_items.of(receipt)))
        except fiscal.UnableToWord as error:
            return _Refused(str(error))
    if receipt.content is None:  # it has moved on meanwhile
        return _Later("it was not queued any more")
    return fiscal.load(receipt.content)


def _step(receipt: Receipt, content: fiscal.Content) -> _Outcome:
    """One call or two. In a thread: asks no database."""
    try:
        if receipt.way == Way.ATOL:
            return _ask_atol(receipt) if receipt.state == ReceiptState.SENT else _hand_to_atol(receipt, content)
        return _ask_bank(receipt) if receipt.state == ReceiptState.SENT else _hand_to_bank(receipt, content)
    except (atol.AtolUnknown, yookassa.BankUnknown) as error:
        return _Later(str(error))
    except atol.AtolRefused as refused:
        if refused.code in atol.OUR_CREDENTIALS:
            return _Later(str(refused), is_ours=True)
        if refused.code == atol.NO_SUCH_DOCUMENT:
            return _Anew(str(refused), refused=False)
        return _Refused(str(refused))
    except yookassa.BankRefused as refused:
        is_ours = refused.code in {"invalid_credentials", "forbidden"}
        return _Later(str(refused), is_ours=True) if is_ours else _Refused(str(refused))
    except Exception as error:  # a mistake of ours: the others of the batch must go on
        log.error("receipt %s: %s at %s", receipt.id, type(error).__name__, jobs.place_of(error))
        return _Later(type(error).__name__)


# --- ATOL -------------------------------------------------------------------------------------------------
def _hand_to_atol(receipt: Receipt, content: fiscal.Content) -> _Outcome:
    is_back = receipt.kind in {ReceiptKind.REFUND, ReceiptKind.OFFSET_BACK}
    operation = atol.SELL_REFUND if is_back else atol.SELL
    return _Sent(atol.register(operation, key=receipt.key, content=content))


def _ask_atol(receipt: Receipt) -> _Outcome:
    assert receipt.external_id, receipt.id
    found = atol.report(receipt.external_id)
    if found.status == atol.FAIL:
        return _Anew(found.error, refused=True)
    if found.status == atol.WAIT:
        return _Sent(receipt.external_id)
    if found.total_kop != receipt.amount_kop:
        return _Refused(f"the register's document is of {found.total_kop} kopecks", registered=True)
    fiscal_data = receipts.Fiscal(found.fn_number, found.fd_number, found.fp, found.registered_at, found.link)
    return _Done(fiscal_data, receipt.external_id)


# --- the bank ---------------------------------------------------------------------------------------------
def _hand_to_bank(receipt: Receipt, content: fiscal.Content) -> _Outcome:
    """Look first: what went with the payment's own body is there already, and so is what a lost answer made."""
    assert receipt.payment is not None, receipt.id
    is_refund = receipt.kind == ReceiptKind.REFUND
    what, external_id = (bank.REFUND, receipt.refund_external_id) if is_refund else (bank.PAYMENT, "")
    external_id = external_id or receipt.payment.external_id or ""
    for one in bank.of(what, external_id):
        if one.status != bank.CANCELED and _is_its(one, receipt, content):
            return _of_bank(one)
    with_body = receipt.kind == ReceiptKind.ADVANCE and "receipt" in receipt.payment.request
    if with_body and receipt.turn == 0:
        return _Later("the bank has not registered the payment's receipt yet")
    return _of_bank(bank.create(what, external_id, content=content, key=receipt.key))


def _ask_bank(receipt: Receipt) -> _Outcome:
    assert receipt.external_id, receipt.id
    return _of_bank(bank.get(receipt.external_id))


def _is_its(one: bank.BankReceipt, receipt: Receipt, content: fiscal.Content) -> bool:
    is_service = receipt.kind == ReceiptKind.OFFSET
    if (one.total_kop, one.is_service) != (receipt.amount_kop, is_service):
        return False
    return not is_service or one.first_item == content.items[0].name


def _of_bank(one: bank.BankReceipt) -> _Outcome:
    if one.status == bank.CANCELED:
        return _Anew(f"the bank could not register its receipt {one.id}", refused=True)
    if one.status == bank.SUCCEEDED and one.fn_number and one.fd_number:
        return _Done(receipts.Fiscal(one.fn_number, one.fd_number, one.fp, one.registered_at), one.id)
    return _Sent(one.id)


# --- marks ------------------------------------------------------------------------------------------------
def _mark(receipt: Receipt, outcome: _Outcome) -> None:
    match outcome:
        case _Done():
            receipts.mark_done(receipt, outcome.fiscal, external_id=outcome.external_id)
        case _Sent() if receipt.state == ReceiptState.QUEUED:
            receipts.mark_sent(receipt, external_id=outcome.external_id, wait_seconds=ASK_AFTER_SECONDS[0])
        case _Sent():
            _put_off(receipt, outcome.error, ASK_AFTER_SECONDS)
        case _Later(is_ours=True):
            what = f"the register refuses us: {outcome.error}"
            alarms.raise_alarm(key=f"receipts:refused:{receipt.way}:{clock.today()}", what=what)
            receipts.put_off(receipt, error=outcome.error, wait_seconds=OURS_SECONDS, counts=False)
        case _Later():
            is_sent = receipt.state == ReceiptState.SENT
            _put_off(receipt, outcome.error, ASK_AFTER_SECONDS if is_sent else RETRY_AFTER_SECONDS)
        case _Anew() if receipt.turn + 1 < TURNS_AT_MOST:
            wait_seconds = RETRY_AFTER_SECONDS[receipt.turn + 1] if outcome.refused else LOST_THERE_SECONDS
            receipts.queue_anew(receipt, error=outcome.error, wait_seconds=wait_seconds, refused=outcome.refused)
        case _Anew():
            _stop(receipt, outcome.error, refused=outcome.refused)
        case _Refused():
            _stop(receipt, outcome.error, refused=not outcome.registered)


def _put_off(receipt: Receipt, error: str, waits: tuple[int, ...]) -> None:
    if receipt.attempts > len(waits):
        _stop(receipt, error or "the register has not finished it", refused=False)
        return
    receipts.put_off(receipt, error=error, wait_seconds=waits[receipt.attempts - 1])


def _stop(receipt: Receipt, error: str, *, refused: bool) -> None:
    what = f"the receipt {receipt.id} ({receipt.cause}) of {receipt.amount_kop} kopecks is not registered: {error}"
    with db.atomic():
        receipts.stop(receipt, error=error, refused=refused)
        alarms.raise_alarm(key=f"receipt:failed:{receipt.id}:{receipt.turn}", what=what)
