"""A real worker for the probe's jobs: `python -m tests.concurrency.worker_process`."""

import os
import signal
import threading

import django


def main() -> None:
    django.setup()
    from abonent.core import worker
    from tests.concurrency import probe

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    finished = worker.work(concurrency=2, stop=stop, beat=probe.beat)
    os._exit(0 if finished else 1)


if __name__ == "__main__":
    main()
