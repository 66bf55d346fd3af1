"""The directory of buildings as the staff look through it."""

from django.db.models import Count

from abonent.addresses import search
from abonent.addresses.models import Building
from abonent.core import db

_PAGE = """
    select id from addresses_building
    where (%(connected)s = '' or connected = %(connected)s) and (%(segment)s = '' or segment = %(segment)s)
      and (%(after)s = 0 or (settlement, street, house, korpus, stroenie, liter) > (
          select settlement, street, house, korpus, stroenie, liter from addresses_building where id = %(after)s
      ))
    order by settlement, street, house, korpus, stroenie, liter
    limit %(most)s
"""


def page(*, after: int, connected: str, segment: str, most: int) -> list[Building]:
    """By the address.   after: the id of the last one of the page before; 0: the first.   "": any."""
    params = {"after": after, "connected": connected, "segment": segment, "most": most}
    return _of_ids([row["id"] for row in db.rows(_PAGE, params)])


def found(typed: str, most: int) -> list[Building]:
    """What the search finds, the likeliest first; of a street without a house, its houses."""
    seen = search.find(typed, limit=most)
    if seen.buildings:
        return _of_ids([one.building_id for one in seen.buildings])
    houses: list[Building] = []
    for one in seen.streets:
        known = Building.objects.filter(settlement=one.settlement, street=one.street)
        houses += known.order_by("house", "korpus", "stroenie", "liter")[: most - len(houses)]
        if len(houses) == most:
            break
    return houses


def counted() -> dict[str, int]:
    """How many are connected, planned and not."""
    rows = Building.objects.order_by().values_list("connected").annotate(n=Count("id"))
    return dict(rows)


def _of_ids(ids: list[int]) -> list[Building]:
    by_id = Building.objects.in_bulk(ids)
    return [by_id[one] for one in ids]
