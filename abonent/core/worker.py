"""The worker: runs what `jobs` deferred. The only module that knows procrastinate, the engine behind it.

Jobs run in threads, which give their database connection back after each. When the database goes away the
worker starts anew, so that its heartbeat and its listener are never half dead.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import procrastinate
from django.db import connections
from procrastinate import exceptions, manager
from procrastinate import jobs as engine_jobs
from procrastinate.worker import Worker

from abonent.core import alarms, apart, jobs
from abonent.core import log as json_log

FINISH_SECONDS = 9  # of the 10 s that stopping may take
HEARTBEAT_SECONDS = 5
RELEASE_EVERY_SECONDS = 30
POLL_SECONDS = 1  # for jobs that were put off; the others are heard of at once
LOOK_AGAIN_SECONDS = 0.05
BEAT_CRON = "*/5 * * * *"
RESTART_AT_MOST_SECONDS = 30

log = logging.getLogger(__name__)


def work(*, concurrency: int, stop: threading.Event, beat: Callable[[], object]) -> bool:
    """Run jobs until `stop` is set; then give the running ones 9 s. False: some did not finish.

    Those that did not are free for the next worker; the caller must end the process, for their threads go on.
    beat: called at the start and every 5 minutes, by one of all workers; it defers what the schedule wants.
    """
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(concurrency + 3, "worker"))
    try:
        return loop.run_until_complete(_work(concurrency, stop, beat))
    finally:
        stop.set()
        loop.close()


async def _work(concurrency: int, stop: threading.Event, beat: Callable[[], object]) -> bool:
    asked = asyncio.create_task(asyncio.to_thread(stop.wait))
    pause_seconds = 1
    while True:
        began = time.monotonic()
        try:
            finished = await _work_once(concurrency, asked, beat)
        except Exception as error:  # the database went away: its jobs are safe there
            log.warning("the worker starts anew: %s", type(error).__name__)
        else:
            if asked.done():
                return finished
            log.warning("the worker starts anew: its engine stopped")
        if time.monotonic() - began > RESTART_AT_MOST_SECONDS:
            pause_seconds = 1
        await asyncio.wait({asked}, timeout=pause_seconds)
        if asked.done():
            return True
        pause_seconds = min(pause_seconds * 2, RESTART_AT_MOST_SECONDS)


async def _work_once(concurrency: int, asked: asyncio.Task[bool], beat: Callable[[], object]) -> bool:
    """One life of the engine, until it fails or `asked` is done: whether all that ran has finished."""
    app = _app(beat)
    await app.open_async()
    worker: Any = _Worker(  # its methods carry no types
        app,
        name="abonent",
        concurrency=concurrency,
        fetch_job_polling_interval=POLL_SECONDS,
        install_signal_handlers=False,
        update_heartbeat_interval=HEARTBEAT_SECONDS,
        stalled_worker_timeout=jobs.STALLED_AFTER_SECONDS,
    )
    running = asyncio.create_task(worker.run())
    releasing = asyncio.create_task(_release_stalled())
    beating = asyncio.create_task(_in_thread(beat))
    try:
        await asyncio.wait({running, asked}, return_when=asyncio.FIRST_COMPLETED)
        if not running.done():
            worker.stop()
            await asyncio.wait({running}, timeout=FINISH_SECONDS)
        if not running.done():
            if worker.worker_id is not None:  # what it runs belongs to nobody now: the next worker takes it
                await app.job_manager.unregister_worker(worker.worker_id)
            return False
    finally:
        releasing.cancel()
        await asyncio.wait({releasing, beating}, timeout=1)
    await app.close_async()
    running.result()
    return True


async def _release_stalled() -> None:
    while True:
        await _in_thread(jobs.release_stalled)
        await asyncio.sleep(RELEASE_EVERY_SECONDS)


async def _in_thread(function: Callable[[], object]) -> None:
    """Run it beside the jobs; its failure is in the log and ends nothing."""

    def run() -> None:
        try:
            function()
        except Exception as error:
            log.error("beside the jobs: %s at %s", type(error).__name__, jobs.place_of(error))
        finally:
            connections.close_all()

    await asyncio.to_thread(run)


def _app(beat: Callable[[], object]) -> procrastinate.App:
    connector = procrastinate.PsycopgConnector(kwargs=apart.params(), min_size=1, max_size=3, timeout=10, name="worker")
    app = procrastinate.App(connector=connector)
    app.job_manager = _Manager(connector)
    for one in jobs.registered():
        app.task(name=one.name, queue=one.queue, pass_context=True, retry=_Retry(one))(_runner(one.name))

    # Of all workers one defers each beat. It also keeps alive the engine's watch over its own heartbeat and
    # listener: with no periodic task at all that watch ends at once.
    @app.periodic(cron=BEAT_CRON)
    @app.task(name=f"{__name__}.beat", queue="schedule", queueing_lock="beat")
    def _(timestamp: int) -> None:
        try:
            beat()
        finally:
            connections.close_all()

    return app


def _runner(name: str) -> Callable[..., None]:
    def run(context: procrastinate.JobContext, **ids: object) -> None:
        mark = json_log.request_id.set(f"job-{context.job.id}")
        try:
            jobs.perform(name, ids, attempts=context.job.attempts)
        finally:
            json_log.request_id.reset(mark)
            connections.close_all()

    return run


class _Worker(Worker):
    """procrastinate's, where a job that is deferred while the worker looks for one waits for its next look round."""

    async def _handle_notification(self, *, channel: str, notification: engine_jobs.Notification) -> None:
        await super()._handle_notification(channel=channel, notification=notification)
        asyncio.get_running_loop().call_later(LOOK_AGAIN_SECONDS, self._new_job_event.set)


class _Retry(procrastinate.BaseRetryStrategy):
    def __init__(self, of: "jobs.Job[..., object]") -> None:
        self.of = of

    def get_retry_decision(
        self, *, exception: BaseException, job: engine_jobs.Job
    ) -> procrastinate.RetryDecision | None:
        seconds = self.of.wait_seconds(job.attempts)
        return None if seconds is None else procrastinate.RetryDecision(retry_in={"seconds": seconds})


class _Manager(manager.JobManager):
    """procrastinate's, where a failed job with a queueing lock would stay «doing» for ever."""

    async def retry_job_by_id_async(
        self,
        job_id: int,
        retry_at: datetime,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Put the job back; when another waits under its queueing lock already, that one does the work."""
        try:
            await super().retry_job_by_id_async(job_id, retry_at, priority, queue, lock)
        except exceptions.UniqueViolation:
            await self.finish_job_by_id_async(job_id, engine_jobs.Status.FAILED, delete_job=False)

    async def finish_job(self, job: engine_jobs.Job, status: engine_jobs.Status, delete_job: bool) -> None:
        await super().finish_job(job, status, delete_job)
        known = {f"{__name__}.beat", *(one.name for one in jobs.registered())}
        if status is engine_jobs.Status.FAILED and job.task_name not in known:
            what = f"the job {job.task_name} {job.task_kwargs} is not known to this worker and was not done"
            await _in_thread(lambda: alarms.raise_alarm(key=f"job:{job.id}", what=what))
