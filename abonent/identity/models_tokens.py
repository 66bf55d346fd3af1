"""Apps that a person has signed in on, and what they have asked: the API's own tables."""

from django.db import models


class AppToken(models.Model):
    """An app on one device, signed in as its user until it signs out, is ended, or the password changes."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey("identity.User", on_delete=models.CASCADE, related_name="app_tokens")
    token_hash = models.BinaryField(max_length=32, unique=True)
    password_stamp = models.CharField(max_length=64)  # of the password it signed in with
    device_name = models.CharField(max_length=60)  # as the app calls its device
    address = models.GenericIPAddressField(null=True)  # of the last sign of life
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    confirmed_at = models.DateTimeField()  # when it was he, by his password
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-last_seen_at"], name="identity_apptoken_user")]


class AppRequest(models.Model):
    """What an app has sent once and may send again: the same key is answered the same."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey("identity.User", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=80)  # the app's own
    body_hash = models.BinaryField(max_length=32)  # of method, address and body
    status = models.PositiveSmallIntegerField(null=True)  # null: begun, its answer is not known
    content_type = models.CharField(max_length=60, blank=True)
    answer = models.TextField(blank=True)
    begun_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="identity_apprequest_once")]
        indexes = [models.Index(fields=["begun_at"], name="identity_apprequest_begun")]
