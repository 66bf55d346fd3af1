"""What will be charged in the days to come, and when the money ends. Pure: the charge run's rules on values."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from abonent.billing import queries, rules, waking

DAYS_AHEAD = 90


class Step(NamedTuple):
    """One date on which something is due."""

    on: date
    lines: tuple[tuple[int, int], ...]  # (subscription id, kopecks) charged
    suspended: tuple[int, ...]  # subscription ids that the money does not cover
    balance_kop: int  # after it


class Deferral(NamedTuple):
    """Credit until a date."""

    kop: int
    ends_on: date  # the first day without it


class Forecast(NamedTuple):
    steps: tuple[Step, ...]
    stops_on: date | None  # the first date that suspends something
    missing_kop: int  # what must be paid before it so that all goes on; 0 when nothing stops
    balance_kop: int  # on the last day looked at
    held: tuple[waking.Held, ...]  # as they will stand then


def of(seen: queries.Overview, on: date, days: int = DAYS_AHEAD) -> Forecast:
    """The forecast of an account's first screen. on: the operator's today."""
    return ahead(
        queries.held(seen),
        balance_kop=seen.balance_kop,
        credit_limit_kop=seen.credit_limit_kop,
        deferral=Deferral(seen.deferral_kop, seen.deferral_ends_on) if seen.deferral_ends_on else None,
        first=seen.charged_through + timedelta(days=1) if seen.charged_through else on,
        last=on + timedelta(days=days),
    )


def ahead(
    held: Sequence[waking.Held],
    *,
    balance_kop: int,
    credit_limit_kop: int,
    first: date,
    last: date,
    deferral: Deferral | None = None,
) -> Forecast:
    """The charge runs of the dates `[first, last]`, if nobody pays and nothing is changed.

    held: what has not ended, in the order of charging.   deferral: its credit counts until its end; who owes then is
    suspended (what comes back of the paid days is not foreseen here).
    """
    now = {one.id: one for one in held}
    steps: list[Step] = []
    stops_on, missing_kop = None, 0
    while (on := _next_date(now, first, deferral)) is not None and on <= last:
        if deferral and on >= deferral.ends_on:
            deferral = None
            if balance_kop + credit_limit_kop < 0:
                ended = [one.id for one in now.values() if one.state == waking.ACTIVE]
                _suspend(now, ended, on)
                steps.append(Step(on, (), tuple(ended), balance_kop))
                if stops_on is None:
                    stops_on, missing_kop = on, -balance_kop - credit_limit_kop
                break
        available_kop = balance_kop + credit_limit_kop + (deferral.kop if deferral else 0)
        due = [one for one in now.values() if one.state == waking.ACTIVE and one.paid_until == on]
        first = on + timedelta(days=1)
        if not due:
            continue
        dues = [rules.next_due(one.charging, on) for one in due]
        amounts = [rules.amount_kop(one.charging, one.price_kop, each) for one, each in zip(due, dues, strict=True)]
        fit = rules.covered(amounts, available_kop)
        if fit < len(due) and stops_on is None:
            stops_on, missing_kop = on, sum(amounts) - available_kop
        balance_kop -= sum(amounts[:fit])
        for one, each in zip(due[:fit], dues, strict=False):
            now[one.id] = one._replace(paid_until=each.period.end)
        _suspend(now, [one.id for one in due[fit:]], on)
        lines = tuple((one.id, kop) for one, kop in zip(due[:fit], amounts, strict=False))
        steps.append(Step(on, lines, tuple(one.id for one in due[fit:]), balance_kop))
    return Forecast(tuple(steps), stops_on, missing_kop, balance_kop, tuple(now.values()))


def _next_date(now: dict[int, waking.Held], first: date, deferral: Deferral | None) -> date | None:
    """The next date on which something is due or ends. What is overdue already is no run's any more."""
    dates = [one.paid_until for one in now.values() if one.state == waking.ACTIVE and one.paid_until]
    if deferral:
        dates.append(deferral.ends_on)
    return min((one for one in dates if one >= first), default=None)


def _suspend(now: dict[int, waking.Held], ids: Sequence[int], on: date) -> None:
    for id in ids:
        now[id] = now[id]._replace(state=waking.SUSPENDED, stopped_on=on)
    for one in list(now.values()):
        if one.parent_id in ids and one.state == waking.ACTIVE:
            now[one.id] = one._replace(state=waking.STANDING, stopped_on=on)
