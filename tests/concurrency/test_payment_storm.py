"""Three hundred payments over every channel in a storm; `make soak` sends ten thousand."""

import pytest

from tests.bank import Bank
from tests.concurrency.storm import Storm

pytestmark = pytest.mark.committing


def test_three_hundred_payments_in_a_storm_come_once_each(own_database: str, bank: Bank) -> None:
    storm = Storm(bank, own_database, seed=1)
    plans = storm.rage(300, accounts=20, crash_every_seconds=3)
    storm.check(plans)
    assert min(storm.crashes[one] for one in ("database", "web", "worker")) >= 1, storm.crashes
