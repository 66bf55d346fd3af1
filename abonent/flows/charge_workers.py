"""More processes for one charge run. `python -m abonent.flows.charge_workers 2026-12-01 2026-12-01` is one of them.

A worker takes chunks that nobody has, and may die at any moment: its chunk is rolled back, and another takes it. A
worker whose parent died finishes the run by itself.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from urllib.parse import quote, urlsplit, urlunsplit

WORTH_ACCOUNTS = 200_000  # a process takes a second to start: a smaller run is over before it pays


def worth(accounts: int) -> int:
    """How many processes a run of so many accounts is worth."""
    return 2 if accounts >= WORTH_ACCOUNTS and (os.cpu_count() or 1) > 1 else 1


@contextlib.contextmanager
def beside(on: date, today: date, workers: int) -> Iterator[list[int]]:
    """Have `workers` − 1 processes charge the opened run of a date beside this one; give their process ids.

    They are ended with this one's work: a finished run has nothing left for them, and one that died in the middle of a
    chunk has done nothing of it.
    """
    started: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(workers - 1):
            started.append(_start(on, today))
        yield [one.pid for one in started]
    finally:
        for one in started:
            one.kill()
            one.wait()


def main(words: list[str]) -> int:
    """Charge the opened run of a date until it is done; 0, and 1 where it is stopped.

    words: the date, the operator's today.
    """
    import django

    django.setup()
    from abonent.billing import runs
    from abonent.billing.models import ChargeRun
    from abonent.flows import charge_run

    on, today = (date.fromisoformat(word) for word in words)
    try:
        charge_run.work(ChargeRun.objects.get(on=on).pk, on, today=today)
    except runs.Stopped:
        return 1
    return 0


def _start(on: date, today: date) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", __name__, on.isoformat(), today.isoformat()],
        env={**os.environ, "DATABASE_URL": _database_url()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


def _database_url() -> str:
    """Of the database this process is in."""
    from django.conf import settings
    from django.db import connection

    parts = urlsplit(settings.DATABASE_URL)
    return urlunsplit(parts._replace(path="/" + quote(str(connection.settings_dict["NAME"]), safe="")))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
