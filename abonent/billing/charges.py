"""Write charges with their transfers and move the paid days. What is charged, resuming and charging decide.

A charge and its transfer stand in one transaction, always (lesson 21), and every count is checked: a row refused
in silence would be a period that nobody pays (lesson 14).
"""

from abonent.core import db


class ChargesDisagree(Exception):
    """Fewer rows were written than decided: the transaction must not stand."""


def check(what: str, *, wanted: int, done: int) -> None:
    """Raises ChargesDisagree unless exactly as many rows were written as were decided."""
    if wanted != done:
        raise ChargesDisagree(f"{what}: {wanted} rows were to be written, {done} were")
