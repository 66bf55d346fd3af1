"""`abonent web`: the pages alone, for production behind a proxy that sends `/events/` to `abonent streams`."""

import argparse

HELP = "the pages alone (production: beside `streams` and `worker`)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--threads", type=int, default=4, help="threads of each worker; the pool is as wide")
    parser.add_argument("--port", type=int)


def run(args: argparse.Namespace) -> int:
    import os

    from django.conf import settings
    from granian import Granian
    from granian.constants import Interfaces

    from abonent.ui import stylesheet

    os.environ.setdefault("ABONENT_POOL", str(args.threads))
    stylesheet.collect(settings.HOME)
    Granian(
        "abonent.wsgi:application",
        address="127.0.0.1",
        port=args.port or settings.PORT,
        interface=Interfaces.WSGI,
        workers=args.workers,
        blocking_threads=args.threads,
        backlog=512,
        log_access=False,
        log_level="warning",  # type: ignore[arg-type]
        workers_kill_timeout=10,
    ).serve()
    return 0
