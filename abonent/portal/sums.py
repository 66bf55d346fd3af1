"""A sum as a person types it, and what to say when it is none. Pure, but for the words."""

import re

from django.utils.translation import gettext as _

from abonent.core import money

_NEGATIVE = re.compile(r"^\s*[-\u2212\u2013]")
_LONG_KOPECKS = re.compile(r"^[\d\s\u00a0\u202f]+[.,]\d{3,}\D*$")
MOST_CHARS = 40


class UnableToRead(Exception):
    """Its text is for the page: what is wrong, and how to type it."""


def read(typed: str) -> int:
    """Kopecks, > 0.   Raises UnableToRead."""
    if not typed.strip():
        raise UnableToRead(_("Type the sum, for example 500."))
    if _NEGATIVE.match(typed):
        raise UnableToRead(_("A sum has no minus. Type how much to add, for example 500."))
    if _LONG_KOPECKS.match(typed):
        raise UnableToRead(_("After the comma there are kopecks, two digits at most: for example 12,34."))
    try:
        amount_kop = money.parse(typed[:MOST_CHARS])
    except money.UnableToParse:
        raise UnableToRead(_("This is not a sum. Type digits: 500 or 500,50.")) from None
    if not amount_kop:
        raise UnableToRead(_("Type a sum larger than zero."))
    return amount_kop


def typed(amount_kop: int) -> str:
    """A sum as it would be typed: "500", "325,50"."""
    return money.plain(amount_kop).replace(".", ",").removesuffix(",00")
