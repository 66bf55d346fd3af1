"""Read a bank's statement in 1CClientBankExchange. Pure: octets in, values out; a file is read whole or not at all.

Banks differ: windows-1251, cp866 and UTF-8 with or without its mark; `1 500,00` and `1500.00`; a purpose in one line,
in numbered ones, or going on in lines that have no key.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from abonent.core import money
from abonent.payments.bank_statements import words

MAX_OCTETS = 64_000_000
_DATE = re.compile(r"(\d{2})\.(\d{2})\.(\d{4})")


class UnableToRead(Exception):
    """Nothing of the file is believed.   line: where, counted from 1."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line, self.why = line, why


@dataclass(frozen=True, slots=True)
class Turnover:
    """A section of an account: what the bank says it had and moved. Kopecks."""

    line: int
    account: str
    first_on: date
    last_on: date
    opening_kop: int
    received_kop: int
    spent_kop: int
    closing_kop: int


@dataclass(frozen=True, slots=True)
class Document:
    """A payment order as the bank prints it; "" and None for what it leaves out."""

    line: int  # where it begins
    kind: str
    number: str
    on: date
    amount_kop: int
    received_on: date | None
    spent_on: date | None
    payer: str
    payer_inn: str
    payer_account: str
    payer_bik: str
    payee_account: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Statement:
    encoding: str
    turnovers: tuple[Turnover, ...]
    documents: tuple[Document, ...]


def read(content: bytes) -> Statement:
    """Raises UnableToRead: not such a file, cut in the middle, or a value that is none."""
    if len(content) > MAX_OCTETS:
        raise UnableToRead(1, f"the file is longer than {MAX_OCTETS} octets")
    text, encoding = _decode(content)
    if "\0" in text:
        raise UnableToRead(text[: text.index("\0")].count("\n") + 1, "octets that are no text")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[0].strip() != words.MARK:
        raise UnableToRead(1, f"the file does not begin with {words.MARK}")
    turnovers, documents = _sections(lines)
    if not turnovers:
        raise UnableToRead(len(lines), "the file has no section of an account")
    return Statement(encoding, turnovers, documents)


