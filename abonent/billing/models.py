"""What a subscriber has, what was charged for it, and the runs that charge."""

from django.db import models

from abonent.billing.models_changes import Change as Change
from abonent.billing.models_changes import Quote as Quote
from abonent.billing.models_changes import Return as Return
from abonent.billing.models_debts import Debt as Debt
from abonent.billing.models_debts import DebtStep as DebtStep
from abonent.billing.models_deferrals import Deferral as Deferral
from abonent.billing.models_deferrals import Ending as Ending
from abonent.billing.models_deferrals import Pause as Pause
from abonent.billing.models_deferrals import Payout as Payout
from abonent.billing.models_discounts import Discount as Discount
from abonent.billing.models_documents import Document as Document
from abonent.billing.models_documents import DocumentCounter as DocumentCounter
from abonent.billing.models_letters import DocumentLetter as DocumentLetter
from abonent.billing.models_repricing import Repricing as Repricing
from abonent.billing.models_runs import ChargeChunk as ChargeChunk
from abonent.billing.models_runs import ChargedThrough as ChargedThrough
from abonent.billing.models_runs import ChargeRun as ChargeRun
from abonent.billing.models_runs import ParkedAccount as ParkedAccount
from abonent.billing.models_runs import RunState as RunState
from abonent.catalog.models import Charging, OfferRole, OfferVersion, ServiceKind
from abonent.ledger.models import Account
from abonent.subscribers.models import Line


class SubscriptionState(models.TextChoices):
    WAITING = "waiting"  # for the first top-up, or for the first charge to be covered
    ACTIVE = "active"  # paid until `paid_until`
    SUSPENDED = "suspended"  # the balance did not cover it; not charged
    STANDING = "standing"  # an add-on whose tariff is suspended or paused: its paid days wait
    PAUSED = "paused"  # at the subscriber's wish; its paid days wait
    ENDED = "ended"


class Subscription(models.Model):
    """A tariff or an add-on in force, with its price at that time, state and paid-until date.

    `paid_until` is the first day that is NOT paid. Never deleted (trigger).
    """

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="subscriptions", db_constraint=False)
    line = models.ForeignKey(
        Line, null=True, on_delete=models.DO_NOTHING, related_name="subscriptions", db_constraint=False
    )
    parent = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="addons",
        db_constraint=False,
        db_index=False,
    )  # an add-on's tariff
    version = models.ForeignKey(OfferVersion, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    role = models.CharField(max_length=8, choices=OfferRole.choices)
    kind = models.CharField(max_length=16, choices=ServiceKind.choices)
    charging = models.CharField(max_length=8, choices=Charging.choices)
    price_kop = models.BigIntegerField()  # of a whole period (a month; a day or the thing itself), as agreed
    discount_kop = models.BigIntegerField(default=0, db_default=0)  # what comes off it now, by the discount in force
    anchor_day = models.SmallIntegerField(default=1, db_default=1)  # of the month: where its billing periods begin
    priority = models.SmallIntegerField()  # the order of charging on one date: tariffs before add-ons, kinds by profile
    state = models.CharField(max_length=10, choices=SubscriptionState.choices, default=SubscriptionState.WAITING)
    paid_until = models.DateField(null=True)  # null only while it waits
    stopped_on = models.DateField(null=True)  # since when suspended, standing or paused
    started_on = models.DateField()
    activated_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    turn = models.SmallIntegerField(default=0)  # grows after a return, so that a period can be charged again

    class Meta:
        # No index on paid_until, on purpose: every charge moves it, and without one it stays in its page.
        constraints = [
            models.UniqueConstraint(
                fields=["line"],
                condition=models.Q(role="tariff", kind="internet") & ~models.Q(state="ended"),
                name="billing_one_internet_tariff_a_line",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "ended"]) | models.Q(paid_until__isnull=False),
                name="billing_subscription_paid_until",
            ),
            models.CheckConstraint(condition=models.Q(price_kop__gte=0), name="billing_price_not_negative"),
            models.CheckConstraint(
                condition=models.Q(discount_kop__gte=0, discount_kop__lte=models.F("price_kop")),
                name="billing_discount_within_price",
            ),
            models.CheckConstraint(
                condition=models.Q(anchor_day__gte=1, anchor_day__lte=31), name="billing_anchor_day_of_month"
            ),
            models.CheckConstraint(
                condition=models.Q(role="addon") | models.Q(parent__isnull=True),
                name="billing_parent_is_of_addon",
            ),
        ]


class Charge(models.Model):
    """Money taken for a subscription for a period, with all that its arithmetic needs.

    Partitioned by `period_start`. In the database the key is (period_start, subscription, turn): a period is
    charged once.
    """

    period_start = models.DateField()
    subscription = models.ForeignKey(
        Subscription, on_delete=models.DO_NOTHING, related_name="charges", db_constraint=False
    )
    turn = models.SmallIntegerField(default=0)
    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="charges", db_constraint=False)
    period_end = models.DateField()
    whole_start = models.DateField()  # the billing period that this one is the whole or a part of
    whole_end = models.DateField()
    price_kop = models.BigIntegerField()  # of the whole period, then
    discount_kop = models.BigIntegerField(default=0, db_default=0)  # what came off it; the amount is of the rest
    charging = models.CharField(max_length=8, choices=Charging.choices)
    proration_days = models.CharField(max_length=16)  # the policy then
    amount_kop = models.BigIntegerField()
    charged_on = models.DateField()
    transfer_on = models.DateField(null=True)  # null with a charge of 0: no transfer
    transfer_id = models.BigIntegerField(null=True)


class Terms(models.Model):
    """What an account has agreed beyond the usual. No row: no credit, and activation is behind it."""

    account = models.OneToOneField(
        Account, primary_key=True, on_delete=models.DO_NOTHING, related_name="terms", db_constraint=False
    )
    credit_limit_kop = models.BigIntegerField(default=0)  # postpaid: how far below zero the balance may go
    deferral_kop = models.BigIntegerField(default=0, db_default=0)  # of the deferral that counts now
    # The limit agreed, while an invoice is overdue and the limit above is 0; null: nothing is withheld.
    withheld_limit_kop = models.BigIntegerField(null=True)
    first_top_up_kop = models.BigIntegerField(default=0)  # payments since signing that open the access
    activated_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(withheld_limit_kop__isnull=True)
                | models.Q(withheld_limit_kop__gt=0, credit_limit_kop=0),
                name="billing_terms_withheld",
            ),
        ]
        indexes = [  # of a million accounts some thousand
            models.Index(
                fields=["account"], condition=models.Q(credit_limit_kop__gt=0), name="billing_terms_on_credit"
            ),
            models.Index(
                fields=["account"], condition=models.Q(withheld_limit_kop__isnull=False), name="billing_terms_held_back"
            ),
        ]
