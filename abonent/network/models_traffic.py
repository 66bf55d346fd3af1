"""What is left of the traffic a tariff includes. Written by `radius.count_allowance` and allowances.py."""

from django.db import models
from django.db.models.functions import Now


class Allowance(models.Model):
    """A line's traffic in its newest billing period; only of lines whose tariff includes so much and no more."""

    line_id = models.BigIntegerField(primary_key=True)
    period_start = models.DateField()
    period_end = models.DateField()
    used_octets = models.BigIntegerField()
    extra_octets = models.BigIntegerField(default=0)  # of packs bought for this period

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(used_octets__gte=0, extra_octets__gte=0), name="network_allowance_not_negative"
            )
        ]


class TrafficPack(models.Model):
    """Traffic bought for one billing period, once by the change that bought it."""

    change_id = models.BigIntegerField(primary_key=True)
    line_id = models.BigIntegerField()
    period_start = models.DateField()
    octets = models.BigIntegerField()
    bought_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["line_id", "period_start"], name="network_pack_of_period")]
        constraints = [models.CheckConstraint(condition=models.Q(octets__gt=0), name="network_pack_gives")]


class Threshold(models.Model):
    """80 or 100 per cent of what a period includes was reached: once a period, a pack makes new ones."""

    id = models.BigAutoField(primary_key=True)
    line_id = models.BigIntegerField()
    period_start = models.DateField()
    whole_octets = models.BigIntegerField()  # included and bought, then
    percent = models.PositiveSmallIntegerField()
    reached_at = models.DateTimeField(db_default=Now())
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["line_id", "period_start", "whole_octets", "percent"], name="network_threshold_once"
            ),
            models.CheckConstraint(condition=models.Q(percent__in=[80, 100]), name="network_threshold_percent"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(told_at__isnull=True), name="network_threshold_untold")
        ]
