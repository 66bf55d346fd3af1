"""Money that goes back, the cash desk's orders, the bank's statements, and what does not agree. See models.py."""

from django.db import models
from django.db.models.functions import Now

from abonent.billing.models import Payout
from abonent.ledger.models import Account
from abonent.payments.models import Channel, Payment
from abonent.payments.models_shifts import CashShift


class RefundState(models.TextChoices):
    NEW = "new"  # our row and its key stand; the bank may not know it yet, nothing has moved
    PENDING = "pending"  # the bank has taken it on: the money has left the account
    SUCCEEDED = "succeeded"  # the payer has it
    CANCELED = "canceled"  # the bank's no: what had left the account is back on it
    PARKED = "parked"  # the bank's answer does not agree with ours: staff look


class Refund(models.Model):
    """A payment, or a part of it, that goes back to the payer.

    Its transfer, subscriber → clearing, is made in the transaction in which it becomes `pending` or `succeeded`.
    Never deleted; whose it is, how much, and what has moved never change (triggers).
    """

    id = models.BigAutoField(primary_key=True)
    payment = models.ForeignKey(Payment, on_delete=models.DO_NOTHING, related_name="refunds", db_constraint=False)
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    channel = models.CharField(max_length=12, choices=Channel.choices)  # by which it goes back: its clearing
    amount_kop = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=RefundState.choices, default=RefundState.NEW)
    idempotence_key = models.CharField(max_length=64, unique=True)  # sent to the bank; stored before the call
    submit_token = models.CharField(max_length=64, unique=True, null=True)  # of the form: a double submit is one
    request = models.JSONField(default=dict)  # what the bank is asked; {} where there is no bank to ask
    external_id = models.CharField(max_length=64, null=True)  # the bank's id of it; the cash order's number
    on = models.DateField(null=True)  # the operator's date its transfer is of; stored when first known to be due
    due_on = models.DateField()  # by when the payer must have it: the profile's refund_days
    transfer_on = models.DateField(null=True)
    transfer_id = models.BigIntegerField(null=True)
    returned_on = models.DateField(null=True)  # the reversal of its transfer, after the bank's late no
    returned_id = models.BigIntegerField(null=True)
    beyond = models.BooleanField(default=False)  # more than the balance allowed: by a role, or by the bank itself
    cancel_reason = models.CharField(max_length=64, blank=True)  # the bank's word
    asked_by = models.CharField(max_length=150)  # a staff name, or "bank": made past us
    why = models.TextField(blank=True)
    note = models.TextField(blank=True)  # why parked
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_id"], name="payments_refund_external_once"),
            models.CheckConstraint(condition=models.Q(amount_kop__gt=0), name="payments_refund_amount_positive"),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["pending", "succeeded"],
                    transfer_id__isnull=False,
                    transfer_on__isnull=False,
                    external_id__isnull=False,
                    returned_id__isnull=True,
                )
                | models.Q(state="canceled", transfer_id__isnull=True, returned_id__isnull=True)
                | models.Q(state="canceled", transfer_id__isnull=False, returned_id__isnull=False)
                | models.Q(state="new", transfer_id__isnull=True, returned_id__isnull=True)
                | models.Q(state="parked"),
                name="payments_refund_has_its_transfers",
            ),
        ]
        indexes = [
            models.Index(fields=["payment"], name="payments_refund_payment"),
            models.Index(fields=["account"], name="payments_refund_account"),
            models.Index(
                fields=["created_at"], name="payments_refund_open", condition=models.Q(state__in=["new", "pending"])
            ),
        ]


class ReversalKind(models.TextChoices):
    CORRECTION = "correction"  # the desk's own mistake: another's account, another sum
    CHARGEBACK = "chargeback"  # the bank has taken the money back


class Reversal(models.Model):
    """A credited payment taken back whole, by a transfer that reverses its own. Once; append-only (trigger)."""

    payment = models.OneToOneField(
        Payment, on_delete=models.DO_NOTHING, primary_key=True, related_name="reversal", db_constraint=False
    )
    kind = models.CharField(max_length=10, choices=ReversalKind.choices)
    transfer_on = models.DateField()
    transfer_id = models.BigIntegerField()
    why = models.TextField()
    actor = models.CharField(max_length=150)
    made_at = models.DateTimeField()


class CashOrderKind(models.TextChoices):
    IN = "in"  # receipt order: cash taken
    OUT = "out"  # expense order: cash given back, a mistake taken back, or what is left after a contract's end


_NOT_OUT = {"refund__isnull": True, "reversal__isnull": True, "payout__isnull": True}


