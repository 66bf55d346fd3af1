"""The first screen in words: from what billing knows of an account to what a person wants to know. Asks nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext as _

from abonent.addresses import spelling
from abonent.billing import forecast as forecasts
from abonent.billing import queries as billing
from abonent.core import money, periods
from abonent.portal import site, words
from abonent.ui import formats

if TYPE_CHECKING:  # a tool of those who develop; not installed where it runs
    from django_stubs_ext import StrOrPromise


class Now(NamedTuple):
    """Is it on, and what should I do?"""

    state: str  # "ok", "warn", "wait"
    sentence: str
    pay_kop: int = 0  # exactly what is missing; 0: nothing


class Next(NamedTuple):
    """What will be charged next, or what will happen after a top-up."""

    label: str
    title: str
    lines: list[str]


class Service(NamedTuple):
    name: str
    facts: str
    price_kop: int
    per: StrOrPromise
    kind: StrOrPromise
    mark: str
    state: StrOrPromise
    works: bool
    paid_through: date | None
    address: str
    discount: str  # nothing: none counts now
    new_price: str = ""  # announced: from when, and how much


class Operation(NamedTuple):
    on: date
    what: str
    amount_kop: int


def now(seen: billing.Overview, on: date) -> Now:
    state = billing.service_state(seen, on)
    missing = money.show(state.missing_kop)
    if state.word == "none":
        return Now("wait", _("No services are connected"))
    internet = _has_internet(seen)
    if state.word == "working":
        works = _("Internet works") if internet else _("The services work")
        return Now("ok", works, state.missing_kop)
    if state.word == "waiting" and seen.first_top_up_left_kop:
        waits = _("We wait for the first top-up: %(sum)s") % {"sum": money.show(seen.first_top_up_left_kop)}
        return Now("wait", waits, state.missing_kop)
    if state.word == "waiting":
        return Now("wait", _("We wait for the first payment: %(sum)s") % {"sum": missing}, state.missing_kop)
    if state.word == "paused":
        return Now("wait", _paused(seen, state.since or on))
    facts = {"day": formats.day(state.since or on), "sum": missing}
    if not state.missing_kop:
        return Now("warn", _("Suspended since %(day)s") % facts)
    return Now("warn", _("Suspended since %(day)s: %(sum)s is missing") % facts, state.missing_kop)


def next_of(seen: billing.Overview, forecast: forecasts.Forecast, names: dict[int, str], on: date) -> Next:
    """The next charge; with money missing, what topping it up will do.   names: of the forecast's ids."""
    state = billing.service_state(seen, on)
    if state.word in {"suspended", "waiting"}:
        return _after_top_up(seen, on, state.missing_kop)
    step = forecast.next_charge
    if step is None and state.word == "paused":
        return Next(_("Next charge"), _("Nothing is charged meanwhile"), [_("The paid days wait for you.")])
    if step is None:
        return Next(_("Next charge"), _("Nothing is due"), [])
    shown = [_priced(names[one.id], one.kop) for one in step.due]
    period = formats.period(*step.due[0].period)
    lines = [_("%(what)s for %(period)s.") % {"what": _listed(shown), "period": period}]
    if forecast.stops_on == step.on:
        lines.append(_("%(sum)s will be missing.") % {"sum": money.show(forecast.missing_kop)})
    else:
        lines.append(_after(step.balance_kop))
    amount_kop = sum(one.kop for one in step.due)
    return Next(_("Next charge"), f"{formats.day(max(step.on, on))} · {money.show(amount_kop)}", lines)


def services(seen: billing.Overview, on: date, *, name_state: bool) -> list[Service]:
    """In the order of charging.   name_state: say that a service works too, not only that it does not."""
    return [_service(one, on, name_state) for one in seen.subscriptions]


def operations(lines: Sequence[billing.LedgerLine]) -> list[Operation]:
    return [Operation(line.on, what(line), line.amount_kop) for line in lines]


def what(line: billing.LedgerLine) -> str:
    """What a line of the statement is called: the offer and the period, or how the money came."""
    name = line.name(formats.language())
    if name and line.period_start and line.period_end:
        return f"{name}, {formats.period(line.period_start, line.period_end)}"
    return what_of(line.reason, line.house)


