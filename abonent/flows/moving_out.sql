-- What each file holds. The first eight are the bundle that is read back; the rest are the books, to look at.
-- A sum's column ends in _kop; a name of the form {customer:c.id} is what the thing is called there.

-- table: tariffs
select o.code, o.role, o.kind, o.segments, o.name_ru as name, v.charging, v.price_kop, v.valid_from, v.down_mbps, v.up_mbps
from catalog_offer o
cross join lateral (
    select * from catalog_offerversion where offer_id = o.id and withdrawn_at is null
    order by valid_from <= core.operator_today() desc, number desc limit 1
) v
order by o.code
-- table: addresses
select {premises:p.id} as address_id, b.settlement, b.street, b.house, b.korpus, b.stroenie, b.liter, p.flat, b.segment,
       b.connected, b.technology
from addresses_premises p join addresses_building b on b.id = p.building_id
where p.id in (select premises_id from subscribers_line)
order by 1
-- table: customers
select {customer:c.id} as customer_id, c.kind, c.full_name, c.inn, c.kpp, c.registered_address,
       array(select value from subscribers_contact k where k.customer_id = c.id and k.kind = 'phone' order by k.id) as phone,
       array(select value from subscribers_contact k where k.customer_id = c.id and k.kind = 'email' order by k.id) as email,
       c.language
from subscribers_customer c
order by 1
-- table: contracts
select {contract:c.id} as contract_id, {customer:c.customer_id} as customer_id, c.number, c.signed_on, c.ended_on,
       c.closed_on, coalesce(t.withheld_limit_kop, t.credit_limit_kop, 0) as credit_limit_kop
from subscribers_contract c
join ledger_account a on a.contract_id = c.id
left join billing_terms t on t.account_id = a.id
order by 1
-- table: subscriptions
select {subscription:s.id} as subscription_id, {contract:a.contract_id} as contract_id,
       case when l.premises_id is not null then {premises:l.premises_id} end as address_id,
       case when l.premises_id is null then l.segment end as segment,
       o.code as tariff, s.price_kop - s.discount_kop as price_kop, s.state, s.started_on,
       case when s.state not in ('waiting', 'ended') then s.paid_until end as paid_until,
       case when s.state = 'ended' then coalesce(s.ended_on, s.started_on) end as ended_on
from billing_subscription s
join ledger_account a on a.id = s.account_id
join catalog_offerversion v on v.id = s.version_id
join catalog_offer o on o.id = v.offer_id
left join subscribers_line l on l.id = s.line_id
order by 2, s.role desc, 1
-- table: balances
select {contract:a.contract_id} as contract_id, a.balance_kop
from ledger_account a where a.kind = 'subscriber'
order by 1
-- table: payments
select payment_id, contract_id, paid_on, amount_kop, channel
from (
    select 'abonent-' || p.id as payment_id, {contract:a.contract_id} as contract_id, p."on" as paid_on, p.amount_kop,
           p.channel
    from payments_payment p join ledger_account a on a.id = p.account_id
    where p.state = 'succeeded'
    union all
    select p.external_id, {contract:a.contract_id}, p.paid_on, p.amount_kop, p.channel
    from payments_earlierpayment p join ledger_account a on a.id = p.account_id
) every
order by paid_on, payment_id
-- table: devices
select {contract:l.contract_id} as contract_id,
       case when l.premises_id is not null then {premises:l.premises_id} end as address_id, d.mac::text as mac, d.name
from network_device d join subscribers_line l on l.id = d.line_id
order by 3
-- table: ledger
select t."on", t.id, coalesce(d.code, 'contract') as debit, {contract:d.contract_id} as debit_contract,
       coalesce(c.code, 'contract') as credit, {contract:c.contract_id} as credit_contract, t.amount_kop, t.reason,
       t.reverses_on, t.reverses_id
from ledger_transfer t
join ledger_account d on d.id = t.debit_id
join ledger_account c on c.id = t.credit_id
order by t."on", t.id
-- table: documents
select {contract:d.contract_id} as contract_id, d.kind, d.year, d.number, d.correction, d.month, d.issued_on, d.total_kop,
       d.vat_kop
from billing_document d
order by d.year, d.kind, d.number, d.correction
