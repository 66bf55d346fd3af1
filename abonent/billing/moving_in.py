"""Subscriptions that came with an import: paid until a date, charged from then on. Writes Subscription and Terms."""

from collections.abc import Sequence
from datetime import date

from abonent.billing import rules
from abonent.core import db

_SQL = db.read_sql(__file__, "moving_in")


def take_in(*, on: date, first_day: date, billing_cycle: str, kinds: Sequence[str]) -> None:
    """The new rows of `moving_subscriptions` and the credit limits of new contracts.

    Nothing is charged for days before `first_day`, the first date that our runs may charge: what was used before
    stands in the opening balance.
    moving_subscriptions: own_id, is_new, account_id, line_id, parent_id, version_id, role, kind, charging, price_kop,
    state, paid_until, started_on, ended_on.   moving_contracts: account_id, is_new, credit_limit_kop, signed_on.
    on: the operator's date of the import.   kinds: the profile's priority.
    """
    db.require_transaction()
    params = {
        "on": on,
        "first_day": first_day,
        "calendar": billing_cycle == rules.CALENDAR,
        "kinds": list(kinds),
        "addon_priority": rules.ADDON_PRIORITY,
    }
    db.run(_SQL, params)
