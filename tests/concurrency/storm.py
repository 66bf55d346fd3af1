"""A storm of payments over every channel, told many times, while web, worker and database are killed under them.

Whoever tells of a payment behaves as the real one: a terminal repeats until it is answered for good, the cashier enters
the receipt again, the payer sends the same form again, the bank repeats its message, the accountant loads its statement
again and a longer one of the same day.
"""

import contextlib
import itertools
import os
import queue
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

import httpx
from django.db import connections

from abonent.billing.tests import builder
from abonent.core import clock, db, money, partitions
from abonent.flows import import_statement, reconciling, topup
from abonent.flows.import_statement import Sum
from abonent.ledger import queries as ledger
from abonent.ledger.models import Account
from abonent.payments.models import Channel, Payment, PaymentState
from sandbox import testing
from tests import bank as books
from tests import statements, terminal
from tests.bank import Bank
from tests.concurrency import pages, processes

SENDERS = 6
TRIES = 400  # of one message; each waits a little longer than the last
WITHIN_SECONDS = 600
CHANNELS = ("osmp", "sber", "cash", "yookassa", "bank")


class Plan(NamedTuple):
    """A payment that will be made, and how often it is told of."""

    channel: str
    account: Account
    amount_kop: int
    name: str
    times: int

    @property
    def number(self) -> str:
        assert self.account.contract is not None
        return self.account.contract.number


class Kept:
    """A process of ours that is killed with all its children and started anew."""

    def __init__(self, *arguments: str, dsn: str, environment: dict[str, str]) -> None:
        self._command = [sys.executable, "-m", "abonent.commands.main", *arguments]
        self._environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.settings",
            "DATABASE_URL": dsn,
            **environment,
        }
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            self._command,
            cwd=processes.ROOT,
            env=self._environment,
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)


