"""Deferrals, pauses, ends, payouts, add-ons and requests agreed in two processes at the same moment: once, or refused.

Both look before either acts, where they can: the locks and the database's keys must stop the second.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection

from abonent.billing import deferrals
from abonent.billing.models import Change, Deferral, Ending, Pause, Payout, Terms
from abonent.core import db
from abonent.flows import cash_desk, change_addons, change_tariff, close_account, defer, end_contract, pause
from tests.concurrency.processes import ROOT
from tests.world import Subscriber, World

pytestmark = pytest.mark.committing

TODAY = date(2026, 11, 14)
OVERVIEW = "abonent.billing.queries:overview"
Both = Callable[..., list[str]]
Verb = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def process() -> Iterator["subprocess.Popen[str]"]:
    """Python is started once for all of these tests; it forks."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-m", "tests.concurrency.verb_process"]
    started = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield started
    assert started.stdin is not None
    assert started.stdout is not None
    started.stdin.close()
    started.wait(30)
    started.stdout.close()


@pytest.fixture
def both(world: World, process: "subprocess.Popen[str]") -> Both:
    """`both(verb, other)`: at the same moment; how they ended, sorted. One verb: twice the same."""

    def at_once(*verbs: Verb, meet: str = "", today: date = TODAY, unlocked: bool = False) -> list[str]:
        task = {
            "database": connection.settings_dict["NAME"],
            "today": str(today),
            "meet": meet,
            "unlocked": unlocked,
            "verbs": list(verbs) * (3 - len(verbs)),
        }
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(task, default=str) + "\n")
        process.stdin.flush()
        ended: list[str] = json.loads(process.stdout.readline())
        return sorted(ended)

    return at_once


def verb(name: str, who: Subscriber, **words: Any) -> Verb:
    return f"abonent.flows.{name}", {"account_id": who.account_id, "actor": who.contract, **words}


def test_a_deferral_is_granted_once(world: World, both: Both) -> None:
    before = world.balance(world.boris)
    grant = verb("defer:grant", world.boris, amount_kop=400_00, on=TODAY)
    assert both(grant, meet=OVERVIEW) == ["UnableToDefer", "done"]
    # 650 × 17 ÷ 30 = 368,33 is charged once
    assert (world.balance(world.boris), Deferral.objects.count()) == (before - 368_33, 1)
    assert Terms.objects.get(account_id=world.boris.account_id).deferral_kop == 400_00
    assert (world.notices(world.boris, "deferral_granted"), world.broken()) == (1, [])


def test_a_pause_is_agreed_once(world: World, both: Both) -> None:
    plan = verb("pause:plan", world.anna, starts_on="2026-11-20", ends_on="2026-11-30", on=TODAY)
    assert both(plan, meet=OVERVIEW) == ["UnableToPause", "done"]
    assert (Pause.objects.count(), world.broken()) == (1, [])


def test_a_daily_line_is_switched_off_once(world: World, both: Both) -> None:
    assert both(verb("pause:switch_off", world.vera, on=TODAY), meet=OVERVIEW) == ["UnableToPause", "done"]
    assert (Pause.objects.count(), world.broken()) == (1, [])


def test_a_pause_is_called_off_once_and_its_fee_comes_back_once(world: World, both: Both, settings: Any) -> None:
    policy = settings.PROFILE.pause.model_copy(update={"fee_kop": 30_00})
    settings.PROFILE = settings.PROFILE.model_copy(update={"pause": policy})
    before = world.balance(world.anna)
    pause.plan(account_id=world.anna.account_id, starts_on=date(2026, 11, 20), ends_on=date(2026, 11, 30), on=TODAY,
               actor="100001")  # fmt: skip
    assert world.balance(world.anna) == before - 30_00
    assert both(verb("pause:cancel", world.anna, on=TODAY)) == ["UnableToPause", "done"]
    assert (world.balance(world.anna), world.broken()) == (before, [])


def test_a_running_pause_is_ended_early_to_one_date(world: World, both: Both) -> None:
    pause.switch_off(account_id=world.vera.account_id, on=TODAY, actor="100003")
    world.move_to(date(2026, 11, 15))
    end = verb("pause:end_early", world.vera, on="2026-11-15")
    assert both(end, today=date(2026, 11, 15)) == ["done", "done"]
    assert (Pause.objects.get().ends_on, world.broken()) == (date(2026, 11, 16), [])


