"""Discounts of subscriptions. Rows of `billing`, see models.py."""

from django.db import models
from django.db.models.functions import Now

from abonent.ledger.models import Account


class DiscountKind(models.TextChoices):
    PERCENT = "percent"
    FIXED = "fixed"


class DiscountState(models.TextChoices):
    PLANNED = "planned"  # begins with the charge run of `from_on`
    RUNNING = "running"  # `Subscription.discount_kop` is what it takes off
    OVER = "over"
    VOID = "void"  # called off before it began, or gone on to the tariff that came in its subscription's place


class Discount(models.Model):
    """What comes off a subscription's price on the dates `[from_on, to_on)`: a part of the price, or a fixed sum.

    No two of a subscription share a date (exclusion constraint). Never deleted (trigger).
    """

    id = models.BigAutoField(primary_key=True)
    subscription = models.ForeignKey(
        "billing.Subscription", on_delete=models.DO_NOTHING, related_name="discounts", db_constraint=False
    )
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="discounts", db_constraint=False)
    kind = models.CharField(max_length=8, choices=DiscountKind.choices)
    percent_hundredths = models.IntegerField(null=True)  # 1250 is 12.5 %
    amount_kop = models.BigIntegerField(null=True)  # of a whole period's price; by plain days, of a day's
    from_on = models.DateField()
    to_on = models.DateField(null=True)  # the first date without it; null: until it is ended
    state = models.CharField(max_length=8, choices=DiscountState.choices, default=DiscountState.PLANNED)
    reason = models.CharField(max_length=200)
    follows = models.ForeignKey(
        "self", null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False
    )  # the same discount on the tariff before
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(db_default=Now())
    ended_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    kind="percent", amount_kop__isnull=True, percent_hundredths__gt=0, percent_hundredths__lte=10_000
                )
                | models.Q(kind="fixed", percent_hundredths__isnull=True, amount_kop__gt=0),
                name="billing_discount_kind",
            ),
            models.CheckConstraint(
                condition=models.Q(to_on__isnull=True) | models.Q(to_on__gt=models.F("from_on")),
                name="billing_discount_dates",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "from_on"], condition=models.Q(state="planned"), name="billing_discount_to_begin"
            ),
            models.Index(
                fields=["account", "to_on"], condition=models.Q(state="running"), name="billing_discount_to_end"
            ),
        ]
