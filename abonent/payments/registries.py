"""Read an agent's registry of a day: what terminals and banks say they have passed on. Pure.

CSV with `;`, `,` or a tab, in UTF-8 or windows-1251: the agent's id, the contract, the sum, the day or the moment. A
first line of names may put the columns in another order; lines that begin with # are notes.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from abonent.core import money

COLUMNS = {
    "id": ("txn_id", "pay_id", "id", "osmp_txn_id", "transaction"),
    "number": ("account", "contract", "number"),
    "sum": ("sum", "amount"),
    "on": ("date", "txn_date", "pay_date", "on"),
}
MAX_OCTETS = 64_000_000
_ID = re.compile(r"[0-9A-Za-z._-]{1,40}")
_ISO = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_DOTTED = re.compile(r"(\d{2})\.(\d{2})\.(\d{4})")


class UnableToRead(Exception):
    """The registry is refused whole; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    external_id: str
    number: str  # of the contract
    amount_kop: int
    on: date | None


def read(content: bytes) -> tuple[Row, ...]:
    """Raises UnableToRead. The same line twice is one."""
    if len(content) > MAX_OCTETS:
        raise UnableToRead(f"the file is longer than {MAX_OCTETS} octets")
    lines = [
        (number, line)
        for number, line in enumerate(_decode(content).splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not lines:
        return ()
    delimiter = max(";,\t", key=lines[0][1].count)
    rows = list(csv.reader([line for _number, line in lines], delimiter=delimiter))
    places = _places([cell.strip().lower() for cell in rows[0]])
    first = 0 if places is None else 1
    found: dict[str, Row] = {}
    for (number, _line), cells in zip(lines[first:], rows[first:], strict=True):
        row = _row(number, [cell.strip() for cell in cells], places or {"id": 0, "number": 1, "sum": 2, "on": 3})
        known = found.setdefault(row.external_id, row)
        if (known.number, known.amount_kop) != (row.number, row.amount_kop):
            raise UnableToRead(f"line {number}: {row.external_id} stands in line {known.line} with other words")
    return tuple(found.values())


def _decode(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnableToRead("neither UTF-8 nor windows-1251")


def _places(names: Sequence[str]) -> dict[str, int] | None:
    """Where each column stands; None: the first line is no line of names."""
    found = {column: names.index(name) for column, known in COLUMNS.items() for name in known if name in names}
    return found if {"id", "number", "sum"} <= set(found) else None


def _row(line: int, cells: Sequence[str], places: dict[str, int]) -> Row:
    said = {column: cells[place] for column, place in places.items() if place < len(cells)}
    external_id, number = said.get("id", ""), said.get("number", "")
    if not _ID.fullmatch(external_id):
        raise UnableToRead(f"line {line}: {external_id[:40]!r} is not an agent's id")
    if not number or len(number) > 32:
        raise UnableToRead(f"line {line}: {number[:40]!r} is not a contract")
    try:
        amount_kop = money.parse(said.get("sum", ""))
    except money.UnableToParse:
        raise UnableToRead(f"line {line}: {said.get('sum', '')[:40]!r} is not a sum") from None
    if amount_kop <= 0:
        raise UnableToRead(f"line {line}: a payment of nothing")
    return Row(line, external_id, number, amount_kop, _day(line, said.get("on", "")))


def _day(line: int, text: str) -> date | None:
    """ "2026-11-10", "20261110", "10.11.2026", with or without a time after it."""
    if not text:
        return None
    iso, dotted = _ISO.match(text), _DOTTED.match(text)
    try:
        if dotted is not None:
            return date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
        if iso is not None:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
    except ValueError:
        pass
    raise UnableToRead(f"line {line}: {text[:40]!r} is not a day")
