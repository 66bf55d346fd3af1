"""`abonent streams`: the live pages alone, for production behind a proxy that sends `/events/` here."""

import argparse
import resource

HELP = "the live pages alone (production: beside `web` and `worker`)"
STREAMS_AT_MOST = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, help="default: PORT + 3")


def run(args: argparse.Namespace) -> int:
    from django.conf import settings
    from granian import Granian
    from granian.constants import Interfaces

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)  # a stream is a socket; the usual soft limit is 1,024
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    Granian(
        "abonent.streams:application",
        address=args.address,
        port=args.port or settings.PORT + 3,
        interface=Interfaces.ASGI,
        workers=args.workers,
        backpressure=STREAMS_AT_MOST,  # each open stream is a request that runs; the default lets in 1,024
        log_access=False,
        log_level="warning",  # type: ignore[arg-type]
        workers_kill_timeout=3,
    ).serve()
    return 0
