"""Thousands of random histories, others each time; a failing one is printed as the steps that repeat it."""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.stories import histories

pytestmark = [pytest.mark.django_db, pytest.mark.soak]
HISTORIES = int(os.environ.get("SOAK_HISTORIES", "1000"))


def test_verify_holds_after_each_step_of_a_thousand_random_histories() -> None:
    histories.make_partitions()
    run_state_machine_as_test(
        histories.History,
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=40,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
