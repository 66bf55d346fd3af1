"""A real worker process: runs at once, dies, loses the database, is asked to stop; no job is lost."""

import signal
import time

import psycopg
import pytest

from abonent.core import db
from tests.concurrency import probe
from tests.concurrency.processes import running, wait_for

WORKER = "tests.concurrency.worker_process"
pytestmark = pytest.mark.committing


def states() -> list[str]:
    return [
        row["status"]
        for row in db.rows(
            "select status::text as status from procrastinate_jobs where queue_name = 'probe' order by id"
        )
    ]


def wait_until_ready() -> None:
    wait_for(lambda: probe.seen("beat"))
    wait_for(lambda: db.rows("select 1 from procrastinate_workers"))
    wait_for(
        lambda: db.rows("select 1 from pg_stat_activity where query like 'LISTEN%' and datname = current_database()")
    )


def test_a_job_runs_soon_after_it_is_deferred(own_database: str) -> None:
    with running(WORKER, dsn=own_database):
        wait_until_ready()
        began = time.monotonic()
        probe.note.defer(text="hello")
        wait_for(lambda: probe.seen("hello"))
        assert time.monotonic() - began < 1
        wait_for(lambda: states() == ["succeeded"])


def test_none_of_many_waits_for_the_next_look_round(own_database: str) -> None:
    """The engine forgets a notification that comes while it looks: that job would wait for a second."""
    with running(WORKER, dsn=own_database), psycopg.connect(own_database, autocommit=True) as hearing:
        wait_until_ready()
        hearing.execute("listen abonent_events")
        waits_seconds = []
        for n in range(100):
            began = time.monotonic()
            probe.note.defer(text=f"note {n}")
            assert list(hearing.notifies(timeout=10, stop_after=1))
            waits_seconds.append(time.monotonic() - began)
    assert sorted(waits_seconds)[90] < 0.9  # the machine may hiccup, but without the second look a tenth waits


def test_the_job_of_a_killed_worker_runs_again_though_its_lock_was_held(own_database: str) -> None:
    probe.hang.defer(text="work")
    with running(WORKER, dsn=own_database) as first:
        wait_for(lambda: probe.seen("work begins"))
        first.kill()
        first.wait(10)
    assert states() == ["doing"]
    db.run("update procrastinate_workers set last_heartbeat = last_heartbeat - interval '21 seconds'")
    with running(WORKER, dsn=own_database):
        wait_for(lambda: probe.seen("work ends"))
    assert len(probe.seen("work begins")) == 2
    assert len(probe.seen("work ends")) == 1


def test_asked_to_stop_it_finishes_what_runs(own_database: str) -> None:
    probe.doze.defer(text="nap", seconds=2)
    probe.note.defer_in(3600, text="later")
    with running(WORKER, dsn=own_database) as worker:
        wait_for(lambda: probe.seen("nap begins"))
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(10) == 0
    assert len(probe.seen("nap ends")) == 1
    assert states() == ["succeeded", "todo"]
    assert db.rows("select 1 from procrastinate_workers") == []


def test_asked_to_stop_it_ends_within_ten_seconds_and_leaves_the_unfinished_to_the_next(
    own_database: str,
) -> None:
    probe.hang.defer(text="work")
    with running(WORKER, dsn=own_database) as worker:
        wait_for(lambda: probe.seen("work begins"))
        began = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(11) == 1
        assert time.monotonic() - began < 11
    with running(WORKER, dsn=own_database):
        wait_for(lambda: probe.seen("work ends"))


def test_a_worker_that_lost_its_database_connections_goes_on(own_database: str) -> None:
    with running(WORKER, dsn=own_database):
        wait_until_ready()
        db.rows(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )
        probe.note.defer(text="after")
        wait_for(lambda: probe.seen("after"))
        wait_until_ready()  # it listens again
        began = time.monotonic()
        probe.note.defer(text="again")
        wait_for(lambda: probe.seen("again"))
        assert time.monotonic() - began < 1


def test_a_failed_job_whose_place_in_the_queue_is_taken_does_not_stay_running(own_database: str) -> None:
    with running(WORKER, dsn=own_database):
        wait_until_ready()
        probe.stumble.defer()
        wait_for(lambda: probe.seen("stood up"))
        wait_for(lambda: states() == ["failed", "succeeded"])


def test_a_job_of_an_unknown_module_ends_with_an_alarm(own_database: str) -> None:
    db.run("insert into procrastinate_jobs (queue_name, task_name) values ('probe', 'abonent.gone.away')")
    with running(WORKER, dsn=own_database):
        wait_for(lambda: db.rows("select 1 from core_alarm where what like '%%abonent.gone.away%%'"))
    assert states() == ["failed"]
