"""Statements sent together are one transaction; wakes of one process are drawn together."""

import threading
from collections.abc import Iterator

import pytest
from django.db import DataError, IntegrityError, connection

from abonent.core import db, wakes

PUT = "insert into core_alarm (key, what) values (%(key)s, 'a test')"


def put(key: str) -> db.Statement:
    return db.Statement(PUT, {"key": key})


def kept() -> list[str]:
    return [row["key"] for row in db.rows("select key from core_alarm order by key")]


@pytest.mark.committing
def test_together_or_not_at_all(own_database: str) -> None:
    db.run_together([put("a"), put("b")])
    assert kept() == ["a", "b"]
    with pytest.raises(IntegrityError):
        db.run_together([put("c"), put("a"), put("d")])
    with pytest.raises(DataError):
        db.run_together([put("e"), db.Statement("select 1 / %(zero)s::int", {"zero": "0"})])
    assert (kept(), connection.in_atomic_block) == (["a", "b"], False)
    db.run_together([put("c")])  # the connection is as good as before
    assert kept() == ["a", "b", "c"]


@pytest.mark.committing
def test_each_sees_what_was_committed_before_it_began(own_database: str) -> None:
    """The first waits for a lock; what its holder has committed meanwhile, the second sees."""
    db.run_together([put("a")])
    holds, waits = threading.Event(), threading.Event()

    def other() -> None:
        with db.atomic():
            db.run("update core_alarm set what = 'held' where key = 'a'")
            holds.set()
            waits.wait(30)
            db.run("insert into core_alarm (key, what) values ('late', 'committed with it')")
        connection.close()

    def release_once_waited_for() -> None:
        sql = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        while not db.rows(sql):
            waits.wait(0.01)
        waits.set()
        connection.close()

    threads = [threading.Thread(target=other), threading.Thread(target=release_once_waited_for)]
    threads[0].start()
    assert holds.wait(30)
    threads[1].start()
    lock = db.Statement("update core_alarm set what = 'seen' where key = 'a'", {})
    look = db.Statement("insert into core_alarm (key, what) select 'saw ' || key, what from core_alarm", {})
    db.run_together([lock, look])
    for thread in threads:
        thread.join()
    assert "saw late" in kept()


@pytest.fixture
def together() -> Iterator[None]:
    wakes.draw_together()
    yield
    wakes.apart()


def test_wakes_of_a_moment_are_two(together: None) -> None:
    """The first at once; the others as one after them, so that it sees what each has committed."""
    came, late = [], threading.Event()

    def wake() -> None:
        came.append(threading.current_thread())
        if len(came) == 2:
            late.set()

    for _ in range(20):
        wakes.go("a", wake)
    assert came[:1] == [threading.main_thread()]
    assert late.wait(30)
    assert len(came) == 2
    assert came[1] is not threading.main_thread()


def test_wakes_of_two_sweepers_are_two(together: None) -> None:
    came: list[str] = []
    wakes.go("a", lambda: came.append("a"))
    wakes.go("b", lambda: came.append("b"))
    assert came == ["a", "b"]


def test_without_it_each_wake_is_one() -> None:
    came: list[str] = []
    for _ in range(3):
        wakes.go("a", lambda: came.append("a"))
    assert came == ["a", "a", "a"]
