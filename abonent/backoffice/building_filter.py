"""A building as staff type it in a filter: the way the directory writes it."""

from abonent.addresses.models import Building

MOST = 2000  # of a street


def read(typed: str) -> Building | None:
    """The one building that is meant; None: none, or several."""
    typed = typed.strip()
    if not typed:
        return None
    of_street = Building.objects.filter(street__icontains=typed.split(",")[0].strip()).order_by("id")[:MOST]
    found = [one for one in of_street if str(one).casefold().endswith(typed.casefold())]
    return found[0] if len(found) == 1 else None
