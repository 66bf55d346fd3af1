"""The charge runs of dates, their chunks, and the accounts they leave aside. Rows of `billing`, see models.py."""

from django.db import models
from django.db.models.functions import Now

from abonent.ledger.models import Account


class RunState(models.TextChoices):
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"  # beyond its tolerance: an accountable person lets it go on


class ChargeRun(models.Model):
    """The charge run of one operator's date."""

    on = models.DateField(unique=True)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.RUNNING)
    plan = models.JSONField(default=dict)  # run_plans.Plan.as_json()
    fact = models.JSONField(default=dict)  # charging.Charged.as_fact() over all chunks
    is_measure = models.BooleanField(db_default=True, default=True)  # later runs are compared with it
    started_at = models.DateTimeField(db_default=Now())
    told_at = models.DateTimeField(null=True)  # who cannot pay what comes in some days is told
    finished_at = models.DateTimeField(null=True)
    stop_reason = models.TextField(blank=True, db_default="", default="")  # of the last stop
    continued_by = models.CharField(max_length=150, blank=True, db_default="", default="")  # of the last stop
    continued_why = models.TextField(blank=True, db_default="", default="")
    continued_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="stopped") | ~models.Q(stop_reason=""),
                name="billing_run_stopped_for_a_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(continued_at__isnull=True, continued_by="", continued_why="")
                | models.Q(continued_at__isnull=False) & ~models.Q(continued_by="") & ~models.Q(continued_why=""),
                name="billing_run_continued_by_somebody",
            ),
        ]


class ChargeChunk(models.Model):
    """A range of accounts of a run; done in one transaction, once."""

    run = models.ForeignKey(ChargeRun, on_delete=models.PROTECT, related_name="chunks")
    number = models.PositiveIntegerField()
    first_account_id = models.BigIntegerField()
    last_account_id = models.BigIntegerField()
    accounts = models.PositiveIntegerField()
    plan_kop = models.BigIntegerField(db_default=0, default=0)  # what the money was to cover when it was planned
    fact = models.JSONField(null=True)  # null: not done yet

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="billing_chunk_once")]


class ChargedThrough(models.Model):
    """The last date whose run has finished: one row. The network asks it: a late run cuts nobody off."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    on = models.DateField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="billing_charged_through_one_row")]


class ParkedAccount(models.Model):
    """An account that makes no sense: charged by nobody until a person has looked. It stops no other."""

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False)
    reason = models.TextField()
    parked_at = models.DateTimeField(db_default=Now())
