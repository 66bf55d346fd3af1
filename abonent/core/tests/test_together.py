"""A statement that is a transaction by itself; wakes of one process that are drawn together."""

import threading
from collections.abc import Iterator

import pytest
from django.db import DataError, connection, transaction

from abonent.core import db, wakes

PUT = "insert into core_alarm (key, what) values (%(key)s, 'a test') returning key"


def kept() -> list[str]:
    return [row["key"] for row in db.rows("select key from core_alarm order by key")]


@pytest.mark.committing
def test_a_statement_alone_is_its_own_transaction(own_database: str) -> None:
    """Also where one that a test counts, or one in a test's transaction, would be another's part."""
    assert db.prepared_alone(db.Statement(PUT, {"key": "a"})) == [{"key": "a"}]
    both = db.Statement(
        f"with put as ({PUT}) select 1 / %(by)s::text::int as one, key from put", {"key": "b", "by": "0"}
    )
    with pytest.raises(DataError):
        db.prepared_alone(both)
    assert (kept(), connection.in_atomic_block) == (["a"], False)
    with transaction.atomic():
        with pytest.raises(DataError):
            db.prepared_alone(both)
        assert kept() == ["a"]  # the caller's goes on
    assert db.prepared_alone(both._replace(params={"key": "b", "by": "1"})) == [{"one": 1, "key": "b"}]


def test_parameters_get_names_of_their_own() -> None:
    assert db.Statement("select %(a)s, %(ab)s, %(a)s", {"a": 1, "ab": 2}).named("x_") == db.Statement(
        "select %(x_a)s, %(x_ab)s, %(x_a)s", {"x_a": 1, "x_ab": 2}
    )


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
