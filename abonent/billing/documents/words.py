"""A sum of money in words, as a document's last line says it. The number's words stand in the translations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import translation
from django.utils.translation import npgettext, pgettext, pgettext_lazy

from abonent.core import money

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrPromise

_ZERO = pgettext_lazy("number", "zero")
_UNITS: tuple[StrPromise, ...] = (
    pgettext_lazy("number", "one"),
    pgettext_lazy("number", "two"),
    pgettext_lazy("number", "three"),
    pgettext_lazy("number", "four"),
    pgettext_lazy("number", "five"),
    pgettext_lazy("number", "six"),
    pgettext_lazy("number", "seven"),
    pgettext_lazy("number", "eight"),
    pgettext_lazy("number", "nine"),
    pgettext_lazy("number", "ten"),
    pgettext_lazy("number", "eleven"),
    pgettext_lazy("number", "twelve"),
    pgettext_lazy("number", "thirteen"),
    pgettext_lazy("number", "fourteen"),
    pgettext_lazy("number", "fifteen"),
    pgettext_lazy("number", "sixteen"),
    pgettext_lazy("number", "seventeen"),
    pgettext_lazy("number", "eighteen"),
    pgettext_lazy("number", "nineteen"),
)
# A thousand is feminine in Russian, and only these two numbers care.
_OF_THOUSANDS: dict[int, StrPromise] = {
    1: pgettext_lazy("number of thousands", "one"),
    2: pgettext_lazy("number of thousands", "two"),
}
_TENS: tuple[StrPromise, ...] = (
    pgettext_lazy("number", "twenty"),
    pgettext_lazy("number", "thirty"),
    pgettext_lazy("number", "forty"),
    pgettext_lazy("number", "fifty"),
    pgettext_lazy("number", "sixty"),
    pgettext_lazy("number", "seventy"),
    pgettext_lazy("number", "eighty"),
    pgettext_lazy("number", "ninety"),
)
_HUNDREDS: tuple[StrPromise, ...] = (
    pgettext_lazy("number", "one hundred"),
    pgettext_lazy("number", "two hundred"),
    pgettext_lazy("number", "three hundred"),
    pgettext_lazy("number", "four hundred"),
    pgettext_lazy("number", "five hundred"),
    pgettext_lazy("number", "six hundred"),
    pgettext_lazy("number", "seven hundred"),
    pgettext_lazy("number", "eight hundred"),
    pgettext_lazy("number", "nine hundred"),
)


def of_sum(amount_kop: int, language: str) -> str:
    """ "Four thousand six hundred twenty-five roubles 00 kopecks".   amount_kop: >= 0, up to money.MAX_KOP."""
    assert 0 <= amount_kop <= money.MAX_KOP, amount_kop
    roubles, kopecks = divmod(amount_kop, 100)
    with translation.override(language):
        said = [
            *_number(roubles),
            npgettext("sum in words", "rouble", "roubles", roubles),
            f"{kopecks:02d}",
            npgettext("sum in words", "kopeck", "kopecks", kopecks),
        ]
    text = " ".join(said)
    return text[0].upper() + text[1:]


def _number(n: int) -> list[str]:
    if n == 0:
        return [str(_ZERO)]
    said: list[str] = []
    for power in (4, 3, 2, 1, 0):
        group = n // 1000**power % 1000
        if group:
            said += _group(group, of_thousands=power == 1)
            said += [] if power == 0 else [_scale(power, group)]
    return said


def _group(n: int, *, of_thousands: bool) -> list[str]:
    """The words of 1 to 999."""
    hundreds, rest = divmod(n, 100)
    said = [str(_HUNDREDS[hundreds - 1])] if hundreds else []
    if rest >= 20:
        tens, units = str(_TENS[rest // 10 - 2]), rest % 10
        if units:
            pair = {"tens": tens, "units": _unit(units, of_thousands)}
            return [*said, pgettext("number", "%(tens)s-%(units)s") % pair]
        return [*said, tens]
    return [*said, _unit(rest, of_thousands)] if rest else said


def _unit(n: int, of_thousands: bool) -> str:
    return str(_OF_THOUSANDS[n] if of_thousands and n in _OF_THOUSANDS else _UNITS[n - 1])


def _scale(power: int, n: int) -> str:
    if power == 1:
        return npgettext("number", "thousand", "thousand", n)
    if power == 2:
        return npgettext("number", "million", "million", n)
    if power == 3:
        return npgettext("number", "billion", "billion", n)
    return npgettext("number", "trillion", "trillion", n)
