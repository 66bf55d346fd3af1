"""The charge run of a date: plan, chunk by chunk, finish. Here billing, the ledger and the notices meet.

Killed, repeated, two at once: the same balances as one undisturbed run. The plan is made once; a chunk is done
in the transaction that marks it done; two processes take different chunks; whoever sees all done finishes.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Protocol

from django.db import IntegrityError, transaction

from abonent.billing import addons, charging, discounts, repricing, runs, soon_due
from abonent.core import alarms, audit, clock, db, partitions, periods
from abonent.flows import change_tariff, charge_workers, defer, end_contract, pause, stop_credit
from abonent.notifications import outbox

log = logging.getLogger(__name__)

_ROUNDS_AT_MOST = 20  # of chunks that become due while the run finishes: more is a bug, not a busy evening
REMIND_DAYS = 3  # before a charge that the money does not cover
_NOTICES = db.read_sql(__file__, "suspended_notices")
_OF_KIND = "create temporary table soon_of_kind on commit drop as select * from soon_notices where by_month = %s"
_SOON_NOTICES = db.read_sql(__file__, "soon_notices")
# What a date brings before its charges, in order: ends; planned ends and changes; pauses that begin. Each is called
# with the range of a chunk's accounts and the date, in the chunk's transaction; what is done is not done again.
STEPS: tuple[Callable[..., int], ...] = (
    stop_credit.step,
    defer.end_due,
    discounts.end_due,
    discounts.begin_due,
    pause.end_due,
    end_contract.apply_due,
    change_tariff.apply_due,
    addons.apply_due,
    repricing.move_due,
    pause.begin_due,
    defer.give_due,
)


@dataclass(frozen=True)
class Ran:
    """What a date's run did, over all its chunks, whoever did them."""

    on: date
    accounts: int
    charges: int
    amount_kop: int
    suspensions: int
    parked: int
    seconds: float
    plan: dict[str, Any] = field(default_factory=dict)  # what it was to do, as a run keeps it


class Watch(Protocol):
    """Somebody who looks on while a run goes: a terminal."""

    def planned(self, on: date, plan: dict[str, Any]) -> None:
        """The run is about to begin; plan: as a run keeps it."""

    def went_on(self, done_accounts: int, accounts: int) -> None:
        """A chunk is done."""


def start_from(first: date) -> None:
    """Say that charging begins with `first`. Nothing where runs have finished."""
    runs.start_from(first)


def catch_up(today: date, *, late_yes: bool = False, watch: Watch | None = None, workers: int = 0) -> list[Ran]:
    """Charge every date up to `today` that is not charged, one after another. Nothing missed: nothing is done.

    late_yes: a person has looked, and dates more than the profile's max_late_days ago may be charged.
    Raises runs.Stopped, TooLate; rules.UnableToCharge. Call it outside a transaction.
    """
    ran = []
    for _ in runs.missed(today):  # bounded, whatever the clock does (lesson 3)
        due = runs.missed(today)
        if due:
            with contextlib.suppress(runs.AlreadyCharged):  # by another process, a moment ago
                ran.append(run(due[0], today=today, late_yes=late_yes, watch=watch, workers=workers))
    return ran


def catch_up_unless_stopped(today: date) -> list[Ran]:
    """The schedule's `catch_up`: a stopped run waits for a person. Its alarm was raised when it stopped."""
    try:
        return catch_up(today)
    except runs.Stopped as stopped:
        log.warning("%s", stopped)
        return []


def run(
    on: date, *, today: date | None = None, late_yes: bool = False, watch: Watch | None = None, workers: int = 0
) -> Ran:
    """Charge one date: the next that is not charged.

    today: the operator's date; by default `on`.   watch: is told of the plan and of each chunk.
    workers: processes, this one among them; 0: as many as the plan is worth.
    Raises runs.AlreadyCharged, MissedBefore, TooLate, Stopped, UnableToRun; rules.UnableToCharge. Outside a
    transaction.
    """
    began = time.perf_counter()
    runs.require_next(on, today=today or on, late_yes=late_yes)
    _make_partitions(on)
    with db.atomic():
        opened = runs.open_run(on, take_steps(on))
    if watch is not None:
        watch.planned(on, opened.plan)
    runs.require_going(opened.pk)
    with charge_workers.beside(on, today or on, workers or charge_workers.worth(opened.plan["accounts"])):
        work(opened.pk, on, today=today or on, watch=watch)
    return _ran(on, opened.plan, runs.fact_of(opened.pk), time.perf_counter() - began)


def work(run_id: int, on: date, *, today: date, watch: Watch | None = None) -> None:
    """Charge the chunks of an opened run that nobody else does, tell, and finish it.

    today: the operator's date.   Raises runs.Stopped, UnableToRun.
    """
    for _ in range(_ROUNDS_AT_MOST):
        while _charge_next(run_id, on, wait=False):
            if watch is not None:
                watch.went_on(*runs.progress(run_id))
        _remind(run_id, on, today)
        with db.atomic():
            finished = runs.finish(run_id)
        if finished:
            return
        _charge_next(run_id, on, wait=True)  # another process has it: wait, and take it over if that one died
    raise runs.UnableToRun(f"the run of {on} does not come to an end: new charges become due in each round")


