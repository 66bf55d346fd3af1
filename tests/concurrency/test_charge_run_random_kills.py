"""A charge run in two processes is killed at random, with PostgreSQL or without: the same balances in the end."""

import random
from pathlib import Path

import pytest

from tests.concurrency import charge_ground

KILLS = 3  # fifty in tests/soak


@pytest.mark.committing
def test_a_run_killed_at_random_ends_as_if_nobody_had_disturbed_it(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    charge_ground.kill_often(tmp_path, KILLS, seed)
