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
    """«14 декабря»; with the year when it is not this one."""
    return _day(on, language(), on.year != clock.today().year)


def day_short(on: date) -> str:
    """«14 дек»: a tick of a chart."""
    ticked = _formatted(on, language(), "j M")
    return ticked if language() == "en" else ticked.lower()


def day_in_full(on: date) -> str:
    """«14 декабря 2026»: a document."""
    return _day(on, language(), True)


def month(on: date) -> str:
    """«декабрь», with the year when it is not this one: a heading or the inside of a sentence."""
    name = _formatted(on, language(), "F")
    name = name if language() == "en" else name.lower()
    return name if on.year == clock.today().year else f"{name}{NO_BREAK}{on.year}"


def period(start: date, end: date) -> str:
    """A half-open period as people say it: «декабрь», «14–31 декабря», «14 декабря – 13 января»."""
    last = end - periods.ONE_DAY
    if start == last:
        return day(start)
    if start.day == 1 and end == periods.month(start, 1):
        return month(start)
    if (start.year, start.month) == (last.year, last.month):
        return f"{start.day}{EN_DASH}{JOINED}{day(last)}"
    return f"{day(start)} {EN_DASH} {day(last)}"


def days(count: int) -> str:
    """«1 день», «2 дня», «5 дней»."""
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": count}


def channels(count: int) -> str:
    """«1 канал», «112 каналов»."""
    return ngettext("%(count)s channel", "%(count)s channels", count) % {"count": count}


def speed(mbps: int) -> str:
    """«300 Мбит/с»; a whole gigabit is said so."""
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
