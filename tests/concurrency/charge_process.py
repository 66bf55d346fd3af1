"""A process that charges one date and dies by SIGKILL where the test says, or lives.

`python -m tests.concurrency.charge_process 2026-12-01 abonent.billing.charges:write:2:after`: dies there;
`… 2026-12-01 - 2`: lives, with another process beside it.
"""

import contextlib
import importlib
import os
import signal
import sys
from datetime import date
from typing import Any

import django


def main() -> None:
    django.setup()
    from abonent.billing import runs
    from abonent.flows import charge_run

    runs.CHUNK_ACCOUNTS = 3
    on, where, workers = (*sys.argv[1:], *("-", "1")[len(sys.argv) - 2 :])
    if where != "-":
        _die_at(where)
    with contextlib.suppress(runs.AlreadyCharged):  # by the run that was killed after its end
        charge_run.run(date.fromisoformat(on), workers=int(workers))


def _die_at(where: str) -> None:
    """where: "module:function:nth call:before" or "…:after"."""
    module_name, name, nth, moment = where.split(":")
    module = importlib.import_module(module_name)
    verb = getattr(module, name)
    calls = 0

    def mortal(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == int(nth) and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        given = verb(*args, **kwargs)
        if calls == int(nth):
            os.kill(os.getpid(), signal.SIGKILL)
        return given

    setattr(module, name, mortal)


if __name__ == "__main__":
    main()
