"""`abonent bench charge`: the charge run of a date against bare SQL that writes the same rows."""

import argparse
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

NAME = "charge"
HELP = "the charge run, monthly and by the day, against bare SQL that writes the same rows"
ON = date(2026, 12, 1)
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


class UnableToMeasure(Exception):
    """The run and its floor did not do the same work; the message says how they differ."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--accounts", type=int, default=100_000, help="how many are charged (100,000)")
    parser.add_argument("--repeat", type=int, default=2, help="the best of so many tries of each (2)")


def run(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """A row for the month and one for the day: seconds of the whole run, and of its floor, in the same minutes."""
    for what, charging in (("monthly", "month"), ("daily", "day")):
        yield _measure(what, charging, args.accounts, args.repeat)


def _measure(what: str, charging: str, accounts: int, repeat: int) -> dict[str, Any]:
    from abonent.commands.bench import scratch
    from abonent.core import db, partitions, periods

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
                seconds, charges = _run()
                runs.append(seconds)
            with _clone(dsn):
                floors.append(_floor(charges))
    seconds, floor_seconds = min(runs), min(floors)
    return {
        "bench": NAME,
        "what": what,
        "accounts": accounts,
        "charges": charges,
        "seconds": round(seconds, 2),
        "per_second": int(accounts / seconds),
        "floor_seconds": round(floor_seconds, 2),
        "ratio": round(seconds / floor_seconds, 2),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _run() -> tuple[float, int]:
    from abonent.flows import charge_run

    charge_run.start_from(ON)
    _quiet()
    began = time.perf_counter()
    ran = charge_run.run(ON)
    return time.perf_counter() - began, ran.charges


def _floor(charges: int) -> float:
    from abonent.billing import rules
    from abonent.core import db

    prices = db.rows("select distinct charging, price_kop from billing_subscription")
    dues = [(row, rules.next_due(row["charging"], ON, 1)) for row in prices]
    with db.atomic():
        db.run(
            db.read_sql(__file__, "charge_known"),
            {
                "charging": [row["charging"] for row, _ in dues],
                "price_kop": [row["price_kop"] for row, _ in dues],
                "due_kop": [rules.amount_kop(row["charging"], row["price_kop"], due, "period") for row, due in dues],
                "period_end": [due.period.end for _, due in dues],
                "whole_start": [due.whole.start for _, due in dues],
                "whole_end": [due.whole.end for _, due in dues],
            },
        )
    known = db.rows("select count(*) as n from known_charge where fits")[0]["n"]
    if known != charges:
        raise UnableToMeasure(f"the run made {charges} charges, its floor {known}")
    _quiet()
    floor = db.read_sql(__file__, "charge_floor")
    began = time.perf_counter()
    with db.atomic():
        db.run(floor, {"on": ON})
    return time.perf_counter() - began


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