class CashOrder(models.Model):
    """A paper of the cash desk, numbered without gaps a kind and a year. Append-only (trigger).

    `data` holds what is printed, as it stood then.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=3, choices=CashOrderKind.choices)
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    on = models.DateField()
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    amount_kop = models.BigIntegerField()
    payment = models.OneToOneField(Payment, null=True, on_delete=models.PROTECT, related_name="cash_order")
    refund = models.OneToOneField(Refund, null=True, on_delete=models.PROTECT, related_name="cash_order")
    reversal = models.OneToOneField(
        Reversal, null=True, on_delete=models.PROTECT, related_name="cash_order", db_constraint=False
    )
    payout = models.OneToOneField(Payout, null=True, on_delete=models.PROTECT, related_name="cash_order")
    cashier = models.CharField(max_length=150)
    data = models.JSONField()
    # null: taken while none was open; what is given back is always of one
    shift = models.ForeignKey(CashShift, null=True, on_delete=models.PROTECT, related_name="orders")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "year", "number"], name="payments_cashorder_number"),
            models.CheckConstraint(
                condition=models.Q(kind="in", payment__isnull=False, **_NOT_OUT)
                | models.Q(kind="out", payment__isnull=True, **{**_NOT_OUT, "refund__isnull": False})
                | models.Q(kind="out", payment__isnull=True, **{**_NOT_OUT, "reversal__isnull": False})
                | models.Q(kind="out", payment__isnull=True, **{**_NOT_OUT, "payout__isnull": False}),
                name="payments_cashorder_names_its_cause",
            ),
            models.CheckConstraint(condition=models.Q(amount_kop__gt=0), name="payments_cashorder_amount_positive"),
            models.CheckConstraint(  # not valid: of what was given back before
                condition=models.Q(kind="in") | models.Q(shift__isnull=False), name="payments_cashorder_out_of_a_drawer"
            ),
        ]


class CashOrderCounter(models.Model):
    """The last number given, a kind and a year; written only together with the order that has it."""

    kind = models.CharField(max_length=3, choices=CashOrderKind.choices)
    year = models.PositiveSmallIntegerField()
    last_number = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "year"], name="payments_cashorder_counter_once")]


class BankStatement(models.Model):
    """A file of the bank's, as it was loaded. Loaded again it is another row and credits nothing."""

    id = models.BigAutoField(primary_key=True)
    sha256 = models.CharField(max_length=64)
    account = models.CharField(max_length=20)  # the operator's own
    first_on = models.DateField()
    last_on = models.DateField()
    opening_kop = models.BigIntegerField()
    received_kop = models.BigIntegerField()
    spent_kop = models.BigIntegerField()
    closing_kop = models.BigIntegerField()
    entries_count = models.PositiveIntegerField()  # of incoming documents in the file
    new_count = models.PositiveIntegerField()  # of those that no file before had
    outgoing_count = models.PositiveIntegerField()
    problem = models.TextField(blank=True)  # where its sums do not add up; "" where they do
    loaded_by = models.CharField(max_length=150)
    loaded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["account", "last_on"], name="payments_statement_account")]


class BankEntryState(models.TextChoices):
    NEW = "new"  # it has an owner; its money is to be credited
    CREDITED = "credited"
    QUEUED = "queued"  # staff decide whose it is
    RETURNED = "returned"  # staff have sent it back to the payer
    IGNORED = "ignored"  # no subscriber's money: an acquirer's, our own


class BankEntry(models.Model):
    """An incoming document of a statement, once for whatever number of files it stands in."""

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=64, unique=True)  # hash of what makes it one document
    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="entries")
    number = models.CharField(max_length=40)
    document_on = models.DateField()
    received_on = models.DateField()
    amount_kop = models.BigIntegerField()
    payer = models.CharField(max_length=300)
    payer_inn = models.CharField(max_length=12, blank=True)
    payer_account = models.CharField(max_length=40, blank=True)
    payer_bik = models.CharField(max_length=9, blank=True)
    purpose = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=BankEntryState.choices)
    matched_by = models.CharField(max_length=12, blank=True)  # contract, invoice, inn, staff
    account = models.ForeignKey(Account, null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    suggested = models.CharField(max_length=32, blank=True)  # a contract it may be of, for who decides
    payment = models.OneToOneField(Payment, null=True, on_delete=models.PROTECT, related_name="bank_entry")
    turn = models.PositiveSmallIntegerField(default=0)  # grows when its payment is reversed as a mistake
    why = models.TextField(blank=True)  # why queued or ignored; what staff said
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_kop__gt=0), name="payments_bankentry_amount_positive"),
            models.CheckConstraint(
                condition=models.Q(state="credited", payment__isnull=False, account__isnull=False)
                | models.Q(state="new", payment__isnull=True, account__isnull=False)
                | models.Q(state__in=["queued", "returned", "ignored"], payment__isnull=True),
                name="payments_bankentry_shape",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="payments_bankentry_open", condition=models.Q(state__in=["new", "queued"]))
        ]


class DifferenceKind(models.TextChoices):
    MISSING_HERE = "missing_here"  # they have it, we have not, and it could not be credited
    MISSING_THERE = "missing_there"  # we have it, they have not
    SUM = "sum"
    ACCOUNT = "account"  # they name another account
    STATE = "state"  # they call it another thing than we do


class Difference(models.Model):
    """What their books and ours say otherwise of one payment or refund. Closed by a later look, or by staff."""

    id = models.BigAutoField(primary_key=True)
    channel = models.CharField(max_length=12, choices=Channel.choices)
    about = models.CharField(max_length=8)  # payment, refund
    external_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=14, choices=DifferenceKind.choices)
    on = models.DateField()  # the date that was compared
    ours_kop = models.BigIntegerField(null=True)
    theirs_kop = models.BigIntegerField(null=True)
    what = models.TextField()
    found_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=150, blank=True)
    why = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "about", "external_id", "kind"], name="payments_difference_once")
        ]
        indexes = [
            models.Index(fields=["id"], name="payments_difference_open", condition=models.Q(closed_at__isnull=True))
        ]
