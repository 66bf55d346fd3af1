-- Contracts in the order of the ids given, each with its first phone and its first line that has a place.
select contract.id, contract.number, contract.signed_on, contract.ended_on, contract.closed_on,
       customer.id as customer_id, customer.kind as customer_kind, customer.full_name,
       coalesce(phone.value, '') as phone,
       line.settlement, line.street, line.house, line.korpus, line.stroenie, line.liter, line.flat
from unnest(%s::bigint[]) with ordinality as asked (id, place)
join subscribers_contract as contract on contract.id = asked.id
join subscribers_customer as customer on customer.id = contract.customer_id
left join lateral (
    select contact.value from subscribers_contact as contact
    where contact.customer_id = customer.id and contact.kind = 'phone'
    order by contact.id
    limit 1
) as phone on true
left join lateral (
    select building.settlement, building.street, building.house, building.korpus, building.stroenie, building.liter,
           premises.flat
    from subscribers_line as one
    join addresses_premises as premises on premises.id = one.premises_id
    join addresses_building as building on building.id = premises.building_id
    where one.contract_id = contract.id
    order by one.id
    limit 1
) as line on true
order by asked.place
