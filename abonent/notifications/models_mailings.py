"""A message of the staff to a chosen audience. Rows of `notifications`."""

from django.db import models
from django.db.models.functions import Now


class MailingState(models.TextChoices):
    DRAFT = "draft"
    SENDING = "sending"
    STOPPED = "stopped"  # by one of the staff; what had gone, has gone
    DONE = "done"


class Mailing(models.Model):
    """One text to many. Its notices are queued in chunks, each customer once by the notice's key."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=120)  # for staff
    is_offer = models.BooleanField()  # marketing: only to who agreed to it by that channel
    channel = models.CharField(max_length=8)
    audience = models.CharField(max_length=16)
    audience_value = models.CharField(max_length=80, blank=True)  # an offer's code, a building's id, a segment, a sum
    subject_ru = models.CharField(max_length=120, blank=True)
    body_ru = models.TextField()
    subject_en = models.CharField(max_length=120, blank=True)
    body_en = models.TextField(blank=True)  # nothing: in Russian to everybody
    state = models.CharField(max_length=8, choices=MailingState.choices, default=MailingState.DRAFT)
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField(db_default=Now())
    tests_sent = models.PositiveSmallIntegerField(default=0)
    started_by = models.CharField(max_length=150, blank=True)
    started_at = models.DateTimeField(null=True)
    part_price_kop = models.PositiveIntegerField(default=0)  # of an SMS's part, when it was started
    planned = models.PositiveIntegerField(default=0)  # how many customers were counted at the start
    queued_through = models.BigIntegerField(default=0)  # the last customer whose notice is queued
    queued_at = models.DateTimeField(null=True)  # when the last one was
    ended_at = models.DateTimeField(null=True)
    stopped_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(channel__in=["sms", "email", "push", "inbox"]), name="notifications_mailing_channel"
            ),
            models.CheckConstraint(
                condition=~models.Q(is_offer=True, channel="inbox"), name="notifications_mailing_offer_by_consent"
            ),
            models.CheckConstraint(
                condition=models.Q(state="draft") | models.Q(started_at__isnull=False),
                name="notifications_mailing_started",
            ),
        ]
