"""Read the files of a bundle row by row: a folder of CSV, or one workbook of XLSX. Memory stays flat.

CSV is UTF-8 or cp1251, with commas, semicolons or tabs: the file itself tells. A formula is a text here, nothing more.
"""

import codecs
import csv
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
from django.utils.translation import gettext as _

from abonent.core import cells
from abonent.flows import moving_shape

MAX_ROWS = 20_000_000  # of one file
MAX_UNPACKED_OCTETS = 8 * 2**30  # a workbook is a ZIP, and may be a bomb
MAPPING = "mapping.toml"
_CHUNK_OCTETS = 2**20
_DELIMITERS = (";", "\t", ",")


class UnableToRead(Exception):
    """The bundle cannot be read at all; the message says which file, where, and what to do."""


class Header(NamedTuple):
    """How a table's columns are found in its file."""

    table: str
    file: str
    encoding: str
    delimiter: str
    columns: dict[str, str]  # ours: theirs
    unused: tuple[str, ...]  # theirs, which nobody asked for


Rows = Iterator[tuple[int, list[str] | None]]  # number of the line, its cells; None: broken there


class Looked(NamedTuple):
    """A table's file as it is found, before anything of it is asked for."""

    header: Header
    names: tuple[str, ...]  # of its columns, theirs
    missing: tuple[str, ...]  # ours, which are needed and not found


class Opened(NamedTuple):
    header: Header
    rows: Iterator[tuple[int, list[str] | None]]  # number of the line, cells of our columns; None: broken there


class Bundle:
    """A folder or a workbook, opened: which tables it has, and each table's rows, once or more."""

    def __init__(self, path: Path, book: Any = None) -> None:
        self._path, self._book = path, book
        self._mapping = _read_mapping(path if book is None else path.parent)
        self.present = tuple(one for one in moving_shape.TABLES if self._has(one.name))
        if not self.present:
            names = ", ".join(one.name for one in moving_shape.TABLES)
            raise UnableToRead(_("None of the tables is there: %(names)s.") % {"names": names})

    def _has(self, name: str) -> bool:
        return name in self._book.sheetnames if self._book is not None else (self._path / f"{name}.csv").is_file()

    @contextmanager
    def opened(self, table: moving_shape.Table) -> Iterator[Opened]:
        """Raises UnableToRead."""
        with self._raw(table) as (found, rows):
            if found.missing:
                raise UnableToRead(
                    _("%(file)s: there is no column for %(ours)s; there are: %(theirs)s") % {
                        "file": found.header.file,
                        "ours": ", ".join(found.missing),
                        "theirs": ", ".join(found.names)[:300],
                    }
                )  # fmt: skip
            places = {one: place for place, one in enumerate(found.names)}
            theirs = [found.header.columns.get(column.name) for column in table.columns]
            wanted = [None if one is None else places[one] for one in theirs]
            yield Opened(found.header, _picked(rows, wanted, len(found.names)))

    def look(self, table: moving_shape.Table) -> Looked:
        """Raises UnableToRead."""
        with self._raw(table) as (found, _unread):
            return found

    @contextmanager
    def _raw(self, table: moving_shape.Table) -> Iterator[tuple[Looked, Rows]]:
        mapping = self._mapping.get(table.name, {})
        if self._book is not None:
            rows = _sheet_rows(self._book[table.name])
            yield _look(table, mapping, f"{self._path.name}: {table.name}", "XLSX", "", rows), rows
            return
        path = self._path / f"{table.name}.csv"
        encoding = _encoding(path)
        with path.open(encoding=encoding, newline="") as file:
            delimiter = _delimiter(file.readline())
            file.seek(0)
            rows = _csv_rows(csv.reader(file, delimiter=delimiter, strict=True))
            yield _look(table, mapping, path.name, encoding, delimiter, rows), rows


@contextmanager
def opened(path: Path) -> Iterator[Bundle]:
    """Raises UnableToRead."""
    if path.is_dir():
        yield Bundle(path)
        return
    with ExitStack() as held:
        try:
            raw = held.enter_context(path.open("rb"))
            with zipfile.ZipFile(raw) as packed:
                unpacked = sum(one.file_size for one in packed.infolist())
            if unpacked > MAX_UNPACKED_OCTETS:
                raise UnableToRead(_("%(file)s: too large when unpacked: split it, or send CSV") % {"file": path.name})
            book = openpyxl.load_workbook(raw, read_only=True, data_only=True)
        except FileNotFoundError:
            raise UnableToRead(_("%(file)s: there is no such folder or file") % {"file": path}) from None
        except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
            raise UnableToRead(
                _("%(file)s: is neither a folder of CSV nor a workbook of XLSX, or is broken") % {"file": path.name}
            ) from error
        held.callback(book.close)
        yield Bundle(path, book)


