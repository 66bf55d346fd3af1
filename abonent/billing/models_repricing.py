"""Versions of an offer that move those who have it. Rows of `billing`, see models.py."""

from django.db import models

from abonent.catalog.models import OfferVersion


class Repricing(models.Model):
    """A version announced to those who have the offer: how far they are told, and whether all have moved.

    Who is meant, and from which date, says the view `billing_repriceable`.
    """

    version = models.OneToOneField(OfferVersion, on_delete=models.PROTECT, primary_key=True, related_name="repricing")
    notice_days = models.PositiveSmallIntegerField()  # how long before each is told, by the profile then
    subscriptions = models.PositiveIntegerField()  # as agreed to
    accounts = models.PositiveIntegerField()
    month_kop = models.BigIntegerField()  # by how much all they pay a month changes, as agreed to
    announced_on = models.DateField()
    told_through = models.BigIntegerField(default=0)  # the account
    told_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    called_off_through = models.BigIntegerField(default=0)  # the contract, of the second notice
    called_off_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(null=True)  # nobody is left on an older version

    class Meta:
        indexes = [
            models.Index(
                fields=["version"],
                condition=models.Q(moved_at=None, withdrawn_at=None),
                name="billing_repricing_open",
            )
        ]
