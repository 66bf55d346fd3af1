"""Roubles as people type and read them, kopecks as we keep them. The only module that divides money."""

import re

MAX_KOP = 10**15  # ten trillion roubles: beyond any operator, far inside bigint

_NARROW = re.compile(r"[\s\u00a0\u202f]")
_AMOUNT = re.compile(r"^([0-9]{1,13})(?:[.,]([0-9]{1,2}))?(?:₽|руб\.?|р\.?)?$", re.IGNORECASE)


class UnableToParse(Exception):
    """The text is not a sum of money."""


def parse(text: str) -> int:
    """Kopecks of a sum typed by a person: "550", "550,00", "1 250,5", "550.00 ₽".

    Raises UnableToParse for a sign, more than two digits of kopecks, or anything that is not a sum.
    """
    match = _AMOUNT.match(_NARROW.sub("", text))
    if match is None:
        raise UnableToParse(text)
    roubles, kopecks = match.groups()
    amount_kop = int(roubles) * 100 + int((kopecks or "0").ljust(2, "0"))
    if amount_kop > MAX_KOP:
        raise UnableToParse(text)
    return amount_kop


def show(amount_kop: int, *, sign: bool = False) -> str:
    """«1 250,00 ₽» with no-break spaces; a minus is the typographic one; `sign` shows the plus too."""
    roubles, kopecks = divmod(abs(amount_kop), 100)
    grouped = f"{roubles:,}".replace(",", "\u00a0")
    mark = "\u2212" if amount_kop < 0 else "+" if sign and amount_kop > 0 else ""
    return f"{mark}{grouped},{kopecks:02d}\u00a0₽"


def plain(amount_kop: int) -> str:
    """`1250.00`: the form banks, CSV files and form fields use."""
    roubles, kopecks = divmod(abs(amount_kop), 100)
    return f"{'-' if amount_kop < 0 else ''}{roubles}.{kopecks:02d}"


def part(amount_kop: int, numerator: int, denominator: int) -> int:
    """`amount_kop × numerator ÷ denominator`, rounded half up, once. All are ≥ 0, the denominator > 0."""
    assert amount_kop >= 0, amount_kop
    assert numerator >= 0, numerator
    assert denominator > 0, denominator
    return (2 * amount_kop * numerator + denominator) // (2 * denominator)


def less_percent(amount_kop: int, percent_hundredths: int) -> int:
    """A price after a percent discount given in hundredths of a percent (1250 = 12.5 %), rounded half up."""
    assert 0 <= percent_hundredths <= 10_000, percent_hundredths
    return part(amount_kop, 10_000 - percent_hundredths, 10_000)
