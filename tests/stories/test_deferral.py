"""«Deferred payment» from its granting to its end: what it opens, what it costs, what is owed when nobody pays."""

from datetime import date
from typing import Any

import pytest

from abonent.billing import deferrals, queries
from abonent.billing.models import Charge, Deferral, Return
from abonent.core import clock, db
from abonent.flows import defer
from abonent.ledger.models import Account
from tests.world import Subscriber, World

pytestmark = pytest.mark.committing


def see(world: World, who: Subscriber) -> queries.Overview:
    seen = queries.overview(who.contract_id, world.today)
    assert seen is not None
    return seen


def grant(world: World, who: Subscriber, amount_kop: int) -> defer.Granted:
    return defer.grant(account_id=who.account_id, amount_kop=amount_kop, on=world.today, actor=who.contract)


def why(world: World, who: Subscriber, amount_kop: int = 500_00) -> deferrals.UnableToDefer:
    with pytest.raises(deferrals.UnableToDefer) as refused:
        grant(world, who, amount_kop)
    return refused.value


def test_boris_is_on_at_once_and_owes_only_for_the_days_used_when_he_never_pays(world: World) -> None:
    boris, before_kop = world.boris, world.balance(world.boris)
    assert world.state(boris) == "suspended"
    may = deferrals.allowed(see(world, boris), on=world.today)
    # The 14th to the 30th is 17 of 30 days: 650,00 × 17 ÷ 30 = 368,333… → 368,33.
    assert may.least_kop == may.advised_kop == 368_33 - before_kop
    assert (may.most_kop, may.fee_kop, may.ends_on) == (1000_00, 0, date(2026, 11, 19))
    granted = grant(world, boris, may.advised_kop)
    assert granted.resumed.charged_kop == 368_33
    assert (world.state(boris), world.balance(boris)) == ("working", before_kop - 368_33)
    assert world.notices(boris, "deferral_granted") == 1
    world.move_to(date(2026, 11, 18))
    assert world.state(boris) == "working"
    assert world.notices(boris, "deferral_ended") == 0
    world.move_to(date(2026, 11, 19))
    # Five days used: 650,00 × 5 ÷ 30 = 108,333… → 108,33; 368,33 − 108,33 = 260,00 comes back.
    assert Return.objects.get(account_id=boris.account_id).amount_kop == 260_00
    assert world.balance(boris) == before_kop - 108_33
    assert (world.state(boris), world.notices(boris, "deferral_ended")) == ("suspended", 1)
    assert see(world, boris).deferral_kop == 0
    assert world.broken() == []
    # Later he pays: the 20th to the 30th is 11 days: 650,00 × 11 ÷ 30 = 238,333… → 238,33, and what he owes.
    world.move_to(date(2026, 11, 20))
    assert world.missing(boris) == 238_33 + 108_33 - before_kop
    world.pay(boris, "500,00")
    assert world.state(boris) == "working"
    assert world.balance(boris) == before_kop - 108_33 + 500_00 - 238_33
    assert world.broken() == []


def test_who_pays_in_time_keeps_everything(world: World) -> None:
    boris, before_kop = world.boris, world.balance(world.boris)
    grant(world, boris, 400_00)
    world.move_to(date(2026, 11, 17))
    world.pay(boris, "400,00")
    world.move_to(date(2026, 11, 19))
    assert (world.state(boris), world.balance(boris)) == ("working", before_kop + 400_00 - 368_33)
    assert Return.objects.filter(account_id=boris.account_id).count() == 0
    assert world.notices(boris, "deferral_ended") == 0
    assert Deferral.objects.get().ended_on == date(2026, 11, 19)
    assert world.broken() == []


def test_a_second_one_waits_for_its_date(world: World) -> None:
    grant(world, world.boris, 400_00)
    open_now = why(world, world.boris)
    assert (open_now.why, open_now.possible_on) == ("open", date(2026, 12, 14))  # 14 November + 30 days
    world.pay(world.boris, "1000,00")
    world.move_to(date(2026, 11, 19))
    soon = why(world, world.boris)
    assert (soon.why, soon.possible_on) == ("too_soon", date(2026, 12, 14))
    world.move_to(date(2026, 12, 14))
    assert grant(world, world.boris, 500_00).ends_on == date(2026, 12, 19)
    assert world.broken() == []


