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

_SINCE_FIRST_BONUS = """
    select reason, kop, house_kind
    from (
        select t."on", t.id, t.reason, -t.amount_kop as kop, a.kind as house_kind
        from ledger_transfer t join ledger_account a on a.id = t.credit_id
        where t.debit_id = %(account_id)s and t.debit_id >= 1000
        union all
        select t."on", t.id, t.reason, t.amount_kop, a.kind
        from ledger_transfer t join ledger_account a on a.id = t.debit_id
        where t.credit_id = %(account_id)s and t.credit_id >= 1000
    ) sides
    where exists (
        select from ledger_transfer b
        where b.reason = 'bonus' and b.credit_id = %(account_id)s and b.credit_id >= 1000
    )
    order by "on", id
"""


def balance_kop(account_id: int) -> int:
    """Kopecks; below zero is what the account owes. The account keeps a balance: the caller knows that."""
    found = Account.objects.values_list("balance_kop", flat=True).get(id=account_id)
    assert found is not None, account_id
    return found


def paid_in_kop(account_id: int, *, since: date) -> int:
    """Payments less refunds and reversals of both, of the operator's dates from `since` on."""
    return int(db.rows(_PAID_IN, {"account_id": account_id, "since": since})[0]["kop"])


def unspent_bonus_kop(account_id: int) -> int:
    """What of the balance is bonuses, in kopecks: they are spent before paid money, and never go back to the payer.

    Transfers in their order: what is charged takes from bonuses first; what comes back of charges fills the bonuses
    up to what they had paid for.
    """
    unspent_kop = spent_kop = 0
    for row in db.rows(_SINCE_FIRST_BONUS, {"account_id": account_id}):
        kop, is_bonus = row["kop"], row["house_kind"] == "bonus"
        if is_bonus:
            unspent_kop = max(0, unspent_kop + kop)
        elif row["house_kind"] == "revenue" and kop < 0:
            used_kop = min(unspent_kop, -kop)
            unspent_kop, spent_kop = unspent_kop - used_kop, spent_kop + used_kop
        elif row["house_kind"] == "revenue":
            back_kop = min(spent_kop, kop)
            unspent_kop, spent_kop = unspent_kop + back_kop, spent_kop - back_kop
    return unspent_kop
