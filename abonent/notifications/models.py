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

    class Meta:
        indexes = [
            models.Index(fields=["next_try_at", "id"], name="notifications_due", condition=models.Q(state="queued")),
            models.Index(fields=["contract", "-id"], name="notifications_contract"),
        ]
