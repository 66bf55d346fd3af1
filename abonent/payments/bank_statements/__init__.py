"""The bank's statements: read, and matched with contracts. Pure but for `owners`, which looks in the books."""
