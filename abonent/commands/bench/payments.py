"""How many payments a second come in over check/pay, against a bare view that writes the same rows."""

import argparse
import base64
import os
import re
import resource
import secrets
import statistics
import subprocess
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any, overload

from abonent.commands.bench import load, payments_webhooks, scratch, serving

HELP = "payments a second over check/pay, durable; from a bank's message to the open service"
CLIENTS = 8
TURN_SECONDS = 1
PASSWORD = secrets.token_hex(8)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--accounts", type=int, default=1_000, help="paid into by turns")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--webhooks", type=int, default=100, help="messages of the bank's to be followed; 0: none")
    parser.add_argument("--port", type=int, default=8079)


def run(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from django.db import connections

    from abonent.core import clock, db
    from abonent.demo import crowd

    today = clock.on_date(datetime.now(UTC))
    with scratch.database("payments", today) as dsn:
        _require_durable()
        crowd.make(args.accounts, seed=1, on=today)
        crowd.settle_statistics()
        people = [
            (row["number"], row["id"])
            for row in db.rows(
                "select c.number, a.id from subscribers_contract c join ledger_account a on a.contract_id = c.id"
                " order by a.id"
            )
        ]
        connections.close_all()
        bare = _pgbench(dsn, args.seconds)
        web = serving.start(dsn, args.port, environment(args.port))
        try:
            yield from _rows(args, people, today, bare)
            if args.webhooks:
                beside = Pays(people, today, args.port, 10**11)
                yield payments_webhooks.run(args, dsn, beside, environment(args.port))
        finally:
            serving.end(web)
        _require_sane()
        connections.close_all()


def environment(port: int) -> dict[str, str]:
    """One gateway open to this machine, without a limit on its messages."""
    return {
        "DJANGO_SETTINGS_MODULE": "abonent.commands.bench.payments_settings",
        "ABONENT_OSMP_LOGIN": "bench",
        "ABONENT_OSMP_PASSWORD": PASSWORD,
        "ABONENT_OSMP_NETWORKS": "127.0.0.0/8",
        "ABONENT_OSMP_PER_MINUTE": "100000000",
        "PORT": str(port),
        **payments_webhooks.ENVIRONMENT,
    }


class Pays(Sequence[bytes]):
    """Requests without end, each of another payment."""

    def __init__(self, people: list[tuple[str, int]], today: date, port: int, first_id: int) -> None:
        self._people, self._port, self._first_id = people, port, first_id
        self._date = f"{today:%Y%m%d}000001"
        self._login = base64.b64encode(f"bench:{PASSWORD}".encode()).decode()

    def __len__(self) -> int:
        return 10**12

    @overload
    def __getitem__(self, place: int) -> bytes: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[bytes]: ...
    def __getitem__(self, place: int | slice) -> bytes | Sequence[bytes]:
        assert isinstance(place, int)
        number, _ = self._people[place % len(self._people)]
        path = (
            f"/pay/osmp/?command=pay&txn_id={self._first_id + place}&txn_date={self._date}&account={number}&sum=100.00"
        )
        return _request(path, self._port, f"Authorization: Basic {self._login}")


class Floors(Pays):
    """The same of the bare view."""

    @overload
    def __getitem__(self, place: int) -> bytes: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[bytes]: ...
    def __getitem__(self, place: int | slice) -> bytes | Sequence[bytes]:
        assert isinstance(place, int)
        _, account_id = self._people[place % len(self._people)]
        return _request(f"/bench/floor/?key=f{self._first_id + place}&account_id={account_id}", self._port)


def _request(path: str, port: int, *lines: str) -> bytes:
    head = [f"GET {path} HTTP/1.1", f"Host: localhost:{port}", "Connection: keep-alive", *lines]
    return ("\r\n".join(head) + "\r\n\r\n").encode("ascii")


def _rows(
    args: argparse.Namespace, people: list[tuple[str, int]], today: date, bare: int | None
) -> Iterator[dict[str, Any]]:
    first_id = 1
    for what, payers in ((f"pay, {len(people):,} accounts", people), ("pay, one hot account", people[:1])):
        # Warm, and by short turns, so that a slow moment of the machine falls on both.
        runs: dict[type[Pays], list[load.Result]] = {Pays: [], Floors: []}
        for seconds in (2, *[TURN_SECONDS] * max(2, int(args.seconds / TURN_SECONDS))):
            for kind, results in runs.items():
                first_id += 10**7
                requests = kind(payers, today, args.port, first_id)
                results.append(load.run(args.port, requests, connections=CLIENTS, seconds=seconds))
        pays, floors = runs[Pays][1:], runs[Floors][1:]
        per_second = sum(one.requests for one in pays) / sum(one.seconds for one in pays)
        floor_per_second = sum(one.requests for one in floors) / sum(one.seconds for one in floors)
        yield {
            "bench": "payments",
            "what": what,
            "accounts": len(payers),
            "clients": CLIENTS,
            "seconds": round(sum(one.seconds for one in pays), 2),
            "per_second": int(per_second),
            "p50_ms": statistics.median(one.p50_ms for one in pays),
            "p99_ms": max(one.p99_ms for one in pays),
            "floor_seconds": round(sum(one.requests for one in pays) / floor_per_second, 2),
            "floor_per_second": int(floor_per_second),
            "ratio": round(floor_per_second / per_second, 2),
            "pgbench_per_second": bare,
            "peak_rss_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
        }


def _require_durable() -> None:
    from abonent.core import db

    shown = db.rows("select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit")[0]
    if (shown["fsync"], shown["commit"]) != ("on", "on"):
        raise load.UnableToLoad(f"the database is not durable ({shown}): this figure would mean nothing")


def _require_sane() -> None:
    """The money of a bench adds up too; the floor's rows, which are no payments, are left out."""
    from abonent.core import db

    wrong = db.rows(
        'select count(*) as n from payments_payment p left join ledger_transfer t on t."on" = p.transfer_on'
        " and t.id = p.transfer_id where p.state = 'succeeded' and (t.amount_kop <> p.amount_kop or t.id is null)"
    )[0]["n"]
    if wrong:
        raise load.UnableToLoad(f"{wrong} payments have no transfer of their sum")


def _pgbench(dsn: str, seconds: float) -> int | None:
    """Transactions a second of PostgreSQL's own bench on the same server; None where the program is missing."""
    from abonent.core.embedded import programs

    try:
        program = programs.binaries() / "pgbench"
    except programs.UnableToStart:
        return None
    if not program.exists():
        return None
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True, "env": {**os.environ}}
    subprocess.run([program, "-i", "-s", "10", "-q", dsn], check=True, **quiet)  # type: ignore[call-overload]
    said = subprocess.run(
        [program, "-c", str(CLIENTS), "-j", "2", "-T", str(int(seconds)), "-M", "prepared", "-N", dsn],
        check=True,
        **quiet,  # type: ignore[call-overload]
    ).stdout
    tps = re.search(r"tps = (\d+)", said)
    return int(tps[1]) if tps else None
