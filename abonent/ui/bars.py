"""Groups of bars: from whole numbers to the few numbers an SVG needs. Attributes only: our pages allow no styles.

The bars are WIDTH × HEIGHT and stretched sideways to the page; texts stand at per cents of the width.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

WIDTH = 1000
HEIGHT = 180
TOP = 8
WIDEST = 120  # a bar
MOST_LABELS = 12
_TICKS = 4


class Bar(NamedTuple):
    x: int
    y: int
    width: int
    height: int
    place: int  # in its group


class Tick(NamedTuple):
    y: int
    label: str


class Label(NamedTuple):
    x: str  # per cent of the width
    text: str
    anchor: str


class Drawing(NamedTuple):
    bars: list[Bar]
    scale: list[Tick]  # from the lowest
    labels: list[Label]
    zero_y: int


class Lane(NamedTuple):
    name: str
    width: int  # of WIDTH
    value: str


def draw(groups: Sequence[Sequence[int]], labels: Sequence[str], *, unit: int, shown: Callable[[int], str]) -> Drawing:
    """groups: numbers side by side, below zero too.   unit: the least step of the scale.   shown: its words."""
    values = [value for group in groups for value in group]
    step, low, high = _scale(values, unit)

    def y(value: int) -> int:
        return TOP + (high - value) * (HEIGHT - TOP) // (high - low)

    zero = y(0)
    found = []
    for number, group in enumerate(groups):
        left, right = number * WIDTH // len(groups), (number + 1) * WIDTH // len(groups)
        inner = max(len(group), min(WIDEST * len(group), (right - left) * 3 // 4))
        begins = left + (right - left - inner) // 2
        for place, value in enumerate(group):
            from_x, to_x = inner * place // len(group), inner * (place + 1) // len(group)
            top, bottom = min(zero, y(value)), max(zero, y(value))
            found.append(Bar(begins + from_x, top, max(1, to_x - from_x - 1), bottom - top, place))
    every = max(1, -(-len(labels) // MOST_LABELS))
    ticks = [
        Label(_percent((2 * number + 1) * WIDTH // (2 * len(labels))), text, "middle")
        for number, text in enumerate(labels)
        if number % every == 0
    ]
    scale = [Tick(y(value), shown(value)) for value in range(low, high + 1, step)]
    return Drawing(found, scale, ticks, zero)


def lanes(named: Sequence[tuple[str, int]], shown: Callable[[int], str]) -> list[Lane]:
    """Bars across: numbers from 0."""
    most = max((value for _, value in named), default=0) or 1
    return [Lane(name, max(0, value) * WIDTH // most, shown(value)) for name, value in named]


def _scale(values: Sequence[int], unit: int) -> tuple[int, int, int]:
    """The step of the ticks, the lowest and the highest of the scale, all whole steps, zero among them."""
    low, high = min(0, *values, 0), max(0, *values, 0)
    span = max(high - low, unit)
    steps = (lead * 10**power * unit for power in range(16) for lead in (1, 2, 5))
    step = next(one for one in steps if one * _TICKS >= span)
    bottom, top = low // step * step, -(-high // step) * step
    return step, bottom, max(top, bottom + step)


def _percent(x: int) -> str:
    return f"{x // 10}.{x % 10}%"
