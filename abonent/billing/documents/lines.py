"""The lines of a month's documents: from its charges to quantity, sum and VAT. Pure, but for the one query."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Literal, NamedTuple

from abonent.billing import rules
from abonent.core import db, money, periods

VatRate = Literal["none", 0, 5, 7, 10, 22]
_MONTH_CHARGES = db.read_sql(__file__, "month_charges")


FEE = "fee"  # beside the ways of charging: taken once, of no service


class Charged(NamedTuple):
    """A charge or a fee of the month, and what came back of it."""

    subscription_id: int
    name_ru: str | None  # None of a fee
    name_en: str | None
    charging: str
    price_kop: int  # of the whole period
    amount_kop: int
    period: periods.Period
    whole: periods.Period
    transfer: tuple[date, int]
    discount_kop: int = 0  # what came off the price
    proration_days: str = rules.OF_PERIOD
    returned_kop: int = 0  # less what was reversed of it
    used_until: date | None = None  # the first day given back
    returns: tuple[tuple[date, int], ...] = ()

    @property
    def kept_kop(self) -> int:
        return self.amount_kop - self.returned_kop

    @property
    def full_kop(self) -> int:
        """What the days paid for would have cost without the discount; as it is, where a correction changed it."""
        due = rules.Due(self.used, self.whole)
        if not self.discount_kop or self.kept_kop != self._cost_kop(due, self.price_kop - self.discount_kop):
            return self.kept_kop
        return self._cost_kop(due, self.price_kop)

    def _cost_kop(self, due: rules.Due, price_kop: int) -> int:
        return rules.amount_kop(self.charging, price_kop, due, self.proration_days)

    @property
    def used(self) -> periods.Period:
        """The days that were paid for in the end."""
        if self.used_until is None or not self.period.start < self.used_until < self.period.end:
            return self.period
        return periods.Period(self.period.start, self.used_until)


class Line(NamedTuple):
    """A service for a period: one charge, or the days on end of a daily one."""

    name_ru: str | None
    name_en: str | None
    charging: str
    price_kop: int  # of the whole period
    period: periods.Period
    whole: periods.Period
    discount_kop: int  # what came off `full_kop`, which is the amount before it
    proration_days: str
    amount_kop: int  # VAT included, discount taken off
    vat_kop: int
    charges: tuple[tuple[date, int], ...]  # the transfers it comes from
    returns: tuple[tuple[date, int], ...]  # and those that gave a part of them back

    @property
    def is_whole(self) -> bool:
        return self.period == self.whole


def of_month(account_id: int, month: periods.Period) -> list[Charged]:
    """Every charge of the month that moved money, in the order of charging; fees last. One query."""
    found = db.rows(_MONTH_CHARGES, {"account_id": account_id, "start": month.start, "end": month.end})
    return [_charged(row) for row in found]


def of(charges: Iterable[Charged], vat_rate: VatRate) -> list[Line]:
    """What came back wholly has no line. A daily service is one line for each run of days on end."""
    runs: list[list[Charged]] = []
    for one in charges:
        if one.kept_kop <= 0:
            continue
        if runs and _goes_on(runs[-1][-1], one):
            runs[-1].append(one)
        else:
            runs.append([one])
    return [_line(run, vat_rate) for run in runs]


def vat_kop(amount_kop: int, vat_rate: VatRate) -> int:
    """The VAT that the price includes: sum × rate ÷ (100 + rate), rounded half up, once."""
    return 0 if vat_rate == "none" else money.part(amount_kop, vat_rate, 100 + vat_rate)


def _goes_on(before: Charged, one: Charged) -> bool:
    return (
        one.charging in rules.BY_DAYS
        and (before.whole == one.whole or one.charging == rules.PER_DAY)
        and (before.subscription_id, before.charging, before.price_kop, before.discount_kop, before.period.end)
        == (one.subscription_id, one.charging, one.price_kop, one.discount_kop, one.period.start)
        and not before.returns
    )


def _line(run: list[Charged], vat_rate: VatRate) -> Line:
    first, last = run[0], run[-1]
    amount_kop = sum(one.kept_kop for one in run)
    return Line(
        name_ru=first.name_ru,
        name_en=first.name_en,
        charging=first.charging,
        price_kop=first.price_kop,
        period=periods.Period(first.period.start, last.used.end),
        whole=first.whole,
        discount_kop=sum(one.full_kop for one in run) - amount_kop,
        proration_days=first.proration_days,
        amount_kop=amount_kop,
        vat_kop=vat_kop(amount_kop, vat_rate),
        charges=tuple(one.transfer for one in run),
        returns=tuple(back for one in run for back in one.returns),
    )


def _charged(row: dict[str, Any]) -> Charged:
    return Charged(
        subscription_id=row["subscription_id"],
        name_ru=row["name_ru"],
        name_en=row["name_en"],
        charging=row["charging"],
        price_kop=row["price_kop"],
        amount_kop=row["amount_kop"],
        period=periods.Period(row["period_start"], row["period_end"]),
        whole=periods.Period(row["whole_start"], row["whole_end"]),
        transfer=(row["transfer_on"], row["transfer_id"]),
        discount_kop=row["discount_kop"],
        proration_days=row["proration_days"],
        returned_kop=row["returned_kop"],
        used_until=row["used_until"],
        returns=tuple((date.fromisoformat(on), number) for on, number in row["returns"] or ()),
    )