def test_none_while_an_earlier_one_is_unpaid(world: World) -> None:
    before_kop = world.balance(world.boris)
    grant(world, world.boris, 400_00)
    world.move_to(date(2026, 12, 14))
    unpaid = why(world, world.boris)
    assert (unpaid.why, unpaid.limit_kop) == ("unpaid", 108_33 - before_kop)
    world.pay(world.boris, "108,33")
    # December from the 14th is 18 of 31 days: 650,00 × 18 ÷ 31 = 377,419… → 377,42.
    assert grant(world, world.boris, 500_00).resumed.charged_kop == 377_42
    assert world.broken() == []


@pytest.mark.parametrize(
    ("amount_kop", "reason", "limit_kop"),
    [(0, "too_small", None), (-5, "too_small", None), (100_00, "too_small", None), (1000_01, "too_large", 1000_00)],
)
def test_sums_out_of_bounds_are_refused(world: World, amount_kop: int, reason: str, limit_kop: int | None) -> None:
    before_kop = world.balance(world.boris)
    refused = why(world, world.boris, amount_kop)
    assert (refused.why, refused.limit_kop) == (reason, limit_kop or 368_33 - before_kop)
    assert (world.state(world.boris), Deferral.objects.count()) == ("suspended", 0)


def test_the_first_top_up_comes_first(world: World) -> None:
    refused = why(world, world.gleb)
    assert (refused.why, refused.limit_kop) == ("first_top_up", 500_00)


def test_the_fee_is_taken_and_stays_when_the_deferral_ends(world: World, settings: Any) -> None:
    """As the profile spnet has it: 30,00, at most 700,00, 3 days, every 60."""
    policy = settings.PROFILE.deferral.model_copy(
        update={"max_kop": 700_00, "days": 3, "every_days": 60, "fee_kop": 30_00}
    )
    settings.PROFILE = settings.PROFILE.model_copy(update={"deferral": policy})
    boris, before_kop = world.boris, world.balance(world.boris)
    may = deferrals.allowed(see(world, boris), on=world.today)
    assert (may.least_kop, may.ends_on) == (368_33 + 30_00 - before_kop, date(2026, 11, 17))
    grant(world, boris, may.least_kop)
    assert world.balance(boris) == before_kop - 30_00 - 368_33
    world.move_to(date(2026, 11, 17))
    # Three days used: 650,00 × 3 ÷ 30 = 65,00; 368,33 − 65,00 = 303,33 comes back, the fee does not.
    assert world.balance(boris) == before_kop - 30_00 - 65_00
    assert why(world, boris).why == "unpaid"
    assert world.broken() == []


def test_what_is_due_while_it_counts_is_covered_by_it(world: World) -> None:
    """Anna's money does not cover January: a deferral of the last days of December does."""
    for day in (date(2026, 12, 10), date(2026, 12, 30)):
        world.move_to(day)
    short_kop = 840_00 - world.balance(world.anna)
    assert 0 < short_kop <= 840_00
    grant(world, world.anna, 1000_00)
    world.move_to(date(2027, 1, 1))
    assert (world.state(world.anna), world.balance(world.anna)) == ("working", -short_kop)
    world.move_to(date(2027, 1, 4))
    # Internet 650,00 × 3 ÷ 31 = 62,903… → 62,90; TV 190,00 × 3 ÷ 31 = 18,387… → 18,39; 81,29 of 840,00 is used.
    assert (world.state(world.anna), world.balance(world.anna)) == ("suspended", 840_00 - short_kop - 81_29)
    assert world.broken() == []


def test_the_reminder_comes_once_two_days_before(world: World) -> None:
    grant(world, world.boris, 400_00)
    for day in (16, 17, 17, 18):
        with clock.frozen(clock.at_noon(date(2026, 11, day))):
            defer.remind(date(2026, 11, day))
        assert world.notices(world.boris, "deferral_ends") == (1 if day >= 17 else 0)


def test_ended_twice_is_ended_once(world: World) -> None:
    grant(world, world.boris, 400_00)
    world.move_to(date(2026, 11, 19))
    balance_kop, charges = world.balance(world.boris), Charge.objects.count()
    with db.atomic():
        assert defer.end_due(0, 2**63 - 1, on=date(2026, 11, 19)) == 0
    assert (world.balance(world.boris), Charge.objects.count()) == (balance_kop, charges)
    assert Account.objects.get(id=world.boris.account_id).balance_kop == balance_kop
