"""Statements planned once a connection: in and out of transactions, over reconnects, over changes of tables."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import NotSupportedError, ProgrammingError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from abonent.core import db

DOUBLE = "select %(number)s::bigint * 2 as doubled, 'x' as x"
PLANS = "select generic_plans, custom_plans from pg_prepared_statements where statement like %s order by 1 desc"


def plans_of(start: str) -> list[dict[str, int]]:
    return db.rows(PLANS, [f"{start}%"])


def pid() -> int:
    return int(db.rows("select pg_backend_pid() as pid")[0]["pid"])


@pytest.fixture
def in_transaction(request: pytest.FixtureRequest) -> None:
    """pytest's `db`, whose name the module of that name has here."""
    request.getfixturevalue("db")


@contextmanager
def pooled() -> Iterator[None]:
    """Django's own connection of this thread, with a pool of one as the web has it."""
    before = connections["default"]
    wrapper = type(before)(copy.deepcopy(before.settings_dict), "default")
    wrapper.settings_dict["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 1, "timeout": 5}
    connections["default"] = wrapper
    try:
        yield
    finally:
        wrapper.close()
        wrapper.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's wrapper has it, the stubs' base has not
        connections["default"] = before


def test_rows_come_by_name_and_one_plan_serves_all_parameters(in_transaction: None) -> None:
    for number in (1, 2, 70_000, 3):
        found = db.prepared_rows(DOUBLE, {"number": number})
        assert found == [{"doubled": number * 2, "x": "x"}]
    # Two: the driver sends a small number as a smallint, a larger one as an integer.
    assert plans_of("select $1::bigint * 2") == [
        {"generic_plans": 3, "custom_plans": 0},
        {"generic_plans": 1, "custom_plans": 0},
    ]


def test_no_row_is_an_empty_list_and_a_statement_counts_as_one(in_transaction: None) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert db.prepared_rows("select 1 as one where %s::bigint = 2", [1]) == []
    assert [query["sql"] for query in asked] == ["select 1 as one where 1::bigint = 2"]


def test_a_mistake_is_djangos_error(in_transaction: None) -> None:
    with pytest.raises(ProgrammingError, match="nowhere"), transaction.atomic():
        db.prepared_rows("select * from nowhere")
    assert db.prepared_rows(DOUBLE, {"number": 4})[0]["doubled"] == 8


@pytest.mark.committing
def test_a_transaction_that_rolls_back_takes_no_plan_with_it(own_database: str) -> None:
    for number in (5, 6):
        with transaction.atomic():
            assert db.prepared_rows(DOUBLE, {"number": number})[0]["doubled"] == number * 2
            transaction.set_rollback(True)
    assert db.prepared_rows(DOUBLE, {"number": 7})[0]["doubled"] == 14


@pytest.mark.committing
def test_another_connection_plans_anew(own_database: str) -> None:
    first = pid()
    assert db.prepared_rows(DOUBLE, {"number": 1})[0]["doubled"] == 2
    connection.close()
    assert db.prepared_rows(DOUBLE, {"number": 2})[0]["doubled"] == 4
    assert pid() != first
    assert plans_of("select $1::bigint * 2") == [{"generic_plans": 1, "custom_plans": 0}]


@pytest.mark.committing
def test_a_connection_back_from_the_pool_keeps_its_plans(own_database: str) -> None:
    with pooled():
        pids = []
        for number in (1, 2, 3):
            assert db.prepared_rows(DOUBLE, {"number": number})[0]["doubled"] == number * 2
            pids.append(pid())
            assert len(plans_of("select $1::bigint * 2")) == 1
            connections["default"].close()  # back to the pool, as after each request
        assert len(set(pids)) == 1


@pytest.mark.committing
@pytest.mark.parametrize("with_pool", [False, True])
def test_a_column_changed_under_a_plan_is_read_anew(own_database: str, with_pool: bool) -> None:
    with psycopg.connect(own_database, autocommit=True) as migration:
        migration.execute("create table shown (what varchar(2)); insert into shown values ('ab')")
        if with_pool:
            with pooled():
                change_under(migration)
        else:
            change_under(migration)


def change_under(migration: "psycopg.Connection[tuple[object, ...]]") -> None:
    select = "select what from shown"
    assert db.prepared_rows(select) == [{"what": "ab"}]
    migration.execute("alter table shown add column later int; alter table shown alter column what type varchar(9)")
    assert db.prepared_rows(select) == [{"what": "ab"}]
    migration.execute("alter table shown alter column what type text")
    # Within a transaction nothing can be asked again: it fails as a whole, and the next one is well.
    with pytest.raises(NotSupportedError, match="cached plan"), transaction.atomic():
        db.prepared_rows(select)
    with transaction.atomic():
        assert db.prepared_rows(select) == [{"what": "ab"}]


@pytest.mark.committing
def test_another_search_path_is_another_table(own_database: str) -> None:
    db.run("create schema aside")
    db.run("create table public.named as select 'public' as name")
    db.run("create table aside.named as select 'aside' as name")
    select = "select name from named"
    assert db.prepared_rows(select) == [{"name": "public"}]
    db.run("set search_path = aside, public")
    assert db.prepared_rows(select) == [{"name": "aside"}]