def what_of(reason: str, house: str | None) -> str:
    """What moved the money that was not a charge; a payment by its channel."""
    if reason == "payment" and house in words.CHANNELS:
        return str(words.CHANNELS[house])
    return str(words.REASONS[reason])


def _paused(seen: billing.Overview, since: date) -> str:
    if seen.pause is None or seen.pause.kind == "daily":
        return _("Switched off by you since %(day)s") % {"day": formats.day(since)}
    assert seen.pause.ends_on is not None
    return _("Paused at your wish through %(day)s") % {"day": formats.day(seen.pause.ends_on - periods.ONE_DAY)}


def _after_top_up(seen: billing.Overview, on: date, missing_kop: int) -> Next:
    paid = seen._replace(
        balance_kop=seen.balance_kop + missing_kop,
        paid_in_kop=None if seen.paid_in_kop is None else seen.paid_in_kop + missing_kop,
    )
    names = {one.id: one.name(formats.language()) for one in seen.subscriptions}
    charged = billing.woken(paid, on).charged
    lines = [
        _("%(what)s for %(period)s.")
        % {
            "what": _priced(names[one.id], one.amount_kop),
            "period": formats.period(one.due.period.start, one.due.period.end),
        }
        for one in charged
    ]
    if charged:
        lines.append(_after(paid.balance_kop - sum(one.amount_kop for one in charged)))
    title = _("Internet goes on at once") if _has_internet(seen) else _("The services go on at once")
    return Next(_("After the top-up"), title, lines)


def _after(balance_kop: int) -> str:
    if balance_kop < 0:
        return _("The balance will be %(sum)s.") % {"sum": money.show(balance_kop)}
    return _("%(sum)s will remain.") % {"sum": money.show(balance_kop)}


def _service(one: billing.SubscriptionRow, on: date, name_state: bool) -> Service:
    mark, state = words.STATES[one.state]
    works = one.state == "active"
    where = (one.settlement, one.street, one.house, one.korpus, one.stroenie, one.liter, one.flat)
    return Service(
        name=one.name(formats.language()),
        facts=", ".join(site.facts(one)),
        price_kop=one.price_kop,
        per=words.PER[one.charging],
        kind=words.KINDS[one.kind] if one.role == "tariff" else words.ADDON,
        mark="" if works and not name_state else mark,
        state=state,
        works=works,
        paid_through=one.paid_until - periods.ONE_DAY if works and one.paid_until else None,
        address=spelling.spell(*(part or "" for part in where)),
        discount=_discount(one, on),
        new_price=_new_price(one),
    )


def _new_price(one: billing.SubscriptionRow) -> str:
    """The next price announced that is another than this."""
    coming = next((each for each in one.new_prices if each.price_kop != one.price_kop), None)
    if coming is None:
        return ""
    said = {"price": f"{money.show(coming.price_kop)} {words.PER[one.charging]}", "day": formats.day(coming.from_on)}
    return _("from %(day)s %(price)s") % said


def _discount(one: billing.SubscriptionRow, on: date) -> str:
    """What comes off the price now, until when, and what is left of it."""
    given = next((each for each in one.discounts if each.holds(on)), None)
    if given is None:
        return ""
    off_kop = given.of_kop(one.price_kop)
    said = {"off": money.show(off_kop), "net": money.show(one.price_kop - off_kop)}
    if given.to_on is None:
        return _("%(off)s off: %(net)s") % said
    return _("%(off)s off through %(day)s: %(net)s") % {**said, "day": formats.day(given.to_on - periods.ONE_DAY)}


def _has_internet(seen: billing.Overview) -> bool:
    return any(one.role == "tariff" and one.kind == "internet" for one in seen.subscriptions)


def _priced(name: str, amount_kop: int) -> str:
    return f"{name} {money.show(amount_kop)}"


def _listed(names: Sequence[str]) -> str:
    """a; a and b; a, b and c."""
    if len(names) < 2:
        return "".join(names)
    return _("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}
