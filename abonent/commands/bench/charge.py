"""`abonent bench charge`: the charge run of a date against bare SQL that writes the same rows."""

import argparse
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import date
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

NAME = "charge"
HELP = "the charge run, monthly and by the day, against bare SQL that writes the same rows"
SIZES = (10_000, 100_000)  # measured too on the way to a greater one, to see that time grows as the accounts do
ON = date(2026, 12, 1)
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


class UnableToMeasure(Exception):
    """The run and its floor did not do the same work; the message says how they differ."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--accounts", type=int, default=100_000, help="how many are charged at the most (100,000)")
    parser.add_argument("--repeat", type=int, default=2, help="the best of so many tries of each (2)")
    parser.add_argument("--workers", type=int, default=0, help="processes of the run, and connections of its floor")
    parser.add_argument("--only", choices=["monthly", "daily"], help="one of the two")


def run(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """For each size a row for the month and one for the day: the whole run, and its floor, in the same minutes."""
    for accounts in (*(size for size in SIZES if size < args.accounts), args.accounts):
        for what, charging in (("monthly", "month"), ("daily", "day")):
            if args.only in (None, what):
                yield _measure(what, charging, accounts, args.repeat, args.workers)


def _measure(what: str, charging: str, accounts: int, repeat: int, workers: int) -> dict[str, Any]:
    from abonent.commands.bench import scratch
    from abonent.core import db, partitions, periods
    from abonent.flows import charge_workers

    workers = workers or charge_workers.worth(accounts)
    with scratch.database("charge", ON) as dsn:
        partitions.ensure(periods.month(ON, -2), periods.month(ON, 1))
        _require_durable()
        sql = db.read_sql(__file__, "charge_accounts")
        with db.atomic():
            db.run(sql, {"count": accounts, "on": ON, "charging": charging})
        db.run("vacuum analyze")
        runs, floors, charges = [], [], 0
        for _ in range(repeat):
            with _clone(dsn):
                seconds, charges = _run(workers)
                runs.append(seconds)
            with _clone(dsn):
                floors.append(_floor(charges, workers))
    seconds, floor_seconds = min(runs), min(floors)
    used = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "bench": NAME,
        "what": what,
        "accounts": accounts,
        "charges": charges,
        "workers": workers,
        "seconds": round(seconds, 2),
        "per_second": int(accounts / seconds),
        "charges_per_second": int(charges / seconds),
        "floor_seconds": round(floor_seconds, 2),
        "ratio": round(seconds / floor_seconds, 2),
        "peak_rss_mb": max(used) // 1024,  # of the largest process so far: it must not grow from row to row
    }


def _run(workers: int) -> tuple[float, int]:
    from abonent.flows import charge_run

    charge_run.start_from(ON)
    _quiet()
    began = time.perf_counter()
    ran = charge_run.run(ON, workers=workers)
    return time.perf_counter() - began, ran.charges


def _floor(charges: int, connections: int) -> float:
    """The same rows by bare statements, on as many connections, each with its share of the accounts."""
    from abonent.billing import charging
    from abonent.core import apart, db

    prices = db.rows("select distinct charging, price_kop, discount_kop, anchor_day from billing_subscription")
    with db.atomic():
        db.run(db.read_sql(__file__, "charge_known"), charging.amounts(prices, ON))
    known = db.rows("select count(*) as n from known_charge where fits")[0]["n"]
    if known != charges:
        raise UnableToMeasure(f"the run made {charges} charges, its floor {known}")
    ids = db.rows("select min(account_id) as first, max(account_id) as last from known_charge")[0]
    shares = _shares(ids["first"], ids["last"], connections)
    _quiet()
    floor = db.read_sql(__file__, "charge_floor")
    with ExitStack() as held:
        conns = [held.enter_context(psycopg.connect(**apart.params())) for _ in shares]
        pool = held.enter_context(ThreadPoolExecutor(connections))
        began = time.perf_counter()
        for done in [pool.submit(_write, *pair, floor) for pair in zip(conns, shares, strict=True)]:
            done.result()
        return time.perf_counter() - began


def _write(conn: "psycopg.Connection[Any]", share: tuple[int, int], floor: str) -> None:
    cursor = psycopg.ClientCursor(conn)  # several statements in one go
    cursor.execute(floor, {"on": ON, "first": share[0], "last": share[1]})
    conn.commit()


def _shares(first: int, last: int, count: int) -> list[tuple[int, int]]:
    edges = [first + (last + 1 - first) * n // count for n in range(count + 1)]
    return [(edges[n], edges[n + 1] - 1) for n in range(count)]


@contextmanager
def _clone(dsn: str) -> Iterator[None]:
    """Point this process at a copy of the database, so that the run and the floor begin from the same pages."""
    from django.db import connections

    connection = connections["default"]
    parts = urlsplit(dsn)
    own, copy = parts.path.lstrip("/"), f"{parts.path.lstrip('/')}_copy"
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as server:
        _leave()
        server.execute(f'create database "{copy}" template "{own}" strategy file_copy')
        connection.settings_dict["NAME"] = copy
        try:
            yield
        finally:
            _leave()
            connection.settings_dict["NAME"] = own
            server.execute(f'drop database "{copy}" with (force)')


def _leave() -> None:
    from django.db import connections

    connections["default"].close()
    connections["default"].close_pool()  # type: ignore[attr-defined]  # PostgreSQL's wrapper has it


def _quiet() -> None:
    """Nothing of the making may fall into the measured seconds."""
    from abonent.core import db

    db.run("checkpoint")


def _require_durable() -> None:
    from abonent.core import db

    for name in DURABLE:
        if db.rows(f"show {name}")[0][name] != "on":
            raise UnableToMeasure(f"{name} is off: a bench without durability measures nothing")
