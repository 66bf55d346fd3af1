"""How a sum, a date and a period read on the page. In the reader's language, by the operator's calendar."""

import functools
from datetime import date

from django.utils import dateformat, translation
from django.utils.translation import gettext, ngettext

from abonent.core import clock, money, periods

NO_BREAK = "\u00a0"
EN_DASH = "\u2013"
JOINED = "\u2060"  # no line ends here


def language() -> str:
    """The reader's language as the profile knows it: "ru" or "en"."""
    return "en" if (translation.get_language() or "").startswith("en") else "ru"


def sum_of(amount_kop: int) -> str:
    """«1 250,00 ₽»."""
    return money.show(amount_kop)


def signed(amount_kop: int) -> str:
    """«+1 250,00 ₽», «−650,00 ₽»: a line of a statement."""
    return money.show(amount_kop, sign=True)


def day(on: date) -> str:
    """The day and the month in words; with the year when it is not this one."""
    return _day(on, language(), on.year != clock.today().year)


def day_short(on: date) -> str:
    """The day and the month in three letters: a tick of a chart."""
    ticked = _formatted(on, language(), "j M")
    return ticked if language() == "en" else ticked.lower()


def day_in_full(on: date) -> str:
    """The day, the month in words and the year, always: a document."""
    return _day(on, language(), True)


def month(on: date) -> str:
    """The month's name, with the year when it is not this one: the inside of a sentence."""
    name = _formatted(on, language(), "F")
    name = name if language() == "en" else name.lower()
    return name if on.year == clock.today().year else f"{name}{NO_BREAK}{on.year}"


def month_and_year(on: date) -> str:
    """The month's name with its year, always: a line of a table."""
    name = _formatted(on, language(), "F Y")
    return name if language() == "en" else name.lower()


def month_short(on: date) -> str:
    """The month in three letters, January with its year: a tick of a chart."""
    ticked = _formatted(on, language(), "M Y" if on.month == 1 else "M")
    return ticked if language() == "en" else ticked.lower()


def period(start: date, end: date) -> str:
    """A half-open period as people say it: a month by its name, else from the first day to the last one in it."""
    last = end - periods.ONE_DAY
    if start == last:
        return day(start)
    if start.day == 1 and end == periods.month(start, 1):
        return month(start)
    if (start.year, start.month) == (last.year, last.month):
        return f"{start.day}{EN_DASH}{JOINED}{day(last)}"
    return f"{day(start)} {EN_DASH} {day(last)}"


def days(count: int) -> str:
    """A number of days with its plural."""
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": count}


def years(count: int) -> str:
    """A number of years with its plural."""
    return ngettext("%(count)s year", "%(count)s years", count) % {"count": count}


def channels(count: int) -> str:
    """A number of TV channels with its plural."""
    return ngettext("%(count)s channel", "%(count)s channels", count) % {"count": count}


def speed(mbps: int) -> str:
    """300 Mbit/s; a whole gigabit is said so."""
    if mbps >= 1000 and mbps % 1000 == 0:
        return gettext("%(speed)s Gbit/s") % {"speed": mbps // 1000}
    return gettext("%(speed)s Mbit/s") % {"speed": mbps}


@functools.lru_cache(maxsize=4096)
def _day(on: date, spoken: str, with_year: bool) -> str:
    return _formatted(on, spoken, "j E Y" if with_year else "j E")


@functools.lru_cache(maxsize=4096)
def _formatted(on: date, spoken: str, pattern: str) -> str:
    with translation.override(spoken):
        return dateformat.format(on, pattern).replace(" ", NO_BREAK)
