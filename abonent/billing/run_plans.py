"""The plan of a run: what is due, what of it the money will cover, and how far that is from the run like it before.

The plan is drawn from what is there, without a lock; a chunk decides anew under its locks, and by the end the fact
may differ from the plan by the profile's run_tolerance. The comparison looks at prices of whole periods, so that the
lengths of months make no difference.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction

from abonent.billing import charging, repricing, rules
from abonent.billing.models import ChargeRun, RunState
from abonent.core import db, periods

LAST_ID = 2**63 - 1
FLOOR_CHARGES = 30  # a difference of no more than so many average charges stops nobody: a small provider's daily life
_CHUNKS = db.read_sql(__file__, "plan_chunks").format(steps=db.read_sql(__file__, "plan_steps"))
_PRICES = db.read_sql(__file__, "plan_prices")
_EXPECTED = db.read_sql(__file__, "plan_expected")


class Group(NamedTuple):
    """What is due of one kind of service, charged in one way; and what of it the money covers."""

    kind: str
    charging: str
    charges: int
    priced_kop: int  # the prices of the whole periods
    due_kop: int
    covered: int
    covered_priced_kop: int
    covered_kop: int

    def plus(self, other: "Group") -> "Group":
        return Group(self.kind, self.charging, *(one + two for one, two in zip(self[2:], other[2:], strict=True)))


class Chunk(NamedTuple):
    """A range of accounts, and what the run is to take from them."""

    number: int
    first: int
    last: int
    accounts: int
    plan_kop: int


class Difference(NamedTuple):
    """One kind and way of charging, now and in the run it is compared with; prices of whole periods.

    What was suspended then may have come back since or not: anything between the two sums of then is no difference.
    """

    kind: str
    charging: str
    charges: int
    then_charges: int
    priced_kop: int
    then_covered_kop: int
    then_priced_kop: int

    @property
    def moved_kop(self) -> int:
        """How far this is from then; below zero: less."""
        if self.priced_kop > self.then_priced_kop:
            return self.priced_kop - self.then_priced_kop
        return min(0, self.priced_kop - self.then_covered_kop)


class Compared(NamedTuple):
    """A plan beside the last runs like it."""

    dates: tuple[date, ...]  # of the runs it is compared with
    differences: tuple[Difference, ...]
    moved_kop: int  # all differences, whichever way
    then_kop: int
    then_charges: int

    def is_beyond(self, tolerance_per_mille: int) -> bool:
        now = (sum(one.priced_kop for one in self.differences), sum(one.charges for one in self.differences))
        averages = _averages(now, (self.then_kop, self.then_charges))
        return is_beyond(self.moved_kop, self.then_kop, averages, tolerance_per_mille)


class Plan(NamedTuple):
    """What a run is to do."""

    accounts: int
    groups: tuple[Group, ...]
    chunks: tuple[Chunk, ...]
    compared: Compared | None  # None: there is nothing to compare with

    @property
    def charges(self) -> int:
        return sum(one.covered for one in self.groups)

    @property
    def amount_kop(self) -> int:
        return sum(one.covered_kop for one in self.groups)

    @property
    def suspensions(self) -> int:
        return sum(one.charges - one.covered for one in self.groups)

    def as_json(self) -> dict[str, Any]:
        """As a run keeps it: in the words of its fact, and `groups`, `compared` for those who look."""
        kinds: dict[str, dict[str, int]] = {}
        for one in self.groups:
            known = kinds.setdefault(one.kind, {"charges": 0, "amount_kop": 0})
            known["charges"] += one.covered
            known["amount_kop"] += one.covered_kop
        return {
            "accounts": self.accounts,
            "charges": self.charges,
            "amount_kop": self.amount_kop,
            "suspensions": self.suspensions,
            "kinds": kinds,
            "groups": [one._asdict() for one in self.groups],
            "compared": self.compared and _compared_as_json(self.compared),
        }


def draw(on: date, *, size: int, take_steps: Callable[[int, int], None] | None = None) -> Plan:
    """The plan of a date from what is there now. Nothing is written.

    size: accounts of a chunk.   take_steps: what the date brings before its charges, for a range of accounts: taken
    for the plan, so that it knows what they change, and rolled back.
    """
    look_at_everybody()
    chunks = db.rows(_CHUNKS, {"on": on, "size": size})
    rises_kop = repricing.rises(on)
    with transaction.atomic():
        if take_steps is not None:
            take_steps(0, LAST_ID)
        expected = _expected(on, [row["first"] for row in chunks])
        transaction.set_rollback(True)
    planned: dict[int, int] = {}
    groups: dict[tuple[str, str], Group] = {}
    for row in expected:
        number = row.pop("number")
        one = Group(**row)
        planned[number] = planned.get(number, 0) + one.covered_kop
        key = (one.kind, one.charging)
        groups[key] = groups[key].plus(one) if key in groups else one
    return Plan(
        accounts=sum(row["accounts"] for row in chunks),
        groups=tuple(groups[key] for key in sorted(groups)),
        chunks=tuple(Chunk(**row, plan_kop=planned.get(row["number"], 0)) for row in chunks),
        compared=compare(list(groups.values()), dearer(_then(on), rises_kop)),
    )


def look_at_everybody() -> None:
    """Until the commit: how PostgreSQL is to read all accounts at once.

    It takes an array, or a table that was empty yesterday, for a handful of rows, and would look each account up by
    itself: minutes instead of a second.
    """
    db.require_transaction()
    db.run("set local enable_nestloop = off")
    db.run("set local work_mem = '64MB'")


def compare(now: Sequence[Group], then: "Then") -> Compared | None:
    """now: a plan's groups.   Ways of charging that `then` has no run for are not looked at."""
    now = [one for one in now if one.charging in then.ways]
    if not then.dates:
        return None
    by_key = {(one.kind, one.charging): one for one in now}
    differences = []
    for key in sorted({*by_key, *then.groups}):
        nothing = Group(*key, 0, 0, 0, 0, 0, 0)
        one, before = by_key.get(key, nothing), then.groups.get(key, nothing)
        differences.append(
            Difference(
                *key,
                charges=one.charges,
                then_charges=before.charges,
                priced_kop=one.priced_kop,
                then_covered_kop=before.covered_priced_kop,
                then_priced_kop=before.priced_kop,
            )
        )
    return Compared(
        dates=then.dates,
        differences=tuple(differences),
        moved_kop=sum(abs(one.moved_kop) for one in differences),
        then_kop=sum(one.then_priced_kop for one in differences),
        then_charges=sum(one.then_charges for one in differences),
    )


