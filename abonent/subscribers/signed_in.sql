-- A user who may come in, and his customer's contracts that are not closed: those in force first, then by number.
-- A row a contract; one with nulls for a user without any (staff). The columns user_… are all the fields of a User.
select u.id as user_id, u.password as user_password, u.last_login as user_last_login, u.username as user_username,
       u.is_active as user_is_active, u.is_staff as user_is_staff, u.role_id as user_role_id,
       u.password_must_change as user_password_must_change, u.language as user_language,
       u.created_at as user_created_at,
       contract.id, contract.number, contract.signed_on, contract.ended_on,
       coalesce(line.segment, '') as segment,
       line.settlement, line.street, line.house, line.korpus, line.stroenie, line.liter, line.flat,
       customer.id as customer_id, customer.kind as customer_kind, customer.full_name, customer.given_name
from identity_user as u
left join subscribers_customer as customer on customer.user_id = u.id
left join subscribers_contract as contract on contract.customer_id = customer.id and contract.closed_on is null
left join lateral (
    select one.segment, building.settlement, building.street, building.house, building.korpus,
           building.stroenie, building.liter, premises.flat
    from subscribers_line as one
    left join addresses_premises as premises on premises.id = one.premises_id
    left join addresses_building as building on building.id = premises.building_id
    where one.contract_id = contract.id
    order by one.premises_id is null, one.id
    limit 1
) as line on true
where u.id = %s and u.is_active
order by contract.ended_on is not null, contract.number
