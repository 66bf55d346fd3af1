"""One account in memory, as the steps of a date move it, and what a date did. Values only; the steps stand beside."""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from abonent.billing import returns, rules, waking
from abonent.catalog.models import Offer
from abonent.core import periods

TARIFF, ADDON_ON, ADDON_OFF = "tariff", "addon_on", "addon_off"  # what a change is about
# What happens besides charges: the words of `Event.what`.
DEFERRAL_ENDS, PAUSE_BEGINS, PAUSE_ENDS, CONTRACT_ENDS = "deferral_ends", "pause_begins", "pause_ends", "contract_ends"
PAUSE_VOID = "pause_void"  # on its first day nothing works: there is nothing to pause
DISCOUNT_BEGINS, DISCOUNT_ENDS = "discount_begins", "discount_ends"
DEFERRAL_GIVEN = "deferral_given"


class Deferral(NamedTuple):
    """Credit until a date."""

    kop: int
    ends_on: date  # the first day without it


class Automatic(NamedTuple):
    """Deferrals that the operator gives by itself: its policy, and from when this account may have the next one."""

    max_kop: int
    days: int
    every_days: int
    fee_kop: int
    again_on: date | None  # None: at any time


class Pause(NamedTuple):
    """The service off at the subscriber's wish."""

    is_daily: bool  # only what is charged by the day
    is_running: bool  # else planned
    starts_on: date
    ends_on: date | None  # the first date with the service; None: until it is switched on
    fee_kop: int = 0  # comes back when the pause never begins


class Change(NamedTuple):
    """A planned change; its service begins with the id −`id`."""

    id: int
    what: str
    service_id: int  # the tariff that gives way or that is joined; the add-on that ends
    on: date
    charging: str = ""  # of what begins, here and below
    price_kop: int = 0
    priority: int = 0
    offer: Offer | None = None


class Event(NamedTuple):
    """What happens on a date besides charges and suspensions."""

    what: str
    ids: tuple[int, ...] = ()  # of services: for a tariff the old one and the new one
    kop: int = 0  # what comes back with it; below 0: its fee
    credit_kop: int = 0  # of a deferral given


class Due(NamedTuple):
    """What is due on a date, covered or not."""

    id: int
    kop: int
    period: periods.Period


@dataclass
class Service:
    """A subscription as the steps move it."""

    held: waking.Held
    role: str
    kind: str
    priority: int
    order: int  # among those of one priority
    offer: Offer | None  # None: no change is planned, and nobody asks
    charges: list[returns.Charged] = field(default_factory=list)  # not returned, the oldest first
    new_prices: tuple[rules.NewPrice, ...] = ()  # announced, in order

    @property
    def id(self) -> int:
        return self.held.id

    @property
    def is_active(self) -> bool:
        return self.held.state == waking.ACTIVE

    def set(self, state: str, *, paid_until: date | None, stopped_on: date | None) -> None:
        self.held = self.held._replace(state=state, paid_until=paid_until, stopped_on=stopped_on)


@dataclass
class Account:
    """All that the steps read and write."""

    balance_kop: int
    limit_kop: int
    services: list[Service]  # not ended, in the order of charging
    deferral: Deferral | None
    pause: Pause | None
    ends_on: date | None
    changes: list[Change]
    policy: rules.Policy = rules.USUAL
    automatic: Automatic | None = None


@dataclass
class Day:
    """What one date did."""

    on: date
    due: list[Due] = field(default_factory=list)
    lines: list[tuple[int, int]] = field(default_factory=list)
    suspended: list[int] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    missing_kop: int = 0  # what suspended the services
    back_of_debt_kop: int = 0  # what came back because a deferral ended in debt


def dates(account: Account) -> list[date]:
    """When something may happen next, as things stand."""
    found = [one.held.paid_until for one in account.services if one.is_active and one.held.paid_until]
    found += [one.on for one in account.changes]
    for discount in _discounts(account):
        found += [discount.from_on, *([discount.to_on] if discount.to_on else [])]
    if account.deferral:
        found.append(account.deferral.ends_on)
    if account.ends_on:
        found.append(account.ends_on)
    if account.pause:
        until = account.pause.ends_on if account.pause.is_running else account.pause.starts_on
        found += [until] if until else []
    return found


def _discounts(account: Account) -> list[rules.Discount]:
    return [discount for one in account.services for discount in one.held.discounts]
