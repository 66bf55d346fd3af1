"""Read an address as people type it: a street and a number, in any order of shortening. Pure.

What is typed may be meant in several ways ("12/2" is a house, or a korpus of one); each is a reading, the likeliest
first, and the directory decides which of them stands in a street. The words of the language stand in words.toml.
"""

import re
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

MAX_CHARS = 160  # longer is no address
_MAX_WORDS = 8
_WORDS = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
_KINDS = frozenset(_WORDS["kinds"].split())
_MARKS = {name: frozenset(_WORDS[name].split()) for name in ("korpus", "stroenie", "liter", "flat")}
_RUSSIAN_LAYOUT = str.maketrans(_WORDS["latin_keys"], _WORDS["russian_keys"])
_LOOKALIKES = str.maketrans(_WORDS["latin_looks"], _WORDS["russian_looks"])
_YO = str.maketrans("\u0451\\", "\u0435/")
# A number with its ordinal ending ("1-ya") is one token: it is a name's. A word may have dashes inside.
_TOKEN = re.compile(r"\d+-[^\W\d_]{1,2}(?![^\W_])|\d+|[^\W\d_]+(?:-[^\W\d_]+)*|[/-]")


class Reading(NamedTuple):
    """One way to understand what is typed."""

    words: tuple[str, ...]  # of settlement and street, in the order typed, without kinds of street
    number: str  # the building's key (`number_key`); "" while only a street is typed
    flat: str = ""


def words_of(text: str) -> tuple[str, ...]:
    """The words by which a settlement and a street are found: small letters, without kinds and dots."""
    return tuple(one for one in _tokens(text) if one not in _KINDS and one not in "/-")


def number_key(house: str, korpus: str = "", stroenie: str = "", liter: str = "") -> str:
    """One spelling of a building's number: house 12 korpus 2 is "12k2", however it is written."""
    parts = _parts(_tokens(house))
    if parts is None:
        return "".join(house.split()).lower()
    given = {"korpus": korpus, "stroenie": stroenie, "liter": liter}
    return parts._replace(**{name: "".join(_tokens(one)) for name, one in given.items() if one}).key


def readings(text: str) -> list[Reading]:
    """All that may be meant, the likeliest first; [] where no word of a street is left."""
    tokens = _tokens(text[:MAX_CHARS])
    found: list[Reading] = []
    # From the right: a number further left may belong to the street's own name.
    for at in range(len(tokens) - 1, 0, -1):
        words = _words(tokens[:at])
        if tokens[at].isdigit() and words and tokens[at - 1] != "/":
            found += [Reading(words, key, flat) for key, flat in _numbers(tokens[at:])]
    words = _words(tokens)
    if len(words) > 1 and words[0].isdigit():  # the number before the name
        found += [Reading(words[1:], key, flat) for key, flat in _numbers(tokens[:1])]
    found.append(Reading(words, ""))
    # The reading that leaves no loose number behind comes first.
    found.sort(key=lambda one: sum(word.isdigit() for word in one.words))
    return [one for one in dict.fromkeys(found) if _is_name(one.words)]


def in_russian_layout(text: str) -> str:
    """What the same keys give when the keyboard is Russian: a name typed in the wrong layout."""
    return text.lower().translate(_RUSSIAN_LAYOUT)


class _Parts(NamedTuple):
    house: str
    korpus: str = ""
    stroenie: str = ""
    liter: str = ""
    flat: str = ""
    bare: str = ""  # a number without a word before it: a korpus, or a flat

    @property
    def key(self) -> str:
        marked = (("k", self.korpus), ("s", self.stroenie), ("l", self.liter))
        return self.house + "".join(mark + part for mark, part in marked if part)


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.lower().translate(_YO))


def _words(tokens: list[str]) -> tuple[str, ...]:
    return tuple(one for one in tokens if one not in _KINDS and one not in "/-")[-_MAX_WORDS:]


def _is_name(words: tuple[str, ...]) -> bool:
    """Whether a street may be called so: not by numbers alone, and without the mark of a korpus or a flat."""
    return any(not one.isdigit() for one in words) and not any(
        one in marks for one in words for marks in _MARKS.values()
    )


def _numbers(tokens: list[str]) -> list[tuple[str, str]]:
    """(key, flat) in the order of likelihood of what stands after the street."""
    parts = _parts(tokens)
    if parts is None:
        return []
    meant = [parts]
    house, slash, second = parts.house.partition("/")
    if slash and not parts.korpus:
        meant.append(parts._replace(house=house, korpus=second))
    if parts.bare:
        meant.insert(0, parts._replace(korpus=parts.bare, bare=""))
        meant[1] = parts._replace(flat=parts.bare, bare="")
    if parts.house[-1].isalpha() and not parts.liter:
        meant.append(parts._replace(house=parts.house[:-1], liter=parts.house[-1]))
    if parts.liter:
        meant.append(parts._replace(house=parts.house + parts.liter, liter=""))
    return [(one.key, one.flat) for one in meant]


def _parts(tokens: list[str]) -> _Parts | None:
    """The parts of the number that the tokens begin with; None where they begin with something else."""
    house, at = _house(tokens)
    if not house:
        return None
    found: dict[str, str] = {}
    rest = [one for one in tokens[at:] if one not in "/-"]
    taken = -1
    for place, (one, after) in enumerate(pairwise([*rest, ""])):
        field = next((name for name, marks in _MARKS.items() if one in marks), "")
        if place == taken:
            continue
        if field and after and field not in found:
            found[field], taken = after, place + 1
        elif one.isdigit() and "bare" not in found:
            found["bare"] = one
    if "bare" in found and "flat" not in found and "korpus" in found:
        found["flat"] = found.pop("bare")
    elif "flat" in found and "korpus" in found:
        found.pop("bare", None)
    return _Parts(house, **found)


def _house(tokens: list[str]) -> tuple[str, int]:
    """The house's own number ("1/22", "9a") and how many tokens it took."""
    if not tokens or not tokens[0].isdigit():
        return "", 0
    house, at = tokens[0].lstrip("0") or "0", 1
    while True:
        if _is_letter(tokens, at):
            house, at = house + tokens[at].translate(_LOOKALIKES), at + 1
        if tokens[at : at + 1] != ["/"] or not "".join(tokens[at + 1 : at + 2]).isdigit():
            return house, at
        house, at = f"{house}/{tokens[at + 1]}", at + 2


def _is_letter(tokens: list[str], at: int) -> bool:
    """Whether a letter of the house stands there, and not the mark of a korpus before its number."""
    if at >= len(tokens) or len(tokens[at]) != 1 or not tokens[at].isalpha():
        return False
    return at + 1 >= len(tokens) or not any(tokens[at] in marks for marks in _MARKS.values())
