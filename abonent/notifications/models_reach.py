"""How a person wants to be reached: what by which channel, when not, and the browsers that take pushes."""

from django.db import models
from django.db.models.functions import Now

ENDPOINT_MOST_CHARS = 1024


class NoticeChoice(models.Model):
    """What a customer wants to hear of by which channel. No row of a subject: the usual way of each notice."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey("subscribers.Customer", on_delete=models.PROTECT, related_name="notice_choices")
    subject = models.CharField(max_length=16)  # its name in subjects.SUBJECTS
    channel = models.CharField(max_length=8)
    is_wanted = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "subject", "channel"], name="notifications_choice_once"),
            models.CheckConstraint(
                condition=models.Q(channel__in=["sms", "email", "push"]), name="notifications_choice_channel"
            ),
        ]


class OwnHours(models.Model):
    """A customer's own quiet hours, instead of the profile's. From = to: he is told at any hour."""

    customer = models.OneToOneField(
        "subscribers.Customer", primary_key=True, on_delete=models.PROTECT, related_name="own_hours"
    )
    quiet_from = models.TimeField()
    quiet_to = models.TimeField()


class PushDevice(models.Model):
    """A browser that takes pushes: where its push service is, and the keys that only it can open (RFC 8291)."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey("subscribers.Customer", on_delete=models.PROTECT, related_name="push_devices")
    endpoint = models.CharField(max_length=ENDPOINT_MOST_CHARS, unique=True)
    public_key = models.CharField(max_length=100)  # p256dh, base64url
    auth_secret = models.CharField(max_length=40)  # base64url
    browser_hash = models.BinaryField(max_length=32)  # of the sign-in's own cookie: signing out there ends it
    name = models.CharField(max_length=80, blank=True)  # "Chrome, Android"
    added_at = models.DateTimeField(db_default=Now())
    last_sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(endpoint=""), name="notifications_push_has_endpoint"),
        ]
