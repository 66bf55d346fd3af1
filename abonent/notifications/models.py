"""The outbox: what is said to whom, by which channel."""

from django.db import models
from django.db.models.functions import Now

from abonent.notifications.models_mailings import Mailing as Mailing
from abonent.notifications.models_mailings import MailingState as MailingState
from abonent.notifications.models_news import News as News
from abonent.notifications.models_reach import NoticeChoice as NoticeChoice
from abonent.notifications.models_reach import OwnHours as OwnHours
from abonent.notifications.models_reach import PushDevice as PushDevice
from abonent.notifications.models_wording import Wording as Wording


class Channel(models.TextChoices):
    SMS = "sms"
    EMAIL = "email"
    PUSH = "push"
    INBOX = "inbox"  # only as a letter of Mail


class NoticeState(models.TextChoices):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"  # every retry is used up; staff see it
    CANCELED = "canceled"  # its mailing was stopped, or its reader has refused such messages


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
    only_by = models.CharField(max_length=8, blank=True, db_default="")  # the one channel it goes by
    mailing = models.ForeignKey(
        Mailing, null=True, on_delete=models.PROTECT, related_name="notices", db_constraint=False, db_index=False
    )
    claimed_at = models.DateTimeField(null=True)  # taken to be sent, and nobody has told yet what became of it

    class Meta:
        indexes = [
            # What one person waits for never stands behind a mailing to all.
            models.Index(
                fields=["next_try_at", "id"],
                name="notifications_due",
                condition=models.Q(state="queued", mailing__isnull=True),
            ),
            models.Index(
                fields=["next_try_at", "id"],
                name="notifications_due_mass",
                condition=models.Q(state="queued", mailing__isnull=False),
            ),
            models.Index(
                fields=["mailing", "state"], name="notifications_of_mailing", condition=models.Q(mailing__isnull=False)
            ),
            models.Index(
                fields=["claimed_at"], name="notifications_claimed", condition=models.Q(claimed_at__isnull=False)
            ),
            models.Index(fields=["contract", "-id"], name="notifications_contract"),
            models.Index(fields=["gateway_id"], name="notifications_gateway", condition=~models.Q(gateway_id="")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state=NoticeState.QUEUED) | models.Q(secret=""), name="notifications_secret_is_gone"
            ),
        ]
