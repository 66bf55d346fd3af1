"""Technicians' visits: whose time they take, what was done there, what stands there now."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models

from abonent.subscribers.models import Line


class VisitState(models.TextChoices):
    PLANNED = "planned"
    DONE = "done"
    CANCELLED = "cancelled"


class Visit(models.Model):
    """A window of a technician's time. Two that are not cancelled never overlap: the database refuses it."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey("onboarding.ConnectionRequest", on_delete=models.PROTECT, related_name="visits")
    technician = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    period = DateTimeRangeField()  # half-open
    state = models.CharField(max_length=12, choices=VisitState.choices, default=VisitState.PLANNED)
    tasks = models.TextField(blank=True)  # what is to be done there
    report = models.TextField(blank=True)  # what was done; why it was called off
    version = models.PositiveIntegerField(default=0, db_default=0)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)  # done or called off

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="onboarding_visit_no_double_booking",
                expressions=[("technician", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
                condition=~models.Q(state="cancelled"),
            ),
            models.UniqueConstraint(
                fields=["request"], condition=models.Q(state="planned"), name="onboarding_one_planned_visit"
            ),
            models.CheckConstraint(condition=models.Q(period__isempty=False), name="onboarding_visit_has_length"),
        ]


class EquipmentKind(models.TextChoices):
    ROUTER = "router"
    ONT = "ont"  # the optical terminal
    SET_TOP_BOX = "stb"
    CAMERA = "camera"
    OTHER = "other"


class Equipment(models.Model):
    """A device that a technician left at the subscriber's, by its label; its line is known since the signing."""

    id = models.BigAutoField(primary_key=True)
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="equipment")
    line = models.ForeignKey(Line, null=True, on_delete=models.PROTECT, related_name="equipment")
    kind = models.CharField(max_length=8, choices=EquipmentKind.choices)
    mac = models.CharField(max_length=17, blank=True)  # "aa:bb:cc:dd:ee:ff"
    serial = models.CharField(max_length=40, blank=True)
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["visit", "mac"], condition=~models.Q(mac=""), name="onboarding_mac_once"),
            models.CheckConstraint(
                condition=~models.Q(mac="") | ~models.Q(serial=""), name="onboarding_equipment_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(mac="") | models.Q(mac__regex=r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$"),
                name="onboarding_mac_written_one_way",
            ),
        ]
        indexes = [models.Index(fields=["mac"], condition=~models.Q(mac=""), name="onboarding_by_mac")]


class VisitPhoto(models.Model):
    """A picture of the work, drawn anew from what was sent: nothing of the phone or the place is in it."""

    id = models.BigAutoField(primary_key=True)
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="photos")
    sha256 = models.BinaryField(max_length=32)  # of what is kept
    jpeg = models.BinaryField()
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    taken_by = models.CharField(max_length=80)
    kept_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visit", "sha256"], name="onboarding_photo_once")]
