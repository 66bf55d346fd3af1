"""ATOL Online v4: a register of receipts in the cloud, as it would answer."""
