"""A quote: a shown, binding price of a change. The only module that writes Quote.

Made when the price is shown; confirmed with the account locked: what it says is computed again, and only if lines,
total and date are the same (the balance may differ) it is used, once.
"""

import secrets
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings

from abonent.billing.models import Quote
from abonent.core import db, periods
from abonent.ledger.models import Account

GOOD_FOR = timedelta(minutes=30)


class UnableToConfirm(Exception):
    """Nothing was done; a fresh quote is needed."""


class QuoteUnknown(UnableToConfirm):
    """No such quote of this account's and for this purpose."""


class QuoteUsed(UnableToConfirm):
    """It was confirmed before: what it was about is done."""

    def __init__(self, quote: Quote) -> None:
        super().__init__(f"quote {quote.id} is used")
        self.quote = quote


class QuoteExpired(UnableToConfirm):
    """Its time is over."""

    def __init__(self, quote: Quote) -> None:
        super().__init__(f"quote {quote.id} was good until {quote.good_until}")
        self.quote = quote


class QuoteChanged(UnableToConfirm):
    """Computed again, it says something else."""

    def __init__(self, quote: Quote) -> None:
        super().__init__(f"quote {quote.id} would say something else now")
        self.quote = quote


class Offered(NamedTuple):
    """What a quote binds."""

    lines: list[dict[str, Any]]  # JSON: what, names, `amount_kop` (below zero: comes back), and its arithmetic
    total_kop: int
    effective_on: date


def make(*, account_id: int, what: str, params: dict[str, Any], offered: Offered, at: datetime) -> Quote:
    """Keep what was shown.   what: whose verb.   params: JSON that lets it be computed again.   at: now, UTC."""
    return Quote.objects.create(
        token=secrets.token_urlsafe(24),
        account_id=account_id,
        what=what,
        params=params,
        lines=offered.lines,
        total_kop=offered.total_kop,
        effective_on=offered.effective_on,
        made_at=at,
        good_until=good_until(at),
    )


def good_until(at: datetime) -> datetime:
    """Thirty minutes on, and never beyond the operator's day."""
    zone = ZoneInfo(settings.PROFILE.time_zone)
    tomorrow = at.astimezone(zone).date() + periods.ONE_DAY
    return min(at + GOOD_FOR, datetime.combine(tomorrow, time(), zone).astimezone(at.tzinfo))


def find(account_id: int, token: str, what: str) -> Quote:
    """Raises QuoteUnknown: for another account's as for nobody's."""
    found = Quote.objects.filter(account_id=account_id, token=token, what=what).first()
    if found is None:
        raise QuoteUnknown(f"account {account_id} has no quote for {what} of that name")
    return found


def confirm(
    *, account_id: int, token: str, what: str, at: datetime, compute: Callable[[dict[str, Any]], Offered]
) -> Quote:
    """Use the quote, if it still says the same. The deed follows in the caller's transaction.

    compute: the offer of the quote's `params`, anew; it is called with the account locked, and may raise.
    Raises QuoteUnknown, QuoteUsed, QuoteExpired, QuoteChanged.
    """
    db.lock(Account, [account_id])
    quote = find(account_id, token, what)
    if quote.used_at is not None:
        raise QuoteUsed(quote)
    if at >= quote.good_until:
        raise QuoteExpired(quote)
    if compute(quote.params) != Offered(quote.lines, quote.total_kop, quote.effective_on):
        raise QuoteChanged(quote)
    quote.used_at = at
    quote.save(update_fields=["used_at"])
    return quote
