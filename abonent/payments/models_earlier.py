"""What was paid before the operator worked with us. See models.py."""

from django.db import models
from django.db.models.functions import Now

from abonent.ledger.models import Account


class EarlierPayment(models.Model):
    """A payment of the system before: history to look at. It moves nothing, the opening balance holds it already."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    source = models.SlugField(max_length=32)
    external_id = models.CharField(max_length=64)
    paid_on = models.DateField()
    amount_kop = models.BigIntegerField()
    channel = models.CharField(max_length=40, blank=True)  # in the words of the system before
    imported_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="payments_earlier_once"),
            models.CheckConstraint(condition=models.Q(amount_kop__gt=0), name="payments_earlier_positive"),
        ]
        indexes = [models.Index(fields=["account", "-paid_on"], name="payments_earlier_account")]
