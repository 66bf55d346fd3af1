"""Which payment closes which invoice, and who pays for another's contract. Rows of `payments`, see models.py."""

from django.db import models
from django.db.models.functions import Now

from abonent.billing.models_documents import Document
from abonent.payments.models import Payment
from abonent.subscribers.models import Contract


class InvoiceOffset(models.Model):
    """A part of a bank's payment that named an invoice. Append-only, and never more than the payment (triggers).

    It moves nothing: what is owed is the ledger's; this says which invoices the money was meant for.
    """

    id = models.BigAutoField(primary_key=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="invoice_offsets")
    invoice = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")  # the first, not its correction
    amount_kop = models.BigIntegerField()
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment", "invoice"], name="payments_invoiceoffset_once"),
            models.CheckConstraint(condition=models.Q(amount_kop__gt=0), name="payments_invoiceoffset_positive"),
        ]


class Payer(models.Model):
    """A company that pays for another's contract: its transfers that name the contract's invoices are credited."""

    id = models.BigAutoField(primary_key=True)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="+")
    inn = models.CharField(max_length=12)
    name = models.CharField(max_length=300)
    added_by = models.CharField(max_length=150)
    added_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contract", "inn"], name="payments_payer_once"),
            models.CheckConstraint(condition=~models.Q(inn=""), name="payments_payer_named"),
        ]
        indexes = [models.Index(fields=["inn"], name="payments_payer_inn")]
