"""A cashier's shift: the drawer between its opening and its Z-report. See models.py."""

from django.db import models


class CashShift(models.Model):
    """What a cashier took and gave back in one sitting. Numbered without gaps; once closed it never changes (trigger).

    The orders name their shift (CashOrder.shift); its sums are theirs, kept at closing as the report printed them.
    """

    id = models.BigAutoField(primary_key=True)
    number = models.PositiveIntegerField(unique=True)  # of its report
    cashier = models.CharField(max_length=150)
    opened_on = models.DateField()
    opened_at = models.DateTimeField()
    opening_kop = models.BigIntegerField()  # in the drawer, counted at the beginning
    closed_on = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)
    taken_count = models.PositiveIntegerField(null=True)
    taken_kop = models.BigIntegerField(null=True)
    given_count = models.PositiveIntegerField(null=True)
    given_kop = models.BigIntegerField(null=True)
    counted_kop = models.BigIntegerField(null=True)  # in the drawer, counted at the end
    why = models.TextField(blank=True, db_default="", default="")  # of a difference

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cashier"], condition=models.Q(closed_at__isnull=True), name="payments_shift_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    closed_at__isnull=True,
                    closed_on__isnull=True,
                    taken_kop__isnull=True,
                    given_kop__isnull=True,
                    counted_kop__isnull=True,
                )
                | models.Q(
                    closed_at__isnull=False,
                    closed_on__isnull=False,
                    taken_count__isnull=False,
                    taken_kop__isnull=False,
                    given_count__isnull=False,
                    given_kop__isnull=False,
                    counted_kop__gte=0,
                ),
                name="payments_shift_closed_whole",
            ),
            models.CheckConstraint(condition=models.Q(opening_kop__gte=0), name="payments_shift_opening"),
        ]
        indexes = [models.Index(fields=["-opened_at"], name="payments_shift_opened")]

    @property
    def expected_kop(self) -> int | None:
        """What the drawer must hold at the end; None: the shift is open."""
        if self.taken_kop is None or self.given_kop is None:
            return None
        return self.opening_kop + self.taken_kop - self.given_kop

    @property
    def difference_kop(self) -> int | None:
        """Counted less expected: above zero too much, below zero too little; None: the shift is open."""
        if self.counted_kop is None or self.expected_kop is None:
            return None
        return self.counted_kop - self.expected_kop
