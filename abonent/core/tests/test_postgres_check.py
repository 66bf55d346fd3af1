"""What makes a database unfit, asked of real ones, on our PostgreSQL and the oldest one if it is here."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest

from abonent.core import postgres_check
from abonent.core.tests import grounds

CURE = (
    "make another, `create database NAME template template0 encoding 'UTF8' locale 'C.UTF-8'`, "
    "and give its DATABASE_URL"
)


class Databases:
    """Databases on one server, each made as a test says."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn

    def make(self, name: str, how: str) -> None:
        with self.on("postgres", "postgres") as conn:
            conn.execute(f"drop database if exists {name}")
            conn.execute(f"create database {name} {how}")

    def on(self, name: str, user: str = "abonent") -> AbstractContextManager[psycopg.Connection[Any]]:
        return psycopg.connect(self.dsn, dbname=name, user=user, autocommit=True)


@pytest.fixture(scope="module", params=grounds.PROGRAMS, ids=grounds.version)
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    folder: Path = request.param
    with grounds.Ground(grounds.PEOPLE[0]) as ground:
        _, answer = ground.hold(programs_dir=str(folder))
        made = Databases(answer["dsn"])
        with made.on("postgres", "postgres") as conn:
            conn.execute("create role guest login")
        yield made


def test_a_fit_database_has_no_problems_and_is_left_as_it_was(databases: Databases) -> None:
    databases.make("fit", "owner abonent")
    with databases.on("fit") as conn:
        assert postgres_check.problems(conn) == []
        assert conn.execute("select extname from pg_extension").fetchall() == [("plpgsql",)]
        for extension in postgres_check.EXTENSIONS:
            conn.execute(f"create extension {extension}")
        assert postgres_check.problems(conn) == []


def test_the_question_may_be_asked_inside_a_transaction(databases: Databases) -> None:
    databases.make("fit", "owner abonent")
    with databases.on("fit") as conn:
        with conn.transaction():
            conn.execute("create table kept ()")
            assert postgres_check.problems(conn) == []
        assert conn.execute("select to_regclass('kept') is not null").fetchall() == [(True,)]


def test_a_locale_that_is_blind_to_cyrillic_is_refused(databases: Databases) -> None:
    databases.make("blind", "owner abonent template template0 locale_provider libc locale 'C'")
    with databases.on("blind") as conn:
        assert postgres_check.problems(conn) == [
            "database blind has the locale C, in which lower() does not change and pg_trgm does not see "
            f"Cyrillic letters: {CURE}"
        ]


def test_the_cure_we_name_works(databases: Databases) -> None:
    databases.make("cured", "owner abonent template template0 encoding 'UTF8' locale 'C.UTF-8'")
    with databases.on("cured") as conn:
        assert postgres_check.problems(conn) == []


def test_another_encoding_is_refused(databases: Databases) -> None:
    databases.make("latin", "owner abonent template template0 encoding 'LATIN1' locale_provider libc locale 'C'")
    with databases.on("latin") as conn:
        assert postgres_check.problems(conn) == [f"database latin keeps text in LATIN1, not UTF8: {CURE}"]


def test_missing_rights_are_named_with_who_may_give_them(databases: Databases) -> None:
    databases.make("foreign_one", "owner abonent")
    with databases.on("foreign_one", "guest") as conn:
        assert postgres_check.problems(conn) == [
            *(
                f"role guest may not create extension {extension}: "
                f"let a superuser run `create extension {extension}` in database foreign_one"
                for extension in ("pg_trgm", "btree_gist", "unaccent")
            ),
            "role guest may not create schemas in database foreign_one: "
            "let its owner run `grant create on database foreign_one to guest`",
            "role guest may not create tables in database foreign_one: "
            "let its owner run `grant create on schema public to guest` there",
        ]
    with databases.on("foreign_one") as owner:
        owner.execute("grant create on database foreign_one to guest")
        owner.execute("grant create on schema public to guest")
    with databases.on("foreign_one", "guest") as conn:
        assert postgres_check.problems(conn) == []


def test_a_role_that_only_uses_the_tables_needs_no_right_to_create(databases: Databases) -> None:
    databases.make("migrated", "owner abonent")
    with databases.on("migrated") as owner:
        for extension in postgres_check.EXTENSIONS:
            owner.execute(f"create extension {extension}")
        owner.execute("create table django_migrations ()")
    with databases.on("migrated", "guest") as conn:
        assert postgres_check.problems(conn) == []


def test_an_extension_the_server_lacks_is_named(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_check, "EXTENSIONS", ("pg_trgm", "no_such"))
    databases.make("fit", "owner abonent")
    with databases.on("fit") as conn:
        assert postgres_check.problems(conn) == [
            "the server has no extension no_such: install the package postgresql-contrib there"
        ]


def test_an_old_server_is_refused_before_anything_is_asked_of_it() -> None:
    old = cast(psycopg.Connection[Any], SimpleNamespace(info=SimpleNamespace(server_version=140013)))
    assert postgres_check.problems(old) == ["PostgreSQL 14 is too old: give DATABASE_URL of PostgreSQL 15 or newer"]
