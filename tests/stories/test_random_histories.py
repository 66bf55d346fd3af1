"""A few random histories, the same ones each time; tests/soak has thousands."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.stories import histories

pytestmark = pytest.mark.django_db


def test_verify_holds_after_each_step_of_a_random_history() -> None:
    histories.make_partitions()
    run_state_machine_as_test(
        histories.History,
        settings=settings(
            max_examples=6,
            stateful_step_count=16,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # to shrink is the soak's work
            suppress_health_check=list(HealthCheck),
        ),
    )
