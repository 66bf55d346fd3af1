"""Find an address: in our own directory, and where it knows none, among all addresses there are. Reads only.

What a page asks. `search` alone knows our buildings; DaData, where a key is set, reads what people type into an
address that exists, and we look that one up in our directory. Without it, or when it is down, ours answers alone.
"""

from abonent.addresses import reading, search
from abonent.addresses.gateways import dadata
from abonent.addresses.models import Building, Street


def find(text: str, *, limit: int = search.AT_MOST) -> search.Found:
    """As `search.find`; `elsewhere` are houses that exist and are not in our directory."""
    ours = search.find(text, limit=limit)
    if any(one.exact for one in ours.buildings) or not dadata.is_on() or not any(char.isdigit() for char in text):
        return ours
    try:
        suggested = dadata.suggest(text, count=limit)
    except dadata.UnableToAsk:
        return ours
    houses = [one for one in suggested if one.house]
    known = {one.building_id: one for one in map(_of_ours, houses) if one is not None}
    if known:
        return ours._replace(buildings=tuple(known.values()))
    if ours.buildings:
        return ours
    return ours._replace(elsewhere=tuple(dict.fromkeys(search.Elsewhere(*one) for one in houses))[:limit])


def _of_ours(one: dadata.Suggestion) -> search.Match | None:
    """Our building of that very address: the same words of settlement and street, the same number."""
    words = list(reading.words_of(f"{one.settlement} {one.street}"))
    streets = Street.objects.filter(words__contains=words, words__contained_by=words)
    key = reading.number_key(one.house, one.korpus, one.stroenie, one.liter)
    for street in streets[:2]:
        found = Building.objects.filter(settlement=street.settlement, street=street.street, number_key=key).first()
        if found is not None:
            return search.Match(
                found.pk, found.settlement, found.street, found.house, found.korpus, found.stroenie, found.liter,
                found.segment, found.connected, found.technology, found.floors, found.flats, one.flat, exact=True,
            )  # fmt: skip
    return None
