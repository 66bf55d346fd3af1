-- Who owed how much on a date, and since when, from transfers alone: what a balance was is today's less all that moved
-- after the date. What is paid covers the oldest first, so what is owed is the last of what was taken.
with later as (
    select account_id, sum(kop) as kop
    from (
        select credit_id as account_id, amount_kop as kop from ledger_transfer
        where "on" > %(on)s and credit_id >= 1000
        union all
        select debit_id, -amount_kop from ledger_transfer where "on" > %(on)s and debit_id >= 1000
    ) moved
    group by account_id
), owed as materialized (
    select account.id, account.contract_id, coalesce(later.kop, 0) - account.balance_kop as debt_kop
    from ledger_account account
    left join later on later.account_id = account.id
    where account.id >= 1000 and account.balance_kop < coalesce(later.kop, 0)
), slices as (
    select owed.id as account_id, owed.contract_id, taken."on",
           least(taken.amount_kop, owed.debt_kop - taken.newer_kop) as kop,
           case when %(on)s - taken."on" <= 30 then 'd30'
                when %(on)s - taken."on" <= 60 then 'd60'
                when %(on)s - taken."on" <= 90 then 'd90'
                else 'older' end as age
    from owed
    cross join lateral (
        select t."on", t.amount_kop,
               sum(t.amount_kop) over (order by t."on" desc, t.id desc) - t.amount_kop as newer_kop
        from ledger_transfer t
        where t.debit_id = owed.id and t.debit_id >= 1000 and t."on" <= %(on)s
    ) taken
    where taken.newer_kop < owed.debt_kop
), named as (
    select slices.*, contract.number, customer.kind
    from slices
    join subscribers_contract contract on contract.id = slices.contract_id
    join subscribers_customer customer on customer.id = contract.customer_id
)
