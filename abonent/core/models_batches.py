"""One act done to many: whom it means, what became of each. See models.py."""

from django.db import models
from django.db.models.functions import Now


class BatchState(models.TextChoices):
    PREVIEW = "preview"  # shown; nothing is done
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"


class BatchRowState(models.TextChoices):
    LEFT_OUT = "left_out"  # not meant, and why
    PLANNED = "planned"
    DONE = "done"
    SKIPPED = "skipped"  # it was right when looked at, and is not needed any more
    REFUSED = "refused"  # the verb refused


class Batch(models.Model):
    """Written by core/batches.py. What its kind does stands in flows/batching.py."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=40)
    chosen = models.JSONField(default=dict)  # by what its rows were found: the preview is made anew by it
    params = models.JSONField(default=dict)  # what its kind needs besides
    why = models.CharField(max_length=500)
    state = models.CharField(max_length=8, choices=BatchState.choices, default=BatchState.PREVIEW)
    made_by = models.CharField(max_length=150)
    address = models.GenericIPAddressField(null=True)  # of the browser that confirmed it
    drawn_at = models.DateTimeField()  # when its rows were looked at
    planned = models.IntegerField(default=0)
    planned_kop = models.BigIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    stopped_by = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=models.Q(state="running"), name="core_batch_running"),
        ]


class BatchRow(models.Model):
    """One of a batch. Its act and its state are one transaction: never done twice, never forgotten."""

    id = models.BigAutoField(primary_key=True)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="rows")
    subject_id = models.BigIntegerField()  # of whatever its kind is about: an account
    sum_kop = models.BigIntegerField(default=0)  # as it was shown
    state = models.CharField(max_length=8, choices=BatchRowState.choices)
    said = models.CharField(max_length=40, blank=True, default="")  # a code: why left out, skipped, refused
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "subject_id"], name="core_batch_row_once")]
        indexes = [models.Index(fields=["batch", "state", "id"], name="core_batch_row_state")]


class BatchFile(models.Model):
    """What a batch has made to be printed: a part of it a file."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="files")
    number = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    content = models.BinaryField()
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="core_batch_file_once")]
