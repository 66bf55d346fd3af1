"""How many first screens a second, for how many different subscribers, against an empty view of the same server."""

import argparse
import os
import resource
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.error import URLError

from abonent.commands.bench import load, scratch

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
        server = _serve(dsn, args.port)
        try:
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
        "bytes": page.bytes_each,
        "floor_seconds": round(floor.seconds * page.requests / floor.requests, 2),
        "floor_per_second": floor.per_second,
        "ratio": round(floor.per_second / page.per_second, 2),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
    }


def _serve(dsn: str, port: int) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "abonent.commands.main",
            "web",
            "--port",
            str(port),
            "--workers",
            "2",
            "--threads",
            "2",
        ],
        env={**os.environ, "DATABASE_URL": dsn, "ABONENT_LOG_LEVEL": "ERROR"},
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return process
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    process.terminate()
    raise load.UnableToLoad("the web server did not start; its lines above say why")
