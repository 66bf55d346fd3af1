"""What must always be true of the ledger alone. Each rule gives a line for each thing that breaks it."""

from collections.abc import Iterator

from abonent.core import db

SHOWN = 20  # lines of one rule: the first say enough, a broken ledger must not print a million

_RULES = db.read_sql(__file__, "invariants").split("-- rule: ")[1:]


def problems() -> Iterator[str]:
    """A line for each thing that is wrong, at most `SHOWN` and a count of the rest for each rule."""
    yield from broken(_RULES)


def broken(rules: list[str]) -> Iterator[str]:
    """Run rules of an `invariants.sql`: each is its name, a new line, and a select of one column `what`."""
    for rule in rules:
        name, _, select = rule.partition("\n")
        found = db.rows(f"select what, count(*) over () as n from ({select}) broken limit {SHOWN}")
        yield from (f"{name.strip()}: {row['what']}" for row in found)
        if found and found[0]["n"] > SHOWN:
            yield f"{name.strip()}: and {found[0]['n'] - SHOWN} more"
