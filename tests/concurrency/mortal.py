"""A child does one step and is killed there by SIGKILL; the process whose children they are lives for a module."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests.bank import Bank
from tests.concurrency import processes

Mortal = Callable[..., None]


@pytest.fixture(scope="module")
def parent(server: object) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.concurrency.payment_process"],
        cwd=processes.ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 0


@pytest.fixture
def dies(parent: subprocess.Popen[str], own_database: str, bank: Bank) -> Mortal:
    """dies("topup.settle", at="abonent.x:verb:after", payment_id=17): a child does the step and is killed there.

    day: another date than the tests' usual one. A date among the words is one there too, bytes are bytes.
    """

    def do(what: str, *, at: str, day: date | None = None, **words: Any) -> None:
        task = {
            "database": connection.settings_dict["NAME"],
            "bank": bank.sandbox.api_url,
            "atol": settings.ATOL_API_URL,
            "receipts": settings.PROFILE.receipts,
            "do": what,
            "words": {name: _written(value) for name, value in words.items()},
            "kill": at,
            "day": day and day.isoformat(),
        }
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdin.write(json.dumps(task) + "\n")
        parent.stdin.flush()
        answer: dict[str, Any] = json.loads(parent.stdout.readline())
        assert answer["killed"], (answer, at)

    return do


def _written(value: Any) -> Any:
    if isinstance(value, date):
        return {"date": value.isoformat()}
    return {"octets": value.hex()} if isinstance(value, bytes) else value
