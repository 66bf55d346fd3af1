-- Rows and kopecks of the file, and what of it stands in the database now: known rows, and new ones as they are read back.
select 'tariffs' as name, count(*) as rows, 0::bigint as kop, 0 as new,
       count(o.id) as there, 0::bigint as there_kop
from moving_tariffs m left join catalog_offer o on o.code = m.code
union all
select 'addresses', count(*), 0, count(*) filter (where a.is_new), count(p.id), 0
from moving_addresses m
left join moving_address_ids a on a.address_id = m.address_id
left join addresses_premises p on p.id = a.premises_id
union all
select 'customers', count(*), 0, count(*) filter (where is_new), count(*) filter (where not is_new or c.id is not null), 0
from moving_customers m left join subscribers_customer c on c.id = m.own_id and c.full_name = m.full_name
union all
select 'contracts', count(*), coalesce(sum(m.credit_limit_kop), 0), count(*) filter (where m.is_new),
       count(*) filter (where not m.is_new or c.id is not null),
       coalesce(sum(case when m.is_new then coalesce(t.credit_limit_kop, 0) else m.credit_limit_kop end), 0)
from moving_contracts m
left join subscribers_contract c on c.id = m.own_id and c.number = m.number
left join billing_terms t on t.account_id = m.account_id
union all
select 'subscriptions', count(*), coalesce(sum(m.price_kop), 0), count(*) filter (where m.is_new),
       count(*) filter (where not m.is_new or s.id is not null),
       coalesce(sum(case when m.is_new then s.price_kop else m.price_kop end), 0)
from moving_subscriptions m left join billing_subscription s on s.id = m.own_id and s.account_id = m.account_id
union all
select 'balances', count(*), coalesce(sum(m.balance_kop), 0), count(*) filter (where m.is_new),
       count(*) filter (where t.id is not null or m.balance_kop = 0),
       coalesce(sum(case when t.credit_id = m.account_id then t.amount_kop else -t.amount_kop end), 0)
from moving_balances m
left join ledger_key k on k.key = 'opening:' || %(source)s || ':' || m.contract_id
left join ledger_transfer t on t."on" = k.transfer_on and t.id = k.transfer_id
union all
select 'payments', count(*), coalesce(sum(m.amount_kop), 0), count(*) filter (where m.is_new), count(p.id),
       coalesce(sum(p.amount_kop), 0)
from moving_payments m
left join payments_earlierpayment p on p.source = %(source)s and p.external_id = m.payment_id
union all
select 'devices', count(*), 0, count(*) filter (where m.is_new),
       count(*) filter (where not m.is_new or d.id is not null), 0
from moving_devices m left join network_device d on d.mac = m.mac::macaddr and d.line_id = m.line_id
