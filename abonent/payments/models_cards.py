"""Bound cards, the consents they stand on, and autopay. Of a card only the bank's token is kept, never a number."""

from django.db import models

from abonent.ledger.models import Account


class MethodKind(models.TextChoices):
    BANK_CARD = "bank_card"
    SBP = "sbp"  # an account of the fast payment system


class ConsentPurpose(models.TextChoices):
    BIND = "bind"  # to keep a card
    AUTOPAY = "autopay"  # to charge it without being asked


class Consent(models.Model):
    """What a subscriber agreed to, in the very words he was shown, once by its cause. Only its end is added later."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    purpose = models.CharField(max_length=8, choices=ConsentPurpose.choices)
    cause = models.CharField(max_length=80, unique=True)  # "payment:17", "binding:3"
    version = models.CharField(max_length=32)  # of the text: "2026-11-22"
    language = models.CharField(max_length=8)
    text = models.TextField()
    actor = models.CharField(max_length=150)  # a sign-in name
    address = models.GenericIPAddressField(null=True)
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)


class BindingState(models.TextChoices):
    NEW = "new"  # our row and its key stand; the bank may not know it yet
    PENDING = "pending"  # the bank waits for the payer
    BOUND = "bound"
    FAILED = "failed"  # not confirmed, refused, or never heard of


class Binding(models.Model):
    """One try to bind a card at zero amount: the row and its key stand before the bank hears of it."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    kind = models.CharField(max_length=12, choices=MethodKind.choices)
    state = models.CharField(max_length=8, choices=BindingState.choices, default=BindingState.NEW)
    idempotence_key = models.CharField(max_length=64, unique=True)
    submit_token = models.CharField(max_length=64, unique=True)  # of the form: a double submit is one binding
    request = models.JSONField()
    external_id = models.CharField(max_length=64, unique=True, null=True)  # the bank's
    confirmation_url = models.URLField(max_length=2048, blank=True)
    reason = models.CharField(max_length=64, blank=True)  # why failed: "inactive", "refused", "never_reached_bank"
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state__in=["pending", "bound"]) | models.Q(external_id__isnull=False),
                name="payments_binding_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"], name="payments_binding_open", condition=models.Q(state__in=["new", "pending"])
            ),
        ]


class CardState(models.TextChoices):
    ACTIVE = "active"
    UNBOUND = "unbound"  # the token is forgotten; the row stays for what was paid by it


