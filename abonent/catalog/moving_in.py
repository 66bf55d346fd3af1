"""Tariffs that came with an import: off sale, for those who have them. Writes Offer and OfferVersion beside sync.py."""

from abonent.core import db

_SQL = db.read_sql(__file__, "moving_in")


def take_in() -> None:
    """Make what `moving_tariffs` has and the catalog has not; a code that is known stays as it is.

    moving_tariffs: code, role, kind, segments text[], name, charging, price (kopecks), valid_from, down_mbps, up_mbps.
    """
    db.require_transaction()
    db.run(_SQL)
