"""Postpaid: an invoice overdue withholds the credit limit from new charges until it is paid.

Writes Terms.withheld_limit_kop. What is owed comes from the ledger and not from a mark on the invoice (lesson 31):
the balance without the charges made after the invoice's month.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from abonent.billing import parking
from abonent.billing.models import Terms
from abonent.core import db
from abonent.ledger.models import Account

_OVERDUE = db.read_sql(__file__, "overdue")
_LAST_ID = 2**63 - 1
_WITHHELD = "billing_terms where withheld_limit_kop is not null and %(on)s::date is not null"


class Overdue(NamedTuple):
    """An invoice that was to be paid, the newest of its account's, and what is not paid up to it."""

    account_id: int
    contract_id: int
    document_id: int
    number: int
    year: int
    pay_until: date  # the last day on which it was to be paid
    unpaid_kop: int


def of(account_id: int, *, on: date) -> Overdue | None:
    """What of the account's invoices is overdue on a date; None: nothing."""
    found = _of(account_id, account_id, on)
    return found[0] if found else None


def unpaid_kop(account_ids: Sequence[int]) -> dict[int, int]:
    """By account, what is not paid up to its newest invoice, whether that is due or not; absent: all is paid."""
    if not account_ids:
        return {}
    found = _of(min(account_ids), max(account_ids), date.max, account_ids)
    return {one.account_id: one.unpaid_kop for one in found}


def withhold_due(first_account_id: int, last_account_id: int, *, on: date) -> list[Overdue]:
    """Withhold the credit limit of who of `[first, last]` owes on an overdue invoice: before the charges of `on`.

    Locks the accounts; parked ones wait. Safe to repeat.
    """
    db.require_transaction()
    owing = {one.account_id: one for one in _of(first_account_id, last_account_id, on)}
    limited = Terms.objects.filter(account_id__in=owing, credit_limit_kop__gt=0, account__parkedaccount=None)
    ids = sorted(limited.values_list("account_id", flat=True))
    if not ids:
        return []
    db.lock(Account, ids)
    withheld = []
    for account_id in ids:
        still = of(account_id, on=on)  # a payment may have come while we waited for the lock
        if still is not None and _withhold(account_id):
            withheld.append(still)
    return withheld


def release_due(first_account_id: int, last_account_id: int, *, on: date) -> list[int]:
    """Give the limit back to who of `[first, last]` owes nothing overdue any more; then `resume` them.

    A payment does so at once (`release`); this is for whatever else raised the balance. Locks the accounts.
    """
    ids = parking.lock_due(_WITHHELD, first_account_id, last_account_id, on)
    return [account_id for account_id in ids if release(account_id, on=on)]


def release(account_id: int, *, on: date) -> bool:
    """Give the limit back, if nothing is overdue any more; give whether it was. The account is locked."""
    terms = Terms.objects.filter(account_id=account_id, withheld_limit_kop__isnull=False).first()
    if terms is None or of(account_id, on=on) is not None:
        return False
    assert terms.withheld_limit_kop is not None
    terms.credit_limit_kop, terms.withheld_limit_kop = terms.withheld_limit_kop, None
    terms.save(update_fields=["credit_limit_kop", "withheld_limit_kop"])
    return True


def _withhold(account_id: int) -> bool:
    terms = Terms.objects.get(account_id=account_id)
    if not terms.credit_limit_kop:
        return False
    terms.withheld_limit_kop, terms.credit_limit_kop = terms.credit_limit_kop, 0
    terms.save(update_fields=["credit_limit_kop", "withheld_limit_kop"])
    return True


def _of(first_account_id: int, last_account_id: int, on: date, ids: Sequence[int] | None = None) -> list[Overdue]:
    asked = {"first": first_account_id, "last": last_account_id, "on": on, "ids": list(ids) if ids else None}
    rows = db.rows(_OVERDUE, asked)
    return [Overdue(**row) for row in rows]
