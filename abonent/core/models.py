"""What every room stands on: the installation's one row, who did what, the events pages listen to."""

from django.db import models
from django.db.models.functions import Now

from abonent.core.models_batches import Batch as Batch
from abonent.core.models_batches import BatchFile as BatchFile
from abonent.core.models_batches import BatchRow as BatchRow
from abonent.core.models_imported import ImportedId as ImportedId
from abonent.core.models_moves import Move as Move
from abonent.core.models_moves import MoveKind as MoveKind
from abonent.core.models_moves import MoveState as MoveState


class Installation(models.Model):
    """The one row of this installation, mirrored from the profile so that SQL knows it."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    time_zone = models.CharField(max_length=64)
    clock_offset_seconds = models.BigIntegerField(default=0)  # the sandbox's clock; 0 in production

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="core_installation_one_row")]


class AuditEntry(models.Model):
    """Who did what to what, when and why, with old and new values.

    Append-only by trigger. Written by core/audit.py.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150)  # a sign-in name, or "system:<job>"
    action = models.CharField(max_length=64)  # "<room>.<verb>": "identity.change_password"
    subject = models.CharField(max_length=64)  # "<noun>:<id>": "contract:17"
    old = models.JSONField(default=dict)
    new = models.JSONField(default=dict)
    why = models.TextField(blank=True)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        indexes = [models.Index(fields=["subject", "-id"], name="core_audit_subject")]


class Event(models.Model):
    """What an open page is told, kept for an hour so that a stream resumes. Written by core/events.py."""

    id = models.BigAutoField(primary_key=True)
    topic = models.CharField(max_length=64)  # "contract:17"
    name = models.CharField(max_length=64)  # "payment"
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["topic", "id"], name="core_event_topic")]


class Alarm(models.Model):
    """Something a person must look at: a payment of nobody, a sum that differs. core/alarms.py."""

    key = models.CharField(max_length=160, unique=True)
    what = models.TextField()
    raised_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True)


class ScheduleMark(models.Model):
    """Through which operator's date a daily entry of flows/schedule.py is done. Written by core/marks.py."""

    entry = models.CharField(max_length=64, primary_key=True)
    done_on = models.DateField()
