"""Buildings and premises that came with an import. Writes Building and Premises beside loading.py."""

from abonent.addresses import loading
from abonent.core import db

_SQL = db.read_sql(__file__, "moving_in")
_STREETS = "select distinct settlement, street from moving_addresses"


def take_in() -> None:
    """Find or make the premises of each row of `moving_addresses`; what we know of a building stays as it is.

    moving_addresses: line, settlement, street, house, korpus, stroenie, liter, number_key, flat, segment, connected,
    technology. Gives the temporary table `moving_premises`: line, premises_id, segment.
    """
    db.require_transaction()
    db.run(_SQL)
    loading.learn({(row["settlement"], row["street"]) for row in db.rows(_STREETS)})
