"""The sandbox's bank for these tests."""

from tests.bank import bank, one_bank, slow_bank

__all__ = ["bank", "one_bank", "slow_bank"]
