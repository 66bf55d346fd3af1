"""Documents made for legal entities, and the counters of their numbers. Rows of `billing`, see models.py."""

from django.db import models
from django.db.models.functions import Now

from abonent.subscribers.models import Contract


class DocumentKind(models.TextChoices):
    INVOICE = "invoice"  # what is to be paid
    ACT = "act"  # what was rendered
    VAT_INVOICE = "vat_invoice"  # the VAT in it; none where the operator pays no VAT


class Document(models.Model):
    """One document of a contract's month. Append-only (trigger): a correction is a new row that names the first.

    A correction keeps its first's number and date, and has its own `correction` and `corrected_on`.
    `data` holds all that is printed, as it stood then: seller, buyer, lines, and the transfers they come from.
    """

    id = models.BigAutoField(primary_key=True)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=12, choices=DocumentKind.choices)
    month = models.DateField()  # its first day
    correction = models.PositiveSmallIntegerField(default=0)  # 0: the first
    corrects = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="corrections")
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()  # without gaps, per kind and year
    issued_on = models.DateField()
    corrected_on = models.DateField(null=True)
    total_kop = models.BigIntegerField()  # VAT included
    vat_kop = models.BigIntegerField()
    data = models.JSONField()
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "month", "kind", "correction"], name="billing_document_once_a_month"
            ),
            models.UniqueConstraint(fields=["kind", "year", "number", "correction"], name="billing_document_number"),
            models.CheckConstraint(condition=models.Q(month__day=1), name="billing_document_month_begins"),
            models.CheckConstraint(
                condition=models.Q(correction=0, corrects__isnull=True, corrected_on__isnull=True)
                | models.Q(correction__gt=0, corrects__isnull=False, corrected_on__isnull=False),
                name="billing_document_correction_names_its_first",
            ),
            models.CheckConstraint(
                condition=models.Q(vat_kop__gte=0, total_kop__gte=models.F("vat_kop")), name="billing_document_sums"
            ),
        ]


class DocumentCounter(models.Model):
    """The last number given, per kind and year; written only together with the document that has it."""

    kind = models.CharField(max_length=12, choices=DocumentKind.choices)
    year = models.PositiveSmallIntegerField()
    last_number = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "year"], name="billing_document_counter_once")]
