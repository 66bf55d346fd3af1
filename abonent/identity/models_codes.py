"""Codes and one-time passwords that were sent to somebody."""

from django.db import models


class CodePurpose(models.TextChoices):
    PASSWORD = "password"  # a one-time password: signs in once
    PHONE = "phone"  # this phone is his
    EMAIL = "email"  # this mail address is his


class OneTimeCode(models.Model):
    """What was sent, as a hash. Of a user and a purpose one is open at a time: a new one ends the one before."""

    user = models.ForeignKey("identity.User", on_delete=models.CASCADE)
    purpose = models.CharField(max_length=8, choices=CodePurpose.choices)
    address = models.CharField(max_length=254)  # where it was sent
    secret_hash = models.BinaryField(max_length=32)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # used, replaced, tried too often, or swept away

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "purpose"], condition=models.Q(ended_at=None), name="identity_code_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(used_at=None) | models.Q(ended_at__isnull=False), name="identity_code_used_is_ended"
            ),
            models.CheckConstraint(condition=models.Q(wrong_tries__lte=5), name="identity_code_five_tries"),
        ]
