"""The forecast equals the real engine on every day of a hundred random lives; tests/soak has a thousand others."""

from datetime import date

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from abonent.core import partitions
from tests.stories import lives

pytestmark = pytest.mark.django_db
TOGETHER = 10


def test_the_balance_ahead_is_what_the_charge_runs_then_do() -> None:
    partitions.ensure(lives.FIRST, lives.LAST)

    @settings(
        max_examples=10,
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
