"""The forecast on values; tests/stories compares it with the real engine."""

from datetime import date
from typing import Any

from abonent.billing import forecast, waking
from abonent.billing import forecast_account as values
from abonent.billing.tests.builder import day


def held(id: int, charging: str, price_kop: int, paid_until: str, parent_id: int | None = None) -> waking.Held:
    return waking.Held(id, parent_id, charging, price_kop, waking.ACTIVE, day(paid_until), None, date(2026, 1, 1))


def services(*subscriptions: waking.Held) -> list[values.Service]:
    return [
        values.Service(
            one, "addon" if one.parent_id else "tariff", "internet", 100 if one.parent_id else 0, one.id, None
        )
        for one in subscriptions
    ]


def account(*subscriptions: waking.Held, balance_kop: int, **more: Any) -> values.Account:
    given: dict[str, Any] = {"limit_kop": 0, "deferral": None, "pause": None, "ends_on": None, "changes": []}
    return values.Account(balance_kop=balance_kop, services=services(*subscriptions), **{**given, **more})


def ahead(*subscriptions: waking.Held, balance_kop: int, last: str, credit_kop: int = 0) -> forecast.Forecast:
    of = account(*subscriptions, balance_kop=balance_kop, limit_kop=credit_kop)
    return forecast.ahead(of, first=day("2026-11-02"), last=day(last))


def test_months_are_charged_while_the_money_lasts() -> None:
    seen = ahead(held(1, "month", 600_00, "2026-12-01"), balance_kop=1500_00, last="2027-03-01")
    assert [(str(one.on), one.lines, one.balance_kop) for one in seen.steps] == [
        ("2026-12-01", ((1, 600_00),), 900_00),
        ("2027-01-01", ((1, 600_00),), 300_00),
        ("2027-02-01", (), 300_00),
    ]
    assert (seen.stops_on, seen.missing_kop) == (day("2027-02-01"), 300_00)
    assert seen.steps[-1].suspended == (1,)


def test_nothing_stops_within_the_days_looked_at() -> None:
    seen = ahead(held(1, "month", 600_00, "2026-12-01"), balance_kop=600_00, last="2026-12-31")
    assert (seen.stops_on, seen.missing_kop, seen.balance_kop) == (None, 0, 0)


def test_a_daily_tariff_stops_on_the_first_day_that_is_not_covered() -> None:
    seen = ahead(held(1, "day", 600_00, "2026-11-02"), balance_kop=50_00, last="2026-11-30")
    assert [str(one.on) for one in seen.steps] == ["2026-11-02", "2026-11-03", "2026-11-04"]
    assert (seen.stops_on, seen.missing_kop) == (day("2026-11-04"), 10_00)  # 20 a day; 10 left


def test_an_addon_stands_when_its_tariff_stops_and_another_tariff_goes_on() -> None:
    seen = ahead(
        held(1, "month", 600_00, "2026-12-01"),
        held(2, "day", 300_00, "2026-12-05"),
        held(3, "month", 100_00, "2026-12-10", parent_id=1),
        balance_kop=500_00,
        last="2026-12-06",
    )
    states = {one.id: (one.state, one.stopped_on) for one in seen.held}
    assert states[1] == ("suspended", day("2026-12-01"))
    assert states[2] == ("active", None)
    assert states[3] == ("standing", day("2026-12-01"))


def test_credit_counts() -> None:
    seen = ahead(held(1, "month", 600_00, "2026-12-01"), balance_kop=0, credit_kop=600_00, last="2026-12-31")
    assert (seen.balance_kop, seen.stops_on) == (-600_00, None)


def test_nobody_has_no_steps() -> None:
    assert ahead(balance_kop=0, last="2026-12-31") == forecast.Forecast((), None, 0, 0, ())


def deferred(*subscriptions: waking.Held, balance_kop: int, ends_on: str) -> forecast.Forecast:
    of = account(*subscriptions, balance_kop=balance_kop, deferral=values.Deferral(600_00, day(ends_on)))
    return forecast.ahead(of, first=day("2026-11-02"), last=day("2027-01-31"))


def test_a_deferral_covers_a_charge_and_its_end_stops_who_owes() -> None:
    seen = deferred(held(1, "month", 600_00, "2026-12-01"), balance_kop=100_00, ends_on="2026-12-05")
    assert [(str(one.on), one.lines, one.suspended, one.balance_kop) for one in seen.steps] == [
        ("2026-12-01", ((1, 600_00),), (), -500_00),
        ("2026-12-05", (), (1,), 22_58),  # 600 − 600 × 4 ÷ 31 = 600 − 77.42 comes back of the month
    ]
    assert (seen.stops_on, seen.missing_kop) == (day("2026-12-05"), 500_00)


def test_a_deferral_that_ends_unused_stops_nobody() -> None:
    seen = deferred(held(1, "month", 600_00, "2026-12-01"), balance_kop=1200_00, ends_on="2026-11-20")
    assert [str(one.on) for one in seen.steps] == ["2026-11-20", "2026-12-01", "2027-01-01"]
    assert [one.what for one in seen.steps[0].events] == ["deferral_ends"]
    assert seen.stops_on is None
