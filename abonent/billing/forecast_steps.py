"""The steps of a date on one account in memory: `flows.charge_run.STEPS` and the charges, in the same order. Pure.

What the run does in SQL to many, this does to one; tests/stories compares the two day by day.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from abonent.billing import returns, rules, tariff_prices, waking
from abonent.catalog.models import Offer
from abonent.core import periods

ENDED = "ended"
TARIFF, ADDON_ON, ADDON_OFF = "tariff", "addon_on", "addon_off"  # what a change is about
# What happens besides charges: the words of `Event.what`.
DEFERRAL_ENDS, PAUSE_BEGINS, PAUSE_ENDS, CONTRACT_ENDS = "deferral_ends", "pause_begins", "pause_ends", "contract_ends"
DISCOUNT_BEGINS, DISCOUNT_ENDS = "discount_begins", "discount_ends"


class Deferral(NamedTuple):
    """Credit until a date."""

    kop: int
    ends_on: date  # the first day without it


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
    kop: int = 0  # what comes back with it


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


def take(account: Account, on: date) -> Day:
    """All steps of the date, in order."""
    day = Day(on)
    for step in STEPS:
        step(account, day)
    return day


def _end_deferral(account: Account, day: Day) -> None:
    if account.deferral is None or account.deferral.ends_on > day.on:
        return
    account.deferral = None
    stopped, back_kop = [], 0
    owed_kop = -(account.balance_kop + account.limit_kop)
    if owed_kop > 0:
        day.missing_kop = owed_kop
        for one in account.services:
            if one.is_active and one.held.paid_until and one.held.paid_until > day.on:
                back_kop += _give_back(one, day.on)
                one.set(waking.SUSPENDED, paid_until=one.held.paid_until, stopped_on=day.on)
                stopped.append(one.id)
    account.balance_kop += back_kop
    day.back_of_debt_kop = back_kop
    day.suspended += stopped
    day.events.append(Event(DEFERRAL_ENDS, tuple(stopped), back_kop))


def _end_and_begin_discounts(account: Account, day: Day) -> None:
    """They stand in what each service holds, with their dates: what a period costs asks for them."""
    for one in account.services:
        for discount in one.held.discounts:
            if discount.to_on == day.on:
                day.events.append(Event(DISCOUNT_ENDS, (one.id,)))
            if discount.from_on == day.on:
                day.events.append(Event(DISCOUNT_BEGINS, (one.id,)))


def _end_pause(account: Account, day: Day) -> None:
    pause = account.pause
    if pause is None or not pause.is_running or pause.ends_on is None or pause.ends_on > day.on:
        return
    paused = {one.id for one in account.services if one.held.state == waking.PAUSED}
    for one in account.services:
        stood = one.held.state == waking.STANDING and one.held.parent_id in paused
        if (one.id in paused or stood) and one.held.paid_until and one.held.stopped_on:
            moved = waking.moved(one.held, day.on, account.policy)
            one.set(waking.ACTIVE, paid_until=moved.paid_until, stopped_on=None)
            one.held = one.held._replace(anchor_day=moved.anchor_day)
    account.pause = None
    day.events.append(Event(PAUSE_ENDS, tuple(paused)))


def _end_contract(account: Account, day: Day) -> None:
    if account.ends_on is None or account.ends_on > day.on:
        return
    back_kop = 0
    for one in account.services:
        if one.held.state not in (waking.WAITING, waking.SUSPENDED):
            back_kop += _give_back(one, day.on)
    fee_kop = account.pause.fee_kop if account.pause and not account.pause.is_running else 0
    account.balance_kop += back_kop + fee_kop
    day.events.append(Event(CONTRACT_ENDS, tuple(one.id for one in account.services), back_kop + fee_kop))
    account.services, account.changes = [], []
    account.deferral = account.pause = account.ends_on = None


def _change_tariffs(account: Account, day: Day) -> None:
    for change in [one for one in account.changes if one.what == TARIFF and one.on <= day.on]:
        old = _find(account, change.service_id)
        if old is None:
            _forget(account, change)
        elif old.held.state == waking.PAUSED:
            continue
        elif old.is_active and old.held.paid_until and old.held.paid_until > day.on:
            _put_off(account, change, old.held.paid_until)
        else:
            _replace(account, change, old, day)


def _replace(account: Account, change: Change, old: Service, day: Day) -> None:
    assert change.offer is not None
    new_id, back_kop = -change.id, 0
    for one in list(account.services):
        if one.held.parent_id == old.id and one.offer and not tariff_prices.fits(one.offer, [change.offer]):
            back_kop += _give_back(one, day.on)
            _end(account, one)
        elif one.held.parent_id == old.id:
            one.held = one.held._replace(parent_id=new_id)
    held = old.held._replace(id=new_id, charging=change.charging, price_kop=change.price_kop, started_on=day.on)
    _forget(account, change)
    account.changes = [one._replace(service_id=new_id) if one.service_id == old.id else one for one in account.changes]
    account.services.remove(old)
    _add(account, Service(held, old.role, old.kind, old.priority, 0, change.offer))
    account.balance_kop += back_kop
    day.events.append(Event(TARIFF, (old.id, new_id), back_kop))


def _change_addons(account: Account, day: Day) -> None:
    for change in [one for one in account.changes if one.what != TARIFF and one.on <= day.on]:
        of = _find(account, change.service_id)
        if of is None:
            _forget(account, change)
        elif of.held.state in _KEEPS_DAYS and of.held.paid_until and of.held.paid_until > day.on:
            _put_off(account, change, of.held.paid_until)
        elif change.what == ADDON_OFF:
            _forget(account, change)
            _end(account, of)
            day.events.append(Event(ADDON_OFF, (of.id,)))
        else:
            _forget(account, change)
            _connect(account, change, of, day)


_KEEPS_DAYS = (waking.ACTIVE, waking.STANDING, waking.PAUSED)


def _connect(account: Account, change: Change, tariff: Service, day: Day) -> None:
    assert change.offer is not None
    assert tariff.offer is not None
    beside = [one.offer for one in account.services if one.held.parent_id == tariff.id and one.offer]
    if any(one.code == change.offer.code for one in beside):
        return  # it is there already: the change fails
    if not tariff_prices.fits(change.offer, [tariff.offer, *beside]):
        return
    state, paid_until = (waking.ACTIVE, day.on) if tariff.is_active else (waking.WAITING, None)
    held = tariff.held._replace(
        id=-change.id,
        parent_id=tariff.id,
        charging=change.charging,
        price_kop=change.price_kop,
        state=state,
        paid_until=paid_until,
        stopped_on=None,
        started_on=day.on,
        discounts=(),
    )
    _add(account, Service(held, "addon", tariff.kind, change.priority, 0, change.offer))
    day.events.append(Event(ADDON_ON, (held.id,)))


def _begin_pause(account: Account, day: Day) -> None:
    pause = account.pause
    if pause is None or pause.is_running or pause.starts_on > day.on:
        return
    paused = []
    if pause.ends_on is None or pause.ends_on > day.on:
        for one in account.services:
            wanted = not pause.is_daily or one.held.charging in rules.BY_DAYS
            if wanted and one.role == "tariff" and one.is_active:
                one.set(waking.PAUSED, paid_until=one.held.paid_until, stopped_on=day.on)
                paused.append(one.id)
        _stand(account, paused, day.on)
    if any(one.held.state == waking.PAUSED for one in account.services):
        account.pause = pause._replace(is_running=True)
        day.events.append(Event(PAUSE_BEGINS, tuple(paused)))
    else:
        account.pause = None
        account.balance_kop += pause.fee_kop


def _charge(account: Account, day: Day) -> None:
    due = [one for one in account.services if one.is_active and one.held.paid_until == day.on]
    if not due:
        return
    policy = account.policy
    dues = [rules.next_due(one.held.charging, day.on, one.held.anchor_day) for one in due]
    costs = [
        rules.cost(one.held.charging, one.held.price_kop, one.held.discounts, each, policy.proration_days)
        for one, each in zip(due, dues, strict=True)
    ]
    amounts = [cost.amount_kop for cost in costs]
    available_kop = account.balance_kop + account.limit_kop + (account.deferral.kop if account.deferral else 0)
    day.due = [Due(one.id, kop, each.period) for one, kop, each in zip(due, amounts, dues, strict=True)]
    fit = rules.covered(amounts, available_kop)
    for one, each, cost in zip(due[:fit], dues, costs, strict=False):
        one.charges.append(
            returns.Charged(
                each.period, each.whole, 0, one.held.price_kop, one.held.charging, cost.amount_kop, cost.discount_kop,
                policy.proration_days,
            )
        )  # fmt: skip
        one.set(waking.ACTIVE, paid_until=each.period.end, stopped_on=None)
        day.lines.append((one.id, cost.amount_kop))
        if one.held.charging == rules.ONCE:
            _end(account, one)
    account.balance_kop -= sum(amounts[:fit])
    stopped = [one.id for one in due[fit:]]
    for one in due[fit:]:
        one.set(waking.SUSPENDED, paid_until=day.on, stopped_on=day.on)
    _stand(account, stopped, day.on)
    day.suspended += stopped
    if day.suspended:
        # Had the debt been paid, nothing would have come back, and all that is due would be wanted.
        day.missing_kop = max(day.missing_kop, sum(amounts) - available_kop + day.back_of_debt_kop)


# `flows.charge_run.STEPS`, and the charges after them.
STEPS: tuple[Callable[[Account, Day], None], ...] = (
    _end_deferral,
    _end_and_begin_discounts,
    _end_pause,
    _end_contract,
    _change_tariffs,
    _change_addons,
    _begin_pause,
    _charge,
)


def _discounts(account: Account) -> list[rules.Discount]:
    return [discount for one in account.services for discount in one.held.discounts]


def _stand(account: Account, stopped: Sequence[int], on: date) -> None:
    """An add-on whose tariff has just stopped stands still with its paid days."""
    for one in account.services:
        if one.held.parent_id in stopped and one.is_active:
            one.set(waking.STANDING, paid_until=one.held.paid_until, stopped_on=on)


def _give_back(one: Service, on: date) -> int:
    """What comes back of the paid days from `on` on; the kopecks."""
    if one.held.paid_until is None:
        return 0
    until = min(on, one.held.stopped_on or on)
    lines, _left = returns.split(one.charges[::-1], (one.held.paid_until - until).days)
    if lines:
        one.charges = one.charges[: len(one.charges) - len(lines)]
        one.held = one.held._replace(paid_until=until)
    return sum(line.amount_kop for line in lines)


def _find(account: Account, id: int) -> Service | None:
    return next((one for one in account.services if one.id == id), None)


def _add(account: Account, new: Service) -> None:
    """The latest among those of its priority: a new row has the highest id."""
    new.order = max((one.order for one in account.services), default=0) + 1
    account.services.append(new)
    account.services.sort(key=lambda one: (one.priority, one.order))


def _end(account: Account, one: Service) -> None:
    account.services.remove(one)
    account.changes = [change for change in account.changes if change.service_id != one.id]


def _put_off(account: Account, change: Change, to: date) -> None:
    account.changes = [one._replace(on=to) if one.id == change.id else one for one in account.changes]


def _forget(account: Account, change: Change) -> None:
    account.changes = [one for one in account.changes if one.id != change.id]
