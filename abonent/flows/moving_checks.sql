-- Each rule selects the lines of a file that break it, and what stands there. Parameter: on.

-- rule: tariffs.code.twice
select line, code as value from (select line, code, row_number() over (partition by code order by line) n from moving_tariffs) m where n > 1
-- rule: tariffs.code.meaning
select m.line, m.code as value from moving_tariffs m join catalog_offer o on o.code = m.code
where (o.role, o.kind) is distinct from (m.role::varchar, m.kind::varchar)
-- rule: addresses.address_id.twice
select line, address_id as value from (select line, address_id, row_number() over (partition by address_id order by line) n from moving_addresses) m where n > 1
-- rule: customers.customer_id.twice
select line, customer_id as value from (select line, customer_id, row_number() over (partition by customer_id order by line) n from moving_customers) m where n > 1
-- rule: contracts.contract_id.twice
select line, contract_id as value from (select line, contract_id, row_number() over (partition by contract_id order by line) n from moving_contracts) m where n > 1
-- rule: contracts.number.twice
select line, number as value from (select line, number, row_number() over (partition by number order by line) n from moving_contracts) m where n > 1
-- rule: contracts.number.taken
select m.line, m.number as value from moving_contracts m
where m.is_new and (exists (select from subscribers_contract c where c.number = m.number)
                    or exists (select from identity_signinname s where s.name = m.number)
                    or exists (select from identity_user u where u.username = m.number))
-- rule: contracts.customer_id.unknown
select line, customer_id as value from moving_contracts where customer_own_id is null
-- rule: contracts.customer_id.no_sign_in
select line, customer_id as value from moving_contracts where is_new and customer_own_id is not null and user_id is null
-- rule: contracts.signed_on.future
select line, signed_on::text as value from moving_contracts where signed_on > %(on)s
-- rule: subscriptions.subscription_id.twice
select line, subscription_id as value from (select line, subscription_id, row_number() over (partition by subscription_id order by line) n from moving_subscriptions) m where n > 1
-- rule: subscriptions.contract_id.unknown
select line, contract_id as value from moving_subscriptions where contract_own_id is null
-- rule: subscriptions.address_id.unknown
select line, address_id as value from moving_subscriptions where address_id is not null and premises_id is null
-- rule: subscriptions.tariff.unknown
select line, tariff as value from moving_subscriptions where version_id is null
-- rule: subscriptions.address_id.internet
select line, '' as value from moving_subscriptions where address_id is null and segment is null and kind = 'internet'
-- rule: subscriptions.started_on.future
select line, started_on::text as value from moving_subscriptions where started_on > %(on)s
-- rule: subscriptions.state.ended
select line, state as value from moving_subscriptions where is_new and contract_ended_on is not null and state <> 'ended'
-- rule: balances.contract_id.twice
select line, contract_id as value from (select line, contract_id, row_number() over (partition by contract_id order by line) n from moving_balances) m where n > 1
-- rule: balances.contract_id.unknown
select line, contract_id as value from moving_balances where account_id is null
-- rule: balances.balance.other
select line, contract_id as value from moving_balances where not is_new and taken_kop is distinct from balance_kop
-- rule: payments.payment_id.twice
select line, payment_id as value from (select line, payment_id, row_number() over (partition by payment_id order by line) n from moving_payments) m where n > 1
-- rule: payments.contract_id.unknown
select line, contract_id as value from moving_payments where account_id is null
-- rule: payments.amount.other
select line, payment_id as value from moving_payments where not is_new and taken_kop <> amount_kop
-- rule: payments.paid_on.future
select line, paid_on::text as value from moving_payments where paid_on > %(on)s
-- rule: devices.mac.twice
select line, mac as value from (select line, mac, row_number() over (partition by mac order by line) n from moving_devices) m where n > 1
-- rule: devices.mac.taken
select m.line, m.mac as value from moving_devices m where m.is_new and exists (select from network_device d where d.mac = m.mac::macaddr)
-- rule: devices.contract_id.unknown
select line, contract_id as value from moving_devices where contract_own_id is null
-- rule: devices.address_id.unknown
select line, address_id as value from moving_devices where address_id is not null and premises_id is null
