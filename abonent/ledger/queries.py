"""What the ledger knows of one account."""

from datetime import date

from abonent.core import db
from abonent.ledger.models import Account

_PAID_IN = """
    select coalesce(sum(kop), 0)::bigint as kop
    from (
        select amount_kop as kop, debit_id as house_id from ledger_transfer
        where credit_id = %(account_id)s and "on" >= %(since)s
        union all
        select -amount_kop, credit_id from ledger_transfer
        where debit_id = %(account_id)s and "on" >= %(since)s
    ) sides
    join ledger_account house on house.id = sides.house_id
    where house.kind = 'clearing'
"""


def balance_kop(account_id: int) -> int:
    """Kopecks; below zero is what the account owes. The account keeps a balance: the caller knows that."""
    found = Account.objects.values_list("balance_kop", flat=True).get(id=account_id)
    assert found is not None, account_id
    return found


def paid_in_kop(account_id: int, *, since: date) -> int:
    """Payments less refunds and reversals of both, of the operator's dates from `since` on."""
    return int(db.rows(_PAID_IN, {"account_id": account_id, "since": since})[0]["kop"])
