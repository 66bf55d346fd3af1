"""Give money back for days that are paid and not used. The only module that writes Return.

Never computed from unused days: returned = charged − what the used days cost. Used + returned = charged, always.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from abonent.billing import rules
from abonent.billing.models import Return, Subscription
from abonent.core import db, periods
from abonent.ledger import accounts, transfers
from abonent.ledger.models import Reason

_AT_MOST = 1_000  # charges looked at: a daily subscription paid three years ahead is a bug
_MONTHS_DAYS = 100
_UNRETURNED = """
    select c.period_start, c.period_end, c.turn, c.whole_start, c.whole_end, c.price_kop, c.discount_kop, c.charging,
           c.proration_days, c.amount_kop
    from billing_charge c
    where c.subscription_id = %(subscription_id)s and c.account_id = %(account_id)s
      and c.period_start >= %(since)s::date
      and not exists (
          select from billing_return r
          where r.period_start = c.period_start and r.subscription_id = c.subscription_id and r.turn = c.turn
      )
    order by c.period_start desc, c.turn desc
    limit %(at_most)s
"""


class UnableToReturn(Exception):
    """The paid days are not all days charged: the account makes no sense, a person must look."""


class Charged(NamedTuple):
    """A charge of which nothing has come back."""

    period: periods.Period
    whole: periods.Period
    turn: int
    price_kop: int
    charging: str
    amount_kop: int
    discount_kop: int = 0  # what came off the price of the whole
    proration_days: str = rules.OF_PERIOD


class Line(NamedTuple):
    """What comes back of one charge, with its arithmetic: charged − used = returned."""

    period: periods.Period  # of the charge
    whole: periods.Period
    used: periods.Period  # of these days the money stays; no days: all comes back
    turn: int
    price_kop: int
    discount_kop: int  # what came off the price
    charging: str
    proration_days: str  # the policy of the charge, not today's
    charged_kop: int
    used_kop: int

    @property
    def amount_kop(self) -> int:
        return self.charged_kop - self.used_kop


def give_back(subscription: Subscription, *, on: date, reason: str) -> int:
    """Return what is paid for the days from `on` on; give the kopecks. Nothing paid beyond `on`: 0.

    Moves `paid_until` to `on` and takes the next turn, so that the days can be charged again; what becomes of
    the subscription (ended, paused, charged anew) is the caller's, in the same transaction.

    on: the operator's date, the first not used.   reason: why, a word for the record: "tariff_change".
    Call it with the account locked. Raises UnableToReturn.
    """
    db.require_transaction()
    lines = would_return(subscription, on)
    for line in lines:
        _write(subscription, line, on, reason)
    if lines:
        assert subscription.paid_until is not None
        subscription.paid_until = first_unused(subscription, on)
        subscription.turn += 1
        subscription.save(update_fields=["paid_until", "turn"])
    return sum(line.amount_kop for line in lines)


def would_return(subscription: Subscription, on: date) -> list[Line]:
    """What `give_back` would return, charge by charge, the oldest first. Writes nothing.

    Days that a pause or a standstill moved are counted from the end: the last days charged come back first.
    What is charged once is had, and never comes back.   Raises UnableToReturn.
    """
    if subscription.paid_until is None or subscription.charging == rules.ONCE:
        return []
    unused = (subscription.paid_until - first_unused(subscription, on)).days
    if unused <= 0:
        return []
    params = {"subscription_id": subscription.id, "account_id": subscription.account_id, "at_most": _AT_MOST}
    left = unused
    # The latest months have them, mostly: years of others need not be planned. Pauses may have moved days far.
    for since in (subscription.paid_until - timedelta(days=_MONTHS_DAYS), date.min):
        rows = db.rows(_UNRETURNED, params | {"since": since})
        found, left = split([charged(row) for row in rows], unused)
        if not left:
            return found
    raise UnableToReturn(f"subscription {subscription.id}: {left} paid days have no charge")


def split(charges: Sequence[Charged], unused_days: int) -> tuple[list[Line], int]:
    """What comes back of so many paid days, the oldest charge first; and how many of them no charge has. Pure.

    charges: the newest first.
    """
    found = []
    for one in charges:
        if unused_days <= 0:
            break
        days = min(unused_days, one.period.days)
        found.append(_line(one, one.period.end - days * periods.ONE_DAY))
        unused_days -= days
    return found[::-1], max(0, unused_days)


def charged(row: dict[str, Any]) -> Charged:
    """From a row of billing_charge."""
    return Charged(
        periods.Period(row["period_start"], row["period_end"]),
        periods.Period(row["whole_start"], row["whole_end"]),
        row["turn"],
        row["price_kop"],
        row["charging"],
        row["amount_kop"],
        row["discount_kop"],
        row["proration_days"],
    )


def first_unused(subscription: Subscription, on: date) -> date:
    """From which date nothing is used: `on`, or when it stopped, if it stands still or is paused since before."""
    return min(on, subscription.stopped_on or on)


def _line(one: Charged, used_until: date) -> Line:
    used = periods.Period(one.period.start, used_until)
    used_kop = 0
    if used.days:
        due = rules.Due(used, one.whole)
        used_kop = rules.amount_kop(one.charging, one.price_kop - one.discount_kop, due, one.proration_days)
    return Line(
        period=one.period,
        whole=one.whole,
        used=used,
        turn=one.turn,
        price_kop=one.price_kop,
        discount_kop=one.discount_kop,
        charging=one.charging,
        proration_days=one.proration_days,
        charged_kop=one.amount_kop,
        used_kop=used_kop,
    )


def _write(subscription: Subscription, line: Line, on: date, reason: str) -> None:
    posted = None
    if line.amount_kop:
        posted = transfers.post(
            key=f"return:{subscription.id}:{line.period.start}:{line.turn}",
            debit_id=accounts.house_id(f"revenue:{subscription.kind}"),
            credit_id=subscription.account_id,
            amount_kop=line.amount_kop,
            on=on,
            reason=Reason.RETURN,
        )
    Return.objects.create(
        period_start=line.period.start,
        subscription=subscription,
        turn=line.turn,
        account_id=subscription.account_id,
        used_until=line.used.end,
        charged_kop=line.charged_kop,
        used_kop=line.used_kop,
        amount_kop=line.amount_kop,
        returned_on=on,
        reason=reason,
        transfer_on=posted.on if posted else None,
        transfer_id=posted.id if posted else None,
    )
