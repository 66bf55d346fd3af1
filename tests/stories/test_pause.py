"""A pause between two dates, and the switch of a daily subscriber: no day paid twice, none lost."""

from datetime import date, timedelta
from typing import Any

import pytest

from abonent.billing import deferrals, pauses, queries
from abonent.billing.models import Charge, Pause
from abonent.core import db
from abonent.flows import defer, pause
from abonent.ledger import accounts, transfers
from abonent.ledger.models import Transfer
from tests.world import Subscriber, World

pytestmark = pytest.mark.committing
NOV, DEC = 11, 12


def plan(world: World, who: Subscriber, first: date, last: date) -> Pause:
    return pause.plan(
        account_id=who.account_id, starts_on=first, ends_on=last + timedelta(days=1), on=world.today, actor=who.contract
    )


def why(world: World, who: Subscriber, first: date, last: date) -> pauses.UnableToPause:
    with pytest.raises(pauses.UnableToPause) as refused:
        plan(world, who, first, last)
    return refused.value


def paid_until(world: World, who: Subscriber) -> list[tuple[str, date | None]]:
    return [(one.state, one.paid_until) for one in world.subscriptions(who)]


def test_anna_goes_away_for_ten_days_and_none_of_them_is_lost(world: World) -> None:
    anna, before_kop = world.anna, world.balance(world.anna)
    plan(world, anna, date(2026, NOV, 18), date(2026, NOV, 27))
    world.move_to(date(2026, NOV, 17))
    assert world.state(anna) == "working"
    world.move_to(date(2026, NOV, 18))
    assert (world.state(anna), world.balance(anna)) == ("paused", before_kop)
    assert paid_until(world, anna) == [("paused", date(2026, DEC, 1)), ("paused", date(2026, DEC, 1))]
    assert world.broken() == []
    world.move_to(date(2026, NOV, 28))
    # Ten days were off: paid to 1 December becomes paid to 11 December; nothing is charged on the 1st.
    assert paid_until(world, anna) == [("active", date(2026, DEC, 11))] * 2
    assert (world.state(anna), world.balance(anna)) == ("working", before_kop)
    world.move_to(date(2026, DEC, 11))
    # The part from there to the month's end, 21 of 31 days: 650,00 × 21 ÷ 31 = 440,322… → 440,32;
    # 190,00 × 21 ÷ 31 = 128,709… → 128,71.
    assert world.charged(anna, date(2026, DEC, 1)) == []
    assert world.charged(anna, date(2026, DEC, 11)) == [440_32, 128_71]
    assert world.balance(anna) == before_kop - 440_32 - 128_71
    assert world.broken() == []


def test_a_pause_over_the_first_of_a_month_charges_when_it_is_over(world: World) -> None:
    anna = world.anna
    plan(world, anna, date(2026, DEC, 1), date(2026, DEC, 10))
    world.move_to(date(2026, DEC, 1))
    assert (world.charged(anna, date(2026, DEC, 1)), world.state(anna)) == ([], "paused")
    world.move_to(date(2026, DEC, 11))
    assert world.charged(anna, date(2026, DEC, 11)) == [440_32, 128_71]  # no paid days waited
    assert world.broken() == []


def test_cancelled_before_it_begins_it_never_was(world: World) -> None:
    plan(world, world.anna, date(2026, NOV, 18), date(2026, NOV, 27))
    pause.cancel(account_id=world.anna.account_id, on=world.today, actor="100001")
    with pytest.raises(pauses.UnableToPause) as refused:
        pause.cancel(account_id=world.anna.account_id, on=world.today, actor="100001")  # the other tab
    assert refused.value.why == "none"
    world.move_to(date(2026, NOV, 20))
    assert world.state(world.anna) == "working"
    assert plan(world, world.anna, date(2026, NOV, 21), date(2026, NOV, 30)).state == "planned"


def test_ended_early_it_lasts_the_least_days_at_least(world: World) -> None:
    plan(world, world.anna, date(2026, NOV, 16), date(2026, DEC, 15))
    world.move_to(date(2026, NOV, 18))
    ended = pause.end_early(account_id=world.anna.account_id, on=world.today, actor="100001")
    assert ended.ends_on == date(2026, NOV, 23)  # the 16th + 7 days
    again = pause.end_early(account_id=world.anna.account_id, on=world.today, actor="100001")
    assert again.ends_on == date(2026, NOV, 23)
    world.move_to(date(2026, NOV, 23))
    assert paid_until(world, world.anna)[0] == ("active", date(2026, DEC, 8))
    assert Pause.objects.get().state == "over"
    assert world.broken() == []


def test_bad_dates_are_refused_with_the_date_that_is_possible(world: World) -> None:
    cases = [
        ((NOV, 20), (NOV, 19), "backwards", None),
        ((NOV, 14), (NOV, 30), "too_early", date(2026, NOV, 15)),
        ((8, 1), (8, 30), "too_early", date(2026, NOV, 15)),
        ((NOV, 20), (NOV, 25), "too_short", date(2026, NOV, 27)),  # 6 days; 7 end on the 27th
    ]
    for first, last, reason, possible_on in cases:
        refused = why(world, world.anna, date(2026, *first), date(2026, *last))
        assert (refused.why, refused.possible_on) == (reason, possible_on)
    long = why(world, world.anna, date(2026, NOV, 20), date(2027, 2, 18))  # 91 days
    assert (long.why, long.possible_on) == ("too_long", date(2027, 2, 18))
    assert why(world, world.anna, date(2028, 1, 1), date(2028, 1, 20)).why == "too_far"
    plan(world, world.anna, date(2026, NOV, 20), date(2026, NOV, 30))
    assert why(world, world.anna, date(2026, NOV, 25), date(2026, DEC, 5)).why == "open"  # overlapping
    assert why(world, world.boris, date(2026, NOV, 20), date(2026, NOV, 30)).why == "nothing_works"
    assert why(world, world.gleb, date(2026, NOV, 20), date(2026, NOV, 30)).why == "nothing_works"


