"""Receipts of 54-FZ: what the tax service is told of money, apart from the money itself. See models.py."""

from django.db import models
from django.db.models.functions import Now

from abonent.ledger.models import Account
from abonent.payments.models import Channel, Payment


class Way(models.TextChoices):
    """Who registers the receipt: the profile's `receipts`."""

    YOOKASSA = "yookassa"
    ATOL = "atol"


class ReceiptKind(models.TextChoices):
    ADVANCE = "advance"  # a payment came in
    OFFSET = "offset"  # a month's services were taken from the advances
    OFFSET_BACK = "offset_back"  # more came back of earlier months than this one took
    REFUND = "refund"  # an advance went back to the payer


class ReceiptState(models.TextChoices):
    QUEUED = "queued"  # to be handed over; perhaps it was, and the answer was lost
    SENT = "sent"  # the register has it and works on it
    DONE = "done"  # it has its fiscal data
    FAILED = "failed"  # not tried any more: staff look, and may let it be tried again


class Receipt(models.Model):
    """One fiscal document, once for its cause. Never deleted; what it is about never changes (triggers).

    `next_try_at` is the database's clock, as of every queue.
    """

    id = models.BigAutoField(primary_key=True)
    cause = models.CharField(max_length=80, unique=True)  # "advance:42", "offset:1017:2026-11"
    kind = models.CharField(max_length=12, choices=ReceiptKind.choices)
    way = models.CharField(max_length=10, choices=Way.choices)
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    payment = models.ForeignKey(
        Payment, null=True, on_delete=models.DO_NOTHING, related_name="receipts", db_constraint=False
    )  # of an offset: only where the bank wants each to name a payment
    amount_kop = models.BigIntegerField()
    on = models.DateField()  # the operator's date of the cause; the last of an offset's month
    refund_external_id = models.CharField(max_length=64, blank=True)  # the bank's id of the refund
    # What an offset was decided from, as the ledger stood at the month's end; null of the others.
    charged_kop = models.BigIntegerField(null=True)  # all charges and fees less returns, ever
    advances_kop = models.BigIntegerField(null=True)  # all advances less refunds, ever
    balance_kop = models.BigIntegerField(null=True)
    transfers = models.BigIntegerField(null=True)  # how many of the account's were looked at

    state = models.CharField(max_length=8, choices=ReceiptState.choices, default=ReceiptState.QUEUED)
    turn = models.PositiveSmallIntegerField(default=0)  # grows when the register refused it: the next key is another
    key = models.CharField(max_length=64)  # what the register knows it by; stored before the call
    content = models.JSONField(null=True)  # the words it says, kept before the call: a repeat says the same
    external_id = models.CharField(max_length=64, null=True)  # the register's id of it
    attempts = models.PositiveSmallIntegerField(default=0)  # in this state
    next_try_at = models.DateTimeField(db_default=Now())
    error = models.TextField(blank=True)
    fn_number = models.CharField(max_length=20, blank=True)  # fiscal storage
    fd_number = models.CharField(max_length=20, blank=True)  # fiscal document
    fp = models.CharField(max_length=20, blank=True)  # fiscal sign
    link = models.URLField(max_length=500, blank=True)  # of the operator of fiscal data
    registered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["payment"], condition=models.Q(kind="advance"), name="payments_receipt_advance_once"
            ),
            models.UniqueConstraint(fields=["key"], name="payments_receipt_key_once"),
            models.UniqueConstraint(fields=["way", "external_id"], name="payments_receipt_external_once"),
            models.CheckConstraint(condition=models.Q(amount_kop__gt=0), name="payments_receipt_amount_positive"),
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=["advance", "refund"],
                    payment__isnull=False,
                    charged_kop__isnull=True,
                    advances_kop__isnull=True,
                    balance_kop__isnull=True,
                    transfers__isnull=True,
                )
                | models.Q(
                    kind__in=["offset", "offset_back"],
                    charged_kop__isnull=False,
                    advances_kop__isnull=False,
                    balance_kop__isnull=False,
                    transfers__isnull=False,
                ),
                name="payments_receipt_shape",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="done") | (~models.Q(fn_number="") & ~models.Q(fd_number="")),
                name="payments_receipt_done_has_fiscal_data",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "id"], name="payments_receipt_account"),
            models.Index(
                fields=["next_try_at", "id"],
                name="payments_receipt_due",
                condition=models.Q(state__in=["queued", "sent"]),
            ),
            models.Index(fields=["id"], name="payments_receipt_failed", condition=models.Q(state="failed")),
        ]


class ReceiptDuty(models.Model):
    """From when to when payments of a channel get receipts. Follows the profile's `receipts`."""

    channel = models.CharField(max_length=12, choices=Channel.choices)
    since_at = models.DateTimeField()
    until_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel"], condition=models.Q(until_at__isnull=True), name="payments_receipt_duty_once"
            )
        ]


class ReceiptSeries(models.Model):
    """One row, made with the table: no two installations that share a register give one key to two receipts."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    name = models.CharField(max_length=32)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="payments_receipt_series_one_row")]


class OffsetMonth(models.Model):
    """A month whose offsets are decided for every account."""

    month = models.DateField(primary_key=True)  # its first day
    done_at = models.DateTimeField(db_default=Now())
