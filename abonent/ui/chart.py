"""The balance ahead as a step line: from dates and sums to the few numbers an SVG needs. Whole numbers only.

The drawing is WIDTH × HEIGHT and is stretched sideways to the page; texts and dots stand at per cents of the
width and at pixels of the height, so that they keep their size. All goes into attributes: the policy of
our pages forbids styles in the markup.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from abonent.core import periods

WIDTH = 1000
HEIGHT = 172
TOP = 12  # room for the dot of the highest value
MOST_MARKS = 8  # more steps than this are drawn without dots: a subscriber charged by the day has ninety
_TICKS = 3


class Point(NamedTuple):
    """From `on` the balance is `balance_kop`, until the next point."""

    on: date
    balance_kop: int


class Mark(NamedTuple):
    x: str  # per cent of the width
    y: int
    stop: bool


class Tick(NamedTuple):
    x: str
    y: int
    label: str
    on: date | None
    anchor: str


class StepLine(NamedTuple):
    line: str  # path data
    area: str
    after: str  # path data of the dashed line after something stops; "" when nothing does
    stop_x: str  # per cent; "" when nothing stops
    stop_width: str
    stop_anchor: str  # on which side of `stop_label_x` its label stands
    stop_label_x: str
    zero_y: int
    marks: list[Mark]
    scale: list[Tick]  # sums, from the lowest
    calendar: list[Tick]  # the first days of months


def step_line(points: Sequence[Point], *, end: date, stops_on: date | None = None) -> StepLine:
    """points: in order of dates from today, all before `end`; so is `stops_on`, the day something stops."""
    start = points[0].on
    total_days = (end - start).days
    assert total_days > 0, (start, end)
    step, low, high = _scale([point.balance_kop for point in points])

    def x(on: date) -> int:
        return (on - start).days * WIDTH // total_days

    def y(kop: int) -> int:
        return TOP + (high - kop) * (HEIGHT - TOP) // (high - low)

    drawn = [point for point in points if stops_on is None or point.on < stops_on] or [points[0]]
    last = WIDTH if stops_on is None else x(stops_on)
    path = f"M0 {y(drawn[0].balance_kop)}"
    for point in drawn[1:]:
        path += f"H{x(point.on)}V{y(point.balance_kop)}"
    path += f"H{last}"
    level = y(drawn[-1].balance_kop)
    marks = [Mark(_percent(x(point.on)), y(point.balance_kop), False) for point in drawn[1:]]
    if len(marks) > MOST_MARKS:
        marks = []
    if stops_on is not None:
        marks.append(Mark(_percent(last), level, True))
    after = f"M{last} {level}"
    for point in points[len(drawn) :]:
        after += f"H{x(point.on)}V{y(point.balance_kop)}"
    label_inside = last <= WIDTH * 2 // 5
    return StepLine(
        line=path,
        area=f"{path}V{y(0)}H0Z",
        after="" if stops_on is None else f"{after}H{WIDTH}",
        stop_x="" if stops_on is None else _percent(last),
        stop_width="" if stops_on is None else _percent(WIDTH - last),
        stop_anchor="start" if label_inside else "end",
        stop_label_x=_percent(last + 30) if label_inside else "99%",
        zero_y=y(0),
        marks=marks,
        scale=[Tick("", y(kop), _roubles(kop), None, "end") for kop in range(low, high + 1, step)],
        calendar=[_calendar_tick(on, x(on)) for on in _firsts(start, end)],
    )


def _scale(values: list[int]) -> tuple[int, int, int]:
    """The step of the ticks, the lowest and the highest of the scale, all whole steps, zero among them."""
    low, high = min(0, *values), max(0, *values)
    span_kop = max(high - low, 100_00)
    steps = (lead * 10**power for power in range(14) for lead in (10_00, 20_00, 50_00))
    step = next(one for one in steps if one * _TICKS >= span_kop)
    bottom, top = low // step * step, -(-high // step) * step
    return step, bottom, max(top, bottom + step)


def _calendar_tick(on: date, x: int) -> Tick:
    anchor = "start" if x < 40 else "end" if x > WIDTH - 40 else "middle"
    return Tick(_percent(x), HEIGHT, "", on, anchor)


def _firsts(start: date, end: date) -> list[date]:
    first = start if start.day == 1 else periods.month(start.replace(day=1), 1)
    found = []
    while first < end:
        found.append(first)
        first = periods.month(first, 1)
    return found


def _percent(x: int) -> str:
    return f"{x // 10}.{x % 10}%" if x % 10 else f"{x // 10}%"


def _roubles(kop: int) -> str:
    sign = "\u2212" if kop < 0 else ""
    return sign + f"{abs(kop) // 100:,}".replace(",", "\u00a0")