class Storm:
    def __init__(self, bank: Bank, dsn: str, *, seed: int) -> None:
        self.random = random.Random(seed)
        self.bank, self.dsn = bank, dsn
        self.port = pages.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.crashes: Counter[str] = Counter()
        self.our_ids: dict[str, set[str]] = {}  # what each told payment was answered with
        self.failures: list[BaseException] = []
        self.on = clock.today()
        self.papers: dict[str, list[Plan]] = {}  # by a document's name, those of the file it came in
        self._over = threading.Event()

    def rage(self, count: int, *, accounts: int, crash_every_seconds: float) -> list[Plan]:
        """Make `count` payments; give what was to be paid, when all of it has come to rest."""
        partitions.ensure_ahead(clock.today())
        payers = [builder.account() for _ in range(accounts)]
        plans = [self._plan(number, payers) for number in range(count)]
        transfers = [plan for plan in plans if plan.channel == "bank"]
        for before, plan in itertools.pairwise([None, *transfers]):
            assert plan is not None
            self.papers[plan.name] = [before, plan] if before else [plan]
        with self.served() as (web, worker):
            self.bank.control("webhook_url", {"url": f"{self.url}{books.HOOK}"})
            self.bank.control("", {"webhooks": "double", "times": 3})
            waiting: queue.SimpleQueue[Plan] = queue.SimpleQueue()
            for plan in plans:
                waiting.put(plan)
            threads = [threading.Thread(target=self._send_all, args=(waiting,)) for _ in range(SENDERS)]
            crasher = threading.Thread(target=self._crash, args=(web, worker, crash_every_seconds))
            for thread in (*threads, crasher):
                thread.start()
            for thread in threads:
                thread.join()
            self._over.set()
            crasher.join()
            if self.failures:
                raise self.failures[0]
            connections.close_all()
            processes.wait_for(lambda: self._is_calm(len(plans)), WITHIN_SECONDS)
        return plans

    def check(self, plans: list[Plan]) -> None:
        """Each payment came exactly once, to the kopeck, and the books say so."""
        assert Payment.objects.count() == len(plans)
        assert Payment.objects.filter(state=PaymentState.SUCCEEDED).count() == len(plans)
        owed: Counter[int] = Counter()
        for plan in plans:
            owed[plan.account.id] += plan.amount_kop
        assert {one: ledger.balance_kop(one) for one in owed} == dict(owed)
        assert [name for name, ids in self.our_ids.items() if len(ids) != 1] == []
        assert books.broken() == []
        self._look_again(plans)
        assert [key for key in books.alarms() if not key.startswith(("job:", "schedule:"))] == []

    def _look_again(self, plans: list[Plan]) -> None:
        """Their books, each channel's, hold nothing that ours have not."""
        looks = [reconciling.yookassa_day(self.on)]
        for channel in (Channel.OSMP, Channel.SBER):
            rows = [
                f"{plan.name};{plan.number};{money.plain(plan.amount_kop)}" for plan in plans if plan.channel == channel
            ]
            looks.append(reconciling.registry(channel, "\n".join(rows).encode(), on=self.on, actor="accountant"))
        assert [(look.channel, look.credited, look.differ) for look in looks] == [
            ("yookassa", 0, []), ("osmp", 0, []), ("sber", 0, []),
        ]  # fmt: skip
        transfers = [plan for plan in plans if plan.channel == "bank"]
        all_of_them = Sum(len(transfers), sum(plan.amount_kop for plan in transfers))
        said = import_statement.load(self._file(transfers), actor="accountant", on=self.on)
        assert (said.incoming, said.known, said.problem) == (all_of_them, all_of_them, "")
        assert (said.credited, said.queued, said.ignored) == (Sum(0, 0), Sum(0, 0), Sum(0, 0))

    # --- who pays -----------------------------------------------------------------------------------------
    def _plan(self, number: int, payers: list[Account]) -> Plan:
        channel = CHANNELS[number % len(CHANNELS)]
        account = payers[0] if self.random.random() < 0.2 else self.random.choice(payers)  # one is hot
        return Plan(
            channel, account, self.random.randint(100, 500_000), str(10_000 + number), self.random.randint(1, 3)
        )

    def _send_all(self, waiting: "queue.SimpleQueue[Plan]") -> None:
        try:
            with httpx.Client(trust_env=False, timeout=30) as client:
                while not self.failures:
                    try:
                        plan = waiting.get_nowait()
                    except queue.Empty:
                        return
                    for _ in range(plan.times):
                        self._tell(client, plan)
        except BaseException as error:
            self.failures.append(error)
        finally:
            connections.close_all()

    def _tell(self, client: httpx.Client, plan: Plan) -> None:
        """Until there is an answer for good."""
        for again in itertools.count():
            try:
                if plan.channel in terminal.DEMO:
                    done = self._at_terminal(client, plan)
                elif plan.channel == "cash":
                    done = self._at_desk(plan)
                elif plan.channel == "bank":
                    done = self._by_statement(plan)
                else:
                    done = self._by_card(plan)
                if done:
                    return
            except (httpx.TransportError, db.UnableToLock, topup.UnableToStart):
                pass
            except Exception as error:
                if "connection" not in str(error).lower() and "terminat" not in str(error).lower():
                    raise
                connections.close_all()
            assert again < TRIES, plan
            threading.Event().wait(min(0.02 * (again + 1), 0.5))

    def _at_terminal(self, client: httpx.Client, plan: Plan) -> bool:
        said = {"account": plan.number, "sum": money.plain(plan.amount_kop)}
        if plan.channel == "sber":
            said["date"] = clock.local(clock.now()).strftime("%d.%m.%Y_%H:%M:%S")
        query = terminal.query(plan.channel, "pay", id=plan.name, **said)
        answer = client.get(f"{self.url}/pay/{plan.channel}/?{query}", auth=terminal.DEMO[plan.channel])
        if answer.status_code != 200:
            return False
        heard = terminal.Said(answer.status_code, answer.headers["content-type"], answer.content)
        if heard.code == 1:
            return False
        assert heard.code in {0, 8}, heard.text
        self.our_ids.setdefault(f"{plan.channel}-{plan.name}", set()).add(str(heard.our_id))
        return True

    def _at_desk(self, plan: Plan) -> bool:
        topup.credit_cash(
            account_id=plan.account.id,
            amount_kop=plan.amount_kop,
            receipt_number=plan.name,
            on=clock.today(),
            actor="cashier",
        )
        return True

    def _by_statement(self, plan: Plan) -> bool:
        """In a file with the document before it, which stands in a file of its own too."""
        import_statement.load(self._file(self.papers[plan.name]), actor="accountant", on=self.on)
        return True

    def _file(self, plans: Sequence[Plan]) -> bytes:
        on = f"{self.on:%d.%m.%Y}"
        papers = [
            statements.Paper(plan.name, money.plain(plan.amount_kop), f"Оплата по договору №{plan.number}", on=on)
            for plan in plans
        ]
        received = money.plain(sum(plan.amount_kop for plan in plans))
        return statements.content(
            *papers, opening="0.00", received=received, closing=received, first=self.on, last=self.on
        )

    def _by_card(self, plan: Plan) -> bool:
        started = topup.start(
            account_id=plan.account.id,
            amount_kop=plan.amount_kop,
            submit_token=f"storm-{plan.name}",
            return_url=books.RETURN_URL,
        )
        payment = Payment.objects.get(id=started.payment_id)
        if payment.state == PaymentState.PENDING:
            with contextlib.suppress(testing.UnableToControl):  # paid already, its message is on the way
                self.bank.succeed(payment.external_id)
        self.our_ids.setdefault(f"card-{plan.name}", set()).add(str(payment.id))
        return True

    # --- what serves, and falls ----------------------------------------------------------------------------
    @contextlib.contextmanager
    def served(self) -> Iterator[tuple[Kept, Kept]]:
        """Pages and a worker on the test's database."""
        environment = {
            "ABONENT_YOOKASSA_API_URL": self.bank.sandbox.api_url,
            "PORT": str(self.port),
            "ABONENT_OSMP_PER_MINUTE": "10000000",
            "ABONENT_SBER_PER_MINUTE": "10000000",
        }
        web = Kept("web", "--workers", "1", dsn=self.dsn, environment=environment)
        worker = Kept("worker", dsn=self.dsn, environment=environment)
        try:
            processes.wait_for(self._answers)
            yield web, worker
        finally:
            web.kill()
            worker.kill()

    def _answers(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/healthz", trust_env=False).status_code == 200
        return False

    def _crash(self, web: Kept, worker: Kept, every_seconds: float) -> None:
        try:
            for what in itertools.cycle(("database", "web", "worker")):
                if self._over.wait(every_seconds):
                    return
                if what == "database":
                    db.run(
                        "select pg_terminate_backend(pid) from pg_stat_activity"
                        " where datname = current_database() and pid <> pg_backend_pid()"
                    )
                else:
                    fallen = web if what == "web" else worker
                    fallen.kill()
                    fallen.start()
                self.crashes[what] += 1
                # Nothing falls before it has stood up: on a busy machine that takes longer than the pause.
                processes.wait_for(lambda: self._answers() or self._over.is_set(), WITHIN_SECONDS)
        except BaseException as error:
            self.failures.append(error)
        finally:
            connections.close_all()

    def _is_calm(self, count: int) -> bool:
        """All is credited; what stands open is asked about, as the schedule would a minute later."""
        if Payment.objects.filter(state=PaymentState.SUCCEEDED).count() == count:
            return True
        topup.poll_open(clock.now() + timedelta(minutes=2))
        time.sleep(0.5)
        return False
