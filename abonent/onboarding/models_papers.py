"""What a contract on paper needs beside the contract itself: who signs, by which document; what was printed."""

from django.db import models
from django.db.models.functions import Now

from abonent.subscribers.models import Contract, Customer


class DocumentKind(models.TextChoices):
    PASSPORT = "passport"  # of Russia
    FOREIGN = "foreign"  # a passport of another state
    RESIDENCE = "residence"  # a residence permit


class PersonDocument(models.Model):
    """By what a person was known at signing. Looked at through a contract only, each look in the audit log."""

    customer = models.OneToOneField(Customer, on_delete=models.PROTECT, related_name="document")
    kind = models.CharField(max_length=10, choices=DocumentKind.choices)
    number = models.CharField(max_length=20)  # letters and digits only: "4012345678"
    issued_by = models.CharField(max_length=200)
    issued_on = models.DateField()
    birth_date = models.DateField()
    registered_address = models.CharField(max_length=300)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "number"], name="onboarding_document_once")]


class ContractPaper(models.Model):
    """A signed contract as it was printed: printed again it says the same."""

    contract = models.OneToOneField(Contract, on_delete=models.PROTECT, related_name="paper")
    data = models.JSONField()  # of papers.facts(); no password
    made_by = models.CharField(max_length=80)
    made_at = models.DateTimeField()
