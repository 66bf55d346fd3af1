"""The 90 days ahead: a picture, a sentence and a table. Asks nothing: the forecast is billing's, by the run's rule."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _

from abonent.billing import forecast as forecasts
from abonent.billing import queries as billing
from abonent.core import money, periods
from abonent.ui import chart, formats

MOST_ROWS = 14  # more dates than these are told by the month: a subscriber charged by the day has ninety


class Row(NamedTuple):
    when: str
    what: str
    amount_kop: int
    balance_kop: int


class Ahead(NamedTuple):
    line: chart.StepLine
    said: str
    stop_title: str
    stop_text: str
    rows: list[Row]
    advised_kop: int  # a top-up of it lets everything go on; 0: nothing is needed


def of(seen: billing.Overview, today: date) -> Ahead | None:
    """None: nothing will be charged, so there is nothing to draw."""
    forecast = forecasts.of(seen, today)
    if not forecast.steps:
        return None
    points = [chart.Point(today, seen.balance_kop)]
    points += [chart.Point(max(step.on, today), step.balance_kop) for step in forecast.steps if step.lines]
    stopping = {id for step in forecast.steps for id in step.suspended}
    by_day = all(one.charging == "day" for one in seen.subscriptions if one.id in stopping)
    names = {one.id: one.name(formats.language()) for one in seen.subscriptions}
    return Ahead(
        line=chart.step_line(points, end=today + timedelta(days=forecasts.DAYS_AHEAD), stops_on=forecast.stops_on),
        said=_said(forecast, by_day, on_credit=forecast.balance_kop < 0),
        stop_title=_stop_title(seen, forecast, names),
        stop_text=_("%(sum)s will be missing") % {"sum": money.show(forecast.missing_kop)},
        rows=_rows(forecast.steps, names),
        advised_kop=0 if by_day else forecast.missing_kop,
    )


def _stop_title(seen: billing.Overview, forecast: forecasts.Forecast, names: dict[int, str]) -> str:
    """What stops first, and when; the first tariff needs no name."""
    first = next((step for step in forecast.steps if step.suspended), None)
    if first is None:
        return ""
    tariff = next((one.id for one in seen.subscriptions if one.role == "tariff"), None)
    if tariff in first.suspended:
        return _("it stops on %(day)s") % {"day": formats.day(first.on)}
    return _("%(name)s stops on %(day)s") % {"name": names[first.suspended[0]], "day": formats.day(first.on)}


def _said(forecast: forecasts.Forecast, by_day: bool, on_credit: bool) -> str:
    """by_day: what stops is charged by the day, so the missing sum is one day's and says little."""
    if forecast.stops_on is None:
        days = {"days": formats.days(forecasts.DAYS_AHEAD)}
        if on_credit:
            return _("The credit limit covers %(days)s at least.") % days
        return _("The money lasts for %(days)s at least.") % days
    if by_day:
        return _("The money lasts through %(day)s.") % {"day": formats.day(forecast.stops_on - periods.ONE_DAY)}
    facts = {"day": formats.day(forecast.stops_on), "sum": money.show(forecast.missing_kop)}
    return _("Top up by %(sum)s before %(day)s, and everything goes on.") % facts


def _rows(steps: Sequence[forecasts.Step], names: dict[int, str]) -> list[Row]:
    if len(steps) <= MOST_ROWS:
        return [_row([step], names) for step in steps]
    months: dict[date, list[forecasts.Step]] = {}
    for step in steps:
        months.setdefault(step.on.replace(day=1), []).append(step)
    return [_row(group, names) for group in months.values()]


def _row(group: Sequence[forecasts.Step], names: dict[int, str]) -> Row:
    """One date, or the dates of one month, in a line."""
    charged = [id for step in group for id, _kop in step.lines]
    stopped = [id for step in group for id in step.suspended]
    what = [", ".join(names[id] for id in dict.fromkeys(charged))] if charged else []
    if stopped:
        what.append(_("stops: %(names)s") % {"names": ", ".join(names[id] for id in dict.fromkeys(stopped))})
    return Row(
        when=formats.period(group[0].on, group[-1].on + periods.ONE_DAY),
        what="; ".join(what),
        amount_kop=-sum(kop for step in group for _id, kop in step.lines),
        balance_kop=group[-1].balance_kop,
    )
