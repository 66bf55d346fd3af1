"""Open now, until when, or when next: weekends, midnight, holidays, a break at noon."""

from datetime import UTC, date, datetime, time

import pytest

from abonent.core import opening
from abonent.core.profile_places import WEEKDAYS, Opening

WORK = Opening.model_validate({"days": WEEKDAYS[:5], "from": time(9), "to": time(18)})
SATURDAY = Opening.model_validate({"days": ("sat",), "from": time(10), "to": time(16)})
MORNING = Opening.model_validate({"days": ("mon",), "from": time(9), "to": time(13)})
AFTERNOON = Opening.model_validate({"days": ("mon",), "from": time(14), "to": time(0)})
ROUND_THE_CLOCK = Opening.model_validate({"days": WEEKDAYS, "from": time(0), "to": time(0)})


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("openings", "local", "expected"),
    [
        ([WORK, SATURDAY], at(13, 9), (True, at(13, 18))),
        ([WORK, SATURDAY], at(13, 18), (False, at(14, 10))),  # the end is not open
        ([WORK, SATURDAY], at(14, 16), (False, at(16, 9))),
        ([MORNING, AFTERNOON], at(16, 13, 30), (False, at(16, 14))),
        ([MORNING, AFTERNOON], at(16, 23, 59), (True, at(17, 0))),
        ([MORNING, AFTERNOON], at(17, 0, 0), (False, at(23, 9))),
    ],
)
def test_open_or_not(openings: list[Opening], local: datetime, expected: tuple[bool, datetime]) -> None:
    assert opening.now(openings, local) == expected


def test_a_holiday_is_closed() -> None:
    closed_on = {date(2026, 11, 13), date(2026, 11, 14)}
    assert opening.now([WORK, SATURDAY], at(13, 12), closed_on) == (False, at(16, 9))


def test_nothing_is_said_where_no_hours_are_known() -> None:
    assert opening.now([], at(13, 12)) is None


def test_round_the_clock_has_no_end() -> None:
    assert opening.always([ROUND_THE_CLOCK])
    assert not opening.always([WORK])
    assert not opening.always([])


def test_a_slip_in_the_hours_is_told() -> None:
    with pytest.raises(ValueError, match="to 09:00 is not after from 18:00"):
        Opening.model_validate({"days": ("mon",), "from": time(18), "to": time(9)})
