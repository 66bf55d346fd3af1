"""The charge run dies in the middle of a date's steps: repeated, it leaves what one undisturbed run leaves."""

import signal
from datetime import date

import pytest

from abonent.billing.models import Deferral, Ending, Pause, Return
from abonent.billing.tests import builder
from abonent.core import db, partitions
from abonent.flows import charge_run, defer, end_contract, pause, verify
from abonent.ledger.models import Account
from abonent.notifications.models import Notice
from tests.concurrency import processes

pytestmark = pytest.mark.committing

ON = date(2026, 12, 3)
EVERYBODY = (0, 2**63 - 1)


@pytest.fixture
def people(own_database: str) -> list[Account]:
    """Of four accounts, on 3 December: a deferral ends unpaid, a pause ends, a contract ends, a pause begins."""
    partitions.ensure(date(2026, 11, 1), ON)
    owing, back, ending, away = made = [builder.account() for _ in range(4)]
    for one in (back, ending, away):
        builder.active(one, "600,00", "2026-11-01")
    builder.subscribe(owing, "600,00", "2026-11-28")
    # 600,00 × 3 ÷ 30 = 60,00 for the last days of November.
    defer.grant(account_id=owing.pk, amount_kop=700_00, on=date(2026, 11, 28), actor="test")
    pause.plan(account_id=back.pk, starts_on=date(2026, 11, 26), ends_on=ON, on=date(2026, 11, 25), actor="test")
    with db.atomic():
        pause.begin_due(*EVERYBODY, on=date(2026, 11, 26))
    for one in (ending, away):
        builder.pay(one, "600,00", "2026-11-29")
    charge_run.start_from(date(2026, 12, 1))
    for day in (date(2026, 12, 1), date(2026, 12, 2)):
        charge_run.run(day)
    end_contract.plan(account_id=ending.pk, ends_on=ON, on=date(2026, 12, 2), actor="test")
    pause.plan(account_id=away.pk, starts_on=ON, ends_on=date(2026, 12, 13), on=date(2026, 12, 2), actor="test")
    return made


def charge(dsn: str, die_at: str) -> int:
    with processes.running("tests.concurrency.charge_process", str(ON), die_at, dsn=dsn) as process:
        return process.wait(60)


def as_undisturbed(people: list[Account]) -> None:
    """Two of December's 31 days are used: 600,00 × 2 ÷ 31 = 38,709… → 38,71; 561,29 of 600,00 comes back."""
    assert [builder.balance(one) for one in people] == ["-98.71", "0.00", "561.29", "0.00"]  # −60,00 − 38,71
    states = [(one.state, str(one.paid_until)) for account in people for one in account.subscriptions.all()]
    assert states == [
        ("suspended", "2026-12-03"),
        ("active", "2026-12-08"),  # five paid days waited
        ("ended", "2026-12-03"),
        ("paused", "2027-01-01"),
    ]
    assert list(Return.objects.values_list("amount_kop", flat=True)) == [561_29, 561_29]
    assert Deferral.objects.get().ended_on == ON
    assert sorted(Pause.objects.values_list("state", flat=True)) == ["over", "running"]
    assert Ending.objects.get().returned_kop == 561_29
    assert sorted(Notice.objects.values_list("kind", flat=True)) == [
        "contract_ended", "deferral_ended", "deferral_granted",
    ]  # fmt: skip
    assert unpaid_aside() == []


def unpaid_aside() -> list[str]:
    """The builder's payments have no row in payments; everything else is in order."""
    return [line for line in verify.problems() if "payment" not in line]


@pytest.mark.parametrize(
    "at",
    [
        "abonent.billing.deferrals:_close:1:after",
        "abonent.billing.returns:give_back:1:before",
        "abonent.billing.returns:give_back:1:after",
        "abonent.billing.deferrals:end_due:1:after",
        "abonent.billing.pauses:end_due:1:after",
        "abonent.billing.returns:give_back:2:after",
        "abonent.billing.endings:apply:1:after",
        "abonent.billing.pauses:begin_due:1:after",
        "abonent.billing.runs:mark_done:1:after",
        "abonent.billing.runs:finish:1:after",
    ],
)
def test_a_run_killed_among_its_steps_does_each_once(own_database: str, people: list[Account], at: str) -> None:
    assert charge(own_database, at) == -signal.SIGKILL
    assert unpaid_aside() == []
    charge_run.run(ON)
    as_undisturbed(people)
