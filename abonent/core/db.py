"""Transactions and row locks: the few words every verb that moves money or state begins with."""

import functools
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import psycopg
from django.db import DEFAULT_DB_ALIAS, NotSupportedError, connection, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.rows import dict_row

ModelT = TypeVar("ModelT", bound=models.Model)
_INDENT = re.compile(r"\n[ \t\n]+")
_PARAM = re.compile(r"%\((\w+)\)s")


class UnableToLock(Exception):
    """A row that should be there is not."""


class Statement(NamedTuple):
    """What a room would run, or parts of a WITH: others may make it one statement with theirs."""

    sql: str
    params: dict[str, Any]

    def named(self, prefix: str) -> "Statement":
        """The same, its parameters under names of its own."""
        return Statement(_named(self.sql, prefix), {f"{prefix}{name}": one for name, one in self.params.items()})


@functools.cache
def _named(sql: str, prefix: str) -> str:
    return _PARAM.sub(rf"%({prefix}\1)s", sql)


def require_transaction() -> None:
    """The flow opens the one transaction; a verb called outside it is a bug."""
    assert connection.in_atomic_block, "call inside transaction.atomic(): the flow owns the transaction"


def lock(model: type[ModelT], ids: Iterable[int]) -> dict[int, ModelT]:
    """Rows by id, locked in id order `for no key update` (readers and foreign keys go on).

    Raises UnableToLock when one of them does not exist.
    """
    require_transaction()
    wanted = sorted(set(ids))
    manager: models.Manager[ModelT] = model._default_manager
    rows = {row.pk: row for row in manager.filter(pk__in=wanted).order_by("pk").select_for_update(no_key=True)}
    missing = [pk for pk in wanted if pk not in rows]
    if missing:
        raise UnableToLock(f"{model.__name__} {missing}")
    return rows


def read_sql(beside: str, name: str) -> str:
    """The text of `<name>.sql` that stands beside the module whose `__file__` is `beside`, without its indents.

    Shorter to send; and the driver keeps how it has split a text at its parameters up to 4,096 characters only.
    """
    text = Path(beside).with_name(f"{name}.sql").read_text(encoding="utf-8")
    return _INDENT.sub("\n", text)


def rows(sql: str, params: Any = None) -> list[dict[str, Any]]:
    """Run one statement and give its rows as dicts by column name."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        if cursor.description is None:
            return []
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def prepared_rows(sql: str, params: Any = None) -> list[dict[str, Any]]:
    """The same for a statement that PostgreSQL plans once a connection, not at each run.

    For the few statements of the pages asked for most, whose planning costs more than their running. One plan serves
    all parameters (settings.py): bounds of dates are parameters too, so that partitions outside them are left alone.
    """
    one = connections[DEFAULT_DB_ALIAS]  # itself: `connection` looks it up anew at each touch
    if one.queries_logged:
        return rows(sql, params)  # Django can tell only what a cursor of its own has run
    try:
        return _prepared(one, sql, params)
    except NotSupportedError:
        # A migration has changed a column under the plan. Within a transaction its rollback forgets all plans;
        # outside we leave the connection, which the pool replaces, and ask once more.
        if one.in_atomic_block or one.connection is None:
            raise
        one.connection.close()
        one.close()
        return _prepared(one, sql, params)


def prepared_alone(statement: Statement) -> list[dict[str, Any]]:
    """`prepared_rows` of a statement that is its own transaction: where it raises, nothing of it stands.

    Never inside a flow's transaction; a test's own goes on.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            return prepared_rows(*statement)
    return prepared_rows(*statement)


def prepared_value(value: Any) -> Any:
    """A whole number as text for `prepared_rows`: the driver sends each size as a type, and each type has a plan."""
    return str(value) if type(value) is int else value


def _prepared(one: BaseDatabaseWrapper, sql: str, params: Any) -> list[dict[str, Any]]:
    """Django's wrapping, for its errors, around a cursor that prepares: its own do not."""
    one.ensure_connection()
    cursor: Any = psycopg.Cursor(one.connection, row_factory=dict_row)
    with one.make_cursor(cursor) as wrapped:
        wrapped.execute(sql, params)
        found: list[dict[str, Any]] = cursor.fetchall()
        return found


def run(sql: str, params: Any = None) -> int:
    """Run one statement and give the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def atomic() -> transaction.Atomic:
    """One durable transaction of a flow: refuses to be nested, so that «together or not at all» is true."""
    return transaction.atomic(durable=True)


def leave_parents_connections() -> None:
    """In every forked child: begin without the parent's connections and pool.

    A web server forks its workers after the checks at start have asked the database. Two processes that speak on one
    socket get each other's answers: one subscriber's page with another's rows. Seen; hence at each fork.
    """
    os.register_at_fork(after_in_child=_forget_connections)


def _forget_connections() -> None:
    for one in connections.all(initialized_only=True):
        one.connection = None  # not closed: that would say good-bye for the parent
        pools = getattr(type(one), "_connection_pools", None)
        if pools is not None:
            pools.clear()
