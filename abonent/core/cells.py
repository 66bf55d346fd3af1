"""A cell of a table that leaves the house: never a formula in somebody's spreadsheet. Pure.

A text that begins with = + - @ or a tab gets a quote before it; read back, it loses that quote again.
"""

import re

_RISKY = re.compile(r"'*[=+\-@\t\r\n]")
_QUOTED = re.compile(r"'+[=+\-@\t\r\n]")
_NUMBER = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?")


def quiet(text: str) -> str:
    """The text as it may stand in a CSV or a sheet. A plain number below zero is no formula and stays a number."""
    return f"'{text}" if _RISKY.match(text) and not _NUMBER.fullmatch(text) else text


def loud(text: str) -> str:
    """What `quiet` was given."""
    return text[1:] if _QUOTED.match(text) else text