class Then(NamedTuple):
    """The runs that a date is compared with."""

    dates: tuple[date, ...]
    ways: frozenset[str]  # of charging that they tell something about
    groups: Mapping[tuple[str, str], Group]


def alike_by_month(on: date, billing_cycle: str) -> list[date]:
    """The dates whose monthly charges together were those of the subscriptions whose month begins on `on`.

    Calendar: the 1st, and the 1st before it; on other dates only what was paused becomes due, which is like
    nothing. Anniversary: the same day of the month before. The last day of a month stands for the days that it
    does not have (28 February for the 28th to the 31st), so a month before that has them all is taken.
    """
    if billing_cycle == rules.CALENDAR:
        return [periods.month(on, -1)] if on.day == 1 else []
    is_last = on.day == periods.days_of_month(on)
    for back in (1, 2):  # of two months on end one has 31 days
        first = periods.month(on.replace(day=1), -back)
        days = periods.days_of_month(first)
        if is_last and on.day <= days:
            return [first.replace(day=day) for day in range(on.day, days + 1)]
        if not is_last and on.day < days:
            return [first.replace(day=on.day)]
    raise AssertionError(on)


def is_drift(plan: Mapping[str, Any], *, planned_kop: int, fact_kop: int, fact_charges: int, tolerance: int) -> bool:
    """Whether what the done chunks took is beyond the tolerance of the whole plan.

    plan: as a run keeps it.   planned_kop: what the same chunks were to take.   tolerance: per mille.
    """
    groups = [Group(**one) for one in plan["groups"]]
    due = (sum(one.due_kop for one in groups), sum(one.charges for one in groups))
    averages = _averages(due, (fact_kop, fact_charges))
    return is_beyond(abs(fact_kop - planned_kop), plan["amount_kop"], averages, tolerance)


def is_beyond(moved_kop: int, of_kop: int, averages_kop: Sequence[int], tolerance_per_mille: int) -> bool:
    """Whether a difference is beyond the tolerance, and more than a few average charges."""
    floor_kop = FLOOR_CHARGES * min(averages_kop, default=0)
    return moved_kop * 1000 > of_kop * tolerance_per_mille and moved_kop > floor_kop


def _averages(*sums: tuple[int, int]) -> list[int]:
    """Of (kopecks, charges): the average charge of each that has any."""
    return [kop // charges for kop, charges in sums if kop and charges]


def _expected(on: date, firsts: Sequence[int]) -> list[dict[str, Any]]:
    prices = [row for row in db.rows(_PRICES, {"on": on}) if charging.is_sane(row)]
    if not prices:
        return []
    return db.rows(_EXPECTED, {"on": on, "firsts": list(firsts), **charging.amounts(prices, on)})


def _then(on: date) -> Then:
    """By the month: the runs of `alike_by_month`, if all are there. By the day: the run of the day before."""
    by_month = alike_by_month(on, settings.PROFILE.billing_cycle)
    by_day = [on - periods.ONE_DAY]
    found: dict[date, list[Group]] = {
        run.on: [Group(**one) for one in run.plan["groups"]]
        for run in ChargeRun.objects.filter(on__in=[*by_month, *by_day], state=RunState.FINISHED, is_measure=True)
        if "groups" in run.plan
    }
    dates: list[date] = []
    ways: set[str] = set()
    groups: dict[tuple[str, str], Group] = {}
    for wanted, way in ((by_month, (rules.MONTH,)), (by_day, rules.BY_DAYS)):
        if not wanted or any(one not in found for one in wanted):
            continue
        dates += wanted
        ways |= set(way)
        _add(groups, (one for day in wanted for one in found[day] if one.charging in way))
    return Then(tuple(sorted(set(dates))), frozenset(ways), groups)


def dearer(then: Then, rises_kop: Mapping[tuple[str, str], int]) -> Then:
    """As if the prices announced for this date had been those of then: they surprise nobody."""
    groups = {
        key: one._replace(
            priced_kop=max(0, one.priced_kop + rises_kop.get(key, 0)),
            covered_priced_kop=max(0, one.covered_priced_kop + rises_kop.get(key, 0)),
        )
        for key, one in then.groups.items()
    }
    return then._replace(groups=groups)


def _add(groups: dict[tuple[str, str], Group], more: Iterable[Group]) -> None:
    for one in more:
        key = (one.kind, one.charging)
        groups[key] = groups[key].plus(one) if key in groups else one


def _compared_as_json(compared: Compared) -> dict[str, Any]:
    return {
        "dates": [one.isoformat() for one in compared.dates],
        "differences": [one._asdict() for one in compared.differences],
        "moved_kop": compared.moved_kop,
        "then_kop": compared.then_kop,
        "then_charges": compared.then_charges,
    }
