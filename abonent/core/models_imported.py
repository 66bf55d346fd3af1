"""What was taken over from another system, and what it is here. See models.py."""

from django.db import models
from django.db.models.functions import Now


class ImportedId(models.Model):
    """A thing's name in the system it came from, once for ever: what is imported again is known by it."""

    id = models.BigAutoField(primary_key=True)
    source = models.SlugField(max_length=32)  # which system: an operator may take over several
    noun = models.CharField(max_length=16)  # "customer", "contract", "premises", "subscription"
    external_id = models.CharField(max_length=64)
    own_id = models.BigIntegerField()  # of the noun's own table
    imported_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "noun", "external_id"], name="core_imported_once"),
        ]
        indexes = [models.Index(fields=["noun", "own_id"], name="core_imported_own")]
