"""What is sold: service kinds, offers (tariffs and add-ons) and their versions."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class ServiceKind(models.TextChoices):
    INTERNET = "internet"
    TV = "tv"
    TELEPHONY = "telephony"
    VIDEO = "video"
    COLOCATION = "colocation"


class OfferRole(models.TextChoices):
    TARIFF = "tariff"
    ADDON = "addon"


class Charging(models.TextChoices):
    MONTH = "month"
    DAY = "day"  # the price is a month's, taken day by day; a month of days sums to it
    PER_DAY = "per_day"  # the price is a day's
    ONCE = "once"


class WhenUsedUp(models.TextChoices):
    """What becomes of a line whose included traffic is used up; blank: it goes on as before."""

    SLOW = "slow"
    STOP = "stop"


class Gives(models.TextChoices):
    """What the network gives with an add-on; blank: nothing."""

    STATIC_ADDRESS = "static_address"


class Offer(models.Model):
    """A tariff or an add-on: what the two have in common. Its prices stand in its versions."""

    code = models.SlugField(max_length=64, unique=True)
    role = models.CharField(max_length=8, choices=OfferRole.choices)
    kind = models.CharField(max_length=16, choices=ServiceKind.choices)
    segments = ArrayField(models.CharField(max_length=16))
    name_ru = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    description_ru = models.TextField(blank=True)
    description_en = models.TextField(blank=True)
    requires = ArrayField(models.CharField(max_length=64), default=list)  # codes; any of them
    excludes = ArrayField(models.CharField(max_length=64), default=list)
    position = models.PositiveSmallIntegerField(default=0)
    on_sale = models.BooleanField(default=True)
    featured = models.BooleanField(default=False)
    gives = models.CharField(max_length=16, choices=Gives.choices, blank=True, default="", db_default="")
    # Kept by the staff at their pages: from then on the profile's file says nothing about it.
    kept_here = models.BooleanField(default=False, db_default=False)

    def name(self, language: str) -> str:
        return self.name_en if language == "en" else self.name_ru


class OfferVersion(models.Model):
    """An offer's price and terms from a date on. Never changed: a new price is a new version.

    In force on a date is the highest number among those valid from it or earlier (queries.version_on) that were not
    withdrawn before their day.
    """

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    valid_from = models.DateField()
    price_kop = models.BigIntegerField()
    charging = models.CharField(max_length=8, choices=Charging.choices)
    down_mbps = models.PositiveIntegerField(null=True)
    up_mbps = models.PositiveIntegerField(null=True)
    # Of a tariff: what a billing period includes; null: not limited. Of an add-on charged once: what it adds to one.
    included_octets = models.BigIntegerField(null=True)
    when_used_up = models.CharField(max_length=4, choices=WhenUsedUp.choices, blank=True, default="", db_default="")
    slow_mbps = models.PositiveIntegerField(null=True)  # the speed from then on
    channels = models.PositiveIntegerField(null=True)
    # Who has the offer moves onto it, told in time (billing/repricing.py); else it is for who connects from then on.
    moves_all = models.BooleanField(default=False, db_default=False)
    made_by = models.CharField(max_length=150, blank=True, default="", db_default="")  # "": came with the profile
    made_at = models.DateTimeField(null=True)
    why = models.TextField(blank=True, default="", db_default="")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["offer", "number"], name="catalog_version_number_once"),
            models.CheckConstraint(condition=models.Q(price_kop__gte=0), name="catalog_price_not_negative"),
            models.CheckConstraint(
                condition=models.Q(when_used_up="slow", slow_mbps__isnull=False, included_octets__isnull=False)
                | models.Q(when_used_up="stop", slow_mbps__isnull=True, included_octets__isnull=False)
                | models.Q(when_used_up="", slow_mbps__isnull=True),
                name="catalog_when_used_up",
            ),
        ]
