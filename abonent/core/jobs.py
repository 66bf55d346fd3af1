"""Work that commits with the data it follows from and is done a moment later.

    @jobs.job(queue="payments", lock="payment:{payment_id}", queueing_lock="settle:{payment_id}", retry=5)
    def settle(payment_id: int) -> None: ...

    settle.defer(payment_id=17)          # in the caller's transaction: both stand or neither
    settle.defer_in(30, payment_id=17)   # not before 30 seconds of real time
    settle.wake(payment_id=17)           # after the commit: for sweepers, which look at all that is due
    settle(17)                           # here and now

A job is ids in, one call, safe twice. Jobs that share a `lock` run one at a time in the order they were
deferred (one put off holds back those after it); of jobs that share a `queueing_lock` one waits at most.
core/worker.py runs them; flows/schedule.py lists the modules that have any.
"""

import contextlib
import functools
import importlib
import inspect
import json
import logging
import string
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar

from django.db import transaction

from abonent.core import alarms, db, wakes

P = ParamSpec("P")
R = TypeVar("R")

LONGEST_WAIT_SECONDS = 3600
STALLED_AFTER_SECONDS = 20  # a worker that has not beaten for so long is dead; it beats every 5
KILLS_AT_MOST = 5  # more than the job's own retries: one that kills its worker each time must end too

log = logging.getLogger(__name__)

_DEFER = db.read_sql(__file__, "jobs_defer")
_RELEASE_STALLED = db.read_sql(__file__, "jobs_release_stalled")
_IS_DUE = "select 1 from procrastinate_jobs where queueing_lock = %s and status = 'todo' and scheduled_at is null"
_SWEEP = db.read_sql(__file__, "jobs_sweep")
_REGISTERED: dict[str, "Job[..., Any]"] = {}


class UnableToRun(Exception):
    """A job failed: which, and by what class of error; never in the error's words, they may name a person."""


