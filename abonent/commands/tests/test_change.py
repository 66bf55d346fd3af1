"""`abonent change`: the staff's yes and no to a request."""

import argparse

import pytest
from django.conf import settings

from abonent.billing.models import Change
from abonent.commands import change
from abonent.core.models import AuditEntry
from abonent.flows import change_tariff
from tests.world import Subscriber, World

pytestmark = pytest.mark.committing


@pytest.fixture(autouse=True)
def on_approval(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = settings.PROFILE.tariff_change.model_copy(update={"mode": "on_approval", "max_per_month": 1})
    monkeypatch.setattr(settings, "PROFILE", settings.PROFILE.model_copy(update={"tariff_change": policy}))


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    change.add_arguments(parser)
    return change.run(parser.parse_args(words))


def asked(world: World, who: Subscriber, code: str) -> Change:
    tariff = next(one for one in world.subscriptions(who) if one.role == "tariff")
    quote = change_tariff.quote(account_id=who.account_id, subscription_id=tariff.id, code=code, is_now=True)
    return change_tariff.confirm(account_id=who.account_id, token=quote.token, actor=who.contract)


def test_an_approved_request_changes_the_tariff_and_tells(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    request = asked(world, world.anna, "city-500")
    before = world.balance(world.anna)
    assert run("list") == 0
    assert "city-500" in capsys.readouterr().out
    assert run("approve", str(request.id), "--by", "manager") == 0
    # 368,33 comes back of 650,00; 850 × 17 ÷ 30 = 481,67
    assert world.balance(world.anna) == before + 368_33 - 481_67
    assert world.notices(world.anna, "tariff_changed") == 1
    assert AuditEntry.objects.get(action="billing.approve_change").actor == "manager"
    assert run("approve", str(request.id), "--by", "manager") == 1
    assert world.balance(world.anna) == before - 113_34
    assert world.broken() == []


def test_a_refused_request_moves_nothing_and_says_why(world: World) -> None:
    request = asked(world, world.anna, "city-500")
    before = world.balance(world.anna)
    assert run("refuse", str(request.id), "--by", "manager", "--why", "no such port") == 0
    assert Change.objects.get(id=request.id).why == "no such port"
    assert (world.balance(world.anna), world.notices(world.anna, "tariff_refused")) == (before, 1)


@pytest.mark.parametrize("name", ["nobody", "100001"])
def test_only_staff_say_yes(world: World, name: str) -> None:
    request = asked(world, world.anna, "city-500")
    assert run("approve", str(request.id), "--by", name) == 1
    assert Change.objects.get(id=request.id).state == "asked"


def test_a_request_nobody_made_is_said_so(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("approve", "999999", "--by", "manager") == 1
    assert "there is no change 999999" in capsys.readouterr().err
