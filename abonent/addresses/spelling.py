"""How an address is written on a page: in Russian order, from the wide to the narrow."""

from django.utils.translation import gettext


def spell(
    settlement: str, street: str, house: str, korpus: str = "", stroenie: str = "", liter: str = "", flat: str = ""
) -> str:
    """ "Street, house, building, flat"; a village without streets stands in the place of one."""
    parts = [
        street or settlement,
        house,
        gettext("bldg. %(korpus)s") % {"korpus": korpus} if korpus else "",
        gettext("str. %(stroenie)s") % {"stroenie": stroenie} if stroenie else "",
        gettext("lit. %(liter)s") % {"liter": liter} if liter else "",
        gettext("apt. %(flat)s") % {"flat": flat} if flat else "",
    ]
    return ", ".join(part for part in parts if part)
