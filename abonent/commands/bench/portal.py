"""How many first screens a second, for how many different subscribers, against an empty view of the same server."""

import argparse
import resource
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from abonent.commands.bench import load, scratch, serving

HELP = "requests of /cabinet/ a second, as many different subscribers"
CONNECTIONS = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--accounts", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--port", type=int, default=8077)


def run(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    from django.db import connections

    from abonent.core import clock
    from abonent.demo import crowd

    today = clock.on_date(datetime.now(UTC))  # a bench has no clock of its own to move
    with scratch.database("portal", today) as dsn:
        crowd.make(args.accounts, seed=1, on=today)
        crowd.settle_statistics()
        cookies = crowd.sign_in_everybody()
        connections.close_all()
        # As a browser that has signed in sends them: it holds the form token's cookie too.
        cookies = [f"{cookie}; csrftoken={'a' * 32}" for cookie in cookies]
        server = serving.start(dsn, args.port, threads=2)
        try:
            queries = _queries("/cabinet/", cookies[0])
            connections.close_all()
            pages = [load.request("/cabinet/", cookie, args.port) for cookie in cookies]
            empty = [load.request("/healthz", "", args.port)]
            load.run(args.port, pages, connections=CONNECTIONS, seconds=3)  # warm
            page = load.run(args.port, pages, connections=CONNECTIONS, seconds=args.seconds)
            floor = load.run(args.port, empty, connections=CONNECTIONS, seconds=args.seconds)
        finally:
            server.terminate()
            server.wait(15)
    yield {
        "bench": "portal",
        "what": "/cabinet/",
        "accounts": args.accounts,
        "seconds": round(page.seconds, 2),
        "per_second": page.per_second,
        "p50_ms": page.p50_ms,
        "p99_ms": page.p99_ms,
        "queries": queries,
        "bytes": page.bytes_each,
        "floor_seconds": round(floor.seconds * page.requests / floor.requests, 2),
        "floor_per_second": floor.per_second,
        "ratio": round(floor.per_second / page.per_second, 2),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
    }


def _queries(path: str, cookie: str) -> int:
    """How many statements one page asks of the database."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        answer = Client(headers={"host": "localhost", "cookie": cookie}).get(path)
    if answer.status_code != 200:
        raise load.UnableToLoad(f"{path} answers {answer.status_code}")
    return len(captured)
