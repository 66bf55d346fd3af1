"""The clock goes back behind the last charged date: what is agreed then holds for days that are not settled yet."""

from datetime import date, timedelta

import pytest

from abonent.billing import deferrals, endings, pauses
from abonent.billing.models import Deferral, Ending, Pause
from abonent.flows import charge_run, defer, end_contract, pause
from tests.world import World

pytestmark = pytest.mark.committing

BACK = date(2026, 11, 10)  # charged through the 14th


def test_a_deferral_lasts_from_the_last_charged_date(world: World) -> None:
    defer.grant(account_id=world.boris.account_id, amount_kop=400_00, on=BACK, actor="100002")
    made = Deferral.objects.get()
    assert (made.granted_on, made.ends_on) == (date(2026, 11, 14), date(2026, 11, 19))
    # 650 × 17 ÷ 30 = 368,33, as on the 14th
    assert world.state(world.boris) == "working"
    assert world.broken() == []


def test_a_pause_begins_after_it(world: World) -> None:
    with pytest.raises(pauses.UnableToPause) as refused:
        pause.plan(account_id=world.anna.account_id, starts_on=date(2026, 11, 14), ends_on=date(2026, 11, 30),
                   on=BACK, actor="100001")  # fmt: skip
    assert (refused.value.why, refused.value.possible_on) == ("too_early", date(2026, 11, 15))
    pause.switch_off(account_id=world.vera.account_id, on=BACK, actor="100003")
    assert Pause.objects.get().starts_on == date(2026, 11, 15)
    world.move_to(date(2026, 11, 16))
    pause.end_early(account_id=world.vera.account_id, on=BACK, actor="100003")
    assert Pause.objects.get().ends_on == date(2026, 11, 17)
    assert world.broken() == []


def test_a_contract_ends_after_it(world: World) -> None:
    with pytest.raises(endings.UnableToEnd) as refused:
        end_contract.plan(account_id=world.anna.account_id, ends_on=date(2026, 11, 14), on=BACK, actor="100001")
    assert (refused.value.why, refused.value.possible_on) == ("too_early", date(2026, 11, 15))
    end_contract.plan(account_id=world.boris.account_id, ends_on=date(2026, 11, 14), on=BACK, actor="100002")
    assert (Ending.objects.get().state, Ending.objects.get().ends_on) == ("done", date(2026, 11, 14))
    assert world.broken() == []


def test_dates_before_the_contract_are_too_early(world: World) -> None:
    long_ago = date(2020, 1, 1)
    with pytest.raises(pauses.UnableToPause) as no_pause:
        pause.plan(account_id=world.anna.account_id, starts_on=long_ago, ends_on=long_ago + timedelta(days=30),
                   on=world.today, actor="100001")  # fmt: skip
    with pytest.raises(endings.UnableToEnd) as no_end:
        end_contract.plan(account_id=world.anna.account_id, ends_on=long_ago, on=world.today, actor="100001")
    assert (no_pause.value.why, no_end.value.why) == ("too_early", "too_early")


def test_the_run_of_a_charged_date_charges_nobody_again(world: World) -> None:
    before = [world.balance(who) for who in (world.anna, world.vera, world.romashka)]
    assert charge_run.catch_up(BACK) == []
    assert [world.balance(who) for who in (world.anna, world.vera, world.romashka)] == before


def test_a_second_deferral_after_the_clock_went_back_waits_for_its_date(world: World) -> None:
    defer.grant(account_id=world.boris.account_id, amount_kop=400_00, on=world.today, actor="100002")
    with pytest.raises(deferrals.UnableToDefer) as refused:
        defer.grant(account_id=world.boris.account_id, amount_kop=400_00, on=BACK, actor="100002")
    assert (refused.value.why, Deferral.objects.count()) == ("open", 1)
