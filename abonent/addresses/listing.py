"""Read a list of buildings: the CSV of a profile, or one that staff import."""

import csv
import io
import tempfile
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


def read_bytes(content: bytes, name: str) -> Sequence[profile_schema.Building]:
    """`read`, of a file as people's spreadsheets write it: UTF-8 or Windows-1251, commas or semicolons.

    name: as its mistakes call it.   Raises UnableToRead.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder).joinpath(name.replace("/", "_")[-80:] or "list.csv")
        path.write_text(_with_commas(_decoded(content)), encoding="utf-8", newline="")
        return read(path)


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1251", errors="replace")


def _with_commas(text: str) -> str:
    header = text.partition("\n")[0]
    if header.count(";") <= header.count(","):
        return text
    written = io.StringIO()
    csv.writer(written).writerows(csv.reader(io.StringIO(text), delimiter=";"))
    return written.getvalue()


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