def let_go_on(on: date, *, by: str, why: str) -> None:
    """Let the stopped run of a date go on, and say who answers for it; `catch_up` charges then.

    Raises runs.UnableToContinue.
    """
    with db.atomic():
        run = runs.let_go_on(on, by=by, why=why, at=clock.now(), take_steps=take_steps(on))
        audit.record(
            actor=by,
            action="billing.continue_run",
            subject=f"charge_run:{on}",
            old={"state": "stopped", "stop_reason": run.stop_reason},
            new={"state": "running", "rest": {key: run.plan["rest"][key] for key in ("charges", "amount_kop")}},
            why=why,
        )


def plan(on: date) -> dict[str, Any]:
    """What the run of a date would do, as things stand now, in the words a run keeps. Nothing is written."""
    with db.atomic():
        drawn = runs.draw_plan(on, take_steps(on))
        transaction.set_rollback(True)
    return drawn.as_json()


def dry_run(dates: Sequence[date]) -> list[Ran]:
    """What `catch_up` would do with these dates. Everything is done and rolled back, chunk by chunk.

    A chunk's accounts go through all the dates before they are rolled back: each date sees the one before it.
    """
    if not dates:
        return []
    began = time.perf_counter()
    totals = [charging.Charged() for _ in dates]
    first_plan = plan(dates[0])
    for first, last in runs.ranges():
        with db.atomic():
            for number, on in enumerate(dates):
                totals[number] += _charge_range(first, last, on)
            transaction.set_rollback(True)
    spent = time.perf_counter() - began
    plans = [first_plan, *({} for _ in dates[1:])]  # of a later date there is none before the earlier are done
    return [_ran(on, plan, total.as_fact(), spent) for on, plan, total in zip(dates, plans, totals, strict=True)]


def take_steps(on: date, *, charges_follow: bool = False) -> Callable[[int, int], None]:
    """What the date brings before its charges, for the accounts of a range; in the caller's transaction."""

    def take(first_account_id: int, last_account_id: int) -> None:
        if runs.lock_stepped(first_account_id, last_account_id, on, with_due=charges_follow):
            for step in STEPS:
                step(first_account_id, last_account_id, on=on)

    return take


def _make_partitions(on: date) -> None:
    """A stray row may stand in the way of its month's partition: a person mends that, and the date is charged."""
    try:
        partitions.ensure(on, periods.month(on, 1))
    except IntegrityError as error:
        with db.atomic():
            alarms.raise_alarm(key=f"partition:{on:%Y-%m}", what=str(error).partition("\n")[0])


def _charge_next(run_id: int, on: date, *, wait: bool) -> bool:
    """Charge one undone chunk, in one transaction with its mark and its notices; False when there is none.

    Raises runs.Stopped: the stop and its alarm stand then.
    """
    with db.atomic():
        chunk = None if runs.stop_if_drifted(run_id) else runs.take_chunk(run_id, wait=wait)
        if chunk is not None:
            charged = _charge_range(chunk.first_account_id, chunk.last_account_id, on)
            runs.mark_done(chunk, charged)
            log.info("charge run of %s: chunk %s, %s charges", on, chunk.number, charged.charges)
    if chunk is None:
        runs.require_going(run_id)
    return chunk is not None


def _charge_range(first_account_id: int, last_account_id: int, on: date) -> charging.Charged:
    """The steps, the charges and the notices of a date for the accounts of a range."""
    take_steps(on, charges_follow=True)(first_account_id, last_account_id)
    charged = charging.charge_chunk(first_account_id, last_account_id, on=on)
    if charged.suspensions:
        db.run("drop table if exists pg_temp.suspended_notices")
        db.run(_NOTICES, {"on": on})
        outbox.queue_batch("suspended", on, "suspended_notices")
    return charged


def _remind(run_id: int, on: date, today: date) -> None:
    """Once a run, when nothing is left to charge: tell who has not enough for what is due in some days.

    A late run tells of dates to come only.
    """
    last = on + timedelta(days=REMIND_DAYS)
    with db.atomic():
        if not runs.take_telling(run_id):
            return
        if last > today and soon_due.find(on, last):
            db.run("drop table if exists pg_temp.soon_notices, pg_temp.soon_of_kind")
            db.run(_SOON_NOTICES, {"on": on, "today": today})
            for kind, by_month in (("charge_soon", True), ("money_ends", False)):
                db.run(_OF_KIND, [by_month])
                outbox.queue_batch(kind, on, "soon_of_kind")
                db.run("drop table pg_temp.soon_of_kind")


def _ran(on: date, plan: dict[str, Any], fact: dict[str, Any], seconds: float) -> Ran:
    return Ran(
        on=on,
        accounts=fact["accounts"],
        charges=fact["charges"],
        amount_kop=fact["amount_kop"],
        suspensions=fact["suspensions"],
        parked=fact["parked"],
        seconds=seconds,
        plan=plan,
    )
