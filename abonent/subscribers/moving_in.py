"""Customers, contracts and lines that came with an import. Writes what customers.py and its neighbours write."""

from abonent.core import db

_CUSTOMERS = db.read_sql(__file__, "moving_in_customers")
_LINES = db.read_sql(__file__, "moving_in_lines")


def take_in_customers() -> None:
    """The new rows of `moving_customers` and `moving_contracts`, under the ids they have there.

    moving_customers: own_id, is_new, user_id, kind, full_name, sort_key, given_name, inn, kpp, registered_address,
    language, phones text[], emails text[]. A known customer stays as he is here.
    moving_contracts: own_id, is_new, number, customer_own_id, signed_on, ended_on, closed_on.
    """
    db.require_transaction()
    db.run(_CUSTOMERS)


def take_in_lines() -> None:
    """The lines that `moving_lines` wants and that are not there; it knows their ids afterwards.

    moving_lines: contract_own_id, premises_id (null: without a place), segment, line_id (written here).
    """
    db.require_transaction()
    db.run(_LINES)
