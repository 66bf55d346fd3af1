"""Write charges with their transfers and move the paid days. What is charged, resuming and charging decide.

A charge and its transfer stand in one transaction, always (lesson 21), and every count is checked: a row
refused in silence would be a period that nobody pays (lesson 14).
"""

from typing import Any, NamedTuple

from abonent.billing import policies
from abonent.core import db
from abonent.ledger import transfers

_INSERT = db.read_sql(__file__, "insert_charges")
_MOVE = db.read_sql(__file__, "move_paid_until")


class ChargesDisagree(Exception):
    """Other rows were written than decided: the transaction must not stand."""


class Written(NamedTuple):
    charges: int
    transfers: int


def write(due: str, params: dict[str, Any], *, charges: int, transfers_wanted: int) -> Written:
    """Charge what `due` says: insert the charges, post their transfers, move `paid_until`; once-only fees end.

    due: a temporary table, or a sub-select with its alias whose parameters are in `params`. Its columns are
      those of `transfers.post_batch` (id null where nothing is moved), and `fits` (only such rows are
      charged), `subscription_id`, `turn`, `period_start`, `period_end`, `whole_start`, `whole_end`,
      `price_kop`, `discount_kop` (what came off it), `charging`, `anchor_day` (from now on), `was_state`,
      `was_paid_until` (what the decision saw).
    params: also `first_account_id`, `last_account_id`: no row is of another account. The accounts are locked.
    charges, transfers_wanted: how many were decided.
    Raises ChargesDisagree, transfers.BalancesDisagree: the transaction must not stand.
    """
    db.require_transaction()
    params = {**params, "proration_days": policies.in_force().proration_days}
    check("charges", wanted=charges, done=db.run(_INSERT.format(due=due), params))
    check("transfers", wanted=transfers_wanted, done=transfers.post_batch(due, params))
    check("subscriptions", wanted=charges, done=db.run(_MOVE.format(due=due), params))
    return Written(charges, transfers_wanted)


def check(what: str, *, wanted: int, done: int) -> None:
    """Raises ChargesDisagree unless exactly as many rows were written as were decided."""
    if wanted != done:
        raise ChargesDisagree(f"{what}: {wanted} rows were to be written, {done} were")
