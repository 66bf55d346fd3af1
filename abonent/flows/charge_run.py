"""The charge run of a date: plan, chunk by chunk, finish. Here billing, the ledger and the notices meet.

Killed, repeated, two at once: the same balances as one undisturbed run. The plan is made once; a chunk is done
in the transaction that marks it done; two processes take different chunks; whoever sees all done finishes.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction

from abonent.billing import addons, charging, discounts, runs
from abonent.core import alarms, db, partitions, periods
from abonent.flows import change_tariff, defer, end_contract, pause, stop_credit
from abonent.notifications import outbox

log = logging.getLogger(__name__)

_ROUNDS_AT_MOST = 20  # of chunks that become due while the run finishes: more is a bug, not a busy evening
_NOTICES = db.read_sql(__file__, "suspended_notices")
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


def start_from(first: date) -> None:
    """Say that charging begins with `first`. Nothing where runs have finished."""
    runs.start_from(first)


def catch_up(today: date, *, late_yes: bool = False) -> list[Ran]:
    """Charge every date up to `today` that is not charged, one after another. Nothing missed: nothing is done.

    late_yes: a person has looked, and dates more than the profile's max_late_days ago may be charged.
    Raises runs.TooLate, rules.UnableToCharge. Call it outside a transaction.
    """
    ran = []
    for _ in runs.missed(today):  # bounded, whatever the clock does (lesson 3)
        due = runs.missed(today)
        if due:
            with contextlib.suppress(runs.AlreadyCharged):  # by another process, a moment ago
                ran.append(run(due[0], today=today, late_yes=late_yes))
    return ran


def run(on: date, *, today: date | None = None, late_yes: bool = False) -> Ran:
    """Charge one date: the next that is not charged.

    today: the operator's date; by default `on`.
    Raises runs.AlreadyCharged, MissedBefore, TooLate, UnableToRun; rules.UnableToCharge. Outside a transaction.
    """
    began = time.perf_counter()
    runs.require_next(on, today=today or on, late_yes=late_yes)
    _make_partitions(on)
    with db.atomic():
        run_id = runs.open_run(on).pk
    for _ in range(_ROUNDS_AT_MOST):
        while _charge_next(run_id, on, wait=False):
            pass
        with db.atomic():
            if runs.finish(run_id):
                return _ran(on, runs.fact_of(run_id), time.perf_counter() - began)
        _charge_next(run_id, on, wait=True)  # another process has it: wait, and take it over if that one died
    raise runs.UnableToRun(f"the run of {on} does not come to an end: new charges become due in each round")


def dry_run(dates: Sequence[date]) -> list[Ran]:
    """What `catch_up` would do with these dates. Everything is done and rolled back, chunk by chunk.

    A chunk's accounts go through all the dates before they are rolled back: each date sees the one before it.
    """
    began = time.perf_counter()
    totals = [charging.Charged() for _ in dates]
    for first, last in runs.ranges():
        with db.atomic():
            for number, on in enumerate(dates):
                _take_steps(first, last, on)
                totals[number] += charging.charge_chunk(first, last, on=on)
            transaction.set_rollback(True)
    spent = time.perf_counter() - began
    return [_ran(on, total.as_fact(), spent) for on, total in zip(dates, totals, strict=True)]


def _make_partitions(on: date) -> None:
    """A stray row may stand in the way of its month's partition: a person mends that, and the date is charged."""
    try:
        partitions.ensure(on, periods.month(on, 1))
    except IntegrityError as error:
        with db.atomic():
            alarms.raise_alarm(key=f"partition:{on:%Y-%m}", what=str(error).partition("\n")[0])


def _charge_next(run_id: int, on: date, *, wait: bool) -> bool:
    """Charge one undone chunk, in one transaction with its mark and its notices; False when there is none."""
    with db.atomic():
        chunk = runs.take_chunk(run_id, wait=wait)
        if chunk is None:
            return False
        _take_steps(chunk.first_account_id, chunk.last_account_id, on)
        charged = charging.charge_chunk(chunk.first_account_id, chunk.last_account_id, on=on)
        if charged.suspensions:
            db.run("drop table if exists pg_temp.suspended_notices")
            db.run(_NOTICES, {"on": on})
            outbox.queue_batch("suspended", on, "suspended_notices")
        runs.mark_done(chunk, charged)
    log.info("charge run of %s: chunk %s, %s charges", on, chunk.number, charged.charges)
    return True


def _take_steps(first_account_id: int, last_account_id: int, on: date) -> None:
    for step in STEPS:
        step(first_account_id, last_account_id, on=on)


def _ran(on: date, fact: dict[str, int], seconds: float) -> Ran:
    return Ran(
        on=on,
        accounts=fact["accounts"],
        charges=fact["charges"],
        amount_kop=fact["amount_kop"],
        suspensions=fact["suspensions"],
        parked=fact["parked"],
        seconds=seconds,
    )
