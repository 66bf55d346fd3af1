"""One clock: the operator's date, the sandbox's offset, and SQL that agrees with Python on both."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from abonent.core import clock, db, installation

BERLIN, NEW_YORK, KIRITIMATI = "Europe/Berlin", "America/New_York", "Pacific/Kiritimati"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    clock.forget()
    yield
    clock.forget()


@pytest.fixture
def in_zone(db: None, settings: Any) -> Any:
    def use(name: str) -> None:
        settings.PROFILE = settings.PROFILE.model_copy(update={"time_zone": name})
        installation.mirror_profile()

    return use


def sql_today() -> date:
    found: date = db.rows("select core.operator_today() as today")[0]["today"]
    return found


def put_clock_at(instant: datetime) -> None:
    """Set the offset so that the sandbox's clock shows this instant now."""
    db.run(
        "update core_installation set clock_offset_seconds = ceil(extract(epoch from %s - clock_timestamp()))",
        [instant],
    )
    clock.forget()


# Berlin leaves winter time on 31 March 2030 and comes back on 27 October; half a minute off each midnight.
@pytest.mark.parametrize(
    ("zone", "instant", "day"),
    [
        (BERLIN, "2030-03-30T22:59:30+00:00", date(2030, 3, 30)),  # +1
        (BERLIN, "2030-03-30T23:00:30+00:00", date(2030, 3, 31)),
        (BERLIN, "2030-03-31T21:59:30+00:00", date(2030, 3, 31)),  # +2: a fixed offset would say it a day late
        (BERLIN, "2030-03-31T22:00:30+00:00", date(2030, 4, 1)),
        (BERLIN, "2030-10-26T22:00:30+00:00", date(2030, 10, 27)),
        (BERLIN, "2030-10-27T22:59:30+00:00", date(2030, 10, 27)),  # +1 again
        (BERLIN, "2030-10-27T23:00:30+00:00", date(2030, 10, 28)),
        (NEW_YORK, "2030-03-10T04:59:30+00:00", date(2030, 3, 9)),  # −5
        (NEW_YORK, "2030-03-11T03:59:30+00:00", date(2030, 3, 10)),  # −4
        (NEW_YORK, "2030-03-11T04:00:30+00:00", date(2030, 3, 11)),
        (KIRITIMATI, "2029-12-31T10:00:30+00:00", date(2030, 1, 1)),  # +14
    ],
)
def test_python_and_sql_agree_on_the_operators_date(in_zone: Any, zone: str, instant: str, day: date) -> None:
    in_zone(zone)
    put_clock_at(datetime.fromisoformat(instant))
    assert clock.today() == day
    assert sql_today() == day


def test_the_offset_is_not_read_without_the_sandbox(
    in_zone: Any, settings: Any, django_assert_num_queries: Any
) -> None:
    in_zone(BERLIN)
    put_clock_at(datetime(2030, 1, 1, tzinfo=UTC))
    settings.SANDBOX = False
    with django_assert_num_queries(0):
        assert clock.now() - datetime.now(UTC) < timedelta(seconds=5)


def test_the_offset_is_read_once_a_second_at_most(in_zone: Any, django_assert_num_queries: Any) -> None:
    in_zone(BERLIN)
    with django_assert_num_queries(1):
        for _ in range(10):
            clock.now()


def test_the_clock_moves_to_a_date_at_the_same_time_of_day(in_zone: Any) -> None:
    in_zone(BERLIN)
    put_clock_at(datetime(2030, 1, 10, 11, 0, tzinfo=UTC))  # noon
    clock.move_to(date(2030, 2, 1))
    assert clock.today() == sql_today() == date(2030, 2, 1)
    assert clock.local(clock.now()).hour == 12


@pytest.mark.parametrize(
    ("at", "day"),
    [
        # half past eleven in the evening; the days between are 23 and 25 hours long
        (datetime(2030, 3, 30, 23, 30, tzinfo=ZoneInfo(BERLIN)), date(2030, 4, 1)),
        (datetime(2030, 10, 26, 0, 30, tzinfo=ZoneInfo(BERLIN)), date(2030, 10, 28)),
    ],
)
def test_the_clock_moves_over_a_change_of_time_to_the_date_asked_for(in_zone: Any, at: datetime, day: date) -> None:
    in_zone(BERLIN)
    put_clock_at(at.astimezone(UTC))
    clock.move_to(day)
    assert clock.today() == sql_today() == day
    assert clock.local(clock.now()).time().replace(second=0, microsecond=0) == at.time()


@pytest.mark.parametrize("days", [0, -1])
def test_the_clock_does_not_go_back(in_zone: Any, days: int) -> None:
    in_zone(BERLIN)
    before = db.rows("select clock_offset_seconds from core_installation")
    with pytest.raises(clock.UnableToMoveClock, match="forward only"):
        clock.move_to(clock.today() + timedelta(days=days))
    assert db.rows("select clock_offset_seconds from core_installation") == before


def test_the_clock_stands_still_for_nobody_outside_the_demo(in_zone: Any, settings: Any) -> None:
    in_zone(BERLIN)
    settings.SANDBOX = False
    with pytest.raises(clock.UnableToMoveClock, match="only in the demo"):
        clock.move_to(date(2030, 1, 1))


def test_a_frozen_clock_shows_one_instant_and_lets_go() -> None:
    noon = clock.at_noon(date(2026, 12, 14))
    with clock.frozen(noon):
        assert clock.now() == noon
        assert clock.today() == date(2026, 12, 14)
        with clock.frozen(noon + timedelta(days=1)):
            assert clock.today() == date(2026, 12, 15)
        assert clock.today() == date(2026, 12, 14)
    with pytest.raises(RuntimeError), clock.frozen(noon):
        raise RuntimeError
    assert clock._State.frozen_at is None


def test_noon_is_the_operators(settings: Any) -> None:
    settings.PROFILE = settings.PROFILE.model_copy(update={"time_zone": NEW_YORK})
    assert clock.at_noon(date(2030, 3, 9)) == datetime(2030, 3, 9, 17, tzinfo=UTC)
    assert clock.at_noon(date(2030, 3, 10)) == datetime(2030, 3, 10, 16, tzinfo=UTC)
    assert clock.local(clock.at_noon(date(2030, 3, 10))).time() == time(12)
