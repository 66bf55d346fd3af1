"""Suggestions of addresses, as DaData gives them."""
