"""Which would have been cheaper in the last three months, a tariff by the month or one by the day. Writes nothing.

The days are those switched on: paid for, not returned, and not paused. What was really paid for them stands against
what the other tariff would have cost: by the day for those days, by the month for all the months.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Min

from abonent.billing import returns, rules
from abonent.billing.models import Pause, Subscription
from abonent.billing.models_deferrals import PauseKind, PauseState
from abonent.catalog.models import OfferRole, OfferVersion, ServiceKind
from abonent.core import db, periods

MONTHS = 3
_SPENT = db.read_sql(__file__, "adviser_spent")
_LONGEST_DAYS = 31  # of a billing period: one that began so long before the months reaches into them


class Spent(NamedTuple):
    """A charge, as far as it was not returned."""

    charge: returns.Charged
    days: int  # its first ones; the others came back


class Off(NamedTuple):
    """Dates on which what is charged so was off at the owner's wish."""

    dates: periods.Period
    by_days_only: bool


class Compared(NamedTuple):
    days_on: int
    paid_kop: int  # for these days
    other_kop: int  # what the other tariff would have cost


class Advice(NamedTuple):
    months: periods.Period  # the last whole calendar months
    compared: Compared
    other: OfferVersion

    @property
    def saves_kop(self) -> int:
        """What the other tariff would have saved; below 0 it would have cost more."""
        return self.compared.paid_kop - self.compared.other_kop


def advise(
    *,
    account_id: int,
    line_id: int,
    charging: str,
    down_mbps: int | None,
    on_sale: Sequence[OfferVersion],
    on: date,
) -> Advice | None:
    """For the internet tariff of a line. None: the history is short or mixed, or there is nothing to say.

    charging, down_mbps: of the tariff now.   on_sale: what the line may have.   on: the operator's today.
    """
    other = counterpart(on_sale, charging, down_mbps)
    if other is None:
        return None
    months = last_months(on)
    own = Subscription.objects.filter(
        account_id=account_id, line_id=line_id, role=OfferRole.TARIFF, kind=ServiceKind.INTERNET
    )
    since = own.aggregate(first=Min("activated_on"))["first"]
    if since is None or since > months.start:
        return None
    off = _off(account_id, months)
    moved = sum((one.dates.days for one in off), _LONGEST_DAYS)
    params = {"account_id": account_id, "line_id": line_id, "until": months.end}
    rows = db.rows(_SPENT, params | {"since": months.start - timedelta(days=moved)})
    spent = [Spent(returns.charged(row), (row["kept_until"] - row["period_start"]).days) for row in rows]
    found = compare(spent, off, months, other_charging=other.charging, other_price_kop=other.price_kop)
    return Advice(months, found, other) if found else None


def last_months(on: date) -> periods.Period:
    """The last three calendar months that are over."""
    end = on.replace(day=1)
    return periods.Period(periods.month(end, -MONTHS), end)


def counterpart(on_sale: Iterable[OfferVersion], charging: str, down_mbps: int | None) -> OfferVersion | None:
    """Of the tariffs charged the other way the cheapest that is as fast; none is: the fastest. None: there is none."""
    by_days = charging not in rules.BY_DAYS
    others = [one for one in on_sale if one.charging in (rules.BY_DAYS if by_days else (rules.MONTH,))]
    as_fast = [one for one in others if (one.down_mbps or 0) >= (down_mbps or 0)]
    if as_fast:
        return min(as_fast, key=lambda one: (one.price_kop, one.offer.code))
    return max(others, key=lambda one: (one.down_mbps or 0, -one.price_kop), default=None)


def compare(
    spent: Iterable[Spent], off: Sequence[Off], months: periods.Period, *, other_charging: str, other_price_kop: int
) -> Compared | None:
    """Pure. None: some of it was charged the other way, nothing was on, or the sums are equal.

    spent: the charges that reach into the months, and earlier ones, of a line.   months: whole calendar months.
    """
    days: list[date] = []
    paid_kop = 0
    for one in spent:
        dates = _dates(one, off)
        held = [n for n, each in enumerate(dates) if months.holds(each)]
        if not held:
            continue
        if (one.charge.charging in rules.BY_DAYS) == (other_charging in rules.BY_DAYS):
            return None
        paid_kop += _used_kop(one.charge, held[-1] + 1) - _used_kop(one.charge, held[0])
        days += [dates[n] for n in held]
    if other_charging in rules.BY_DAYS:
        other_kop = sum(_day_kop(other_charging, other_price_kop, each) for each in days)
    else:
        other_kop = MONTHS * other_price_kop
    if not days or paid_kop == other_kop:
        return None
    return Compared(len(days), paid_kop, other_kop)


def _dates(one: Spent, off: Sequence[Off]) -> list[date]:
    """On which dates its days were had: a pause moves them."""
    concern = [each.dates for each in off if one.charge.charging in rules.BY_DAYS or not each.by_days_only]
    found: list[date] = []
    day = one.charge.period.start
    while len(found) < one.days:
        until = next((each.end for each in concern if each.holds(day)), None)
        if until is None:
            found.append(day)
            day += periods.ONE_DAY
        else:
            day = until
    return found


def _used_kop(one: returns.Charged, days: int) -> int:
    """What the first days of a charge cost: as a return counts them."""
    if not days:
        return 0
    if days == one.period.days:
        return one.amount_kop
    due = rules.Due(periods.Period(one.period.start, one.period.start + timedelta(days=days)), one.whole)
    return rules.amount_kop(one.charging, one.price_kop - one.discount_kop, due, one.proration_days)


def _day_kop(charging: str, price_kop: int, on: date) -> int:
    due = rules.next_due(charging, on, 1)
    return rules.amount_kop(charging, price_kop, due, rules.OF_PERIOD)


def _off(account_id: int, months: periods.Period) -> list[Off]:
    """Pauses and switches of the account, in order; those before the months too: they moved days into them."""
    had = Pause.objects.filter(account_id=account_id, state__in=[PauseState.RUNNING, PauseState.OVER])
    return [
        Off(periods.Period(one.starts_on, min(one.ends_on or months.end, months.end)), one.kind == PauseKind.DAILY)
        for one in had.filter(starts_on__lt=months.end).order_by("starts_on")
    ]
