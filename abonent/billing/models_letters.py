"""Letters by which a month's documents go out to a legal entity. Rows of `billing`, see models.py."""

from django.db import models
from django.db.models.functions import Now

from abonent.subscribers.models import Contract


class DocumentLetterState(models.TextChoices):
    QUEUED = "queued"
    SENT = "sent"  # the mail server has it
    BOUNCED = "bounced"  # refused, at once or later, or every try was used up
    NO_ADDRESS = "no_address"  # no mail address, or its owner wants no e-mail about documents: it stands in Mail alone


class DocumentLetter(models.Model):
    """An e-mail with all the documents of a contract's month: once by itself, once more for each wish of the staff."""

    id = models.BigAutoField(primary_key=True)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="+")
    month = models.DateField()  # its first day
    correction = models.PositiveSmallIntegerField()  # of the documents in it
    turn = models.PositiveSmallIntegerField(default=0)  # 0: the first; then each time it is sent again
    to_address = models.CharField(max_length=254, blank=True)
    state = models.CharField(max_length=10, choices=DocumentLetterState.choices)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(db_default=Now())
    error = models.CharField(max_length=300, blank=True)  # of the mail server, for staff
    asked_by = models.CharField(max_length=150)
    made_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True)
    bounced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "month", "correction", "turn"], name="billing_documentletter_once"
            ),
            models.UniqueConstraint(
                fields=["contract", "month", "correction"],
                name="billing_documentletter_one_waits",
                condition=models.Q(state=DocumentLetterState.QUEUED),
            ),
            models.CheckConstraint(
                condition=(~models.Q(state="sent") | models.Q(sent_at__isnull=False))
                & (~models.Q(state="bounced") | models.Q(bounced_at__isnull=False))
                & (models.Q(state="no_address") | ~models.Q(to_address="")),
                name="billing_documentletter_shape",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at", "id"],
                name="billing_documentletter_due",
                condition=models.Q(state=DocumentLetterState.QUEUED),
            ),
        ]
