"""What a report is: a period, tables whose figures open to their rows, a picture, words about how it is counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Literal, NamedTuple

from django.utils.translation import gettext as _

from abonent.core import clock, figures, periods
from abonent.ui import amounts, formats, sheets

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

Kind = Literal["text", "kop", "change", "count", "month", "day", "seconds", "octets", "percent", "gain"]
SEPARATOR = "~"  # of a figure's key
ROWS_IN_A_FILE = 50_000
SEGMENTS = ("apartment", "private", "business")
# What a number in a file is counted in, beside the column's name.
_UNITS: dict[Kind, Callable[[], str]] = {
    "seconds": lambda: _("min"), "octets": lambda: _("MB"), "percent": lambda: "%",
}  # fmt: skip


class NotAFigure(Exception):
    """The key names no figure of the report."""


class Asked(NamedTuple):
    """What one of the staff wants to see."""

    period: periods.Period
    granted: frozenset[str]  # his permissions

    @property
    def start_at(self) -> datetime:
        return _midnight(self.period.start)

    @property
    def end_at(self) -> datetime:
        return _midnight(self.period.end)

    def of_month(self, month: str) -> periods.Period:
        """The days of a month ("2026-11") that were asked for; "": all of them.   Raises NotAFigure."""
        if not month:
            return self.period
        try:
            whole = periods.calendar_month(date.fromisoformat(f"{month}-01"))
        except (ValueError, OverflowError):
            raise NotAFigure from None
        return self._within(whole)

    def of_day(self, day: str) -> periods.Period:
        """That day ("2026-11-14"); "": all of them.   Raises NotAFigure."""
        if not day:
            return self.period
        try:
            return self._within(periods.one_day(date.fromisoformat(day)))
        except (ValueError, OverflowError):
            raise NotAFigure from None

    def _within(self, part: periods.Period) -> periods.Period:
        found = periods.Period(max(part.start, self.period.start), min(part.end, self.period.end))
        if found.start >= found.end:
            raise NotAFigure
        return found


class Cell(NamedTuple):
    value: str | int | date | None  # None: there is nothing to measure
    kind: Kind = "text"
    opens: str = ""  # the key of its rows; "": it has none

    @property
    def text(self) -> str:
        """As the page says it."""
        value, kind = self.value, self.kind
        if value is None:
            return formats.EN_DASH
        if isinstance(value, date):
            return formats.month_and_year(value) if kind == "month" else formats.day_in_full(value)
        if isinstance(value, str):
            return value
        return _SHOWN[kind](value)

    @property
    def in_file(self) -> sheets.Cell:
        value, kind = self.value, self.kind
        if value is None:
            return ""
        if isinstance(value, date):
            return value.isoformat()[:7] if kind == "month" else value.isoformat()
        if isinstance(value, str):
            return value
        if kind in ("kop", "change"):
            return sheets.Kop(value)
        return {"seconds": value // 60, "octets": value // 10**6}.get(kind, value)

    @property
    def is_number(self) -> bool:
        return self.kind not in ("text", "month", "day")


_SHOWN: dict[Kind, Callable[[int], str]] = {
    "text": str, "month": str, "day": str, "kop": formats.sum_of, "change": formats.signed, "count": amounts.count,
    "seconds": amounts.duration, "octets": amounts.octets, "percent": amounts.percent, "gain": amounts.signed,
}  # fmt: skip


class Table(NamedTuple):
    title: str
    heads: Sequence[str]
    lines: Sequence[Sequence[Cell]]  # the first cell of each is its name
    total: Sequence[Cell] = ()
    said: str = ""

    def in_file(self) -> list[Sequence[sheets.Cell]]:
        heads = list(self.heads)
        for place, one in enumerate(self.lines[0] if self.lines else ()):
            if one.kind in _UNITS:
                heads[place] = f"{heads[place]}, {_UNITS[one.kind]()}"
        return [[self.title], heads, *([one.in_file for one in line] for line in [*self.lines, self.total] if line)]


class Picture(NamedTuple):
    """Groups of bars, one beside another."""

    title: str
    names: Sequence[str]  # of the bars of a group, in their order
    labels: Sequence[str]  # of the groups
    groups: Sequence[Sequence[int]]
    kind: Kind


class Lanes(NamedTuple):
    """Bars across, each with its name: for few things with long names."""

    title: str
    lanes: Sequence[tuple[str, int]]
    kind: Kind


class Shown(NamedTuple):
    tables: Sequence[Table]
    picture: Picture | Lanes | None
    said: Sequence[str]  # how it is counted, a sentence or two each


class Opened(NamedTuple):
    """The rows of a figure."""

    title: str
    page: figures.Page
    kind: Kind  # of their amounts; "count": nothing beside the rows themselves
    amount_name: str
    about_name: str  # "": not shown
    about: Callable[[str], str]
    link: Literal["contract", "request", "talk"]
    is_summed: bool = True  # else the figure is a median


class Report(NamedTuple):
    name: str  # in its address
    title: StrPromise
    any_of: tuple[str, ...]  # permissions
    make: Callable[[Asked], Shown]
    rows: Callable[[Asked, Sequence[str], int, int], Opened]  # the key's parts, after which id, how many
    rows_need: tuple[str, ...] = ()  # permissions, all of them, to see whose the rows are
    is_as_of: bool = False  # of one day, not of a period
    usual_months: int = 12


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.zone())


def key(*parts: str) -> str:
    return SEPARATOR.join(parts)


def month_key(month: date) -> str:
    return month.isoformat()[:7]


def total(cells: Sequence[Sequence[Cell]], place: int) -> int:
    """Of a column of numbers."""
    return sum(one[place].value for one in cells if isinstance(one[place].value, int))  # type: ignore[misc]
