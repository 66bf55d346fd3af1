"""What an interruption gives back: whole days at the price of the month. Pure: no database, no clock."""

from datetime import date, datetime

from abonent.billing import rules
from abonent.core import money, periods

_DAY_SECONDS = 24 * 3600


def days(started_at: datetime, ended_at: datetime, *, after_hours: int) -> int:
    """0 for one shorter than `after_hours`; else each 24 hours that began count as a day."""
    seconds = int((ended_at - started_at).total_seconds())
    if seconds < after_hours * 3600:
        return 0
    return max(1, -(-seconds // _DAY_SECONDS))


def amount_kop(*, charging: str, price_kop: int, days: int, on: date) -> int:
    """price_kop: of the whole period, after its discount.   on: the operator's date the interruption began.

    By the month and by the day alike: price × days ÷ days of that month, rounded half up, once. A plain day's price
    is the price.
    """
    assert days >= 0, days
    if charging == rules.PER_DAY:
        return price_kop * days
    return money.part(price_kop, days, periods.days_of_month(on))
