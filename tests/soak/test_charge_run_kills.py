"""Fifty charge runs killed at random moments, others each time; a failing one tells its seed."""

import os
import random
from pathlib import Path

import pytest

from tests.concurrency import charge_ground

KILLS = int(os.environ.get("SOAK_KILLS", "50"))


@pytest.mark.soak
def test_fifty_runs_killed_at_random_end_as_if_nobody_had_disturbed_them(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    charge_ground.kill_often(tmp_path, KILLS, seed)
