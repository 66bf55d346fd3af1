"""The forecast equals the real engine on every day of a hundred random lives; tests/soak has a thousand others."""

from datetime import date

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from abonent.core import partitions
from tests.stories import lives, wishes

pytestmark = pytest.mark.django_db
TOGETHER = 20


def test_the_balance_ahead_is_what_the_charge_runs_then_do() -> None:
    partitions.ensure(lives.FIRST, lives.LAST)

    @settings(
        max_examples=5,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # to shrink is the soak's work
        suppress_health_check=list(HealthCheck),
    )
    @given(
        start=st.sampled_from(lives.STARTS),
        days=st.integers(1, 45),
        policy=lives.policies,
        together=st.lists(lives.some_lives, min_size=TOGETHER, max_size=TOGETHER),
    )
    def compare(start: date, days: int, policy: lives.Policy, together: list[lives.Life]) -> None:
        lives.play(start=start, days=days, policy=policy, lives=together)

    compare()


def test_the_fee_of_a_pause_that_finds_nothing_working_comes_back_as_foreseen() -> None:
    """Suspended on 1 January with a pause planned for the 5th: it is void that day, and its 50,00 return."""
    partitions.ensure(lives.FIRST, lives.LAST)
    lives.play(
        start=date(2027, 11, 30),
        days=34,
        policy=lives.Policy("calendar", "period", "unused_days", fee_kop=50_00, automatic=False),
        lives=[
            lives.Life(
                tariff=0,
                tv=False,
                addon=None,
                limit_kop=0,
                paid_kop=650_00,
                wishes=(
                    wishes.Wish(day=0, what="limit", n=25),
                    wishes.Wish(day=29, what="pause", n=20),
                    wishes.Wish(day=34, what="tariff_next", n=14),
                    wishes.Wish(day=39, what="defer", n=23),
                ),
            )
        ],
    )
