"""Deferring: with the data or not at all, one that waits at most, and what becomes of failures."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from abonent.core import db, jobs
from abonent.core.models import Alarm

done: list[str] = []


@jobs.job(queue="probe", retry=2)
def note(text: str) -> None:
    done.append(text)


@jobs.job(queue="probe", lock="payment:{payment_id}", queueing_lock="settle:{payment_id}", retry=1)
def settle(payment_id: int) -> None:
    done.append(f"settled {payment_id}")


@jobs.job(queue="probe")
def begin(text: str) -> None:
    done.append(f"{text} begins")
    note.defer(text=f"{text} ends")


@jobs.job(queue="probe", retry=1)
def fail(person: str) -> None:
    raise ValueError(f"Анна Петрова, +79161234567, {person}")


@jobs.job(queue="probe")
def forever() -> None:
    forever.defer()


@pytest.fixture(autouse=True)
def forgotten(db: None) -> Iterator[None]:
    done.clear()
    yield
    done.clear()


def waiting() -> list[dict[str, Any]]:
    return db.rows(
        "select task_name, lock, queueing_lock, args::text as args, scheduled_at > clock_timestamp() as later, "
        "attempts, status::text as status from procrastinate_jobs order by id"
    )


def test_the_locks_are_those_of_the_call() -> None:
    settle.defer(payment_id=17)
    assert waiting() == [
        {
            "task_name": f"{__name__}.settle",
            "lock": "payment:17",
            "queueing_lock": "settle:17",
            "args": '{"payment_id": 17}',
            "later": None,
            "attempts": 0,
            "status": "todo",
        }
    ]


def test_a_template_that_names_no_argument_is_refused_where_it_is_written() -> None:
    with pytest.raises(AssertionError, match="payment_id"):
        jobs.job(queue="probe", lock="payment:{payment_id}")(lambda contract_id: None)


def test_arguments_are_checked_when_the_job_is_deferred_and_not_when_it_runs() -> None:
    with pytest.raises(TypeError):
        note.defer()  # type: ignore[call-arg]
    with pytest.raises(AssertionError):
        note.defer(text=object())  # type: ignore[arg-type]
    assert waiting() == []


def test_a_rolled_back_transaction_takes_its_jobs_with_it() -> None:
    def told_too_early() -> None:
        with transaction.atomic():
            note.defer(text="never")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        told_too_early()
    assert waiting() == []


def test_a_second_one_under_the_same_queueing_lock_is_not_queued_and_the_transaction_goes_on() -> None:
    with transaction.atomic():
        first = settle.defer(payment_id=17)
        second = settle.defer(payment_id=17)
        other = settle.defer(payment_id=18)
    assert first is not None
    assert second is None
    assert other is not None
    assert [row["queueing_lock"] for row in waiting()] == ["settle:17", "settle:18"]


def test_one_put_off_is_brought_forward_by_one_that_is_due_at_once() -> None:
    settle.defer_in(600, payment_id=17)
    assert [row["later"] for row in waiting()] == [True]
    assert jobs.run_due() == 0
    settle.defer(payment_id=17)
    assert [row["later"] for row in waiting()] == [None]
    assert jobs.run_due() == 1


def test_one_due_at_once_is_not_put_off_by_a_later_one() -> None:
    settle.defer(payment_id=17)
    settle.defer_in(600, payment_id=17)
    assert [row["later"] for row in waiting()] == [None]


def test_of_two_put_off_the_earlier_time_stands() -> None:
    settle.defer_in(600, payment_id=17)
    settle.defer_in(60, payment_id=17)
    assert jobs.run_due(ahead_seconds=61) == 1


def test_a_job_that_runs_may_queue_itself_again() -> None:
    settle.defer(payment_id=17)
    jobs.run_due()
    assert settle.defer(payment_id=17) is not None


def test_a_wake_comes_after_the_commit(django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        note.wake(text="awake")
        assert waiting() == []
    assert [row["args"] for row in waiting()] == ['{"text": "awake"}']


def test_of_many_wakes_one_waits_and_the_others_only_look(
    django_capture_on_commit_callbacks: Any, django_assert_num_queries: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        settle.wake(payment_id=17)
    with django_assert_num_queries(1), django_capture_on_commit_callbacks(execute=True):
        settle.wake(payment_id=17)
    assert len(waiting()) == 1
    jobs.run_due()
    settle.defer_in(600, payment_id=17)
    with django_capture_on_commit_callbacks(execute=True):
        settle.wake(payment_id=17)  # one that was put off is brought forward
    assert jobs.run_due() == 1


def test_called_plainly_it_runs_here() -> None:
    note("here")
    assert done == ["here"]
    assert waiting() == []


def test_what_is_due_runs_in_order_with_what_it_defers() -> None:
    begin.defer(text="first")
    note.defer(text="second")
    assert jobs.run_due() == 3
    assert done == ["first begins", "second", "first ends"]
    assert {row["status"] for row in waiting()} == {"succeeded"}
    assert jobs.run_due() == 0


def test_a_job_that_defers_itself_for_ever_ends_the_run() -> None:
    forever.defer()
    with pytest.raises(jobs.UnableToRun, match="20 jobs"):
        jobs.run_due(limit=20)


def test_a_failure_here_comes_out_and_its_job_waits_for_its_repeat() -> None:
    fail.defer(person="anna")
    with pytest.raises(ValueError, match="anna"):
        jobs.run_due()
    assert [(row["status"], row["attempts"], row["later"]) for row in waiting()] == [("todo", 1, True)]
    assert jobs.run_due(ahead_seconds=10, raising=False) == 1
    assert [(row["status"], row["attempts"]) for row in waiting()] == [("failed", 2)]


@pytest.mark.parametrize(
    ("retry", "attempts", "seconds"),
    [
        (5, 0, 3),
        (5, 1, 9),
        (5, 4, 243),
        (5, 5, None),
        (20, 7, 3600),  # 3 ** 8 = 6561 would be more than an hour
        (0, 0, None),
    ],
)
def test_repeats_wait_longer_each_time_and_end(retry: int, attempts: int, seconds: int | None) -> None:
    assert jobs.Job(note.function, "probe", None, None, retry).wait_seconds(attempts) == seconds
    jobs.Job(note.function, "probe", None, None, 2)  # the name belongs to `note` again


def test_a_failure_is_told_without_the_words_of_the_error(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("WARNING"), pytest.raises(jobs.UnableToRun) as failure:
        jobs.perform(fail.name, {"person": "anna"}, attempts=0)
    assert str(failure.value) == f"{fail.name} {{'person': 'anna'}}: ValueError"
    assert failure.value.__cause__ is None
    assert failure.value.__suppress_context__
    assert "Петрова" not in caplog.text
    assert "+7916" not in caplog.text
    assert "test_jobs.py:" in caplog.text  # but where it was


def test_only_the_last_failure_raises_an_alarm() -> None:
    with pytest.raises(jobs.UnableToRun):
        jobs.perform(fail.name, {"person": "anna"}, attempts=0)
    assert Alarm.objects.count() == 0
    with pytest.raises(jobs.UnableToRun):
        jobs.perform(fail.name, {"person": "anna"}, attempts=1)
    alarm = Alarm.objects.get()
    assert alarm.key == f'job:{fail.name}:{{"person": "anna"}}'
    assert "Петрова" not in alarm.what


def test_a_job_that_is_no_more_is_named() -> None:
    with pytest.raises(jobs.UnableToRun, match=r"no job is named abonent\.gone\.away"):
        jobs.perform("abonent.gone.away", {}, attempts=0)


def leave_running(payment_id: int, *, attempts: int = 0) -> None:
    """As a killed worker leaves it."""
    settle.defer(payment_id=payment_id)
    db.rows("select id from procrastinate_fetch_job_v2(null, null)")
    db.run("update procrastinate_jobs set attempts = %s where status = 'doing'", [attempts])


def test_what_a_dead_worker_left_runs_again() -> None:
    leave_running(17)
    assert jobs.run_due() == 0  # nobody may take it while it is «running»
    assert jobs.release_stalled() == 1
    assert [(row["status"], row["attempts"]) for row in waiting()] == [("todo", 1)]
    assert jobs.run_due() == 1
    assert done == ["settled 17"]


def test_what_a_living_worker_runs_is_left_alone() -> None:
    settle.defer(payment_id=17)
    worker_id = db.rows("select worker_id from procrastinate_register_worker_v1()")[0]["worker_id"]
    db.rows("select id from procrastinate_fetch_job_v2(null, %s)", [worker_id])
    assert jobs.release_stalled() == 0
    db.run("update procrastinate_workers set last_heartbeat = now() - interval '21 seconds'")
    assert jobs.release_stalled() == 1


def test_what_a_dead_worker_left_gives_way_to_one_that_waits_to_do_the_same() -> None:
    leave_running(17)
    settle.defer(payment_id=17)
    assert jobs.release_stalled() == 1
    assert [row["status"] for row in waiting()] == ["failed", "todo"]
    assert jobs.run_due() == 1
    assert Alarm.objects.count() == 0


def test_of_two_that_dead_workers_left_under_one_queueing_lock_one_goes_back() -> None:
    leave_running(17)
    db.run("update procrastinate_jobs set lock = null")
    leave_running(17)
    assert jobs.release_stalled() == 2
    assert [row["status"] for row in waiting()] == ["todo", "failed"]


def test_a_job_that_kills_its_worker_each_time_ends_with_an_alarm() -> None:
    leave_running(17, attempts=settle.retry + jobs.KILLS_AT_MOST)
    assert jobs.release_stalled() == 1
    assert [row["status"] for row in waiting()] == ["failed"]
    assert Alarm.objects.get().key == f'job:{settle.name}:{{"payment_id": 17}}'


def test_finished_jobs_are_kept_for_a_day_and_failed_ones_for_thirty() -> None:
    note.defer(text="old")
    fail.defer(person="anna")
    jobs.run_due(raising=False)
    jobs.run_due(ahead_seconds=60, raising=False)
    assert [row["status"] for row in waiting()] == ["succeeded", "failed"]
    assert jobs.sweep() == 0
    db.run("update procrastinate_events set at = at - interval '25 hours'")
    assert jobs.sweep() == 1
    assert [row["status"] for row in waiting()] == ["failed"]
    db.run("update procrastinate_events set at = at - interval '30 days'")
    assert jobs.sweep() == 1
    assert waiting() == []
