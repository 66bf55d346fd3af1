"""The web server of `abonent serve`: pages and streams on one port. Started by it as a process of its own."""

import os
import sys

from granian import Granian
from granian.constants import Interfaces


def main(port: int, workers: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "abonent.settings")
    Granian(
        "abonent.streams:serve_application",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGI,
        workers=workers,
        backlog=512,
        backpressure=10_000,  # an open stream is a request that runs: with the default, 512 of them stop the site
        log_access=False,
        log_level="warning",  # type: ignore[arg-type]
        workers_kill_timeout=8,
    ).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
