-- All rows of a temporary table, and the balances they move, in one statement. The range stands on the accounts too:
-- without it the planner reads every account there is.
with moved as (
    insert into ledger_transfer (id, "on", debit_id, credit_id, amount_kop, reason)
    select id, "on", debit_id, credit_id, amount_kop, reason from {table} where amount_kop > 0
    returning 1
), sums as (
    select account_id, sum(kop)::bigint as kop
    from (
        select debit_id as account_id, -amount_kop as kop from {table} where amount_kop > 0 and debit_id >= 1000
        union all
        select credit_id, amount_kop from {table} where amount_kop > 0 and credit_id >= 1000
    ) sides
    group by account_id
), changed as (
    update ledger_account a set balance_kop = a.balance_kop + sums.kop
    from sums
    where a.id = sums.account_id and a.id between %(first)s and %(last)s
    returning 1
)
select (select count(*) from moved) as transfers,
       (select count(*) from sums) as accounts,
       (select count(*) from changed) as balances
