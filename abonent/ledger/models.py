"""Ledger accounts, transfers, and the keys that make each transfer happen once.

The tables are made by SQL in the migration (partitions, triggers, partial indexes); the models mirror them.
"""

from django.db import models
from django.db.models.functions import Now

FIRST_SUBSCRIBER_ID = 1000  # house accounts have smaller ids: partial indexes and a check rely on it


class AccountKind(models.TextChoices):
    SUBSCRIBER = "subscriber"
    REVENUE = "revenue"
    CLEARING = "clearing"
    BONUS = "bonus"
    WRITE_OFF = "write_off"
    OPENING = "opening"  # what stood in the books of the system before


class Account(models.Model):
    """An account of the ledger. Only subscriber accounts keep a balance; house accounts are never locked."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=12, choices=AccountKind.choices)
    code = models.CharField(max_length=40, unique=True, null=True)  # house accounts: "revenue:internet"
    contract = models.OneToOneField(
        "subscribers.Contract",
        null=True,
        on_delete=models.PROTECT,
        related_name="account",
        db_constraint=False,
    )
    balance_kop = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    id__gte=FIRST_SUBSCRIBER_ID,
                    kind="subscriber",
                    balance_kop__isnull=False,
                    contract__isnull=False,
                    code__isnull=True,
                )
                | models.Q(
                    id__lt=FIRST_SUBSCRIBER_ID,
                    balance_kop__isnull=True,
                    contract__isnull=True,
                    code__isnull=False,
                ),
                name="ledger_account_shape",
            ),
        ]


class Reason(models.TextChoices):
    PAYMENT = "payment"  # clearing → subscriber
    CHARGE = "charge"  # subscriber → revenue
    FEE = "fee"  # subscriber → revenue: of a deferral, a pause, a change
    RETURN = "return"  # revenue → subscriber
    REFUND = "refund"  # subscriber → clearing
    BONUS = "bonus"  # bonus → subscriber
    REVERSAL = "reversal"  # the opposite of the transfer it names
    MOVE = "move"  # subscriber → subscriber of the same person
    WRITE_OFF = "write_off"
    OPENING = "opening"  # opening ↔ subscriber: the balance an account came with, once


class Transfer(models.Model):
    """`amount_kop` from one ledger account (debit) to another (credit). Append-only, a partition a month."""

    id = models.BigAutoField(primary_key=True)  # in the database the key is (on, id)
    on = models.DateField()
    debit = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    credit = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    amount_kop = models.BigIntegerField()
    reason = models.CharField(max_length=12, choices=Reason.choices)
    reverses_on = models.DateField(null=True)
    reverses_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())


class LedgerKey(models.Model):
    """The key of a transfer that is not a charge: written first, so that the same cause moves money once."""

    key = models.CharField(max_length=120, primary_key=True)
    body_hash = models.BinaryField(max_length=32)
    transfer_on = models.DateField()
    transfer_id = models.BigIntegerField()

    class Meta:
        db_table = "ledger_key"
