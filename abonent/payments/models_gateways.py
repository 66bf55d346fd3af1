"""What terminals, agents and banks ask over check/pay, and what they are answered."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from abonent.payments.models import Channel


class GatewayAsk(models.Model):
    """One question and its answer as they went over the wire, card numbers masked. Never changed (a trigger)."""

    id = models.BigAutoField(primary_key=True)
    channel = models.CharField(max_length=12, choices=Channel.choices)
    command = models.CharField(max_length=8)  # check, pay, cancel, status; "" for what was none
    external_id = models.CharField(max_length=64, blank=True)  # the payment's id there
    account = models.CharField(max_length=64, blank=True)  # as it was typed
    asked = models.TextField()  # "name=value&…", decoded
    answer = models.TextField()
    result = models.SmallIntegerField()  # the dialect's own code
    payment_id = models.BigIntegerField(null=True)
    address = models.GenericIPAddressField(null=True)
    asked_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["channel", "external_id"], name="payments_ask_external"),
            BrinIndex(fields=["asked_at"], name="payments_ask_at"),
        ]
