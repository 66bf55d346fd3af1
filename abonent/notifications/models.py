"""The outbox: what is said to whom, by which channel."""

from django.db import models
from django.db.models.functions import Now


class Channel(models.TextChoices):
    SMS = "sms"
    EMAIL = "email"


class NoticeState(models.TextChoices):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"  # every retry is used up; staff see it


class Notice(models.Model):
    """One message to one contract, once by its key; its text is made of `kind` and `params` at sending."""

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=120, unique=True)  # "payment_received:42", "suspended:17:2026-12-01"
    contract = models.ForeignKey("subscribers.Contract", on_delete=models.PROTECT, db_constraint=False)
    kind = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    channel = models.CharField(max_length=8, choices=Channel.choices, blank=True)  # chosen at sending
    state = models.CharField(max_length=8, choices=NoticeState.choices, default=NoticeState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    to_address = models.CharField(max_length=254, blank=True, db_default="")  # empty: one of the customer's contacts
    secret = models.TextField(blank=True, db_default="")  # a code, sealed; emptied once it is sent or has failed
    not_after = models.DateTimeField(null=True)  # a code is not sent when it is good no more
    gateway_id = models.CharField(max_length=64, blank=True, db_default="")  # of an SMS; its receipt names it
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_try_at", "id"], name="notifications_due", condition=models.Q(state="queued")),
            models.Index(fields=["contract", "-id"], name="notifications_contract"),
            models.Index(fields=["gateway_id"], name="notifications_gateway", condition=~models.Q(gateway_id="")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state=NoticeState.QUEUED) | models.Q(secret=""), name="notifications_secret_is_gone"
            ),
        ]
