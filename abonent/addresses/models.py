"""Where the network reaches: buildings and the premises in them."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from abonent.addresses import spelling


class Segment(models.TextChoices):
    APARTMENT = "apartment"  # an apartment building
    PRIVATE = "private"  # the private sector
    BUSINESS = "business"


class Connected(models.TextChoices):
    YES = "yes"
    PLANNED = "planned"
    NO = "no"


class Building(models.Model):
    settlement = models.CharField(max_length=120)
    street = models.CharField(max_length=160)
    house = models.CharField(max_length=20)
    korpus = models.CharField(max_length=20, blank=True)
    stroenie = models.CharField(max_length=20, blank=True, db_default="")
    liter = models.CharField(max_length=20, blank=True, db_default="")
    number_key = models.CharField(max_length=90, db_default="")  # reading.number_key: one spelling of the four
    segment = models.CharField(max_length=16, choices=Segment.choices)
    connected = models.CharField(max_length=8, choices=Connected.choices, default=Connected.NO)
    planned_on = models.DateField(null=True)  # by when, of what is planned; null: it is not said
    technology = models.CharField(max_length=16, blank=True)
    floors = models.PositiveSmallIntegerField(null=True)
    entrances = models.PositiveSmallIntegerField(null=True)
    flats = models.PositiveSmallIntegerField(null=True)
    # Kept by the staff at their pages: from then on the profile's list says nothing about it.
    kept_here = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["settlement", "street", "house", "korpus", "stroenie", "liter"], name="addresses_building_once"
            ),
            models.CheckConstraint(
                condition=models.Q(planned_on__isnull=True) | models.Q(connected="planned"), name="addresses_planned_on"
            ),
        ]

    def __str__(self) -> str:
        return spelling.spell(self.settlement, self.street, self.house, self.korpus, self.stroenie, self.liter)


class Street(models.Model):
    """A settlement's street as the search knows it; made of the buildings (loading.py), never by hand."""

    settlement = models.CharField(max_length=120)
    street = models.CharField(max_length=160)
    words = ArrayField(models.CharField(max_length=160))  # reading.words_of the two

    class Meta:
        constraints = [models.UniqueConstraint(fields=["settlement", "street"], name="addresses_street_once")]
        indexes = [GinIndex(fields=["words"], name="addresses_street_words")]


class Word(models.Model):
    """A word of any street's name: few, so that a mistyped one is compared with each."""

    word = models.CharField(max_length=160, primary_key=True)


class Premises(models.Model):
    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="premises")
    flat = models.CharField(max_length=20, blank=True)  # empty: the whole building, a private house

    class Meta:
        constraints = [models.UniqueConstraint(fields=["building", "flat"], name="addresses_premises_once")]

    def __str__(self) -> str:
        one = self.building
        return spelling.spell(one.settlement, one.street, one.house, one.korpus, one.stroenie, one.liter, self.flat)
