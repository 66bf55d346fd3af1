-- What came is known by its name there from now on.
insert into core_importedid (source, noun, external_id, own_id)
select %(source)s, 'customer', customer_id, own_id from moving_customers where is_new
union all
select %(source)s, 'premises', address_id, premises_id from moving_address_ids where is_new
union all
select %(source)s, 'contract', contract_id, own_id from moving_contracts where is_new
union all
select %(source)s, 'subscription', subscription_id, own_id from moving_subscriptions where is_new
union all
select %(source)s, 'device', m.mac, d.id from moving_devices m join network_device d on d.mac = m.mac::macaddr
where m.is_new
