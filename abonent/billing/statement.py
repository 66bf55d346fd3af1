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
    """A charge's arithmetic as values; the page puts the words.

    whole: the price itself.   part: price × days ÷ of_days, rounded half up.
    day: price × day ÷ of_days − price × (day − 1) ÷ of_days, each rounded down: `upto_kop` − `before_kop`.
    """

    how: str  # "whole", "part", "day"
    price_kop: int
    amount_kop: int
    days: int
    of_days: int
    day: int = 0
    upto_kop: int = 0
    before_kop: int = 0
    is_rounded: bool = False


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


def explain(charge: ChargeRow) -> Explained:
    due = rules.Due(charge.period, charge.whole)
    amount_kop = rules.amount_kop(charge.charging, charge.price_kop, due)
    days, of_days = due.period.days, due.whole.days
    if charge.charging == rules.DAY:
        day = due.period.start.day
        upto, before = charge.price_kop * day, charge.price_kop * (day - 1)
        return Explained(
            "day",
            charge.price_kop,
            amount_kop,
            days,
            of_days,
            day=day,
            upto_kop=upto // of_days,
            before_kop=before // of_days,
            is_rounded=bool(upto % of_days or before % of_days),
        )
    is_rounded = bool(charge.price_kop * days % of_days)
    return Explained(
        "whole" if due.period == due.whole else "part",
        charge.price_kop,
        amount_kop,
        days,
        of_days,
        is_rounded=is_rounded,
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
        )
    if charge is not None and row[14] is not None:
        returned = ReturnRow(charge, date.fromisoformat(row[14]), row[15], row[16])
        charge = None
    return Line(date.fromisoformat(row[0]), row[1], row[2], row[3], row[4], charge, balance_kop, returned)
