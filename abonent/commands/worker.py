"""`abonent worker`: runs the jobs and the schedule. As many as wanted may run at once."""

import argparse
import os
import signal
import threading

HELP = "runs the jobs and the schedule"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--concurrency", type=int, default=4, help="jobs at a time; the pool is as wide")


def run(args: argparse.Namespace) -> int:
    """Work until SIGTERM or Ctrl-C; then finish what runs, within 10 seconds."""
    from django.db import connection

    from abonent.core import worker
    from abonent.flows import schedule

    connection.settings_dict["OPTIONS"].get("pool", {})["max_size"] = args.concurrency + 3
    schedule.load_jobs()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if worker.work(concurrency=args.concurrency, stop=stop, beat=schedule.run_tick.defer):
        return 0
    # The threads of unfinished jobs would hold an ordinary end back; the next worker takes those jobs.
    os._exit(1)
