"""The steps of a date on one account in memory: `flows.charge_run.STEPS` and the charges, in the same order. Pure.

What the run does in SQL to many, this does to one; tests/stories compares the two day by day.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from abonent.billing import forecast_account as values
from abonent.billing import returns, rules, tariff_prices, waking

_ENOUGH_KOP = 10**15  # credit that covers everything


def take(account: values.Account, on: date) -> values.Day:
    """All steps of the date, in order."""
    day = values.Day(on)
    for step in STEPS:
        step(account, day)
    return day


def _end_deferral(account: values.Account, day: values.Day) -> None:
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
    day.events.append(values.Event(values.DEFERRAL_ENDS, tuple(stopped), back_kop))


def _end_and_begin_discounts(account: values.Account, day: values.Day) -> None:
    """They stand in what each service holds, with their dates: what a period costs asks for them."""
    for one in account.services:
        for discount in one.held.discounts:
            if discount.to_on == day.on:
                day.events.append(values.Event(values.DISCOUNT_ENDS, (one.id,)))
            if discount.from_on == day.on:
                day.events.append(values.Event(values.DISCOUNT_BEGINS, (one.id,)))


def _end_pause(account: values.Account, day: values.Day) -> None:
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
    day.events.append(values.Event(values.PAUSE_ENDS, tuple(paused)))


def _end_contract(account: values.Account, day: values.Day) -> None:
    if account.ends_on is None or account.ends_on > day.on:
        return
    back_kop = 0
    for one in account.services:
        if one.held.state not in (waking.WAITING, waking.SUSPENDED):
            back_kop += _give_back(one, day.on)
    fee_kop = account.pause.fee_kop if account.pause and not account.pause.is_running else 0
    account.balance_kop += back_kop + fee_kop
    day.events.append(values.Event(values.CONTRACT_ENDS, tuple(one.id for one in account.services), back_kop + fee_kop))
    account.services, account.changes = [], []
    account.deferral = account.pause = account.ends_on = None


def _change_tariffs(account: values.Account, day: values.Day) -> None:
    for change in [one for one in account.changes if one.what == values.TARIFF and one.on <= day.on]:
        old = _find(account, change.service_id)
        if old is None:
            _forget(account, change)
        elif old.held.state == waking.PAUSED:
            continue
        elif old.is_active and old.held.paid_until and old.held.paid_until > day.on:
            _put_off(account, change, old.held.paid_until)
        else:
            _replace(account, change, old, day)


def _replace(account: values.Account, change: values.Change, old: values.Service, day: values.Day) -> None:
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
    _add(account, values.Service(held, old.role, old.kind, old.priority, 0, change.offer))
    account.balance_kop += back_kop
    day.events.append(values.Event(values.TARIFF, (old.id, new_id), back_kop))


def _change_addons(account: values.Account, day: values.Day) -> None:
    for change in [one for one in account.changes if one.what != values.TARIFF and one.on <= day.on]:
        of = _find(account, change.service_id)
        if of is None:
            _forget(account, change)
        elif of.held.state in _KEEPS_DAYS and of.held.paid_until and of.held.paid_until > day.on:
            _put_off(account, change, of.held.paid_until)
        elif change.what == values.ADDON_OFF:
            _forget(account, change)
            _end(account, of)
            day.events.append(values.Event(values.ADDON_OFF, (of.id,)))
        else:
            _forget(account, change)
            _connect(account, change, of, day)


_KEEPS_DAYS = (waking.ACTIVE, waking.STANDING, waking.PAUSED)


def _connect(account: values.Account, change: values.Change, tariff: values.Service, day: values.Day) -> None:
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
    _add(account, values.Service(held, "addon", tariff.kind, change.priority, 0, change.offer))
    day.events.append(values.Event(values.ADDON_ON, (held.id,)))


def _change_prices(account: values.Account, day: values.Day) -> None:
    """What is paid keeps the old price to its end."""
    for one in account.services:
        for price in one.new_prices:
            paid_until = one.held.paid_until
            if price.from_on <= day.on and (not one.is_active or paid_until is None or paid_until <= day.on):
                one.held = one.held._replace(price_kop=price.price_kop)


def _begin_pause(account: values.Account, day: values.Day) -> None:
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
        day.events.append(values.Event(values.PAUSE_BEGINS, tuple(paused)))
    else:
        account.pause = None
        account.balance_kop += pause.fee_kop
        day.events.append(values.Event(values.PAUSE_VOID, kop=pause.fee_kop))


def _give_deferral(account: values.Account, day: values.Day) -> None:
    """By the operator itself, to who is short: as `automatic_deferrals.sum_kop` decides."""
    may, available_kop = account.automatic, account.balance_kop + account.limit_kop
    if may is None or account.deferral or account.ends_on or available_kop < 0:
        return
    if (may.again_on and day.on < may.again_on) or (account.pause and not account.pause.is_daily):
        return
    if any(one.held.state not in (waking.ACTIVE, waking.STANDING) for one in account.services):
        return
    until = day.on + timedelta(days=may.days)
    due_kop, all_kop = _would_cost(account, day.on, until)
    if due_kop <= available_kop or due_kop + may.fee_kop - available_kop > may.max_kop:
        return
    credit_kop = min(all_kop + may.fee_kop - available_kop, may.max_kop)
    account.deferral = values.Deferral(credit_kop, until)
    account.automatic = may._replace(again_on=max(day.on + timedelta(days=may.every_days), until))
    account.balance_kop -= may.fee_kop
    day.events.append(values.Event(values.DEFERRAL_GIVEN, (), -may.fee_kop, credit_kop))


def _would_cost(account: values.Account, on: date, until: date) -> tuple[int, int]:
    """What is due on a date, and all that `[on, until)` would cost, if there were money for everything."""
    if not any(one.is_active and one.held.paid_until == on for one in account.services):
        return 0, 0
    rich = replace(
        account,
        limit_kop=_ENOUGH_KOP,
        services=[replace(one, charges=list(one.charges)) for one in account.services],
        changes=list(account.changes),
        automatic=None,
    )
    due_kop = all_kop = 0
    for n in range((until - on).days):
        kop = sum(kop for _, kop in take(rich, on + timedelta(days=n)).lines)
        all_kop += kop
        due_kop += 0 if n else kop
    return due_kop, all_kop


def _charge(account: values.Account, day: values.Day) -> None:
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
    day.due = [values.Due(one.id, kop, each.period) for one, kop, each in zip(due, amounts, dues, strict=True)]
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
STEPS: tuple[Callable[[values.Account, values.Day], None], ...] = (
    _end_deferral,
    _end_and_begin_discounts,
    _end_pause,
    _end_contract,
    _change_tariffs,
    _change_addons,
    _change_prices,
    _begin_pause,
    _give_deferral,
    _charge,
)


def _stand(account: values.Account, stopped: Sequence[int], on: date) -> None:
    """An add-on whose tariff has just stopped stands still with its paid days."""
    for one in account.services:
        if one.held.parent_id in stopped and one.is_active:
            one.set(waking.STANDING, paid_until=one.held.paid_until, stopped_on=on)


def _give_back(one: values.Service, on: date) -> int:
    """What comes back of the paid days from `on` on; the kopecks."""
    if one.held.paid_until is None:
        return 0
    until = min(on, one.held.stopped_on or on)
    lines, _left = returns.split(one.charges[::-1], (one.held.paid_until - until).days)
    if lines:
        one.charges = one.charges[: len(one.charges) - len(lines)]
        one.held = one.held._replace(paid_until=until)
    return sum(line.amount_kop for line in lines)


def _find(account: values.Account, id: int) -> values.Service | None:
    return next((one for one in account.services if one.id == id), None)


def _add(account: values.Account, new: values.Service) -> None:
    """The latest among those of its priority: a new row has the highest id."""
    new.order = max((one.order for one in account.services), default=0) + 1
    account.services.append(new)
    account.services.sort(key=lambda one: (one.priority, one.order))


def _end(account: values.Account, one: values.Service) -> None:
    account.services.remove(one)
    account.changes = [change for change in account.changes if change.service_id != one.id]


def _put_off(account: values.Account, change: values.Change, to: date) -> None:
    account.changes = [one._replace(on=to) if one.id == change.id else one for one in account.changes]


def _forget(account: values.Account, change: values.Change) -> None:
    account.changes = [one for one in account.changes if one.id != change.id]
