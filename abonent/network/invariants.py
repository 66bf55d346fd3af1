"""What must always be true of access. A line for each thing that breaks it."""

from collections.abc import Iterator

from abonent.core import db
from abonent.ledger import invariants

_RULES = db.read_sql(__file__, "invariants").split("-- rule: ")[1:]


def problems() -> Iterator[str]:
    """Like `ledger.invariants.problems`."""
    yield from invariants.broken(_RULES)
