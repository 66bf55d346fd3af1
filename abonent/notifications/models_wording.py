"""The operator's own words for a notice, instead of the program's. Rows of `notifications`."""

from django.db import models


class Wording(models.Model):
    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=40)  # of texts.KINDS
    language = models.CharField(max_length=2)
    subject = models.CharField(max_length=120)
    body = models.TextField()
    changed_by = models.CharField(max_length=150)
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "language"], name="notifications_wording_once")]
