"""A bundle that staff take in, or take out, from their pages. See models.py."""

from django.db import models
from django.db.models.functions import Now


class MoveKind(models.TextChoices):
    IN = "in"
    OUT = "out"


class MoveState(models.TextChoices):
    RECEIVING = "receiving"  # its files are being kept
    CHECKING = "checking"  # all of it is done, and taken back
    WRONG = "wrong"  # it has mistakes, or cannot be read: nothing is written
    CHECKED = "checked"  # waits for somebody's yes
    WRITING = "writing"
    DONE = "done"
    FAILED = "failed"  # it could not be written, nothing is; the problem says why
    DROPPED = "dropped"  # its files are gone: by somebody's word, or by time


class Move(models.Model):
    """One bundle and how far it is. What it holds lies in files beside the program, `report` has counts alone."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=3, choices=MoveKind.choices)
    state = models.CharField(max_length=9, choices=MoveState.choices)
    name = models.CharField(max_length=120, blank=True)  # of the file, as its owner calls it
    source = models.SlugField(max_length=32, blank=True)  # which system it comes from
    language = models.CharField(max_length=2)  # of who asked: of the file of errors
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    step = models.CharField(max_length=16, blank=True)  # a table's name, "check", "write", "pack"
    rows_done = models.BigIntegerField(default=0)
    rows_expected = models.BigIntegerField(default=0)  # 0: nobody knows
    told_at = models.DateTimeField(db_default=Now())  # when it was last heard of
    report = models.JSONField(default=dict)
    problem = models.TextField(blank=True)
    confirmed_by = models.CharField(max_length=150, blank=True)
    ended_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)  # when its files are deleted
    size_octets = models.BigIntegerField(default=0)  # of what can be downloaded

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], name="core_move_one_writes", condition=models.Q(state=MoveState.WRITING)
            ),
            models.CheckConstraint(
                condition=~models.Q(state=MoveState.DONE) | models.Q(ended_at__isnull=False), name="core_move_ended"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind=MoveKind.IN, state__in=[MoveState.WRITING, MoveState.DONE])
                | ~models.Q(confirmed_by=""),
                name="core_move_confirmed",
            ),
        ]
        indexes = [models.Index(fields=["kind", "-id"], name="core_move_kind")]
