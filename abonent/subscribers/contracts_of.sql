select contract.id, contract.number, contract.signed_on, contract.ended_on,
       coalesce(line.segment, '') as segment,
       line.settlement, line.street, line.house, line.korpus, line.flat,
       customer.id as customer_id, customer.kind as customer_kind, customer.full_name, customer.given_name
from subscribers_customer as customer
join subscribers_contract as contract on contract.customer_id = customer.id
left join lateral (
    select one.segment, building.settlement, building.street, building.house, building.korpus, premises.flat
    from subscribers_line as one
    left join addresses_premises as premises on premises.id = one.premises_id
    left join addresses_building as building on building.id = premises.building_id
    where one.contract_id = contract.id
    order by one.premises_id is null, one.id
    limit 1
) as line on true
where customer.user_id = %s and contract.closed_on is null
order by contract.ended_on is not null, contract.number
