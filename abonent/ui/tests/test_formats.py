"""Sums, dates and periods in words, in both languages."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.utils import translation

from abonent.core import clock
from abonent.ui import formats

NBSP = "\u00a0"


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with clock.frozen(clock.at_noon(date(2026, 11, 14))), translation.override("ru"):
        yield


def plain(text: str) -> str:
    return text.replace(NBSP, " ").replace("\u2060", "")


def test_a_sum_has_no_break_spaces_and_a_typographic_minus() -> None:
    assert formats.sum_of(1_250_00) == f"1{NBSP}250,00{NBSP}₽"
    assert formats.signed(-650_00) == f"\u2212650,00{NBSP}₽"
    assert formats.signed(1_00) == f"+1,00{NBSP}₽"


def test_a_date_tells_the_year_only_when_it_is_not_this_one() -> None:
    assert formats.day(date(2026, 12, 14)) == f"14{NBSP}декабря"
    assert plain(formats.day(date(2027, 1, 1))) == "1 января 2027"
    assert plain(formats.day_in_full(date(2026, 5, 9))) == "9 мая 2026"
    assert plain(formats.day_short(date(2026, 12, 1))) == "1 дек"


def test_the_same_in_english() -> None:
    with translation.override("en"):
        assert plain(formats.day(date(2026, 12, 14))) == "14 December"
        assert plain(formats.day_short(date(2026, 12, 1))) == "1 Dec"
        assert formats.month(date(2026, 12, 1)) == "December"
        assert [formats.days(n) for n in (1, 2, 5)] == ["1 day", "2 days", "5 days"]


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (date(2026, 12, 1), date(2027, 1, 1), "декабрь"),
        (date(2026, 11, 16), date(2026, 12, 1), "16–30 ноября"),
        (date(2026, 11, 16), date(2026, 11, 17), "16 ноября"),
        (date(2026, 11, 16), date(2026, 12, 16), "16 ноября – 15 декабря"),
        (date(2026, 12, 16), date(2027, 1, 16), "16 декабря – 15 января 2027"),
        (date(2025, 12, 1), date(2026, 1, 1), "декабрь 2025"),
        (date(2028, 2, 1), date(2028, 3, 1), "февраль 2028"),
        (date(2028, 2, 1), date(2028, 2, 29), "1–28 февраля 2028"),
    ],
)
def test_a_period_is_said_as_people_say_it(start: date, end: date, said: str) -> None:
    assert plain(formats.period(start, end)) == said


def test_no_line_ends_inside_a_period() -> None:
    assert " " not in formats.period(date(2026, 11, 16), date(2026, 12, 1))


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 дней"), (1, "1 день"), (2, "2 дня"), (5, "5 дней"), (11, "11 дней"), (21, "21 день"), (112, "112 дней")],
)
def test_russian_plurals(count: int, said: str) -> None:
    assert formats.days(count) == said


@pytest.mark.parametrize(
    ("mbps", "said"), [(100, "100 Мбит/с"), (1000, "1 Гбит/с"), (1500, "1500 Мбит/с"), (10_000, "10 Гбит/с")]
)
def test_a_whole_gigabit_is_said_so(mbps: int, said: str) -> None:
    assert formats.speed(mbps) == said


def test_the_night_of_new_year_is_the_operators() -> None:
    # 22:30 of 31 December in UTC is already the next year in Moscow.
    at = clock.at_noon(date(2026, 12, 31)).replace(hour=22, minute=30)
    with clock.frozen(at):
        assert plain(formats.day(date(2027, 1, 1))) == "1 января"
        assert plain(formats.day(date(2026, 12, 31))) == "31 декабря 2026"
