"""A wake that finds its job waiting already: the job must not run before it can see what woke it."""

import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, connections, transaction
from procrastinate import sql

from abonent.core import db
from tests.concurrency import probe

pytestmark = pytest.mark.committing


def fetch() -> int | None:
    """As a worker does."""
    found: int | None = db.rows("select id from procrastinate_fetch_job_v2(null, null)")[0]["id"]
    return found


def while_a_transaction_defers(defer: Callable[[], object], then: Callable[[], None]) -> None:
    """Run `then` in this thread while another's transaction has deferred and not committed yet."""
    deferred, may_commit = threading.Event(), threading.Event()

    def other() -> None:
        try:
            with transaction.atomic():
                defer()
                deferred.set()
                may_commit.wait(30)
        finally:
            deferred.set()
            connections.close_all()

    thread = threading.Thread(target=other)
    thread.start()
    try:
        assert deferred.wait(30)
        then()
    finally:
        may_commit.set()
        thread.join(30)


def refused_in_a_savepoint() -> None:
    """The plain way: try to insert, swallow the refusal."""
    with pytest.raises(IntegrityError, match="queueing_lock"), transaction.atomic():
        db.run("insert into procrastinate_jobs (queue_name, task_name, queueing_lock) values ('probe', 'x', 'note:x')")


def test_swallowing_the_refusal_would_lose_the_wake(own_database: str) -> None:
    waiting = probe.note.defer(text="x")

    def then() -> None:
        assert fetch() == waiting  # it runs now, and sees nothing of what is not committed yet

    while_a_transaction_defers(refused_in_a_savepoint, then)
    assert fetch() is None  # and nothing runs after the commit: lost


def test_a_waiting_job_that_was_found_runs_after_the_commit(own_database: str) -> None:
    waiting = probe.note.defer(text="x")

    def then() -> None:
        assert fetch() is None

    while_a_transaction_defers(lambda: probe.note.defer(text="x"), then)
    assert fetch() == waiting


def test_other_jobs_run_meanwhile(own_database: str) -> None:
    probe.note.defer(text="x")
    other = probe.note.defer(text="y")

    def then() -> None:
        assert fetch() == other

    while_a_transaction_defers(lambda: probe.note.defer(text="x"), then)


def test_the_index_we_lean_on_is_the_one_procrastinate_made(own_database: str) -> None:
    """`on conflict (queueing_lock) where status = 'todo'` names no index: another release may change it."""
    assert "procrastinate_fetch_job_v2" in sql.queries["fetch_job"]
    assert db.rows(
        "select indexdef like '%%UNIQUE%%(queueing_lock) WHERE (status = ''todo''%%' as as_expected "
        "from pg_indexes where indexname = 'procrastinate_jobs_queueing_lock_idx_v1'"
    ) == [{"as_expected": True}]