class Job(Generic[P, R]):
    """A function that may be deferred. Made by `job`."""

    def __init__(
        self, function: Callable[P, R], queue: str, lock: str | None, queueing_lock: str | None, retry: int
    ) -> None:
        functools.update_wrapper(self, function)
        self.name = f"{function.__module__}.{function.__qualname__}"
        self.function, self.queue, self.retry = function, queue, retry
        self.lock, self.queueing_lock = lock, queueing_lock
        self._signature = inspect.signature(function)
        for template in (lock, queueing_lock):
            unknown = _fields(template or "") - set(self._signature.parameters)
            assert not unknown, f"{self.name}: {template} names what is no argument: {unknown}"
        _REGISTERED[self.name] = self

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.function(*args, **kwargs)

    def defer(self, *args: P.args, **kwargs: P.kwargs) -> int | None:
        """Queue the job in the caller's transaction; give its id.

        None when one with the same queueing lock waits already: that one is brought forward if it was to run
        later, and cannot start before the caller has committed, so that it sees what the caller wrote.
        """
        return self._put(self._ids(*args, **kwargs), None)

    def defer_in(self, seconds: int, *args: P.args, **kwargs: P.kwargs) -> int | None:
        """`defer`, to run after `seconds` of real time; one that waits already runs at the earlier."""
        return self._put(self._ids(*args, **kwargs), seconds)

    def wake(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Queue the job once the caller has committed, so that no transaction waits for another's.

        Only for a sweeper that looks at everything due and that the schedule wakes too: a kill between the
        commit and the wake loses it.
        """
        ids = self._ids(*args, **kwargs)
        transaction.on_commit(lambda: self._wake(ids), robust=True)

    def wait_seconds(self, attempts: int) -> int | None:
        """How long to wait after a failure that `attempts` failures went before; None: no more runs."""
        return None if attempts >= self.retry else min(3 ** (attempts + 1), LONGEST_WAIT_SECONDS)

    def _ids(self, *args: P.args, **kwargs: P.kwargs) -> dict[str, object]:
        ids = dict(self._signature.bind(*args, **kwargs).arguments)
        assert all(isinstance(value, int | str | None) for value in ids.values()), f"{self.name}: ids in, {ids}"
        return ids

    def _wake(self, ids: dict[str, object]) -> None:
        """Whatever waits and is due now will see what is committed now: to lock its row would serialise all wakes."""
        lock = self.queueing_lock and self.queueing_lock.format(**ids)
        if not lock:
            self._put(ids, None)
            return

        def wake() -> None:
            if not db.prepared_rows(_IS_DUE, [lock]):
                self._put(ids, None)

        wakes.go(lock, wake)

    def _put(self, ids: dict[str, object], in_seconds: int | None) -> int | None:
        found = db.rows(
            _DEFER,
            {
                "queue": self.queue,
                "name": self.name,
                "lock": self.lock and self.lock.format(**ids),
                "queueing_lock": self.queueing_lock and self.queueing_lock.format(**ids),
                "ids": json.dumps(ids),
                "in_seconds": in_seconds or None,
            },
        )[0]
        return int(found["id"]) if found["is_new"] else None


def job(
    *, queue: str, lock: str | None = None, queueing_lock: str | None = None, retry: int = 5
) -> Callable[[Callable[P, R]], Job[P, R]]:
    """Make a function a job.

    lock, queueing_lock: templates of the call's arguments: "payment:{payment_id}".
    retry: how many times a failed run is repeated, after 3, 9, 27… seconds, an hour at most. Then an alarm.
    """
    return lambda function: Job(function, queue, lock, queueing_lock, retry)


def registered() -> Iterable["Job[..., Any]"]:
    """Every job of the modules imported so far."""
    return tuple(_REGISTERED.values())


def perform(name: str, ids: dict[str, object], *, attempts: int) -> None:
    """Run one job for a worker. `attempts`: failed runs before this one.

    Raises UnableToRun; the last failure also raises an alarm.
    """
    found = _find(name)
    try:
        found.function(**ids)
    except Exception as error:
        what = f"{name} {ids}: {type(error).__name__}"
        log.warning("job %s at %s", what, place_of(error))
        if found.wait_seconds(attempts) is None:
            _alarm(name, ids, f"the job {what}; it is not repeated any more")
        raise UnableToRun(what) from None


def place_of(error: BaseException) -> str:
    """Where it was raised, without its words: "topup.py:120 > transfers.py:64 > db.py:12"."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)


def release_stalled() -> int:
    """Let the jobs of dead workers run again, or their locks would block all after them; give how many.

    One that another job waits to do anyway, or that has outlived too many workers, ends as failed.
    """
    freed = db.rows(
        _RELEASE_STALLED,
        {
            "seconds": STALLED_AFTER_SECONDS,
            "names": [one.name for one in registered()],
            "limits": [one.retry + KILLS_AT_MOST for one in registered()],
            "other_limit": KILLS_AT_MOST,
        },
    )
    for row in freed:
        ids = json.loads(row["ids"])
        log.warning("job %s %s was left by a dead worker: now %s", row["name"], ids, row["status"])
        if row["status"] == "failed" and not row["superseded"]:
            _alarm(row["name"], ids, f"the job {row['name']} {ids} kills its worker each time")
    return len(freed)


def sweep() -> int:
    """Delete what finished more than a day ago, and what failed more than 30 days ago; give how many."""
    return db.run(_SWEEP)


def run_due(*, limit: int = 1000, ahead_seconds: int = 0, raising: bool = True) -> int:
    """Run here, in order, what is due and what that defers; give how many ran. For tests and the demo.

    ahead_seconds: what is put off by no more than this counts as due.
    raising: a failure comes out as it is; its job waits for its repeat as it would in a worker.
    """
    if ahead_seconds:
        db.run(
            "update procrastinate_jobs set scheduled_at = null where status = 'todo' "
            "and scheduled_at <= clock_timestamp() + make_interval(secs => %s)",
            [ahead_seconds],
        )
    for ran in range(limit):
        row = db.rows("select id, task_name, args, attempts from procrastinate_fetch_job_v2(null, null)")[0]
        if row["id"] is None:
            return ran
        _run_here(row["id"], _find(row["task_name"]), json.loads(row["args"]), row["attempts"], raising=raising)
    raise UnableToRun(f"{limit} jobs have run and still more are due: does one defer itself for ever?")


def _run_here(job_id: int, found: "Job[..., Any]", ids: dict[str, object], attempts: int, *, raising: bool) -> None:
    try:
        found.function(**ids)
    except Exception:
        wait_seconds = found.wait_seconds(attempts)
        if wait_seconds is None:
            db.rows("select procrastinate_finish_job_v1(%s, 'failed', false)", [job_id])
        else:
            db.rows(
                "select procrastinate_retry_job_v2(%s, now() + make_interval(secs => %s), null, null, null)",
                [job_id, wait_seconds],
            )
        if raising:
            raise
    else:
        db.rows("select procrastinate_finish_job_v1(%s, 'succeeded', false)", [job_id])


def _find(name: str) -> "Job[..., Any]":
    """A job's name is its module's and its own, so that a process that never imported it finds it."""
    if name not in _REGISTERED:
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(name.rpartition(".")[0])
    try:
        return _REGISTERED[name]
    except KeyError:
        raise UnableToRun(f"no job is named {name}") from None


def _alarm(name: str, ids: dict[str, object], what: str) -> None:
    try:
        alarms.raise_alarm(key=f"job:{name}:{json.dumps(ids, sort_keys=True)}", what=what)
    except Exception as error:  # the failure itself is already in the log
        log.error("the alarm of %s was not written: %s", name, type(error).__name__)


def _fields(template: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(template) if field}
