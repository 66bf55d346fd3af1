-- Parts of a WITH that take the key, write the transfer, move the balances. A key that is known changes nothing, gives no
-- row. House accounts have ids below 1000 and keep no balance. The braces: ledger/transfers.py.
taken as (
    insert into ledger_key (key, body_hash, transfer_on, transfer_id)
    select %(key)s, %(body_hash)s::bytea, %(on)s::date,
           coalesce(%(id)s::text::bigint, nextval('ledger_transfer_id_seq'))
    {source}
    on conflict do nothing
    returning transfer_id
), moved as (
    insert into ledger_transfer (id, "on", debit_id, credit_id, amount_kop, reason, reverses_on, reverses_id)
    select transfer_id, %(on)s::date, %(debit_id)s::text::bigint, %(credit_id)s::text::bigint,
           %(amount_kop)s::text::bigint, %(reason)s, %(reverses_on)s::date, %(reverses_id)s::text::bigint
    from taken
    returning debit_id, credit_id, amount_kop
), changed as (
    update ledger_account a
    set balance_kop = a.balance_kop + case when a.id = moved.credit_id then moved.amount_kop else -moved.amount_kop end
    from moved
    where a.id in (moved.debit_id, moved.credit_id) and a.id >= 1000
    returning a.id, a.balance_kop
)
