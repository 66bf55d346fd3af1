-- The balance each account comes with: one transfer, once for ever by its key. Parameters: source, on, house.
create temporary table moving_opening on commit drop as
select nextval(pg_get_serial_sequence('ledger_transfer', 'id')) as id, %(on)s::date as "on",
       case when balance_kop > 0 then %(house)s::bigint else account_id end as debit_id,
       case when balance_kop > 0 then account_id else %(house)s::bigint end as credit_id,
       abs(balance_kop) as amount_kop, 'opening'::text as reason,
       'opening:' || %(source)s || ':' || contract_id as key
from moving_balances
where is_new and balance_kop <> 0
order by account_id
