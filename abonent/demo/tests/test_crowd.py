"""A crowd of subscribers is made of the same money as people: verify holds, afresh and beside the cast."""

from datetime import date

import pytest

from abonent.billing.models import Charge, ParkedAccount, Subscription
from abonent.core import clock
from abonent.demo import crowd
from abonent.flows import charge_run, load_profile
from abonent.flows import verify as verifying
from tests.world import World

ON = date(2026, 11, 14)


def test_a_crowd_on_a_fresh_installation_is_charged_and_agrees(own_database: str) -> None:
    with clock.frozen(clock.at_noon(ON)):
        load_profile.load(date(2026, 1, 1))
        crowd.make(200, seed=1, on=ON)
        assert Subscription.objects.filter(state="active").count() > 200
        assert Subscription.objects.filter(state="suspended").count() > 0  # one in twenty has not paid enough
        assert Charge.objects.count() > 200
        assert list(verifying.problems()) == []


def test_a_crowd_beside_the_cast_parks_nobody(world: World) -> None:
    crowd.make(50, seed=2, on=world.today)
    world.move_to(date(2026, 11, 16))
    assert ParkedAccount.objects.count() == 0
    assert world.broken() == []


def test_the_same_seed_twice_is_refused_by_the_numbers(own_database: str) -> None:
    with clock.frozen(clock.at_noon(ON)):
        load_profile.load(date(2026, 1, 1))
        crowd.make(20, seed=1, on=ON)
        with pytest.raises(Exception, match="identity_"):
            crowd.make(20, seed=1, on=ON)
        assert charge_run.catch_up(ON) == []
        assert list(verifying.problems()) == []