def test_the_end_of_a_contract_is_agreed_once(world: World, both: Both) -> None:
    plan = verb("end_contract:plan", world.anna, ends_on="2026-11-25", on=TODAY)
    assert both(plan, meet=OVERVIEW) == ["UnableToEnd", "done"]
    assert (Ending.objects.count(), world.broken()) == (1, [])


def test_an_end_at_once_gives_back_once(world: World, both: Both) -> None:
    """Boris is suspended: his contract may end today."""
    before = world.balance(world.boris)
    plan = verb("end_contract:plan", world.boris, ends_on=TODAY, on=TODAY)
    assert both(plan, meet=OVERVIEW) == ["UnableToEnd", "done"]
    assert (world.balance(world.boris), world.notices(world.boris, "contract_ended")) == (before, 1)
    assert world.broken() == []


def test_an_end_is_called_off_once(world: World, both: Both) -> None:
    end_contract.plan(account_id=world.anna.account_id, ends_on=date(2026, 11, 25), on=TODAY, actor="100001")
    assert both(verb("end_contract:cancel", world.anna)) == ["UnableToEnd", "done"]
    assert (Ending.objects.get().state, world.broken()) == ("cancelled", [])


def ended(world: World) -> int:
    """Anna's contract has ended; what is left."""
    end_contract.plan(account_id=world.anna.account_id, ends_on=date(2026, 11, 15), on=TODAY, actor="100001")
    world.move_to(date(2026, 11, 15))
    left_kop = world.balance(world.anna)
    assert left_kop > 0
    return left_kop


def test_what_is_left_is_asked_back_once(world: World, both: Both) -> None:
    left_kop = ended(world)
    ask = verb("close_account:ask_payout", world.anna, on="2026-11-15")
    assert both(ask, today=date(2026, 11, 15)) == ["UnableToEnd", "done"]
    assert (Payout.objects.get().amount_kop, world.broken()) == (left_kop, [])


def test_what_is_left_is_paid_out_once(world: World, both: Both) -> None:
    left_kop = ended(world)
    asked = close_account.ask_payout(account_id=world.anna.account_id, on=world.today, actor="100001")
    cash_desk.open_shift(opening_kop=0, actor="cashier")
    pay = ("abonent.flows.cash_desk:pay_out", {"payout_id": asked.pk, "on": "2026-11-15", "actor": "cashier"})
    assert both(pay, today=date(2026, 11, 15)) == ["done", "done"]  # twice is once
    assert (world.balance(world.anna), left_kop > 0) == (0, True)
    assert Payout.objects.get().state == "paid"


def test_a_suspended_service_goes_on_once(world: World, both: Both) -> None:
    world.pay(world.boris, "100,00")
    world.move_to(date(2026, 11, 28))
    before = world.balance(world.boris)
    go_on = verb("resume_now:resume", world.boris, cost_kop=65_00, on="2026-11-28")
    assert both(go_on, meet=OVERVIEW, today=date(2026, 11, 28)) == ["NothingToResume", "done"]
    assert (world.balance(world.boris), world.state(world.boris)) == (before - 65_00, "working")
    assert world.broken() == []


def two_windows(world: World) -> list[Verb]:
    """Anna connects a router twice."""
    tariff = next(one for one in world.subscriptions(world.anna) if one.role == "tariff")
    return [
        verb(
            "change_addons:confirm",
            world.anna,
            what=change_addons.ON,
            token=change_addons.quote(
                account_id=world.anna.account_id, what=change_addons.ON, subscription_id=tariff.id,
                code="router-rent", is_now=True,
            ).token,
        )
        for _ in range(2)
    ]  # fmt: skip


def test_without_the_lock_both_windows_connect_it(world: World, both: Both) -> None:
    before = world.balance(world.anna)
    assert both(*two_windows(world), meet="abonent.billing.addons:price", unlocked=True) == ["done", "done"]
    assert world.balance(world.anna) == before - 2 * 56_67


def test_two_windows_connect_an_add_on_once(world: World, both: Both) -> None:
    before = world.balance(world.anna)
    assert both(*two_windows(world), meet="abonent.billing.addons:price") == ["CannotStand", "done"]
    assert (world.balance(world.anna), world.broken()) == (before - 56_67, [])  # 100 × 17 ÷ 30


