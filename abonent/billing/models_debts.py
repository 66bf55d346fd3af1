"""Who owes, since when, and what has been done about it. See models.py."""

from django.db import models

from abonent.ledger.models import Account


class DebtStage(models.TextChoices):
    """In their order; days and sums of each stand in the profile."""

    NOTICE = "notice"
    SUSPENSION = "suspension"
    LETTER = "letter"
    CONTRACT_END = "contract_end"


class Debt(models.Model):
    """An account owed from `began_on` without a break: one episode. Written by billing/debts.py."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="debts", db_constraint=False)
    began_on = models.DateField()
    began_id = models.BigIntegerField()  # the transfer that took it below; of an overdue invoice its document, below 0
    looked_on = models.DateField()  # the last date the ledger was looked at
    ended_on = models.DateField(null=True)
    held_until = models.DateField(null=True)  # he has promised to pay by this day
    held_why = models.CharField(max_length=500, blank=True, default="", db_default="")
    held_by = models.CharField(max_length=150, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(ended_on__isnull=True), name="billing_debt_open_once"
            ),
            models.UniqueConstraint(fields=["account", "began_on", "began_id"], name="billing_debt_once"),
        ]
        indexes = [
            models.Index(
                fields=["began_on", "id"], condition=models.Q(ended_on__isnull=True), name="billing_debt_oldest"
            ),
        ]


class DebtStep(models.Model):
    """A stage done to an episode of debt, once."""

    id = models.BigAutoField(primary_key=True)
    debt = models.ForeignKey(Debt, on_delete=models.PROTECT, related_name="steps")
    stage = models.CharField(max_length=12, choices=DebtStage.choices)
    on = models.DateField()
    by = models.CharField(max_length=150)
    owed_kop = models.BigIntegerField()  # then
    batch_id = models.BigIntegerField(null=True)  # of core.Batch
    data = models.JSONField(default=dict)  # what a letter says, for ever

    class Meta:
        constraints = [models.UniqueConstraint(fields=["debt", "stage"], name="billing_debt_step_once")]
        indexes = [models.Index(fields=["batch_id"], name="billing_debt_step_batch")]
