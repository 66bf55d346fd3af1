"""Where the network reaches: buildings and the premises in them."""

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
    segment = models.CharField(max_length=16, choices=Segment.choices)
    connected = models.CharField(max_length=8, choices=Connected.choices, default=Connected.NO)
    technology = models.CharField(max_length=16, blank=True)
    floors = models.PositiveSmallIntegerField(null=True)
    flats = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["settlement", "street", "house", "korpus"], name="addresses_building_once")
        ]

    def __str__(self) -> str:
        return spelling.spell(self.settlement, self.street, self.house, self.korpus)


class Premises(models.Model):
    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="premises")
    flat = models.CharField(max_length=20, blank=True)  # empty: the whole building, a private house

    class Meta:
        constraints = [models.UniqueConstraint(fields=["building", "flat"], name="addresses_premises_once")]

    def __str__(self) -> str:
        one = self.building
        return spelling.spell(one.settlement, one.street, one.house, one.korpus, self.flat)