def _decode(content: bytes) -> tuple[str, str]:
    """By what reads, not by what the file says of itself: converted files keep the old word."""
    for encoding in ("utf-8-sig", "cp1251", "cp866"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if words.ACCOUNT_BEGINS in text or words.ENCODING in text:
            return text, encoding
    raise UnableToRead(1, "neither UTF-8, windows-1251 nor cp866, or none of the format's words in it")


def _sections(lines: list[str]) -> tuple[tuple[Turnover, ...], tuple[Document, ...]]:
    reader = _Reader()
    for number, line in enumerate(lines[1:], 2):
        if line.strip():
            reader.take(number, line.strip())
    if not reader.has_ended:
        raise UnableToRead(len(lines), "the file is cut: its end is missing")
    return tuple(reader.turnovers), tuple(reader.documents)


class _Reader:
    """Line after line; `values` are of the section that is open, `kind` is "" where none is."""

    def __init__(self) -> None:
        self.turnovers: list[Turnover] = []
        self.documents: list[Document] = []
        self.has_ended = False
        self._values: dict[str, str] = {}
        self._kind, self._last_key, self._began = "", "", 0

    def take(self, number: int, line: str) -> None:
        """line: not empty, without spaces around."""
        if self.has_ended:
            raise UnableToRead(number, "something stands after the end of the file")
        key, sign, value = line.partition("=")
        if line == words.FILE_ENDS:
            self._require_closed(number)
            self.has_ended = True
        elif key in {words.ACCOUNT_BEGINS, words.DOCUMENT_BEGINS}:
            self._require_closed(number)
            self._kind, self._began, self._last_key, self._values = key, number, "", {"": value.strip()}
        elif line in {words.ACCOUNT_ENDS, words.DOCUMENT_ENDS}:
            self._close(number, line)
        elif sign and _is_key(key):
            self._last_key = key
            self._add(key, value)
        elif self._kind and self._last_key.startswith(words.PURPOSE):
            self._add(self._last_key, line)
        elif self._kind:
            raise UnableToRead(number, "a line without a key")

    def _add(self, key: str, value: str) -> None:
        known = self._values.get(key)
        self._values[key] = f"{known} {value.strip()}" if known else value.strip()

    def _require_closed(self, number: int) -> None:
        if self._kind:
            raise UnableToRead(number, f"the section that begins in line {self._began} does not end")

    def _close(self, number: int, line: str) -> None:
        if (self._kind, line) == (words.ACCOUNT_BEGINS, words.ACCOUNT_ENDS):
            self.turnovers.append(_turnover(self._began, self._values))
        elif (self._kind, line) == (words.DOCUMENT_BEGINS, words.DOCUMENT_ENDS):
            self.documents.append(_document(self._began, self._values))
        else:
            raise UnableToRead(number, "a section ends that has not begun")
        self._kind = ""


def _is_key(text: str) -> bool:
    return text in words.SHORT_KEYS or words.KEY.fullmatch(text) is not None


def _turnover(line: int, values: Mapping[str, str]) -> Turnover:
    first_on = _day(line, values, words.FIRST_DATE)
    return Turnover(
        line=line,
        account=_required(line, values, words.OWN_ACCOUNT),
        first_on=first_on,
        last_on=_day(line, values, words.LAST_DATE) if values.get(words.LAST_DATE) else first_on,
        opening_kop=_kop(line, values, words.OPENING),
        received_kop=_kop(line, values, words.RECEIVED, default="0"),
        spent_kop=_kop(line, values, words.SPENT, default="0"),
        closing_kop=_kop(line, values, words.CLOSING),
    )


def _document(line: int, values: Mapping[str, str]) -> Document:
    amount_kop = _kop(line, values, words.SUM)
    if amount_kop <= 0:
        raise UnableToRead(line, f"{words.SUM}: a document of {amount_kop} kopecks")
    return Document(
        line=line,
        kind=values[""],
        number=_required(line, values, words.NUMBER)[:40],
        on=_day(line, values, words.DATE),
        amount_kop=amount_kop,
        received_on=_day(line, values, words.RECEIVED_ON) if values.get(words.RECEIVED_ON) else None,
        spent_on=_day(line, values, words.SPENT_ON) if values.get(words.SPENT_ON) else None,
        payer=_first(values, words.PAYER)[:300],
        payer_inn=values.get(words.PAYER_INN, "")[:12],
        payer_account=_first(values, words.PAYER_ACCOUNT)[:40],
        payer_bik=values.get(words.PAYER_BIK, "")[:9],
        payee_account=_first(values, words.PAYEE_ACCOUNT)[:40],
        purpose=_purpose(values),
    )


def _purpose(values: Mapping[str, str]) -> str:
    """In one line, or in numbered ones; some banks give both, the second being the first cut up."""
    whole = values.get(words.PURPOSE, "")
    parts = " ".join(values[key] for key in (f"{words.PURPOSE}{n}" for n in range(1, 7)) if values.get(key))
    return (whole if len(whole) >= len(parts) else parts).strip()


def _first(values: Mapping[str, str], keys: Iterable[str]) -> str:
    return next((values[key] for key in keys if values.get(key)), "")


def _required(line: int, values: Mapping[str, str], key: str) -> str:
    if not values.get(key):
        raise UnableToRead(line, f"{key} is missing")
    return values[key]


def _day(line: int, values: Mapping[str, str], key: str) -> date:
    text = _required(line, values, key)
    match = _DATE.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        raise UnableToRead(line, f"{key}: {text[:40]!r} is not a day like 30.11.2026") from None


def _kop(line: int, values: Mapping[str, str], key: str, default: str = "") -> int:
    """Kopecks; a balance may be below zero."""
    text = values.get(key) or default
    if not text:
        raise UnableToRead(line, f"{key} is missing")
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    try:
        return sign * money.parse(digits)
    except money.UnableToParse:
        raise UnableToRead(line, f"{key}: {text[:40]!r} is not a sum") from None
