"""Monthly partitions: made ahead, once, and as well guarded as their parents."""

import threading
from collections.abc import Callable
from datetime import date

import pytest
from django.db import DatabaseError, connections, transaction

from abonent.core import db, partitions

NAMES = "select relname as name from pg_class where relispartition and relkind = 'r'"
PARENTS = ("billing_charge", "ledger_transfer")
FAR = date(2041, 1, 15)


def names() -> set[str]:
    return {row["name"] for row in db.rows(NAMES)}


def test_each_month_a_date_needs_gets_its_partition_of_each_parent(db: None) -> None:
    made = partitions.ensure(date(2041, 11, 30), date(2042, 1, 1))
    months = ("2041_11", "2041_12", "2042_01")
    assert {f"{parent}_{month}" for parent in PARENTS for month in months} <= set(made)
    assert set(made) <= names()
    assert partitions.ensure(date(2041, 11, 30), date(2042, 1, 1)) == []


def test_the_months_ahead_are_this_one_and_three_more(db: None) -> None:
    made = [name for name in partitions.ensure_ahead(FAR) if name.startswith("ledger_transfer")]
    assert made == [f"ledger_transfer_2041_{month}" for month in ("01", "02", "03", "04")]


def test_a_row_goes_to_the_partition_of_its_date_and_to_the_default_when_nobody_made_one(db: None) -> None:
    partitions.ensure(FAR, FAR)
    write(date(2041, 1, 31))
    assert where() == ["ledger_transfer_2041_01"]
    assert partitions.strays() == {}
    write(date(2041, 2, 1))
    assert where() == ["ledger_transfer_2041_01", "ledger_transfer_default"]
    assert partitions.strays() == {"ledger_transfer": 1}


@pytest.mark.parametrize(
    "change",
    [
        "truncate ledger_transfer_2041_01",
        "truncate ledger_transfer",
        "truncate ledger_transfer_default",
        "delete from ledger_transfer_2041_01",
        "update ledger_transfer_2041_01 set amount_kop = 2",
    ],
)
def test_a_new_partition_refuses_what_its_parent_refuses(db: None, change: str) -> None:
    partitions.ensure(FAR, FAR)
    write(FAR)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        run(change)
    assert len(where()) == 1


@pytest.mark.committing
def test_two_that_make_the_same_partition_without_our_lock_collide(own_database: str) -> None:
    both = threading.Barrier(2)

    def make() -> None:
        with transaction.atomic():
            assert "ledger_transfer_2041_01" not in names()
            both.wait(10)
            run(
                "create table ledger_transfer_2041_01 partition of ledger_transfer "
                "for values from ('2041-01-01') to ('2041-02-01')"
            )

    assert in_two_threads(make) == 1


@pytest.mark.committing
def test_two_at_once_make_each_partition_once(own_database: str) -> None:
    both = threading.Barrier(2)
    made: list[list[str]] = []

    def make() -> None:
        both.wait(10)
        made.append(partitions.ensure(FAR, date(2042, 12, 31)))

    assert in_two_threads(make) == 0
    together = [name for one in made for name in one]
    assert len(together) == len(set(together))
    assert {f"{parent}_2042_12" for parent in PARENTS} <= set(together)


def in_two_threads(work: Callable[[], None]) -> int:
    """How many of the two failed."""
    failures: list[BaseException] = []

    def run_one() -> None:
        try:
            work()
        except DatabaseError as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run_one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return len(failures)


def write(on: date) -> None:
    run(
        "insert into ledger_transfer (\"on\", debit_id, credit_id, amount_kop, reason) values (%s, 201, 101, 1, 'x')",
        on,
    )


def run(sql: str, *params: object) -> None:
    db.run(sql, list(params) or None)


def where() -> list[str]:
    found = db.rows(
        "select tableoid::regclass::text as name from ledger_transfer where \"on\" >= '2041-01-01' order by 1"
    )
    return [row["name"] for row in found]
