"""The sandbox's bank, and somebody who pays, for these tests."""

from tests.bank import bank, noon, one_bank, payer, slow_bank
from tests.register import anna, printed, register
from tests.stories.autopay_life import life

__all__ = ["anna", "bank", "life", "noon", "one_bank", "payer", "printed", "register", "slow_bank"]
