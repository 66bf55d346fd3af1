"""Money that comes in, by whatever channel."""

from django.db import models
from django.db.models.functions import Now

from abonent.ledger.models import Account
from abonent.payments.models_cards import Autopay as Autopay
from abonent.payments.models_cards import AutopayAttempt as AutopayAttempt
from abonent.payments.models_cards import Binding as Binding
from abonent.payments.models_cards import BoundCard as BoundCard
from abonent.payments.models_cards import Consent as Consent


class Channel(models.TextChoices):
    YOOKASSA = "yookassa"  # a bank card on the site
    CASH = "cash"  # the cash desk
    OSMP = "osmp"  # terminals and agents that speak check/pay
    SBER = "sber"  # Sberbank's check/pay
    BANK = "bank"  # a transfer to the operator's own account, seen in the bank's statement


class PaymentState(models.TextChoices):
    NEW = "new"  # our row and its key stand; the bank may not know it yet
    PENDING = "pending"  # the bank waits for the payer
    SUCCEEDED = "succeeded"  # paid and credited: one transfer
    CANCELED = "canceled"
    PARKED = "parked"  # the bank's answer does not agree with ours: staff look


class Payment(models.Model):
    """One payment. It is `succeeded` in the same transaction that moves the money, never before.

    Never deleted, and once it has succeeded what it says of the money never changes (triggers).
    """

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="payments", db_constraint=False)
    channel = models.CharField(max_length=12, choices=Channel.choices)
    amount_kop = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=PaymentState.choices, default=PaymentState.NEW)
    idempotence_key = models.CharField(max_length=64, unique=True)  # sent to the bank; stored before the call
    # Of the form: a double submit is one payment.
    submit_token = models.CharField(max_length=64, unique=True, null=True)
    # The bound card it is paid by.
    card = models.ForeignKey(
        "payments.BoundCard", null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    request = models.JSONField(default=dict)  # what the bank is asked: a repeat with the same key is the same body
    external_id = models.CharField(max_length=64, null=True)  # the bank's id; the receipt's number
    confirmation_url = models.URLField(max_length=2048, blank=True)
    cancel_reason = models.CharField(max_length=64, blank=True)  # the bank's word: "insufficient_funds"
    method_title = models.CharField(max_length=80, blank=True)  # "•• 4242"
    on = models.DateField(null=True)  # the operator's date it is credited on; stored when first known to be paid
    transfer_on = models.DateField(null=True)
    transfer_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)  # why parked

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_id"], name="payments_external_once"),
            models.CheckConstraint(condition=models.Q(amount_kop__gt=0), name="payments_amount_positive"),
            models.CheckConstraint(
                condition=models.Q(
                    state="succeeded",
                    transfer_id__isnull=False,
                    transfer_on__isnull=False,
                    on__isnull=False,
                    external_id__isnull=False,
                )
                | (~models.Q(state="succeeded") & models.Q(transfer_id__isnull=True, transfer_on__isnull=True)),
                name="payments_succeeded_has_transfer",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="payments_account"),
            models.Index(
                fields=["created_at"],
                name="payments_open",
                condition=models.Q(state__in=["new", "pending"]),
            ),
            models.Index(fields=["id"], name="payments_parked", condition=models.Q(state="parked")),
        ]


class RawEvent(models.Model):
    """A bank's message as it came, once. Nothing is believed of it: it only makes us ask the bank."""

    channel = models.CharField(max_length=12, choices=Channel.choices)
    event = models.CharField(max_length=64)
    external_id = models.CharField(max_length=64)
    body = models.JSONField()
    address = models.GenericIPAddressField(null=True)  # who sent it, as far as the proxies can be trusted
    received_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "event", "external_id"], name="payments_event_once")]


class Stray(models.Model):
    """A payment at the bank that is nobody's here: parked for staff, credited to no one."""

    id = models.BigAutoField(primary_key=True)
    channel = models.CharField(max_length=12, choices=Channel.choices)
    external_id = models.CharField(max_length=64)
    amount_kop = models.BigIntegerField()
    currency = models.CharField(max_length=8)
    metadata = models.JSONField(default=dict)
    why = models.TextField()
    found_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "external_id"], name="payments_stray_once")]


# Django finds models here: they need those above.
from abonent.payments import models_desk as models_desk  # noqa: E402
from abonent.payments import models_earlier as models_earlier  # noqa: E402
from abonent.payments import models_gateways as models_gateways  # noqa: E402
from abonent.payments import models_invoices as models_invoices  # noqa: E402
from abonent.payments import models_receipts as models_receipts  # noqa: E402
from abonent.payments import models_warrants as models_warrants  # noqa: E402