class BoundCard(models.Model):
    """A card of an account's payer (or his account of the fast payment system), as the bank's token."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="cards", db_constraint=False)
    kind = models.CharField(max_length=12, choices=MethodKind.choices)
    state = models.CharField(max_length=8, choices=CardState.choices, default=CardState.ACTIVE)
    token = models.CharField(max_length=64, unique=True, null=True)  # the bank's name for it; null once unbound
    title = models.CharField(max_length=80)  # "•• 4242"
    system = models.CharField(max_length=40, blank=True)  # "Mir"
    expires_on = models.DateField(null=True)  # the first date it is good no more
    name = models.CharField(max_length=40, blank=True)  # its owner's word for it
    is_default = models.BooleanField(default=False)
    cause = models.CharField(max_length=80, unique=True)  # what bound it: "payment:17", "binding:3"
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="+")
    bound_at = models.DateTimeField()
    unbound_at = models.DateTimeField(null=True)
    unbound_why = models.CharField(max_length=64, blank=True)  # "owner", or the bank's word: "permission_revoked"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="active", token__isnull=False, unbound_at__isnull=True)
                | models.Q(state="unbound", token__isnull=True, unbound_at__isnull=False, is_default=False),
                name="payments_card_token",
            ),
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(is_default=True), name="payments_card_one_default"
            ),
        ]
        indexes = [models.Index(fields=["account", "id"], name="payments_card_account")]


class Autopay(models.Model):
    """How an account pays by itself: one row an account, two rules in it, each on where its values are set."""

    id = models.BigAutoField(primary_key=True)
    account = models.OneToOneField(Account, on_delete=models.DO_NOTHING, related_name="autopay", db_constraint=False)
    is_on = models.BooleanField(default=False)
    card = models.ForeignKey(BoundCard, null=True, on_delete=models.PROTECT, related_name="+")
    before_days = models.SmallIntegerField(null=True)  # what is missing, so many days before the charge
    below_kop = models.BigIntegerField(null=True)  # when the balance is below this …
    sum_kop = models.BigIntegerField(null=True)  # … this much
    month_limit_kop = models.BigIntegerField()  # of a calendar month, both rules together
    consent = models.ForeignKey(Consent, null=True, on_delete=models.PROTECT, related_name="+")
    off_why = models.CharField(max_length=64, blank=True)  # "owner", "card_unbound", or the bank's word
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(is_on=False)
                | (
                    models.Q(card__isnull=False, consent__isnull=False)
                    & (models.Q(before_days__isnull=False) | models.Q(below_kop__isnull=False))
                ),
                name="payments_autopay_complete",
            ),
            models.CheckConstraint(
                condition=models.Q(below_kop__isnull=True, sum_kop__isnull=True)
                | models.Q(below_kop__isnull=False, sum_kop__gt=0),
                name="payments_autopay_below",
            ),
            models.CheckConstraint(
                condition=models.Q(before_days__isnull=True) | models.Q(before_days__gte=1, before_days__lte=14),
                name="payments_autopay_days",
            ),
            models.CheckConstraint(condition=models.Q(month_limit_kop__gt=0), name="payments_autopay_limit"),
        ]
        indexes = [models.Index(fields=["id"], name="payments_autopay_on", condition=models.Q(is_on=True))]


class Rule(models.TextChoices):
    BEFORE_CHARGE = "before_charge"
    BELOW_BALANCE = "below_balance"


class AttemptState(models.TextChoices):
    PLANNED = "planned"  # announced; its day has not come
    DEBITING = "debiting"  # its payment's row and key stand; the bank's word is not known yet
    PAID = "paid"
    DECLINED = "declined"
    DROPPED = "dropped"  # not needed any more, called off, or over the limit: the bank was not asked
    PAID_LATE = "paid_late"  # we had taken it for lost, and the money came all the same


class AutopayAttempt(models.Model):
    """One try to debit for one cause. A cause has one that is planned, under way or paid: the database sees to it."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False)
    rule = models.CharField(max_length=16, choices=Rule.choices)
    cause = models.CharField(max_length=80)  # "before_charge:17:2026-12-01"
    turn = models.SmallIntegerField()  # of the cause: 1, 2, 3
    state = models.CharField(max_length=10, choices=AttemptState.choices, default=AttemptState.PLANNED)
    amount_kop = models.BigIntegerField()  # as announced; while it is debited, as debited
    card = models.ForeignKey(BoundCard, on_delete=models.PROTECT, related_name="+")
    payment = models.OneToOneField(
        "payments.Payment", null=True, on_delete=models.PROTECT, related_name="attempt", db_constraint=False
    )
    due_on = models.DateField()
    debited_on = models.DateField(null=True)
    reason = models.CharField(
        max_length=64, blank=True
    )  # the bank's word, or ours: "not_needed", "owner", "month_limit"
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cause", "turn"], name="payments_attempt_turn"),
            models.UniqueConstraint(
                fields=["cause"],
                condition=models.Q(state__in=["planned", "debiting", "paid"]),
                name="payments_attempt_one_of_cause",
            ),
            models.CheckConstraint(condition=models.Q(amount_kop__gt=0, turn__gte=1), name="payments_attempt_amount"),
            models.CheckConstraint(
                condition=models.Q(state__in=["planned", "dropped"], payment__isnull=True, debited_on__isnull=True)
                | models.Q(
                    state__in=["debiting", "paid", "declined", "paid_late"],
                    payment__isnull=False,
                    debited_on__isnull=False,
                ),
                name="payments_attempt_payment",
            ),
        ]
        indexes = [
            models.Index(fields=["due_on", "id"], name="payments_attempt_due", condition=models.Q(state="planned")),
            models.Index(fields=["account", "-id"], name="payments_attempt_account"),
        ]
