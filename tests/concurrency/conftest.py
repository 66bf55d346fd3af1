"""The sandbox's bank, and somebody who pays, for these tests."""

from tests.bank import bank, noon, one_bank, payer, slow_bank

__all__ = ["bank", "noon", "one_bank", "payer", "slow_bank"]
