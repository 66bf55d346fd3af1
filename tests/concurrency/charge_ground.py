"""A server of a test's own, which it may kill: durable, with a database of people to be charged, cloned for each try.

`python -m tests.concurrency.charge_ground make|verify`: what needs Django, in a process of its own.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg

from abonent.core import embedded
from tests.concurrency import processes

ON = date(2026, 12, 1)
ACCOUNTS = 90
BASE = "people"
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "max_connections": "50"}
# All that a run writes, but for ids that a sequence gives and moments of the clock.
_LEFT = {
    "balances": "select id, balance_kop from ledger_account where id >= 1000 order by id",
    "charges": (
        "select subscription_id, period_start, period_end, turn, amount_kop, charged_on from billing_charge"
        " order by subscription_id, period_start, turn"
    ),
    "transfers": (
        """select "on", debit_id, credit_id, amount_kop, reason, count(*) from ledger_transfer"""
        " group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5"
    ),
    "subscriptions": "select id, state, paid_until, stopped_on, turn from billing_subscription order by id",
    "notices": "select key, kind, params::text from notifications_notice order by key",
    "run": """select "on", state, fact::text, told_at is not null from billing_chargerun order by "on" """,
    "through": """select "on" from billing_chargedthrough""",
    "parked": "select account_id from billing_parkedaccount",
}


class Ground:
    """The server, and the databases on it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        programs = os.environ.get("ABONENT_TEST_POSTGRES")
        self.programs = Path(programs) if programs else None
        self.held: list[embedded.Server] = []
        self.start()

    def start(self) -> None:
        """Start the server, again where it was killed: it recovers from its log."""
        self.held.append(embedded.hold(self.home, settings=DURABLE, programs_dir=self.programs))

    def stop(self) -> None:
        for one in self.held:
            one.release()

    def dsn(self, name: str) -> str:
        return embedded.dsn(self.home, database=name)

    def kill_server(self) -> None:
        """The postmaster by SIGKILL: nothing is flushed, nobody says good-bye."""
        pid = int((self.held[0].data_dir / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        processes.wait_for(lambda: not _lives(pid))

    def make(self) -> None:
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as server:
            server.execute(f"create database {BASE}")
        self.run("make", BASE)

    @contextlib.contextmanager
    def clone(self, name: str) -> Iterator[str]:
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as server:
            # With the strategy wal_log a copied sequence believes that its next numbers stand in the log, which has
            # them for the template only: killed soon after, the server would give them out twice.
            server.execute(f"create database {name} template {BASE} strategy file_copy")
        yield self.dsn(name)
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as server:
            server.execute(f"drop database {name} with (force)")

    def run(self, verb: str, name: str) -> None:
        with processes.running("tests.concurrency.charge_ground", verb, dsn=self.dsn(name)) as process:
            assert process.wait(300) == 0

    def left(self, name: str) -> dict[str, list[Any]]:
        with psycopg.connect(self.dsn(name)) as conn:
            return {what: conn.execute(sql).fetchall() for what, sql in _LEFT.items()}


class Kills:
    """Runs of one date, each killed at a random moment and repeated, beside one that nobody disturbed."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        with ground.clone("undisturbed") as dsn:
            with charging(dsn) as process:
                began = time.monotonic()
                assert process.wait(300) == 0
                self.seconds = time.monotonic() - began
            ground.run("verify", "undisturbed")
            self.undisturbed = ground.left("undisturbed")

    def kill_one(self, number: int, dice: random.Random) -> str:
        """Give what was killed and when. The third try in each three kills the server, the others a process."""
        what = ("worker", "parent", "server")[number % 3]
        after_seconds = dice.uniform(0, self.seconds)
        name = f"try_{number}"
        with self.ground.clone(name) as dsn:
            with charging(dsn) as process:
                with contextlib.suppress(processes.NotInTime):
                    processes.wait_for(lambda: process.poll() is not None, after_seconds)
                _kill(self.ground, what, process.pid, dice)
                process.wait(300)
            self.ground.start()
            began = f"{what} was killed {after_seconds:.2f} s after the run had begun"
            with running(dsn) as process:
                assert process.wait(300) == 0, began
            self.ground.run("verify", name)
            assert self.ground.left(name) == self.undisturbed, began
        return began


def kill_often(home: Path, kills: int, seed: int) -> None:
    """So many runs killed, on a server in `home`."""
    ground = Ground(home)
    try:
        ground.make()
        tries = Kills(ground)
        dice = random.Random(seed)
        for number in range(kills):
            said = tries.kill_one(number, dice)
            sys.stdout.write(f"seed {seed}, {number}: {said}; undisturbed it takes {tries.seconds:.2f} s\n")
    finally:
        ground.stop()


def running(dsn: str) -> contextlib.AbstractContextManager[subprocess.Popen[bytes]]:
    """A run of the date in two processes; the first one."""
    return processes.running("tests.concurrency.charge_process", str(ON), "-", "2", dsn=dsn)


@contextlib.contextmanager
def charging(dsn: str) -> Iterator[subprocess.Popen[bytes]]:
    """The same, from the moment that its plan stands."""
    with running(dsn) as process, psycopg.connect(dsn, autocommit=True) as conn:
        processes.wait_for(lambda: conn.execute("select 1 from billing_chargerun").fetchone())
        yield process


def _kill(ground: Ground, what: str, parent: int, dice: random.Random) -> None:
    if what == "server":
        ground.kill_server()
        return
    with contextlib.suppress(OSError):  # it may be over already
        children = [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
        os.kill(dice.choice(children) if what == "worker" and children else parent, signal.SIGKILL)


def _lives(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def _make() -> None:
    """By the month with TV, by the day, some with no money, some with half of it."""
    from django.core.management import call_command

    from abonent.billing.tests import builder
    from abonent.core import partitions
    from abonent.flows import charge_run

    call_command("migrate", verbosity=0, interactive=False)
    partitions.ensure(date(2026, 11, 1), ON)
    for number in range(ACCOUNTS):
        account = builder.account()
        if number % 5 == 4:
            builder.active(account, "620,00", "2026-11-30", charging="day")
        else:
            builder.active(account, "600,00", "2026-11-01")
            builder.active(account, "190,00", "2026-11-01", kind="tv")
        if number % 3:
            builder.pay(account, f"{100 * (number % 10)},01", "2026-11-30")
    charge_run.start_from(ON)


def _verify() -> int:
    from abonent.flows import verify

    wrong = [line for line in verify.problems() if "payment" not in line]  # the builder's have no row in payments
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    import django

    django.setup()
    if sys.argv[1] == "make":
        _make()
    else:
        sys.exit(_verify())
