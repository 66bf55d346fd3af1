"""The step line: places are whole numbers, and say what the balance does."""

from datetime import date, timedelta

import pytest

from abonent.ui import chart
from abonent.ui.chart import Point

TODAY = date(2026, 11, 21)
END = TODAY + timedelta(days=100)  # ten of a thousand a day


def test_a_step_is_a_drop_on_its_date() -> None:
    line = chart.step_line([Point(TODAY, 1_500_00), Point(date(2026, 12, 1), 500_00)], end=END)
    # The scale is 0…1 500 in steps of 500; 160 pixels below the top of 12; the drop is after 10 of 100 days.
    assert line.line == "M0 12H100V118H1000"
    assert line.area == "M0 12H100V118H1000V172H0Z"
    assert [tick.label for tick in line.scale] == ["0", "500", "1\u00a0000", "1\u00a0500"]
    assert line.marks == [chart.Mark("10%", 118, False)]
    assert (line.stop_x, line.after) == ("", "")


def test_after_service_stops_the_line_is_another() -> None:
    points = [Point(TODAY, 1_500_00), Point(date(2026, 12, 1), 500_00)]
    line = chart.step_line(points, end=END, stops_on=date(2026, 12, 31))
    assert line.line == "M0 12H100V118H400"
    assert line.after == "M400 118H1000"
    assert (line.stop_x, line.stop_width) == ("40%", "60%")
    assert line.marks[-1] == chart.Mark("40%", 118, True)


def test_what_goes_on_after_something_has_stopped_is_drawn_too() -> None:
    points = [Point(TODAY, 1_500_00), Point(date(2026, 12, 1), 500_00), Point(date(2026, 12, 31), 0)]
    line = chart.step_line(points, end=END, stops_on=date(2026, 12, 1))
    assert line.line == "M0 12H100"
    assert line.after == "M100 12H100V118H400V172H1000"


def test_the_label_of_the_stop_stands_where_it_has_room() -> None:
    early = chart.step_line([Point(TODAY, 100_00)], end=END, stops_on=date(2026, 12, 1))
    late = chart.step_line([Point(TODAY, 100_00)], end=END, stops_on=date(2027, 2, 1))
    assert (early.stop_anchor, early.stop_label_x) == ("start", "13%")
    assert (late.stop_anchor, late.stop_label_x) == ("end", "99%")


def test_what_is_due_today_drops_at_the_edge() -> None:
    line = chart.step_line([Point(TODAY, 100_00), Point(TODAY, 0)], end=END)
    assert line.line == "M0 12H0V172H1000"


def test_ninety_steps_are_drawn_without_dots() -> None:
    points = [Point(TODAY + timedelta(days=n), 90_00 - n * 100) for n in range(90)]
    assert chart.step_line(points, end=END).marks == []


def test_the_first_days_of_months_are_named() -> None:
    line = chart.step_line([Point(TODAY, 100_00)], end=END)
    assert [tick.on for tick in line.calendar] == [
        date(2026, 12, 1),
        date(2027, 1, 1),
        date(2027, 2, 1),
    ]
    assert [tick.anchor for tick in line.calendar] == ["middle", "middle", "middle"]


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0], ["0", "50"]),
        ([-7_284_51, -20_904_51], ["−30 000", "−20 000", "−10 000", "0"]),
        ([350_000_00], ["0", "200 000", "400 000"]),
        ([10_00, -10_00], ["−50", "0", "50"]),
    ],
)
def test_the_scale_is_of_round_sums_and_holds_zero(values: list[int], labels: list[str]) -> None:
    line = chart.step_line([Point(TODAY + timedelta(days=n), kop) for n, kop in enumerate(values)], end=END)
    assert [tick.label.replace("\u00a0", " ") for tick in line.scale] == labels
    assert all(chart.TOP <= tick.y <= chart.HEIGHT for tick in line.scale)
