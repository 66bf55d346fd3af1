"""How a date, a period, a sum and an address read on a document: always with the year, in the language in force."""

from collections.abc import Sequence
from datetime import date

from django.utils import dateformat, translation
from django.utils.translation import gettext, ngettext, pgettext

from abonent.addresses import spelling
from abonent.core import money, periods

NO_BREAK = "\u00a0"
EN_DASH = "\u2013"


def language() -> str:
    """ "ru" or "en"."""
    return "en" if (translation.get_language() or "").startswith("en") else "ru"


def day(on: date) -> str:
    """ "30 November 2026"."""
    return _with_year(_day(on), on)


def numeric_day(on: date) -> str:
    """ "30.11.2026": the first column of a table."""
    return f"{on:%d.%m.%Y}"


def period(of: periods.Period) -> str:
    """A half-open period as people say it: "1-30 November 2026", "14 November - 13 December 2026"."""
    start, last = of.start, of.last_day
    if start == last:
        return day(last)
    if (start.year, start.month) == (last.year, last.month):
        return f"{start.day}{EN_DASH}{day(last)}"
    first = _day(start) if start.year == last.year else day(start)
    return f"{first} {EN_DASH} {day(last)}"


_OLD_PARTS = 5  # of documents made before stroenie and litera were kept


def days(count: int) -> str:
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": count}


def number(amount_kop: int) -> str:
    """A sum in a column whose head names the currency: "1 250,00"."""
    return money.show(amount_kop).removesuffix(f"{NO_BREAK}\N{RUBLE SIGN}")


def address(parts: Sequence[str]) -> str:
    """parts: settlement, street, house, korpus, stroenie, litera, flat. A document names the settlement too."""
    if len(parts) == _OLD_PARTS:
        parts = [*parts[:-1], "", "", parts[-1]]
    settlement, street = parts[0], parts[1]
    spelled = spelling.spell(*parts)
    return f"{settlement}, {spelled}" if street else spelled


def page() -> str:
    """With places that only the printed page knows."""
    return gettext("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"}


def _day(on: date) -> str:
    return str(dateformat.format(on, "j E")).replace(" ", NO_BREAK)


def _with_year(said: str, on: date) -> str:
    return pgettext("date", "%(day)s %(year)s").replace(" ", NO_BREAK) % {"day": said, "year": on.year}
