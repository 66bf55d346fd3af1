"""The queue of receipts: queued → sent → done | failed. The only module that writes Receipt and ReceiptDuty.

A row is written in the transaction of its cause, once by its cause, and handed over later: a register that is down
stops no payment. What is claimed is pushed ahead, so that a killed worker's rows come up again by themselves.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import Count, Sum

from abonent.core import db
from abonent.payments.models import Payment
from abonent.payments.models_receipts import Receipt, ReceiptDuty, ReceiptKind, ReceiptState

_INSERT = db.read_sql(__file__, "receipts_queue")
_QUEUE = _INSERT.format(also="")
_ANOTHER = "turn = turn + 1, key = %(key)s, content = null, external_id = null, error = %(error)s"
_CLAIM = db.read_sql(__file__, "receipts_claim")


class UnableToRetry(Exception):
    """There is no such receipt, or it has not failed."""


class Basis(NamedTuple):
    """What an offset was decided from: sums of the account up to the month's end."""

    charged_kop: int
    advances_kop: int
    balance_kop: int
    transfers: int


class Wanted(NamedTuple):
    """A receipt to be queued."""

    cause: str  # "<kind>:<id>", unique
    kind: ReceiptKind
    way: str
    account_id: int
    amount_kop: int
    on: date  # the operator's date of the cause
    # The cause by what the outside calls it ("advance:cash:17"): the key is made of it, so that a cause found again
    # after a backup was restored finds its document at the register.
    known_as: str
    payment_id: int | None = None
    refund_external_id: str = ""
    basis: Basis | None = None


class Fiscal(NamedTuple):
    """What the tax service knows the document by."""

    fn_number: str
    fd_number: str
    fp: str
    registered_at: datetime | None
    link: str = ""  # the operator of fiscal data's page of it; "" where the register names none


def queue(wanted: Wanted) -> bool:
    """Queue one receipt in the transaction of its cause; give whether it is new."""
    db.require_transaction()
    return db.run(_QUEUE, _said(wanted)) == 1


def part(wanted: Wanted, *, source: str) -> db.Statement:
    """`queue` as a part of a WITH.   source: the part before it that says by a row that it is to be queued."""
    return db.Statement(_INSERT.format(also=f", {source}"), _said(wanted))


def _said(wanted: Wanted) -> dict[str, Any]:
    said = wanted._asdict() | {"kind": str(wanted.kind)}
    basis: Basis | None = said.pop("basis")
    return said | (basis._asdict() if basis else dict.fromkeys(Basis._fields))


def claim(*, most: int, claimed_seconds: int) -> list[Receipt]:
    """Take what is due, each row once whoever else looks. Outside of any other transaction."""
    ids = [row["id"] for row in db.rows(_CLAIM, {"most": most, "claimed_seconds": claimed_seconds})]
    return list(Receipt.objects.filter(id__in=ids).select_related("payment").order_by("id"))


def seconds_to_next() -> int | None:
    """When the next one is due; None: nothing waits."""
    found = db.rows(
        "select ceil(extract(epoch from min(next_try_at) - statement_timestamp()))::int as seconds "
        "from payments_receipt where state in ('queued', 'sent')"
    )[0]["seconds"]
    return None if found is None else max(found, 1)


def keep_content(receipt: Receipt, content: Mapping[str, Any]) -> None:
    """The words, before the register hears of them; the first ones stand."""
    db.run(
        "update payments_receipt set content = %s::jsonb where id = %s and state = 'queued' and content is null",
        [json.dumps(content, ensure_ascii=False), receipt.id],
    )
    receipt.refresh_from_db(fields=["content"])


def mark_sent(receipt: Receipt, *, external_id: str, wait_seconds: int) -> None:
    """The register has it."""
    _update(
        receipt,
        "state = 'sent', external_id = %(external_id)s, attempts = 0, error = ''",
        wait_seconds,
        external_id=external_id,
    )


def mark_done(receipt: Receipt, fiscal: Fiscal, *, external_id: str | None = None) -> None:
    """It is registered: final."""
    _update(
        receipt,
        "state = 'done', fn_number = %(fn)s, fd_number = %(fd)s, fp = %(fp)s, link = %(link)s, "
        "registered_at = %(at)s, external_id = coalesce(%(external_id)s, external_id), error = ''",
        0,
        fn=fiscal.fn_number,
        fd=fiscal.fd_number,
        fp=fiscal.fp,
        link=fiscal.link,
        at=fiscal.registered_at,
        external_id=external_id,
    )


def put_off(receipt: Receipt, *, error: str, wait_seconds: int, counts: bool = True) -> None:
    """Tried and not done; it comes up again.   counts: False: nothing was tried."""
    counted = "" if counts else ", attempts = attempts - 1"
    _update(receipt, f"error = %(error)s{counted}", wait_seconds, error=error)


def queue_anew(receipt: Receipt, *, error: str, wait_seconds: int, refused: bool) -> None:
    """Hand it over once more.   refused: the register has ended it, so the next has another key and fresh words."""
    if not refused:
        _update(receipt, "state = 'queued', external_id = null, error = %(error)s", wait_seconds, error=error)
        return
    _update(
        receipt,
        f"state = 'queued', attempts = 0, {_ANOTHER}",
        wait_seconds,
        key=_next_key(receipt),
        error=error,
    )


