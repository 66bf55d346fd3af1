insert into subscribers_customer (id, kind, full_name, sort_key, given_name, inn, kpp, registered_address, language,
                                  user_id)
select own_id, kind, full_name, sort_key, given_name, inn, kpp, registered_address, language, user_id
from moving_customers where is_new order by own_id;

-- One who came without a contract, and has one now.
update subscribers_customer c set user_id = m.user_id
from moving_customers m where m.own_id = c.id and not m.is_new and m.needs_user;

insert into subscribers_contact (customer_id, kind, value)
select own_id, 'phone', unnest(phones) from moving_customers where is_new
union all
select own_id, 'email', unnest(emails) from moving_customers where is_new
on conflict do nothing;

insert into subscribers_contract (id, number, customer_id, signed_on, ended_on, closed_on)
select own_id, number, customer_own_id, signed_on, ended_on, closed_on
from moving_contracts where is_new order by own_id;
