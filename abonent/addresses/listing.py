"""Read a list of buildings: the CSV of a profile, or one that staff import."""

from collections.abc import Sequence
from pathlib import Path

from abonent.addresses import reading
from abonent.core import profile_schema, typed_files

_TOLD_AT_MOST = 20  # mistakes of a file: the rest is likely the same one


class UnableToRead(Exception):
    """The file has mistakes; a line for each of the first."""


def read(file: Path) -> Sequence[profile_schema.Building]:
    """The buildings of a CSV with the columns of `profile_schema.Building`, each once.

    Raises UnableToRead: nothing of a file with a mistake is taken in.
    """
    problems: list[str] = []
    buildings = typed_files.read_csv(file, file.name, problems, profile_schema.Building)
    problems += _doubles(buildings)
    if problems:
        more = [f"… and {len(problems) - _TOLD_AT_MOST} more"] if len(problems) > _TOLD_AT_MOST else []
        raise UnableToRead("\n".join([*problems[:_TOLD_AT_MOST], *more]))
    return buildings


def _doubles(buildings: Sequence[profile_schema.Building]) -> list[str]:
    """One building written in two ways would be two: its key tells."""
    seen: dict[tuple[str, str, str], str] = {}
    problems = []
    for one in buildings:
        number = ", ".join(filter(None, (one.house, one.korpus, one.stroenie, one.liter)))
        key = (one.settlement, one.street, reading.number_key(one.house, one.korpus, one.stroenie, one.liter))
        if key in seen:
            where = ", ".join(filter(None, (one.settlement, one.street)))
            problems.append(f"«{where}, {number}» stands twice: as «{seen[key]}» too; allowed: each house once")
        seen[key] = number
    return problems
