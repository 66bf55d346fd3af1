"""Once a month an account's services of that month are taken from its advances: the offset receipt.

    spent(month's end) = min(charged, advances − min(advances, balance)),   offset = spent − offset before

All three up to the month's end: charges and fees less returns; advances that got a receipt, less those given back;
the balance, of which the advances are the last to be spent (bonuses and money of other channels go first). So an
ordinary month's offset is its charges less its returns; never more than the advances; what came late for a month
already decided counts in the next. Less than before: more came back than was taken, and that is told too, where the
register takes it; the bank's own receipts must name a payment, and wait until the next months have used it up.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from abonent.billing.models import ChargedThrough
from abonent.core import db, periods
from abonent.flows import receipt_delivery, receipting
from abonent.ledger.models import Account
from abonent.payments import receipts
from abonent.payments.models_receipts import OffsetMonth, Receipt, ReceiptKind, Way

CHUNK = 1000
MONTHS_AT_MOST = 24  # of one call: more have never waited

_ACCOUNTS = """
    select distinct account_id from payments_receipt
    where kind = 'advance' and way = any(%(ways)s) and "on" < %(end)s and account_id > %(after)s
    order by account_id limit %(most)s
"""
_DECIDE = db.read_sql(__file__, "receipt_offsets_decide")
_LEFT = db.read_sql(__file__, "receipt_offsets_left")


def offset_due(today: date) -> int:
    """Decide the offsets of every month that is over and charged to its end; give how many receipts were queued.

    today: the operator's date. The schedule calls it. Killed, repeated, two at once: each account's month once.
    """
    if receipting.way() is None:
        return 0
    made = 0
    for month in _months_due(today):
        for account_ids in _chunks(month):
            made += _offset(account_ids, month)
        with db.atomic():
            OffsetMonth.objects.bulk_create([OffsetMonth(month=month.start)], ignore_conflicts=True)
    return made


def _months_due(today: date) -> list[periods.Period]:
    """Of this profile's advances, the oldest first; a month is over when the run of its last day is."""
    charged = ChargedThrough.objects.first()
    oldest = Receipt.objects.filter(kind=ReceiptKind.ADVANCE, way__in=_ways()).order_by("on").first()
    if charged is None or oldest is None:
        return []
    last_done = OffsetMonth.objects.order_by("-month").values_list("month", flat=True).first()
    start = oldest.on.replace(day=1) if last_done is None else periods.month(last_done, 1)
    found = []
    for number in range(MONTHS_AT_MOST):
        month = periods.calendar_month(periods.month(start, number))
        if month.end > today or charged.on < month.end - periods.ONE_DAY:
            break
        found.append(month)
    return found


def _chunks(month: periods.Period) -> Iterator[list[int]]:
    after = 0
    while rows := db.rows(_ACCOUNTS, {"ways": _ways(), "end": month.end, "after": after, "most": CHUNK}):
        yield [row["account_id"] for row in rows]
        after = rows[-1]["account_id"]


def _offset(account_ids: list[int], month: periods.Period) -> int:
    """One transaction: what the accounts hold stands still while it is decided."""
    with db.atomic():
        db.lock(Account, account_ids)
        decided = db.rows(
            _DECIDE,
            {"account_ids": account_ids, "end": month.end, "ways": _ways(), "prefix": f"{month.start:%Y-%m}"},
        )
        made = sum(_queue(row, month) for row in decided)
        if made:
            receipt_delivery.deliver.wake()
    return made


def _queue(row: dict[str, Any], month: periods.Period) -> int:
    basis = receipts.Basis(row["charged_kop"], row["advances_kop"], row["balance_kop"], row["transfers"])
    delta_kop = row["spent_kop"] - row["offset_kop"]
    if delta_kop > 0 and receipting.way() == Way.YOOKASSA:
        return _queue_by_payment(row["account_id"], delta_kop, month, basis)
    if delta_kop == 0 or receipting.way() == Way.YOOKASSA:
        return 0
    kind = ReceiptKind.OFFSET if delta_kop > 0 else ReceiptKind.OFFSET_BACK
    cause = f"{kind}:{row['account_id']}:{month.start:%Y-%m}"
    return receipts.queue(
        receipts.Wanted(
            cause=cause,
            kind=kind,
            way=Way.ATOL,
            account_id=row["account_id"],
            amount_kop=abs(delta_kop),
            on=month.end - periods.ONE_DAY,
            known_as=cause,
            basis=basis,
        )
    )


def _queue_by_payment(account_id: int, amount_kop: int, month: periods.Period, basis: receipts.Basis) -> int:
    """The bank's receipts each name a payment: the oldest advances are spent first."""
    made = 0
    for row in db.rows(_LEFT, {"account_id": account_id, "end": month.end}):
        part_kop = min(amount_kop, row["left_kop"])
        if part_kop <= 0:
            continue
        cause = f"offset:{account_id}:{month.start:%Y-%m}:{row['payment_id']}"
        made += receipts.queue(
            receipts.Wanted(
                cause=cause,
                kind=ReceiptKind.OFFSET,
                way=Way.YOOKASSA,
                account_id=account_id,
                payment_id=row["payment_id"],
                amount_kop=part_kop,
                on=month.end - periods.ONE_DAY,
                known_as=f"offset:{row['external_id']}:{month.start:%Y-%m}",
                basis=basis,
            )
        )
        amount_kop -= part_kop
    return made


def _ways() -> list[str]:
    """Whose advances may be offset now: the bank prints for its own payments only, a register of ours for all."""
    return [str(Way.YOOKASSA)] if receipting.way() == Way.YOOKASSA else [str(way) for way in Way]
