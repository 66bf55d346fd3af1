"""The sandbox's store: one SQLite file, one connection, used from the event loop's thread only.

Every write is one transaction that holds no `await`, so that requests never interleave inside it.
"""

import contextlib
import fcntl
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE_NAME = "sandbox.sqlite3"
LOCK_NAME = "sandbox.lock"
VERSION = 4  # `schema.sql` is the first; what came later stands in `schema_<version>.sql`


class UnableToOpenStore(Exception): ...


class Store:
    """Opens (and on first use makes) the store in a folder.

    Raises UnableToOpenStore, with a line that says what to do, where the folder cannot be used.
    """

    def __init__(self, home: Path) -> None:
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(home.joinpath(LOCK_NAME), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UnableToOpenStore(
                f"cannot write in {home} ({error.strerror}): give --home a folder of yours"
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise UnableToOpenStore(f"another sandbox already uses {home}: stop it, or give another --home") from error
        self.path = home.joinpath(FILE_NAME)
        self._clock_offset_ms: int | None = None
        try:
            self._sql = self._open()
        except sqlite3.Error as error:
            os.close(self._lock)
            raise UnableToOpenStore(f"cannot read {self.path} ({error}): move it away to begin anew") from error

    def _open(self) -> sqlite3.Connection:
        sql = sqlite3.connect(self.path, isolation_level=None)
        sql.row_factory = sqlite3.Row
        sql.execute("pragma journal_mode = wal")
        sql.execute("pragma synchronous = normal")  # survives a killed process; a power cut may take the last moment
        sql.execute("pragma foreign_keys = on")
        (version,) = sql.execute("pragma user_version").fetchone()
        if version > VERSION:
            sql.close()
            raise sqlite3.DatabaseError(f"it is of version {version}, this sandbox reads {VERSION}")
        for step in range(version + 1, VERSION + 1):
            name = "schema.sql" if step == 1 else f"schema_{step}.sql"
            schema = Path(__file__).with_name(name).read_text(encoding="utf-8")
            sql.executescript(f"begin; {schema} pragma user_version = {step}; commit;")
        return sql

    def close(self) -> None:
        self._sql.close()
        os.close(self._lock)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. No `await` inside."""
        self._sql.execute("begin immediate")
        try:
            yield self._sql
        except BaseException:
            self._sql.execute("rollback")
            self._clock_offset_ms = None
            raise
        self._sql.execute("commit")

    @contextlib.contextmanager
    def rehearsal(self) -> Iterator[sqlite3.Connection]:
        """As `transaction`, but nothing stays: to see what a change would look like."""
        self._sql.execute("begin immediate")
        try:
            yield self._sql
        finally:
            self._sql.execute("rollback")

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        return self._sql.execute(query, values).fetchall()

    def row(self, query: str, *values: object) -> sqlite3.Row | None:
        found: sqlite3.Row | None = self._sql.execute(query, values).fetchone()
        return found

    # Knobs: what the control interface has set. They outlive a restart, as the payments do.
    def knob(self, name: str, default: Any) -> Any:
        found = self.row("select value from knob where name = ?", name)
        return default if found is None else json.loads(found["value"])

    def set_knob(self, sql: sqlite3.Connection, name: str, value: Any) -> None:
        sql.execute(
            "insert into knob (name, value) values (?, ?) on conflict (name) do update set value = excluded.value",
            (name, json.dumps(value)),
        )

    def now_ms(self) -> int:
        """The machine's clock, moved forward by the control interface. Milliseconds since 1970 UTC."""
        if self._clock_offset_ms is None:
            self._clock_offset_ms = int(self.knob("clock_offset_ms", 0))
        return time.time_ns() // 1_000_000 + self._clock_offset_ms

    def advance_clock(self, seconds: int) -> None:
        with self.transaction() as sql:
            self.set_knob(sql, "clock_offset_ms", int(self.knob("clock_offset_ms", 0)) + seconds * 1000)
        self._clock_offset_ms = None

    def forget(self, *, data: bool) -> None:
        """Clears the knobs and what waits to be sent; with `data` all payments and messages too."""
        with self.transaction() as sql:
            sql.execute("delete from knob")
            sql.execute("update notification set closed = 'withheld' where closed is null")
            if data:
                for table in (
                    "atol_token",
                    "atol_document",
                    "bank_receipt",
                    "refund",
                    "payment_method",
                    "payment",
                    "idempotence",
                    "notification",
                    "sms",
                    "mail",
                    "push_message",
                    "push_phone",
                ):
                    sql.execute(f"delete from {table}")
        self._clock_offset_ms = None
