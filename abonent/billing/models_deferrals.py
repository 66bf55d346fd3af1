"""Credit until a date, the service off at the subscriber's wish, and the end of a contract."""

from django.db import models

from abonent.ledger.models import Account


class Deferral(models.Model):
    """Credit until a date: `amount_kop` counts in what is available on each date before `ends_on`."""

    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="deferrals", db_constraint=False)
    amount_kop = models.BigIntegerField()
    fee_kop = models.BigIntegerField(default=0)
    granted_on = models.DateField()
    ends_on = models.DateField()  # the first date without it
    ended_on = models.DateField(null=True)  # null: it counts
    fee_transfer_on = models.DateField(null=True)  # null with a fee of 0: no transfer
    fee_transfer_id = models.BigIntegerField(null=True)
    granted_by = models.CharField(max_length=64)  # a sign-in name, or "system:<job>"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(ended_on__isnull=True), name="billing_one_deferral_at_a_time"
            ),
            models.CheckConstraint(
                condition=models.Q(amount_kop__gt=0, fee_kop__gte=0), name="billing_deferral_has_a_sum"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__gt=models.F("granted_on")), name="billing_deferral_forwards"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "granted_on"], name="billing_deferral_account"),
            models.Index(fields=["ended_on"], name="billing_deferral_ended"),
        ]


class PauseKind(models.TextChoices):
    PAUSE = "pause"  # everything, from a date to a date
    DAILY = "daily"  # what is charged by the day, switched off until it is switched on: free


class PauseState(models.TextChoices):
    PLANNED = "planned"
    RUNNING = "running"
    OVER = "over"
    CANCELLED = "cancelled"  # before it began
    VOID = "void"  # its day came, and nothing worked that could be paused


OPEN_PAUSES = (PauseState.PLANNED, PauseState.RUNNING)


class Pause(models.Model):
    """The service off at the subscriber's wish on the dates `[starts_on, ends_on)`."""

    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="pauses", db_constraint=False)
    kind = models.CharField(max_length=8, choices=PauseKind.choices, default=PauseKind.PAUSE)
    state = models.CharField(max_length=10, choices=PauseState.choices, default=PauseState.PLANNED)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)  # the first date with the service; null: until it is switched on
    asked_on = models.DateField()
    fee_kop = models.BigIntegerField(default=0)
    fee_transfer_on = models.DateField(null=True)
    fee_transfer_id = models.BigIntegerField(null=True)
    asked_by = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=models.Q(state__in=["planned", "running"]),
                name="billing_one_pause_at_a_time",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True, kind="daily") | models.Q(ends_on__gt=models.F("starts_on")),
                name="billing_pause_forwards",
            ),
            models.CheckConstraint(condition=models.Q(fee_kop__gte=0), name="billing_pause_fee_not_negative"),
        ]


class EndingState(models.TextChoices):
    PLANNED = "planned"
    DONE = "done"
    CANCELLED = "cancelled"


class Ending(models.Model):
    """The end of a contract: nothing of it serves or is charged from `ends_on`."""

    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="endings", db_constraint=False)
    ends_on = models.DateField()  # the first date without service
    state = models.CharField(max_length=10, choices=EndingState.choices, default=EndingState.PLANNED)
    asked_on = models.DateField()
    asked_by = models.CharField(max_length=64)
    returned_kop = models.BigIntegerField(null=True)  # of days paid and not used; null until it is done

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=models.Q(state__in=["planned", "done"]),
                name="billing_one_ending_an_account",
            ),
        ]


class PayoutState(models.TextChoices):
    ASKED = "asked"
    PAID = "paid"
    WITHDRAWN = "withdrawn"


class Payout(models.Model):
    """Money left after the end of a contract that its owner asked back. Staff pay it."""

    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="payouts", db_constraint=False)
    amount_kop = models.BigIntegerField()
    asked_on = models.DateField()
    asked_by = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=PayoutState.choices, default=PayoutState.ASKED)
    paid_by = models.CharField(max_length=64, blank=True)
    transfer_on = models.DateField(null=True)
    transfer_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(state="asked"), name="billing_one_payout_at_a_time"
            ),
            models.CheckConstraint(condition=models.Q(amount_kop__gt=0), name="billing_payout_has_a_sum"),
        ]
