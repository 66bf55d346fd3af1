"""A card's number typed where it does not belong is masked before it is stored or logged. Pure: text in, text out."""

import re
from typing import Any

from abonent.core import check_digits

LEAST, MOST = 13, 19  # digits of a card's number
_LIKELY = (16, 15, MOST, 18, 17, 14, LEAST)  # the usual length first: a longer stretch may add up by chance
MASK = "\u2022\u2022\u2022\u2022"
# Digits as people group them. Not a piece of a word or of an id like "126f-4000-8000": letters stand beside those.
_RUN = re.compile(
    r"(?<![A-Za-z0-9_])(?<![A-Za-z_]-)\d+(?:[ \u00a0\u202f-]{1,3}\d+)*(?![A-Za-z0-9_])(?!-[A-Za-z_])", re.ASCII
)
_GROUP = re.compile(r"\d+")


def text(said: str) -> str:
    """The same words, each card's number in them cut to its last four digits: "•••• 4242"."""
    return _RUN.sub(_masked, said)


def values(said: Any) -> Any:
    """The same for every text inside what goes to a JSON column; whole numbers are looked at too."""
    if isinstance(said, str):
        return text(said)
    if type(said) is int and said >= 10 ** (LEAST - 1):
        masked = text(str(said))
        return said if masked == str(said) else masked
    if isinstance(said, dict):
        return {name: values(one) for name, one in said.items()}
    if isinstance(said, list | tuple):
        return [values(one) for one in said]
    return said


def _masked(found: re.Match[str]) -> str:
    """A run may hold a telephone before a card and a date after it: every stretch of whole groups is tried."""
    return _without_cards(found[0])


def _without_cards(run: str) -> str:
    if len(run) < LEAST:
        return run
    groups = [(one.start(), one.end()) for one in _GROUP.finditer(run)]
    for length in (len(_digits(run)), *_LIKELY):  # a run that is one card's number first
        for first, (begins, _) in enumerate(groups):
            ends = _end(groups, first, length)
            if (
                ends is not None
                and LEAST <= length <= MOST
                and run[begins] != "0"
                and check_digits.luhn(_digits(run[begins:ends]))
            ):
                return (
                    f"{_without_cards(run[:begins])}{MASK} {_digits(run[begins:ends])[-4:]}{_without_cards(run[ends:])}"
                )
    return run


def _end(groups: list[tuple[int, int]], first: int, length: int) -> int | None:
    """Where the stretch of groups that begins with this one has so many digits; None: nowhere."""
    for begins, ends in groups[first:]:
        length -= ends - begins
        if length <= 0:
            return ends if length == 0 else None
    return None


def _digits(card: str) -> str:
    return "".join(_GROUP.findall(card))
