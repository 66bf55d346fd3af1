"""What must always be true of subscriptions, charges and runs. Each rule gives a line for each thing that breaks it."""

from collections.abc import Iterator

from abonent.core import db
from abonent.ledger import invariants as ledger

_FORMULA = db.read_sql(__file__, "second_formula").rstrip()
_RULES = db.read_sql(__file__, "invariants").replace("{second_formula}", _FORMULA).split("-- rule: ")[1:]


def problems() -> Iterator[str]:
    """A line for each thing that is wrong, a few for each rule."""
    yield from ledger.broken(_RULES)
