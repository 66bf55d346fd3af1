-- Who is known from an earlier import, and under which id the others will stand here. Parameters: source, on.
create temporary table moving_address_ids on commit drop as
select distinct on (a.address_id) a.address_id, coalesce(i.own_id, p.premises_id) as premises_id, p.segment,
       i.own_id is null as is_new
from moving_addresses a
join moving_premises p on p.line = a.line
left join core_importedid i on i.source = %(source)s and i.noun = 'premises' and i.external_id = a.address_id
order by a.address_id, a.line;
-- Those of an earlier bundle that this one only names.
insert into moving_address_ids
select i.external_id, i.own_id, b.segment, false
from core_importedid i
join addresses_premises p on p.id = i.own_id
join addresses_building b on b.id = p.building_id
where i.source = %(source)s and i.noun = 'premises'
  and i.external_id in (select address_id from moving_raw_subscriptions union select address_id from moving_raw_devices)
  and not exists (select from moving_address_ids known where known.address_id = i.external_id);

create temporary table moving_customers on commit drop as
select m.line, m.customer_id, m.kind, m.full_name, m.sort_key, m.given_name, m.inn, m.kpp, m.registered_address,
       m.language, m.phone as phones, m.email as emails,
       coalesce(i.own_id, nextval(pg_get_serial_sequence('subscribers_customer', 'id'))) as own_id,
       i.own_id is null as is_new, c.user_id::bigint as user_id, false as needs_user, null::text as first_number
from moving_raw_customers m
left join core_importedid i on i.source = %(source)s and i.noun = 'customer' and i.external_id = m.customer_id
left join subscribers_customer c on c.id = i.own_id;
analyze moving_customers;

create temporary table moving_contracts on commit drop as
select m.line, m.contract_id, m.customer_id, m.number, m.signed_on, m.ended_on, m.closed_on,
       m.credit_limit as credit_limit_kop,
       coalesce(i.own_id, nextval(pg_get_serial_sequence('subscribers_contract', 'id'))) as own_id,
       i.own_id is null as is_new,
       coalesce(a.id, nextval(pg_get_serial_sequence('ledger_account', 'id'))) as account_id,
       coalesce(s.own_id, k.own_id) as customer_own_id, known.user_id::bigint as user_id
from moving_raw_contracts m
left join core_importedid i on i.source = %(source)s and i.noun = 'contract' and i.external_id = m.contract_id
left join ledger_account a on a.contract_id = i.own_id
left join (select customer_id, min(own_id) as own_id from moving_customers group by 1) s on s.customer_id = m.customer_id
left join core_importedid k on k.source = %(source)s and k.noun = 'customer' and k.external_id = m.customer_id
left join subscribers_customer known on known.id = k.own_id;
analyze moving_contracts;

update moving_customers m
set first_number = first.number, needs_user = true, user_id = nextval(pg_get_serial_sequence('identity_user', 'id'))
from (select distinct on (customer_own_id) customer_own_id, number from moving_contracts order by customer_own_id, line) first
where first.customer_own_id = m.own_id and m.user_id is null;
update moving_contracts m set user_id = c.user_id
from moving_customers c where c.own_id = m.customer_own_id and m.user_id is null;

-- Every contract that the bundle names, its own or an earlier one's.
create temporary table moving_contract_ids on commit drop as
select contract_id, min(own_id) as own_id, min(account_id) as account_id, bool_or(is_new) as is_new,
       min(ended_on) as ended_on
from moving_contracts group by 1;
insert into moving_contract_ids
select i.external_id, i.own_id, a.id, false, c.ended_on
from core_importedid i
join ledger_account a on a.contract_id = i.own_id
join subscribers_contract c on c.id = i.own_id
where i.source = %(source)s and i.noun = 'contract'
  and i.external_id in (
      select contract_id from moving_raw_subscriptions union select contract_id from moving_raw_balances
      union select contract_id from moving_raw_payments union select contract_id from moving_raw_devices
  )
  and not exists (select from moving_contract_ids known where known.contract_id = i.external_id);
create index on moving_contract_ids (contract_id);
analyze moving_contract_ids;
analyze moving_address_ids;

create temporary table moving_versions on commit drop as
select o.code, o.role, o.kind, o.requires, v.*
from catalog_offer o
cross join lateral (
    select id as version_id, charging, price_kop from catalog_offerversion
    where offer_id = o.id and withdrawn_at is null
    order by valid_from <= %(on)s desc, case when valid_from <= %(on)s then number else -number end desc
    limit 1
) v;

create temporary table moving_subscriptions on commit drop as
select m.line, m.subscription_id, m.contract_id, m.address_id, m.tariff, m.price as given_kop, m.state, m.started_on,
       m.paid_until, m.ended_on,
       coalesce(i.own_id, nextval(pg_get_serial_sequence('billing_subscription', 'id'))) as own_id,
       i.own_id is null as is_new,
       c.own_id as contract_own_id, c.account_id, c.ended_on as contract_ended_on,
       a.premises_id, coalesce(a.segment, m.segment) as segment,
       v.version_id, v.role, v.kind, v.requires, v.charging, coalesce(m.price, v.price_kop) as price_kop,
       null::bigint as line_id, null::bigint as parent_id
from moving_raw_subscriptions m
left join core_importedid i on i.source = %(source)s and i.noun = 'subscription' and i.external_id = m.subscription_id
left join moving_contract_ids c on c.contract_id = m.contract_id
left join moving_address_ids a on a.address_id = m.address_id
left join moving_versions v on v.code = m.tariff;
analyze moving_subscriptions;

create temporary table moving_balances on commit drop as
select m.line, m.contract_id, m.balance as balance_kop, c.account_id,
       k.key is null and (c.is_new or m.balance <> 0) as is_new,
       case when t.credit_id = c.account_id then t.amount_kop when t.id is null then 0 else -t.amount_kop end as taken_kop
from moving_raw_balances m
left join moving_contract_ids c on c.contract_id = m.contract_id
left join ledger_key k on k.key = 'opening:' || %(source)s || ':' || m.contract_id
left join ledger_transfer t on t."on" = k.transfer_on and t.id = k.transfer_id;

create temporary table moving_payments on commit drop as
select m.line, m.payment_id, m.contract_id, m.paid_on, m.amount as amount_kop, m.channel, c.account_id,
       p.id is null as is_new, p.amount_kop as taken_kop
from moving_raw_payments m
left join moving_contract_ids c on c.contract_id = m.contract_id
left join payments_earlierpayment p on p.source = %(source)s and p.external_id = m.payment_id;

create temporary table moving_devices on commit drop as
select m.line, m.contract_id, m.address_id, m.mac, m.name, c.own_id as contract_own_id, a.premises_id,
       i.own_id is null as is_new, null::bigint as line_id
from moving_raw_devices m
left join moving_contract_ids c on c.contract_id = m.contract_id
left join moving_address_ids a on a.address_id = m.address_id
left join core_importedid i on i.source = %(source)s and i.noun = 'device' and i.external_id = m.mac;
analyze moving_balances;
analyze moving_payments;
analyze moving_devices;
