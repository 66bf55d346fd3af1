"""The balance ahead: what will be charged, and when the money ends, if nobody pays. Pure: the charge run on values."""

from datetime import date, timedelta
from typing import NamedTuple

from abonent.billing import forecast_account as values
from abonent.billing import forecast_steps, policies, queries, returns, waking
from abonent.catalog.models import Offer

DAYS_AHEAD = 90


class Planned(NamedTuple):
    """What `overview` only hints at: billing/planned.py asks for it, where there is any."""

    changes: tuple[values.Change, ...] = ()  # in the order of their ids
    offers: dict[int, Offer] = {}  # of the account's services by subscription; needed where changes are planned
    charges: dict[int, list[returns.Charged]] = {}  # by subscription, the oldest first; where some may come back
    automatic: values.Automatic | None = None


class Step(NamedTuple):
    """One date on which something happens."""

    on: date
    lines: tuple[tuple[int, int], ...]  # (service, kopecks) charged; what a planned change begins has its id below 0
    suspended: tuple[int, ...]  # services that the money does not cover
    balance_kop: int  # after it
    events: tuple[values.Event, ...] = ()
    due: tuple[values.Due, ...] = ()  # in order, whether the money covers it or not


class Forecast(NamedTuple):
    """What will be, if nobody pays."""

    steps: tuple[Step, ...]
    stops_on: date | None  # the first date that suspends something
    missing_kop: int  # what must be paid before it so that all goes on; 0 when nothing stops
    balance_kop: int  # on the last day looked at
    held: tuple[waking.Held, ...]  # as they will stand then

    @property
    def next_charge(self) -> Step | None:
        """The first date on which something is due."""
        return next((step for step in self.steps if step.due), None)

    def balance_on(self, on: date, now_kop: int) -> int:
        """At the end of that day.   now_kop: before the first step."""
        return next((step.balance_kop for step in reversed(self.steps) if step.on <= on), now_kop)


NOTHING = Planned()


def of(seen: queries.Overview, on: date, planned: Planned = NOTHING, days: int = DAYS_AHEAD) -> Forecast:
    """The forecast of an account's first screen.   on: the operator's today.   planned: of `planned.of(seen)`."""
    held = {one.id: one for one in queries.held(seen)}
    account = values.Account(
        balance_kop=seen.balance_kop,
        limit_kop=seen.credit_limit_kop,
        services=[
            values.Service(
                held[row.id],
                row.role,
                row.kind,
                row.priority,
                row.id,
                planned.offers.get(row.id),
                list(planned.charges.get(row.id, ())),
                row.new_prices,
            )
            for row in seen.subscriptions
        ],
        deferral=values.Deferral(seen.deferral_kop, seen.deferral_ends_on) if seen.deferral_ends_on else None,
        pause=_pause(seen.pause),
        ends_on=seen.contract_ends_on,
        changes=list(planned.changes),
        policy=policies.in_force(),
        automatic=planned.automatic,
    )
    first = seen.charged_through + timedelta(days=1) if seen.charged_through else on
    return ahead(account, first=first, last=on + timedelta(days=days))


def ahead(account: values.Account, *, first: date, last: date) -> Forecast:
    """The charge runs of the dates `[first, last]`, if nobody pays and nobody changes his mind. Moves the account."""
    found: list[Step] = []
    stops_on, missing_kop = None, 0
    on = _next(account, first)
    while on is not None and on <= last:
        day = forecast_steps.take(account, on)
        if day.lines or day.suspended or day.events:
            found.append(
                Step(on, tuple(day.lines), tuple(day.suspended), account.balance_kop, tuple(day.events), tuple(day.due))
            )
        if day.suspended and stops_on is None:
            stops_on, missing_kop = on, day.missing_kop
        on = _next(account, on + timedelta(days=1))
    held = tuple(one.held for one in account.services)
    return Forecast(tuple(found), stops_on, missing_kop, account.balance_kop, held)


def _pause(one: queries.PauseRow | None) -> values.Pause | None:
    if one is None:
        return None
    return values.Pause(one.kind == "daily", one.state == "running", one.starts_on, one.ends_on, one.fee_kop)


def _next(account: values.Account, after: date) -> date | None:
    """The next date on which something may happen. What is overdue at the beginning is no run's any more."""
    return min((one for one in values.dates(account) if one >= after), default=None)
