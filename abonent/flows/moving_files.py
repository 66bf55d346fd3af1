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
            raise UnableToRead(f"{path}: none of the tables is there: {names}")

    def _has(self, name: str) -> bool:
        return name in self._book.sheetnames if self._book is not None else (self._path / f"{name}.csv").is_file()

    @contextmanager
    def opened(self, table: moving_shape.Table) -> Iterator[Opened]:
        """Raises UnableToRead."""
        mapping = self._mapping.get(table.name, {})
        if self._book is not None:
            rows = _sheet_rows(self._book[table.name])
            yield _opened(table, mapping, f"{self._path.name}: {table.name}", "XLSX", "", rows)
            return
        path = self._path / f"{table.name}.csv"
        encoding = _encoding(path)
        with path.open(encoding=encoding, newline="") as file:
            delimiter = _delimiter(file.readline())
            file.seek(0)
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            yield _opened(table, mapping, path.name, encoding, delimiter, _csv_rows(reader))


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
                raise UnableToRead(f"{path.name}: unpacked it would be {unpacked} octets: split it, or send CSV")
            book = openpyxl.load_workbook(raw, read_only=True, data_only=True)
        except FileNotFoundError:
            raise UnableToRead(f"{path}: there is no such folder or file") from None
        except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
            raise UnableToRead(
                f"{path.name}: is neither a folder of CSV nor a workbook of XLSX, or is broken"
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
            raise UnableToRead(f"{MAPPING}: there is no table «{table}»")
        for ours, theirs in columns.items():
            if ours not in known[table] or not isinstance(theirs, str):
                raise UnableToRead(f"{MAPPING}: [{table}] {ours}: allowed: {', '.join(sorted(known[table]))}")
    return found


def _opened(
    table: moving_shape.Table,
    mapping: dict[str, str],
    file: str,
    encoding: str,
    delimiter: str,
    rows: Iterator[tuple[int, list[str] | None]],
) -> Opened:
    _line, first = next(rows, (0, None))
    if first is None:
        raise UnableToRead(f"{file}: has no line with the names of its columns")
    names = [one.strip() for one in first]
    folded = {one.lower(): place for place, one in enumerate(names)}
    if len(folded) != len(names):
        raise UnableToRead(f"{file}: line 1: two columns have one name, or none")
    places: list[int | None] = []
    columns: dict[str, str] = {}
    for column in table.columns:
        theirs = mapping.get(column.name, column.name)
        place = folded.get(theirs.strip().lower())
        if place is None and (column.needed or column.name in mapping):
            raise UnableToRead(
                f"{file}: line 1: there is no column «{theirs}» for {column.name}; there are: {', '.join(names)[:300]}"
            )
        places.append(place)
        if place is not None:
            columns[column.name] = names[place]
    unused = tuple(one for one in names if one not in columns.values())
    header = Header(table.name, file, encoding, delimiter, columns, unused)
    return Opened(header, _picked(rows, places, len(names)))


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
            raise UnableToRead(f"more than {MAX_ROWS} lines: split the file")
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
            raise UnableToRead(f"{path.name}: is UTF-8 and breaks off or is damaged near octet {done}") from None
    except OSError as error:
        raise UnableToRead(f"{path.name}: {error.strerror}") from None
    _require_cp1251(path)
    return "cp1251"


def _require_cp1251(path: Path) -> None:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_OCTETS):
            if b"\x98" in chunk or b"\x00" in chunk:
                raise UnableToRead(f"{path.name}: is neither UTF-8 nor cp1251: save it as one of them")
