"""A month of an account for its history page: lines between two balances, and the arithmetic of each charge."""

from datetime import date
from typing import Any, NamedTuple

from abonent.billing import rules
from abonent.core import db, periods

_HISTORY = db.read_sql(__file__, "history")


class ChargeRow(NamedTuple):
    """What a charge was computed from, as it stood then."""

    subscription_id: int
    period: periods.Period
    whole: periods.Period
    price_kop: int
    charging: str
    name_ru: str
    name_en: str
    discount_kop: int = 0  # what came off the price of the whole
    proration_days: str = rules.OF_PERIOD

    @property
    def net_kop(self) -> int:
        """The price of the whole that was counted with."""
        return self.price_kop - self.discount_kop

    def amount_kop(self, period: periods.Period) -> int:
        """What days of the charge cost."""
        return rules.amount_kop(self.charging, self.net_kop, rules.Due(period, self.whole), self.proration_days)

    @property
    def came_off_kop(self) -> int:
        """What the discount took off this very charge."""
        due = rules.Due(self.period, self.whole)
        gross_kop = rules.amount_kop(self.charging, self.price_kop, due, self.proration_days)
        return gross_kop - self.amount_kop(self.period)

    def name(self, language: str) -> str:
        return self.name_en if language.startswith("en") else self.name_ru


class ReturnRow(NamedTuple):
    """What came back of a charge: charged − used."""

    charge: ChargeRow
    used_until: date  # the first day given back
    charged_kop: int
    used_kop: int

    @property
    def amount_kop(self) -> int:
        return self.charged_kop - self.used_kop

    @property
    def used(self) -> periods.Period:
        return periods.Period(self.charge.period.start, self.used_until)

    @property
    def unused(self) -> periods.Period:
        return periods.Period(self.used_until, self.charge.period.end)


class Line(NamedTuple):
    """Money in (more than 0) or out; a charge of a free period is a line of 0."""

    on: date
    reason: str  # a value of ledger.models.Reason
    amount_kop: int
    house: str | None  # the other side: "clearing:cash", "revenue:tv"; None where nothing was moved
    transfer_id: int | None
    charge: ChargeRow | None
    balance_kop: int  # after it
    returned: ReturnRow | None = None


class Statement(NamedTuple):
    month: periods.Period
    opening_kop: int
    closing_kop: int
    lines: tuple[Line, ...]  # the oldest first

    @property
    def came_kop(self) -> int:
        return sum(line.amount_kop for line in self.lines if line.amount_kop > 0)

    @property
    def went_kop(self) -> int:
        return -sum(line.amount_kop for line in self.lines if line.amount_kop < 0)


class Explained(NamedTuple):
    """A charge's arithmetic as values; the page puts the words. The price is after the discount.

    whole: the price itself.   part: price × days ÷ of_days, rounded half up.
    months: price × the sum of days ÷ days of the month, for each month touched, rounded half up, once.
    thirty: price × days ÷ 30, where every month counts as 30 days.
    day: price × day ÷ of_days − price × (day − 1) ÷ of_days, each rounded down: `upto_kop` − `before_kop`.
    each_day: the price of a day.   once: the price of the thing.
    """

    how: str
    price_kop: int  # after the discount
    amount_kop: int
    days: int  # of the charge; `thirty`: counted so
    of_days: int
    months: tuple[tuple[int, int], ...] = ()
    day: int = 0
    upto_kop: int = 0
    before_kop: int = 0
    is_rounded: bool = False
    is_capped: bool = False  # the days' shares sum to more than 1: a part never costs more than the whole


def history(account_id: int, month: date) -> Statement | None:
    """One statement. month: any date of it. None: there is no such account.

    The account is looked up by the caller through the signed-in user's contract.
    """
    return of_period(account_id, periods.calendar_month(month))


def of_period(account_id: int, period: periods.Period) -> Statement | None:
    """The same of any days; the balances are the ledger's."""
    found = db.rows(_HISTORY, {"account_id": account_id, "start": period.start, "end": period.end})
    if not found:
        return None
    balance_kop = opening_kop = int(found[0]["opening_kop"])
    lines = []
    for row in found[0]["lines"] or ():
        balance_kop += row[2]
        lines.append(_line(row, balance_kop))
    return Statement(period, opening_kop, balance_kop, tuple(lines))


def months(since: date, today: date) -> list[date]:
    """The first days of the months from `since` (the signing) to `today`, the newest first."""
    first = since.replace(day=1)
    count = (today.year - first.year) * 12 + today.month - first.month
    return [periods.month(first, n) for n in range(count, -1, -1)]


def explain(charge: ChargeRow, period: periods.Period | None = None) -> Explained:
    """Of the charge; of the days of it, where a period is given (what was used of it, one day at least)."""
    due = rules.Due(period or charge.period, charge.whole)
    price_kop = charge.net_kop
    amount_kop = charge.amount_kop(due.period)
    days, of_days = due.period.days, due.whole.days
    if charge.charging == rules.DAY:
        day = due.period.start.day
        upto, before = price_kop * day, price_kop * (day - 1)
        return Explained(
            "day",
            price_kop,
            amount_kop,
            days,
            of_days,
            day=day,
            upto_kop=upto // of_days,
            before_kop=before // of_days,
            is_rounded=bool(upto % of_days or before % of_days),
        )
    if due.period == due.whole:
        how = {rules.PER_DAY: "each_day", rules.ONCE: "once"}.get(charge.charging, "whole")
        return Explained(how, price_kop, amount_kop, days, of_days)
    numerator, denominator = rules.share(due, charge.proration_days)
    is_thirty = charge.proration_days == rules.THIRTY
    by_months = charge.proration_days == rules.OF_CALENDAR_MONTH
    return Explained(
        "thirty" if is_thirty else "months" if by_months else "part",
        price_kop,
        amount_kop,
        numerator if is_thirty else days,
        denominator if is_thirty else of_days,
        months=tuple(rules.by_months(due.period)) if by_months else (),
        is_rounded=bool(price_kop * numerator % denominator),
        is_capped=numerator > denominator,
    )


def _line(row: list[Any], balance_kop: int) -> Line:
    charge, returned = None, None
    if row[5] is not None:
        start, end, whole_start, whole_end = (date.fromisoformat(text) for text in row[6:10])
        charge = ChargeRow(
            row[5],
            periods.Period(start, end),
            periods.Period(whole_start, whole_end),
            row[10],
            row[11],
            row[12],
            row[13],
            row[17] or 0,
            row[18],
        )
    if charge is not None and row[14] is not None:
        returned = ReturnRow(charge, date.fromisoformat(row[14]), row[15], row[16])
        charge = None
    return Line(date.fromisoformat(row[0]), row[1], row[2], row[3], row[4], charge, balance_kop, returned)
