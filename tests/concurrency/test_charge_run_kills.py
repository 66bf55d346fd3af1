"""The charge run dies at each step, by SIGKILL; repeated, it leaves the balances of one undisturbed run."""

import signal
from datetime import date

import pytest

from abonent.billing.models import Charge, ChargedThrough, ChargeRun, Subscription
from abonent.billing.tests import builder
from abonent.core import partitions
from abonent.flows import charge_run, verify
from abonent.ledger.models import Account
from abonent.notifications.models import Notice
from tests.concurrency import processes

pytestmark = pytest.mark.committing

ON = date(2026, 12, 1)


@pytest.fixture
def people(own_database: str) -> list[Account]:
    """Eight accounts, three a chunk: each third has no money for December."""
    partitions.ensure(date(2026, 11, 1), ON)
    accounts = [builder.account() for _ in range(8)]
    for number, account in enumerate(accounts):
        builder.active(account, "600,00", "2026-11-01")
        builder.active(account, "190,00", "2026-11-01", kind="tv")
        if number % 3:
            builder.pay(account, f"{600 + 100 * number},00", "2026-11-20")
    charge_run.start_from(ON)
    return accounts


def charge(dsn: str, die_at: str = "") -> int:
    """A process of its own charges the date; how it ended."""
    words = [str(ON), die_at] if die_at else [str(ON)]
    with processes.running("tests.concurrency.charge_process", *words, dsn=dsn) as process:
        return process.wait(60)


def as_undisturbed(accounts: list[Account]) -> None:
    """What one run leaves: 600 is taken where it is there, then 190; the rest is suspended."""
    had = [600 + 100 * number if number % 3 else 0 for number in range(len(accounts))]
    left = [one - 790 if one >= 790 else one - 600 if one >= 600 else one for one in had]
    assert [builder.balance(account) for account in accounts] == [f"{one}.00" for one in left]
    charges = sum((one >= 600) + (one >= 790) for one in had)
    assert Charge.objects.filter(period_start=ON).count() == charges
    assert Subscription.objects.filter(state="suspended").count() == 2 * len(accounts) - charges
    assert Notice.objects.count() == sum(one < 790 for one in had)
    assert ChargedThrough.objects.get().on == ON
    run = ChargeRun.objects.get()
    assert (run.state, run.fact["charges"], run.fact["accounts"]) == ("finished", charges, len(accounts))
    # The builder's payments have no row in payments; everything else is in order.
    assert [line for line in verify.problems() if "payment" not in line] == []


def test_an_undisturbed_run_in_its_own_process(own_database: str, people: list[Account]) -> None:
    assert charge(own_database) == 0
    as_undisturbed(people)


@pytest.mark.parametrize(
    "at",
    [
        "abonent.billing.runs:open_run:1:before",
        "abonent.billing.run_plans:draw:1:after",
        "abonent.billing.runs:open_run:1:after",
        "abonent.billing.charging:_lock:2:after",
        "abonent.ledger.transfers:post_batch:2:before",
        "abonent.ledger.transfers:post_batch:2:after",
        "abonent.billing.charges:write:3:after",
        "abonent.notifications.outbox:queue_batch:1:after",
        "abonent.billing.runs:mark_done:1:after",
        "abonent.billing.runs:mark_done:3:after",
        "abonent.billing.runs:finish:1:before",
        "abonent.billing.runs:finish:1:after",
    ],
)
def test_a_killed_run_is_repeated_and_takes_everything_once(own_database: str, people: list[Account], at: str) -> None:
    assert charge(own_database, at) == -signal.SIGKILL
    assert [line for line in verify.problems() if "payment" not in line] == []
    assert ChargedThrough.objects.get().on == date(2026, 11, 30)
    charge_run.run(ON)
    as_undisturbed(people)


def test_two_processes_of_which_one_dies_leave_one_run(own_database: str, people: list[Account]) -> None:
    module, dies_at = "tests.concurrency.charge_process", "abonent.billing.charges:write:2:after"
    with (
        processes.running(module, str(ON), dies_at, dsn=own_database) as first,
        processes.running(module, str(ON), dsn=own_database) as second,
    ):
        assert second.wait(60) == 0  # it takes over what the first leaves
        first.wait(60)
    as_undisturbed(people)
