"""What reports call the codes of the domain, in the reader's language."""

from collections.abc import Callable
from typing import Protocol

from django.utils.translation import gettext as _

from abonent.catalog import queries as catalog
from abonent.ui import formats


class Named(Protocol):
    """A tariff's code in words, at either end of a step."""

    def __call__(self, code: str, /, *, is_from: bool) -> str: ...


Known = Callable[[str], str]


def offers() -> Known:
    """Names by code; "" for none. One statement."""
    known = catalog.names(formats.language())
    return lambda code: known.get(code, code)


def segment(code: str) -> str:
    known = {"apartment": _("Apartment buildings"), "private": _("Private sector"), "business": _("Business")}
    return str(known.get(code, code or _("No line")))