def _read_mapping(folder: Path) -> dict[str, dict[str, str]]:
    """`[table]` with `our_column = "their column"`; {} where the file is not there."""
    path = folder.joinpath(MAPPING)
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnableToRead(f"{MAPPING}: {error}") from None
    known = {one.name: {column.name for column in one.columns} for one in moving_shape.TABLES}
    for table, columns in found.items():
        if not isinstance(columns, dict) or table not in known:
            raise UnableToRead(_("%(file)s: there is no table %(table)s") % {"file": MAPPING, "table": table})
        for ours, theirs in columns.items():
            if ours not in known[table] or not isinstance(theirs, str):
                said = {"file": MAPPING, "table": table, "ours": ours, "allowed": ", ".join(sorted(known[table]))}
                raise UnableToRead(_("%(file)s: [%(table)s] %(ours)s: allowed: %(allowed)s") % said)
    return found


def _look(
    table: moving_shape.Table, mapping: dict[str, str], file: str, encoding: str, delimiter: str, rows: Rows
) -> Looked:
    """Raises UnableToRead."""
    _line, first = next(rows, (0, None))
    if first is None:
        raise UnableToRead(_("%(file)s: has no line with the names of its columns") % {"file": file})
    names = tuple(one.strip() for one in first)
    folded = {one.lower(): one for one in names}
    if len(folded) != len(names):
        raise UnableToRead(_("%(file)s: line 1: two columns have one name, or none") % {"file": file})
    columns, missing = {}, []
    for column in table.columns:
        found = folded.get(mapping.get(column.name, column.name).strip().lower())
        if found is not None:
            columns[column.name] = found
        elif column.needed or mapping.get(column.name):
            missing.append(column.name)
    unused = tuple(one for one in names if one not in columns.values())
    return Looked(Header(table.name, file, encoding, delimiter, columns, unused), names, tuple(missing))


def _picked(
    rows: Iterator[tuple[int, list[str] | None]], places: list[int | None], width: int
) -> Iterator[tuple[int, list[str] | None]]:
    for line, found in rows:
        if found is None or len(found) != width:
            if found is not None and not any(found):
                continue  # an empty line
            yield line, None
            continue
        if any(found):
            yield line, ["" if place is None else cells.loud(found[place].strip()) for place in places]


def _csv_rows(reader: Any) -> Iterator[tuple[int, list[str] | None]]:
    """A quote that never closes ends the file: what comes after it cannot be told apart."""
    while True:
        try:
            row = next(reader, None)
        except csv.Error:
            yield reader.line_num, None
            return
        if row is None:
            return
        if reader.line_num > MAX_ROWS:
            raise UnableToRead(_("more than %(most)s lines: split the file") % {"most": MAX_ROWS})
        yield reader.line_num, row


def _sheet_rows(sheet: Any) -> Iterator[tuple[int, list[str] | None]]:
    """A formula is read as what it last came to; it is never computed."""
    width = 0
    for line, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        texts = [_shown(one) for one in row]
        if not width:
            while texts and not texts[-1]:
                texts.pop()
            width = len(texts)
        if any(texts[width:]):
            yield line, None
        else:
            yield line, (texts + [""] * width)[:width]


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "is_integer") and value.is_integer():  # a sheet keeps 550 as 550.0
        return str(int(value))
    return str(value)


def _delimiter(first_line: str) -> str:
    return max(_DELIMITERS, key=first_line.count)


def _encoding(path: Path) -> str:
    """UTF-8 where all of it is; else cp1251. A file that began as UTF-8 and stops being it is broken, not cp1251.

    Raises UnableToRead.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    seen_wide, done = False, 0
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_OCTETS):
                try:
                    seen_wide = not decoder.decode(chunk).isascii() or seen_wide
                except UnicodeDecodeError as error:
                    seen_wide = seen_wide or not error.object[: error.start].isascii()
                    raise
                done += len(chunk)
            decoder.decode(b"", final=True)
            return "utf-8-sig"
    except UnicodeDecodeError:
        if seen_wide:
            said = {"file": path.name, "octet": done}
            raise UnableToRead(
                _("%(file)s: is UTF-8 and breaks off or is damaged near octet %(octet)s") % said
            ) from None
    except OSError as error:
        raise UnableToRead(f"{path.name}: {error.strerror}") from None
    _require_cp1251(path)
    return "cp1251"


def _require_cp1251(path: Path) -> None:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_OCTETS):
            if b"\x98" in chunk or b"\x00" in chunk:
                raise UnableToRead(
                    _("%(file)s: is neither UTF-8 nor cp1251: save it as one of them") % {"file": path.name}
                )
