"""What a person agreed to beyond the contract, and what he asks of us about his data. Rows of `subscribers`."""

from django.db import models


class Purpose(models.TextChoices):
    """What is done only with consent. Serving the contract and the law needs none."""

    MARKETING_SMS = "marketing_sms"
    MARKETING_EMAIL = "marketing_email"
    MARKETING_PUSH = "marketing_push"
    MARKETING_CALLS = "marketing_calls"


class PersonalConsent(models.Model):
    """What a customer agreed to, in the very words he was shown. Only its withdrawal is added later (trigger)."""

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey("subscribers.Customer", on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=24, choices=Purpose.choices)
    version = models.CharField(max_length=32)  # of the text: "2026-11-22"
    language = models.CharField(max_length=8)
    text = models.TextField()
    actor = models.CharField(max_length=150)  # a sign-in name
    address = models.GenericIPAddressField(null=True)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "purpose"],
                condition=models.Q(withdrawn_at__isnull=True),
                name="subscribers_consent_one_in_force",
            ),
        ]


class PetitionKind(models.TextChoices):
    CORRECTION = "correction"  # something we keep of him is wrong
    DELETION = "deletion"  # what the law does not make us keep
    CLOSING = "closing"  # of an account whose contract has ended


class PetitionState(models.TextChoices):
    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"  # by the person


class Petition(models.Model):
    """What a person asks the staff to do with his data or his account, and their answer. One of a kind is open."""

    id = models.BigAutoField(primary_key=True)
    contract = models.ForeignKey("subscribers.Contract", on_delete=models.PROTECT, related_name="petitions")
    kind = models.CharField(max_length=12, choices=PetitionKind.choices)
    state = models.CharField(max_length=10, choices=PetitionState.choices, default=PetitionState.OPEN)
    text = models.TextField(blank=True)
    asked_at = models.DateTimeField()
    due_on = models.DateField()  # by when the staff must have answered
    answer = models.TextField(blank=True)  # for the person to read
    answered_by = models.CharField(max_length=150, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "kind"], condition=models.Q(state="open"), name="subscribers_petition_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", answered_at__isnull=True)
                | (~models.Q(state="open") & models.Q(answered_at__isnull=False)),
                name="subscribers_petition_answered",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="refused") | ~models.Q(answer=""), name="subscribers_petition_refusal_says"
            ),
        ]
        indexes = [
            models.Index(fields=["due_on", "id"], name="subscribers_petition_open", condition=models.Q(state="open")),
        ]
