"""The 90 days ahead: a picture, a sentence, what will happen, and a table. Asks nothing: the forecast is billing's."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from django.utils.translation import gettext as _

from abonent.billing import forecast as forecasts
from abonent.billing import forecast_account as values
from abonent.billing import queries as billing
from abonent.billing import rules
from abonent.core import money, periods
from abonent.ui import chart, formats

MOST_ROWS = 14  # more dates than these are told by the month: a subscriber charged by the day has ninety
MOST_COMING = 5
MOST_LETTERS = 24  # of a name inside the picture, on a phone


class Row(NamedTuple):
    when: str
    what: str
    amount_kop: int
    balance_kop: int


class Coming(NamedTuple):
    """What happens besides charges, under the picture."""

    on: date
    what: str


class Ahead(NamedTuple):
    line: chart.StepLine
    said: str
    stop_lines: list[str]  # beside the place where something stops: when, what if not the first tariff, how much
    coming: list[Coming]
    rows: list[Row]
    advised_kop: int  # a top-up of it lets everything go on; 0: nothing is needed


class Known(NamedTuple):
    """What the forecast's ids are called and how they are charged: those that will begin have ids below 0."""

    names: dict[int, str]
    charging: dict[int, str]


def known(seen: billing.Overview, planned: forecasts.Planned) -> Known:
    language = formats.language()
    names = {one.id: one.name(language) for one in seen.subscriptions}
    charging = {one.id: one.charging for one in seen.subscriptions}
    for change in planned.changes:
        if change.offer is not None:
            names[-change.id] = change.offer.name(language)
            charging[-change.id] = change.charging
    return Known(names, charging)


def of(seen: billing.Overview, forecast: forecasts.Forecast, about: Known, today: date) -> Ahead | None:
    """None: nothing will happen, so there is nothing to draw."""
    if not forecast.steps:
        return None
    points = [chart.Point(today, seen.balance_kop)]
    for step in forecast.steps:
        if step.balance_kop != points[-1].balance_kop or step.lines:
            points.append(chart.Point(max(step.on, today), step.balance_kop))
    stopping = {id for step in forecast.steps for id in step.suspended}
    by_day = all(about.charging[id] in rules.BY_DAYS for id in stopping)
    return Ahead(
        line=chart.step_line(points, end=today + timedelta(days=forecasts.DAYS_AHEAD), stops_on=forecast.stops_on),
        said=_said(forecast, by_day, on_credit=forecast.balance_kop < 0),
        stop_lines=_stop_lines(seen, forecast, about.names),
        coming=list(_coming(forecast, about.names))[:MOST_COMING],
        rows=[_row(group, about.names) for group in _groups(forecast.steps)],
        advised_kop=0 if by_day else forecast.missing_kop,
    )


def _stop_lines(seen: billing.Overview, forecast: forecasts.Forecast, names: dict[int, str]) -> list[str]:
    first = next((step for step in forecast.steps if step.suspended), None)
    if first is None:
        return []
    tariff = next((one.id for one in seen.subscriptions if one.role == "tariff"), None)
    named = tariff not in first.suspended and len(names) > 1
    name = names[first.suspended[0]]
    return [
        _("it stops on %(day)s") % {"day": formats.day(first.on)},
        *([name if len(name) <= MOST_LETTERS else f"{name[: MOST_LETTERS - 1]}…"] if named else []),
        _("%(sum)s will be missing") % {"sum": money.show(forecast.missing_kop)},
    ]


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


def _coming(forecast: forecasts.Forecast, names: dict[int, str]) -> Iterator[Coming]:
    for step in forecast.steps:
        for event in step.events:
            yield Coming(step.on, event_in_words(event, names))


def event_in_words(event: values.Event, names: dict[int, str]) -> str:
    """«the new tariff City 500», «the pause begins», with what comes back."""
    name = names.get(event.ids[-1], "") if event.ids else ""
    texts = {
        values.DEFERRAL_GIVEN: _("a deferred payment of %(sum)s is given") % {"sum": money.show(event.credit_kop)},
        values.DEFERRAL_ENDS: _("the deferred payment ends"),
        values.PAUSE_BEGINS: _("the pause begins"),
        values.PAUSE_ENDS: _("the pause ends"),
        values.PAUSE_VOID: _("the pause does not begin: nothing works that day"),
        values.CONTRACT_ENDS: _("the contract ends"),
        values.DISCOUNT_BEGINS: _("the discount on «%(name)s» begins") % {"name": name},
        values.DISCOUNT_ENDS: _("the discount on «%(name)s» ends") % {"name": name},
        values.TARIFF: _("the new tariff «%(name)s»") % {"name": name},
        values.ADDON_ON: _("«%(name)s» is connected") % {"name": name},
        values.ADDON_OFF: _("«%(name)s» is disconnected") % {"name": name},
    }
    text = texts[event.what]
    if event.kop > 0:
        text += ", " + _("%(sum)s comes back") % {"sum": money.show(event.kop)}
    elif event.kop:
        text += ", " + _("its fee is %(sum)s") % {"sum": money.show(-event.kop)}
    return text


def _groups(steps: Sequence[forecasts.Step]) -> list[list[forecasts.Step]]:
    """Steps that share a row: each its own; of very many, those of one month between two events."""
    if len(steps) <= MOST_ROWS:
        return [[step] for step in steps]
    found: list[list[forecasts.Step]] = []
    for step in steps:
        last = found[-1][-1] if found else None
        plain = last is not None and not last.events and not step.events
        if plain and last is not None and (last.on.year, last.on.month) == (step.on.year, step.on.month):
            found[-1].append(step)
        else:
            found.append([step])
    return found


_BEGINS = (values.TARIFF, values.ADDON_ON)


def _row(group: Sequence[forecasts.Step], names: dict[int, str]) -> Row:
    """One date, or the dates of one month, in a line."""
    begun = {event.ids[-1] for step in group for event in step.events if event.what in _BEGINS}  # named already
    charged = [id for step in group for id, _kop in step.lines if id not in begun]
    stopped = [id for step in group for id in step.suspended]
    what = [event_in_words(event, names) for step in group for event in step.events]
    if charged:
        what.append(", ".join(names[id] for id in dict.fromkeys(charged)))
    if stopped:
        what.append(_("stops: %(names)s") % {"names": ", ".join(names[id] for id in dict.fromkeys(stopped))})
    moved_kop = sum(event.kop for step in group for event in step.events)
    return Row(
        when=formats.period(group[0].on, group[-1].on + periods.ONE_DAY),
        what="; ".join(what),
        amount_kop=moved_kop - sum(kop for step in group for _id, kop in step.lines),
        balance_kop=group[-1].balance_kop,
    )
