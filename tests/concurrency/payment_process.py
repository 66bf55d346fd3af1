"""A process whose children do one step of a payment and are killed where the test says.

`python -m tests.concurrency.payment_process` reads a JSON object a line and answers each with how its child ended:
{"database": name, "bank": address, "atol": address, "receipts": "none", "do": "topup.settle",
"words": {"payment_id": 17}, "kill": "abonent.x:verb:after", "day": null}. tests/concurrency/mortal.py writes them.
Forking is much quicker than starting Python anew, and SIGKILL is as real.
"""

import importlib
import json
import os
import signal
import sys
from datetime import date
from typing import Any

import django


def main() -> None:
    django.setup()
    from tests import bank  # noqa: F401  # the children find everything imported

    for line in sys.stdin:
        task = json.loads(line)
        child = os.fork()
        if child == 0:
            _do(task)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        sys.stdout.write(json.dumps({"killed": killed, "exit": None if killed else os.waitstatus_to_exitcode(status)}))
        sys.stdout.write("\n")
        sys.stdout.flush()


def _do(task: dict[str, Any]) -> None:
    from django.conf import settings
    from django.db import connections

    from abonent.core import clock
    from tests import bank

    connections.settings["default"]["NAME"] = task["database"]
    settings.YOOKASSA_API_URL, settings.ATOL_API_URL = task["bank"], task["atol"]
    settings.PROFILE = settings.PROFILE.model_copy(update={"receipts": task["receipts"]})
    _kill_at(task["kill"])
    words = {name: _read(value) for name, value in task["words"].items()}
    try:
        with clock.frozen(clock.at_noon(date.fromisoformat(task["day"]) if task["day"] else bank.TODAY)):
            module, _, verb = task["do"].rpartition(".")
            if task["do"] == "autopay.debit_due":
                words["now"] = clock.now()
            if task["do"] == "check_pay.pay":
                words |= _at_the_terminal(words["external_id"])
            getattr(importlib.import_module(f"abonent.flows.{module}"), verb)(**words)
    except BaseException as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        os._exit(1)
    os._exit(0)


def _read(value: Any) -> Any:
    match value:
        case {"date": said}:
            return date.fromisoformat(said)
        case {"octets": said}:
            return bytes.fromhex(said)
    return value


def _at_the_terminal(external_id: str) -> dict[str, Any]:
    from abonent.core import clock
    from abonent.payments import gateway_asks, terminals
    from abonent.payments.models import Channel

    def ask(paid: Any) -> Any:
        return gateway_asks.ask_of(
            channel=Channel.OSMP, command="pay", external_id=external_id, account="", words={}, answer="", result=0,
            payment_id=paid.payment_id, address=None, at=clock.now(),
        )  # fmt: skip

    return {"gateway": terminals.of(Channel.OSMP), "paid_at": None, "ask": ask}


def _kill_at(where: str) -> None:
    """where: "module:function:before" or "…:after"; "" lets the child live."""
    if not where:
        return
    module_name, name, moment = where.split(":")
    module = importlib.import_module(module_name)
    verb = getattr(module, name)

    def mortal(*args: Any, **kwargs: Any) -> Any:
        if moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        verb(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(module, name, mortal)


if __name__ == "__main__":
    main()
