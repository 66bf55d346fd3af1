"""Every date of an operator is charged once, wherever its zone jumps: summer time at midnight, a day that never was."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings

from abonent.billing import rules, runs
from abonent.billing.models import ChargedThrough
from abonent.core import clock, periods

pytestmark = pytest.mark.django_db
ZONES = [
    ("Europe/Moscow", date(2026, 3, 1)),  # no summer time
    ("Europe/Berlin", date(2026, 3, 1)),  # 23 hours on the 29th
    ("Europe/Berlin", date(2026, 10, 1)),  # 25 hours on the 25th
    ("America/Sao_Paulo", date(2018, 11, 1)),  # on the 4th midnight itself did not exist
    ("America/Sao_Paulo", date(2018, 2, 1)),  # on the 17th midnight came twice
    ("Asia/Kamchatka", date(2010, 3, 1)),  # moved an hour to the west for good
    ("Asia/Kolkata", date(2026, 2, 1)),  # half an hour off
    ("Pacific/Apia", date(2011, 12, 1)),  # 30 December never was: it is charged with the 31st, late
]


@pytest.mark.parametrize(("zone", "first"), ZONES)
def test_each_date_is_charged_once_and_the_days_make_the_month(
    monkeypatch: pytest.MonkeyPatch, zone: str, first: date
) -> None:
    monkeypatch.setattr(settings, "PROFILE", settings.PROFILE.model_copy(update={"time_zone": zone}))
    month = periods.calendar_month(first)
    ChargedThrough.objects.create(on=first - periods.ONE_DAY)
    charged: list[date] = []
    instant = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(days=1)
    while (today := clock.on_date(instant)) < month.end:
        for on in runs.missed(today):
            charged.append(on)
            ChargedThrough.objects.update(on=on)
        instant += timedelta(minutes=30)
    assert charged == periods.each_day(*month)
    for price_kop in (619_99, 1, 100_000_01):
        days = [rules.amount_kop("day", price_kop, rules.next_due("day", on, 1), "period") for on in charged]
        assert sum(days) == price_kop


def test_in_apia_the_day_that_never_was_is_charged_though_no_clock_showed_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PROFILE", settings.PROFILE.model_copy(update={"time_zone": "Pacific/Apia"}))
    before, after = datetime(2011, 12, 30, 9, 59, tzinfo=UTC), datetime(2011, 12, 30, 10, 0, tzinfo=UTC)
    assert (clock.on_date(before), clock.on_date(after)) == (date(2011, 12, 29), date(2011, 12, 31))
    ChargedThrough.objects.create(on=date(2011, 12, 29))
    assert runs.missed(clock.on_date(after)) == [date(2011, 12, 30), date(2011, 12, 31)]
