"""Money that one of the staff may not give away alone: it waits for a colleague's yes. See models.py."""

from django.db import models
from django.db.models import F, Q

from abonent.ledger.models import Account


class WarrantVerb(models.TextChoices):
    """What would be done; `params` name the rest."""

    REFUND = "refund"  # payment_id: to the card, or in cash out of the asker's drawer
    CORRECT = "correct"  # payment_id, own_drawer
    DEFERRAL = "deferral"
    PAY_OUT = "pay_out"  # what an ended contract has left, out of the asker's drawer
    WRITE_OFF = "write_off"


class WarrantState(models.TextChoices):
    WAITING = "waiting"
    DONE = "done"  # a colleague said yes, and it was done in the same transaction
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"  # by who asked
    STALE = "stale"  # the balance or the payment is not what it was asked for
    EXPIRED = "expired"


class Warrant(models.Model):
    """An act beyond what its actor may do alone. Asked and decided never change afterwards (triggers).

    Nobody says yes or no to his own; one of a kind waits at an account; the same form asks once.
    """

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    verb = models.CharField(max_length=12, choices=WarrantVerb.choices)
    params = models.JSONField(default=dict)
    amount_kop = models.BigIntegerField()  # what it gives away
    seen = models.JSONField()  # kopecks by name: what it was asked for, and must still be when it is done
    why = models.TextField()
    token = models.CharField(max_length=64, unique=True)  # of the form: a double submit is one
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=WarrantState.choices, default=WarrantState.WAITING)
    decided_by = models.CharField(max_length=150, blank=True)  # "": nobody yet, or the clock
    decided_at = models.DateTimeField(null=True)
    decided_why = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount_kop__gt=0), name="payments_warrant_amount_positive"),
            models.CheckConstraint(condition=~Q(why=""), name="payments_warrant_says_why"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("asked_at")), name="payments_warrant_expires_later"),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at__isnull=True, decided_by="")
                | Q(state__in=["done", "declined"], decided_at__isnull=False)
                & ~Q(decided_by="")
                & ~Q(decided_by=F("asked_by"))
                | Q(state="withdrawn", decided_at__isnull=False, decided_by=F("asked_by"))
                | Q(state__in=["stale", "expired"], decided_at__isnull=False),
                name="payments_warrant_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(state="declined") | ~Q(decided_why=""), name="payments_warrant_declined_with_a_reason"
            ),
            models.UniqueConstraint(
                fields=["account", "verb"], condition=Q(state="waiting"), name="payments_warrant_one_waits"
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="payments_warrant_waiting", condition=Q(state="waiting")),
            models.Index(fields=["asked_by", "-id"], name="payments_warrant_asker"),
        ]
