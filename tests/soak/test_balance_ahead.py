"""A thousand random lives, others each time; a failing one is made small and prints the line that tells it again."""

import os
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abonent.core import partitions
from tests.stories import lives

pytestmark = [pytest.mark.django_db, pytest.mark.soak]
HISTORIES = int(os.environ.get("SOAK_HISTORIES", "1000"))
TOGETHER = 10


def test_the_balance_ahead_of_a_thousand_lives_is_what_the_charge_runs_then_do() -> None:
    partitions.ensure(lives.FIRST, lives.LAST)

    @settings(
        max_examples=max(1, HISTORIES // TOGETHER),
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        start=st.sampled_from(lives.STARTS),
        days=st.integers(1, 45),
        policy=lives.policies,
        together=st.lists(lives.some_lives, min_size=1, max_size=TOGETHER * 2 - 1),
    )
    def compare(start: date, days: int, policy: lives.Policy, together: list[lives.Life]) -> None:
        lives.play(start=start, days=days, policy=policy, lives=together)

    compare()