def stop(receipt: Receipt, *, error: str, refused: bool) -> None:
    """Not tried any more until a person lets it: the caller raises the alarm.   refused: as in `queue_anew`."""
    if not refused:
        _update(receipt, "state = 'failed', error = %(error)s", 0, error=error)
        return
    _update(
        receipt,
        f"state = 'failed', {_ANOTHER}",
        0,
        key=_next_key(receipt),
        error=error,
    )


def again(receipt_id: int) -> Receipt:
    """A person lets a failed one be tried again, under its key: what the register may have of it is found by it.

    Raises UnableToRetry.
    """
    db.require_transaction()
    written = db.run(
        "update payments_receipt set state = case when external_id is null then 'queued' else 'sent' end, "
        "attempts = 0, next_try_at = statement_timestamp() where id = %s and state = 'failed'",
        [receipt_id],
    )
    if not written:
        raise UnableToRetry(f"no receipt {receipt_id} has failed")
    return Receipt.objects.get(id=receipt_id)


# --- what is found ----------------------------------------------------------------------------------------
def stuck(most: int | None = None) -> list[Receipt]:
    """What staff must look at, the oldest first; `most` at most."""
    failed = Receipt.objects.filter(state=ReceiptState.FAILED).select_related("account__contract")
    return list(failed.order_by("id")[:most])


def count_stuck() -> tuple[int, int]:
    """How many staff must look at, and their kopecks."""
    found = Receipt.objects.filter(state=ReceiptState.FAILED).aggregate(n=Count("id"), kop=Sum("amount_kop"))
    return found["n"], found["kop"] or 0


def count_open() -> int:
    """How many wait for their turn or for the register, without anybody's help."""
    return Receipt.objects.filter(state__in=[ReceiptState.QUEUED, ReceiptState.SENT]).count()


def open_ones(limit: int = 200) -> list[Receipt]:
    waiting = Receipt.objects.filter(state__in=[ReceiptState.QUEUED, ReceiptState.SENT])
    return list(waiting.order_by("next_try_at", "id")[:limit])


def of_transfers(account_id: int, *, first_on: date, last_on: date) -> dict[tuple[date, int], Receipt]:
    """Registered receipts of an account's payments and refunds of these dates, by the payment's transfer."""
    found = Receipt.objects.filter(
        account_id=account_id,
        kind=ReceiptKind.ADVANCE,
        state=ReceiptState.DONE,
        payment__transfer_on__gte=first_on,
        payment__transfer_on__lte=last_on,
    ).select_related("payment")
    by_transfer = {}
    for one in found:
        assert one.payment is not None, one.id
        assert one.payment.transfer_on is not None, one.id
        assert one.payment.transfer_id is not None, one.id
        by_transfer[one.payment.transfer_on, one.payment.transfer_id] = one
    return by_transfer


def of_account(account_id: int, receipt_id: int) -> Receipt | None:
    """A registered receipt, reached through an account of the signed-in user's."""
    return Receipt.objects.filter(account_id=account_id, id=receipt_id, state=ReceiptState.DONE).first()


def advance_of(payment: Payment) -> Receipt | None:
    return Receipt.objects.filter(payment=payment, kind=ReceiptKind.ADVANCE).first()


def without_receipt(*, newest: int) -> list[Payment]:
    """Of the newest payments, the credited ones of channels with a duty that have none. `verify` looks at all."""
    return list(
        Payment.objects.raw(
            """
            select p.* from payments_payment p
            join payments_receiptduty d on d.channel = p.channel and p.settled_at >= d.since_at
                and (d.until_at is null or p.settled_at < d.until_at)
            join ledger_account a on a.id = p.account_id
            join subscribers_contract c on c.id = a.contract_id
            join subscribers_customer cu on cu.id = c.customer_id
            left join payments_receipt r on r.payment_id = p.id and r.kind = 'advance'
            where p.state = 'succeeded' and r.id is null and not (p.channel = 'bank' and cu.kind = 'legal')
              and p.id > (select max(id) from payments_payment) - %s
            order by p.id
            """,
            [newest],
        )
    )


# --- the duty ---------------------------------------------------------------------------------------------
def keep_duty(channels: Iterable[str], *, at: datetime) -> None:
    """Remember whose payments get receipts from now on; an installation without payments has it from its beginning.

    at: the instant.
    """
    db.require_transaction()
    wanted = set(channels)
    held = set(ReceiptDuty.objects.filter(until_at=None).values_list("channel", flat=True))
    ReceiptDuty.objects.filter(until_at=None, channel__in=held - wanted).update(until_at=at)
    if wanted - held:
        since_at = at if Payment.objects.exists() else datetime(2000, 1, 1, tzinfo=at.tzinfo)
        ReceiptDuty.objects.bulk_create(
            [ReceiptDuty(channel=channel, since_at=since_at) for channel in sorted(wanted - held)],
            ignore_conflicts=True,
        )


def _update(receipt: Receipt, what: str, wait_seconds: int, **values: object) -> None:
    """Only the row as it was claimed: a second worker, or a person's word that came between, stands."""
    db.run(
        f"update payments_receipt set {what}, "
        "next_try_at = statement_timestamp() + make_interval(secs => %(wait)s) "
        "where id = %(id)s and state = %(was)s and turn = %(turn)s",
        {**values, "id": receipt.id, "was": str(receipt.state), "turn": receipt.turn, "wait": wait_seconds},
    )


def _next_key(receipt: Receipt) -> str:
    return f"{receipt.kind[:3]}-{hashlib.sha256(f'{receipt.key}:{receipt.turn + 1}'.encode()).hexdigest()[:40]}"