def test_two_windows_disconnect_an_add_on_once(world: World, both: Both) -> None:
    romashka = world.romashka
    addon = next(one for one in world.subscriptions(romashka) if one.role == "addon")
    before = world.balance(romashka)
    confirms = [
        verb(
            "change_addons:confirm",
            romashka,
            what=change_addons.OFF,
            token=change_addons.quote(
                account_id=romashka.account_id, what=change_addons.OFF, subscription_id=addon.id, code="", is_now=True
            ).token,
        )
        for _ in range(2)
    ]
    assert both(*confirms, meet="abonent.billing.addons:price") == ["NothingToChange", "done"]
    assert (world.balance(romashka), world.broken()) == (before + 85_00, [])  # 150 − 150 × 13 ÷ 30 = 150 − 65


@pytest.fixture
def on_approval(settings: Any) -> None:
    policy = settings.PROFILE.tariff_change.model_copy(update={"mode": "on_approval"})
    settings.PROFILE = settings.PROFILE.model_copy(update={"tariff_change": policy})


def request(world: World) -> int:
    tariff = next(one for one in world.subscriptions(world.anna) if one.role == "tariff")
    quoted = change_tariff.quote(
        account_id=world.anna.account_id, subscription_id=tariff.id, code="city-500", is_now=True
    )
    return change_tariff.confirm(account_id=world.anna.account_id, token=quoted.token, actor="100001").id


@pytest.mark.usefixtures("on_approval")
def test_two_of_the_staff_approve_a_request_once(world: World, both: Both) -> None:
    before, change_id = world.balance(world.anna), request(world)
    approve = ("abonent.flows.change_tariff:approve", {"change_id": change_id, "by": "manager"})
    assert both(approve) == ["NotOpen", "done"]
    assert (world.balance(world.anna), world.broken()) == (before - 113_34, [])  # 481,67 − 368,33


@pytest.mark.usefixtures("on_approval")
def test_a_request_withdrawn_while_it_is_approved_is_one_of_the_two(world: World, both: Both) -> None:
    before, change_id = world.balance(world.anna), request(world)
    approve = ("abonent.flows.change_tariff:approve", {"change_id": change_id, "by": "manager"})
    withdraw = verb("change_tariff:cancel", world.anna, change_id=change_id)
    assert both(approve, withdraw) == ["NotOpen", "done"]
    state = Change.objects.get(id=change_id).state
    assert (state, world.balance(world.anna)) in [("done", before - 113_34), ("cancelled", before)]
    assert world.broken() == []


def test_a_deferral_and_a_pause_do_not_come_together(world: World, both: Both) -> None:
    """Daria has what a pause needs and what a deferral needs; each refuses the other."""
    grant = verb("defer:grant", world.daria, amount_kop=500_00, on=TODAY)
    plan = verb("pause:plan", world.daria, starts_on="2026-11-20", ends_on="2026-11-30", on=TODAY)
    got = both(grant, plan, meet=OVERVIEW)
    assert got in (["UnableToPause", "done"], ["UnableToDefer", "done"])
    assert (Deferral.objects.count() + Pause.objects.count(), world.broken()) == (1, [])


def test_a_change_beside_the_end_of_the_contract_is_before_it_or_refused(world: World, both: Both) -> None:
    tariff = next(one for one in world.subscriptions(world.anna) if one.role == "tariff")
    quoted = change_tariff.quote(
        account_id=world.anna.account_id, subscription_id=tariff.id, code="city-500", is_now=True
    )
    end = verb("end_contract:plan", world.anna, ends_on="2026-11-25", on=TODAY)
    got = both(verb("change_tariff:confirm", world.anna, token=quoted.token), end, meet=OVERVIEW)
    assert got in (["done", "done"], ["ContractEnds", "done"])
    assert Ending.objects.count() == 1
    assert world.broken() == []


def test_a_deferral_asked_for_while_the_run_gives_one_is_one(world: World, settings: Any) -> None:
    """The run's transaction holds the account; who asks waits, and is told of the one that counts."""
    policy = settings.PROFILE.deferral.model_copy(update={"automatic": True})
    settings.PROFILE = settings.PROFILE.model_copy(update={"deferral": policy})
    for day in (date(2026, 12, 10), date(2026, 12, 31)):
        world.move_to(day)
    world.move_to(date(2027, 1, 1))  # Anna's money does not cover January
    assert [one.granted_by for one in Deferral.objects.filter(account_id=world.anna.account_id)] == [
        "system:charge_run"
    ]
    with pytest.raises(deferrals.UnableToDefer):
        defer.grant(account_id=world.anna.account_id, amount_kop=100_00, on=world.today, actor="100001")
    with db.atomic():
        assert defer.give_due(0, 2**63 - 1, on=world.today) == 0
    assert world.broken() == []
