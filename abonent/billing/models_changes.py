"""Returns, quotes, and changes of what a subscriber has. Rows of `billing`, see models.py."""

from django.db import models
from django.db.models.functions import Now

from abonent.catalog.models import OfferVersion
from abonent.ledger.models import Account


class Return(models.Model):
    """What comes back of one charge: charged − what its used days cost. Append-only (trigger).

    In the database the key is the charge's own (period_start, subscription, turn): it comes back once.
    """

    id = models.BigAutoField(primary_key=True)  # the database gives it; the key is below
    period_start = models.DateField()
    subscription = models.ForeignKey(
        "billing.Subscription", on_delete=models.DO_NOTHING, related_name="returns", db_constraint=False
    )
    turn = models.SmallIntegerField()
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="returns", db_constraint=False)
    used_until = models.DateField()  # the first day of the charge's period that is given back
    charged_kop = models.BigIntegerField()
    used_kop = models.BigIntegerField()
    amount_kop = models.BigIntegerField()  # charged − used
    returned_on = models.DateField()
    reason = models.CharField(max_length=40)
    transfer_on = models.DateField(null=True)  # null with a return of 0: no transfer
    transfer_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["period_start", "subscription", "turn"], name="billing_return_once"),
            models.CheckConstraint(
                condition=models.Q(
                    amount_kop__gte=0, used_kop__gte=0, charged_kop=models.F("used_kop") + models.F("amount_kop")
                ),
                name="billing_return_sums",
            ),
            models.CheckConstraint(
                condition=models.Q(amount_kop=0, transfer_id__isnull=True, transfer_on__isnull=True)
                | models.Q(amount_kop__gt=0, transfer_id__isnull=False, transfer_on__isnull=False),
                name="billing_return_transfer",
            ),
            models.CheckConstraint(
                condition=models.Q(used_until__gte=models.F("period_start")), name="billing_return_used_until"
            ),
        ]


class Quote(models.Model):
    """A shown, binding price of a change: good until the end of the operator's day, 30 minutes at most, used once.

    Only `used_at` ever changes (trigger).
    """

    id = models.BigAutoField(primary_key=True)
    token = models.CharField(max_length=43, unique=True)  # random: how the form names it
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="quotes", db_constraint=False)
    what = models.CharField(max_length=24)  # whose verb: "tariff", "addon"
    params = models.JSONField()  # what exactly: subscription, tariff version, when
    lines = models.JSONField()  # each with its arithmetic
    total_kop = models.BigIntegerField()  # below zero: comes back
    effective_on = models.DateField()
    made_at = models.DateTimeField()
    good_until = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class ChangeState(models.TextChoices):
    ASKED = "asked"  # waits for the staff's yes
    TO_AGREE = "to_agree"  # the staff said yes, today's sum is higher: waits for the subscriber's
    PLANNED = "planned"  # agreed; happens on `effective_on`
    DONE = "done"
    CANCELLED = "cancelled"  # by the subscriber
    REFUSED = "refused"  # by the staff
    FAILED = "failed"  # what it was about was gone on its date
    EXPIRED = "expired"  # nobody answered in time, or what was asked for is not offered any more


OPEN_STATES = (ChangeState.ASKED, ChangeState.TO_AGREE, ChangeState.PLANNED)


class ChangeWhat(models.TextChoices):
    TARIFF = "tariff"  # `subscription` gives way to `version`
    ADDON_ON = "addon_on"  # `version` is connected beside the tariff `subscription`
    ADDON_OFF = "addon_off"  # the add-on `subscription` ends


class Change(models.Model):
    """One change of what a subscriber has: asked for, planned, done or not."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="changes", db_constraint=False)
    what = models.CharField(max_length=12, choices=ChangeWhat.choices)
    is_now = models.BooleanField()  # from today; else from the next billing period
    subscription = models.ForeignKey(
        "billing.Subscription", on_delete=models.DO_NOTHING, related_name="changes", db_constraint=False
    )
    version = models.ForeignKey(OfferVersion, null=True, on_delete=models.PROTECT, db_constraint=False)
    state = models.CharField(max_length=10, choices=ChangeState.choices)
    effective_on = models.DateField()
    quote = models.ForeignKey(Quote, null=True, on_delete=models.PROTECT, related_name="+")  # agreed to
    lines = models.JSONField(default=list)  # as agreed; as done, once done
    total_kop = models.BigIntegerField(default=0)
    fee_kop = models.BigIntegerField(default=0, db_default=0)  # taken for the change itself
    fee_transfer_on = models.DateField(null=True)  # null with a fee of 0: no transfer
    fee_transfer_id = models.BigIntegerField(null=True)
    waits_until = models.DateField(null=True)  # of a request: the first date on which it waits no more
    result = models.ForeignKey(
        "billing.Subscription", null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField(db_default=Now())
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    why = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "what", "is_now"],
                condition=models.Q(state__in=["asked", "to_agree", "planned"]) & ~models.Q(what="addon_on"),
                name="billing_change_open_once",
            ),
            models.UniqueConstraint(
                fields=["subscription", "version"],
                condition=models.Q(state__in=["asked", "to_agree", "planned"], what="addon_on"),
                name="billing_change_addon_once",
            ),
            models.CheckConstraint(
                condition=models.Q(fee_kop=0, fee_transfer_on__isnull=True, fee_transfer_id__isnull=True)
                | models.Q(fee_kop__gt=0, fee_transfer_on__isnull=False, fee_transfer_id__isnull=False),
                name="billing_change_fee",
            ),
        ]
        indexes = [
            models.Index(
                fields=["effective_on", "account"],
                condition=models.Q(state="planned"),
                name="billing_change_planned",
            ),
            models.Index(
                fields=["waits_until"],
                condition=models.Q(state__in=["asked", "to_agree"]),
                name="billing_change_waits",
            ),
            models.Index(fields=["account"], name="billing_change_account"),
        ]
