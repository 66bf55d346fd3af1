"""What must always be true of payments and their money. A line for each thing that breaks it."""

from collections.abc import Iterator

from abonent.core import db
from abonent.ledger import invariants

_RULES = [
    rule
    for name in ("invariants", "invariants_cards", "invariants_desk")
    for rule in db.read_sql(__file__, name).split("-- rule: ")[1:]
]


def problems() -> Iterator[str]:
    """Like `ledger.invariants.problems`."""
    yield from invariants.broken(_RULES)
