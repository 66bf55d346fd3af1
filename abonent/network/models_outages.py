"""Interruptions of a node or of buildings: seen, declared, ended; whom they touched, and what was given back."""

from django.db import models
from django.db.models.functions import Now

from abonent.addresses.models import Building
from abonent.subscribers.models import Contract


class OutageState(models.TextChoices):
    SEEN = "seen"  # many sessions dropped at once; nobody of the staff has said anything yet
    DECLARED = "declared"
    ENDED = "ended"
    DISMISSED = "dismissed"  # it was none


class Outage(models.Model):
    id = models.BigAutoField(primary_key=True)
    nas = models.ForeignKey("network.Nas", null=True, on_delete=models.PROTECT)  # of a node; else of its buildings
    state = models.CharField(max_length=9, choices=OutageState.choices)
    what = models.CharField(max_length=300, blank=True, default="")  # what subscribers are told of it
    started_at = models.DateTimeField()
    expected_at = models.DateTimeField(null=True)  # when it is to be mended
    ended_at = models.DateTimeField(null=True)
    seen_lines = models.PositiveIntegerField(default=0)  # of the drop: how many lines lost their session
    made_at = models.DateTimeField(db_default=Now())
    declared_by = models.CharField(max_length=150, blank=True, default="")
    ended_by = models.CharField(max_length=150, blank=True, default="")
    settled_at = models.DateTimeField(null=True)  # all that was to be given back is given

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["nas"], condition=models.Q(state__in=["seen", "declared"]), name="network_outage_of_node_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state="ended", ended_at__gte=models.F("started_at"))
                | (~models.Q(state="ended") & models.Q(ended_at__isnull=True)),
                name="network_outage_ended",
            ),
        ]
        indexes = [
            models.Index(
                fields=["started_at"], condition=models.Q(state__in=["seen", "declared"]), name="network_outage_open"
            ),
            models.Index(
                fields=["id"],
                condition=models.Q(state="ended", settled_at__isnull=True),
                name="network_outage_unsettled",
            ),
        ]


class OutageBuilding(models.Model):
    outage = models.ForeignKey(Outage, on_delete=models.CASCADE, related_name="places")
    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="+")
    is_open = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["outage", "building"], name="network_outage_building"),
            models.UniqueConstraint(
                fields=["building"], condition=models.Q(is_open=True), name="network_outage_of_building_once"
            ),
        ]


class OutageLine(models.Model):
    """A line that should have worked and could not: it is told, and gets its days back. Noted at the declaration."""

    id = models.BigAutoField(primary_key=True)
    outage = models.ForeignKey(Outage, on_delete=models.CASCADE, related_name="lines")
    line_id = models.BigIntegerField()
    contract = models.ForeignKey(Contract, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    subscription_id = models.BigIntegerField()  # the internet tariff of that moment: its price is what comes back

    class Meta:
        constraints = [models.UniqueConstraint(fields=["outage", "line_id"], name="network_outage_line_once")]
        indexes = [models.Index(fields=["line_id"], name="network_outage_of_line")]


class OutageCredit(models.Model):
    """What was given back to one line for one outage: the pair is its key."""

    id = models.BigAutoField(primary_key=True)
    outage = models.ForeignKey(Outage, on_delete=models.PROTECT, related_name="credits")
    line_id = models.BigIntegerField()
    account_id = models.BigIntegerField()
    days = models.PositiveSmallIntegerField()
    amount_kop = models.BigIntegerField()  # 0: a free tariff; then there is no transfer
    transfer_on = models.DateField(null=True)
    transfer_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["outage", "line_id"], name="network_outage_credit_once"),
            models.CheckConstraint(
                condition=models.Q(amount_kop=0, transfer_id__isnull=True)
                | models.Q(amount_kop__gt=0, transfer_id__isnull=False, transfer_on__isnull=False),
                name="network_outage_credit_transfer",
            ),
        ]
