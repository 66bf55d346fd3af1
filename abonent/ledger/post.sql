-- One transfer and the balances it moves, in one statement. House accounts have ids below 1000 and keep no balance.
with moved as (
    insert into ledger_transfer (id, "on", debit_id, credit_id, amount_kop, reason, reverses_on, reverses_id)
    values (%(id)s, %(on)s, %(debit_id)s, %(credit_id)s, %(amount_kop)s, %(reason)s, %(reverses_on)s, %(reverses_id)s)
    returning debit_id, credit_id, amount_kop
)
update ledger_account a
set balance_kop = a.balance_kop + case when a.id = moved.credit_id then moved.amount_kop else -moved.amount_kop end
from moved
where a.id in (moved.debit_id, moved.credit_id) and a.id >= 1000
