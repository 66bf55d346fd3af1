"""A process whose two children do two verbs at the same moment, each on a connection of its own.

`python -m tests.concurrency.verb_process` reads a JSON object a line and answers with how the two ended:
{"database": name, "today": "2026-11-14", "meet": "abonent.billing.queries:overview",
 "unlocked": false, "verbs": [["abonent.flows.defer:grant", {"account_id": 17, "on": "2026-11-14"}], …]}
→ ["done", "UnableToDefer"].
The children meet after the call named by `meet`, if they both come there: both have looked before either acts. With
the lock in place the second cannot come, and the first goes on after a while.
"""

import contextlib
import importlib
import json
import multiprocessing
import os
import sys
import threading
import types
from datetime import date
from typing import Any

import django

FORK = multiprocessing.get_context("fork")
MEET_SECONDS = 0.7


def main() -> None:
    django.setup()
    for name in ("change_addons", "change_tariff", "close_account", "defer", "end_contract", "pause", "resume_now"):
        importlib.import_module(f"abonent.flows.{name}")  # the children find everything imported
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_both(json.loads(line))) + "\n")
        sys.stdout.flush()


def _both(task: dict[str, Any]) -> list[str]:
    barrier = FORK.Barrier(2)
    pipes = []
    for name, words in task["verbs"]:
        reads, writes = os.pipe()
        if os.fork() == 0:
            os.write(writes, _do(task, name, words, barrier).encode())
            os._exit(0)
        os.close(writes)
        pipes.append(reads)
    ended = []
    for reads in pipes:
        with os.fdopen(reads) as pipe:
            ended.append(pipe.read())
        os.wait()
    return ended


def _do(task: dict[str, Any], name: str, words: dict[str, Any], barrier: Any) -> str:
    from django.db import connections

    from abonent.core import clock

    connections.settings["default"]["NAME"] = task["database"]
    if task["unlocked"]:
        _unlock()
    if task["meet"]:
        _meet_after(task["meet"], barrier)
    words = {key: date.fromisoformat(value) if key in ("on", "starts_on", "ends_on") else value
             for key, value in words.items()}  # fmt: skip
    try:
        with clock.frozen(clock.at_noon(date.fromisoformat(task["today"]))):
            _named(name)(**words)
    except Exception as error:
        return type(error).__name__
    return "done"


def _named(name: str) -> Any:
    module, verb = name.split(":")
    return getattr(importlib.import_module(module), verb)


def _unlock() -> None:
    """What would be, if the verbs only read what they should lock."""
    from abonent.billing import quotes

    def read(model: Any, ids: Any) -> Any:
        return {row.pk: row for row in model.objects.filter(pk__in=ids)}

    vars(quotes)["db"] = types.SimpleNamespace(lock=read)


def _meet_after(name: str, barrier: Any) -> None:
    module_name, verb_name = name.split(":")
    module = importlib.import_module(module_name)
    verb = getattr(module, verb_name)

    def together(*args: Any, **kwargs: Any) -> Any:
        given = verb(*args, **kwargs)
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(MEET_SECONDS)
        return given

    setattr(module, verb_name, together)


if __name__ == "__main__":
    main()