def test_a_pause_and_a_deferral_are_never_together(world: World) -> None:
    defer.grant(account_id=world.boris.account_id, amount_kop=500_00, on=world.today, actor="100002")
    refused = why(world, world.boris, date(2026, NOV, 16), date(2026, NOV, 30))
    assert (refused.why, refused.possible_on) == ("deferred", date(2026, NOV, 19))
    plan(world, world.anna, date(2026, NOV, 16), date(2026, NOV, 30))
    with pytest.raises(deferrals.UnableToDefer) as paused:
        defer.grant(account_id=world.anna.account_id, amount_kop=500_00, on=world.today, actor="100001")
    assert (paused.value.why, paused.value.possible_on) == ("paused", date(2026, DEC, 1))


def test_vera_switches_off_and_on_and_pays_only_for_the_days_between(world: World) -> None:
    vera = world.vera
    daily_kop = world.charged(vera, date(2026, NOV, 14))
    assert len(daily_kop) == 1
    pause.switch_off(account_id=vera.account_id, on=world.today, actor="100003")
    before_kop = world.balance(vera)
    world.move_to(date(2026, NOV, 20))
    assert (world.state(vera), world.balance(vera)) == ("paused", before_kop)
    assert world.broken() == []
    on = pause.end_early(account_id=vera.account_id, on=world.today, actor="100003")
    assert on.ends_on == date(2026, NOV, 21)
    world.move_to(date(2026, NOV, 21))
    charged = Charge.objects.filter(account_id=vera.account_id, charged_on__gt=date(2026, NOV, 14))
    assert [(one.period_start, one.period_end) for one in charged] == [(date(2026, NOV, 21), date(2026, NOV, 22))]
    assert (world.state(vera), world.balance(vera)) == ("working", before_kop - charged[0].amount_kop)
    pause.switch_off(account_id=vera.account_id, on=world.today, actor="100003")  # as often as she likes
    assert world.broken() == []


def test_the_switch_is_of_daily_tariffs_only(world: World) -> None:
    with pytest.raises(pauses.UnableToPause) as refused:
        pause.switch_off(account_id=world.anna.account_id, on=world.today, actor="100001")
    assert refused.value.why == "not_daily"


def test_switched_off_with_no_money_is_suspended_when_switched_on(world: World) -> None:
    vera = world.vera
    left_kop = world.balance(vera)
    with db.atomic():
        transfers.post(
            key="gone:test:1", debit_id=vera.account_id, credit_id=accounts.house_id("write_off"),
            amount_kop=left_kop, on=world.today, reason="write_off",
        )  # fmt: skip
    pause.switch_off(account_id=vera.account_id, on=world.today, actor="100003")
    world.move_to(date(2026, NOV, 16))
    pause.end_early(account_id=vera.account_id, on=world.today, actor="100003")
    world.move_to(date(2026, NOV, 17))
    assert (world.state(vera), world.balance(vera)) == ("suspended", 0)


def test_a_fee_is_taken_when_agreed_and_comes_back_when_cancelled(world: World, settings: Any) -> None:
    policy = settings.PROFILE.pause.model_copy(update={"fee_kop": 45_00})
    settings.PROFILE = settings.PROFILE.model_copy(update={"pause": policy})
    before_kop = world.balance(world.anna)
    plan(world, world.anna, date(2026, NOV, 18), date(2026, NOV, 27))
    assert world.balance(world.anna) == before_kop - 45_00
    assert world.broken() == []
    pause.cancel(account_id=world.anna.account_id, on=world.today, actor="100001")
    assert world.balance(world.anna) == before_kop
    assert world.broken() == []


def test_a_pause_of_what_was_suspended_meanwhile_is_void_and_its_fee_comes_back(world: World, settings: Any) -> None:
    policy = settings.PROFILE.pause.model_copy(update={"fee_kop": 45_00})
    settings.PROFILE = settings.PROFILE.model_copy(update={"pause": policy})
    world.move_to(date(2026, DEC, 10))
    plan(world, world.anna, date(2027, 1, 5), date(2027, 1, 20))  # January is not covered
    world.move_to(date(2027, 1, 5))
    assert Pause.objects.get().state == "void"
    assert Transfer.objects.filter(reason="reversal", amount_kop=45_00).count() == 1
    assert world.state(world.anna) == "suspended"
    assert world.broken() == []


def test_the_steps_repeated_change_nothing(world: World) -> None:
    plan(world, world.anna, date(2026, NOV, 18), date(2026, NOV, 27))
    for day in (date(2026, NOV, 18), date(2026, NOV, 28)):
        world.move_to(day)
        before = paid_until(world, world.anna)
        with db.atomic():
            assert pause.end_due(0, 2**63 - 1, on=day) == pause.begin_due(0, 2**63 - 1, on=day) == 0
        assert paid_until(world, world.anna) == before
    seen = queries.overview(world.anna.contract_id, world.today)
    assert seen is not None
    assert seen.pause is None
