-- Contracts by a number as typed or begun, by a phone, by every word of a name; or, with `sounding`, by a like name.
with likely as (
    select contract.id, 0 as place, 0::real as distance
    from subscribers_contract as contract
    where not %(sounding)s and contract.number = %(number)s
    union all
    select contract.id, 1, 0
    from subscribers_contact as contact
    join subscribers_contract as contract on contract.customer_id = contact.customer_id
    where not %(sounding)s and contact.kind = 'phone' and contact.value = %(phone)s
    union all
    (select contract.id, 2, 0
     from subscribers_contract as contract
     where not %(sounding)s and length(%(number)s) > 2 and starts_with(contract.number, %(number)s)
     order by contract.number
     limit %(limit)s)
    union all
    (select contract.id, 3, 0
     from subscribers_customer as customer
     join subscribers_contract as contract on contract.customer_id = customer.id
     where not %(sounding)s and cardinality(%(words)s::text[]) > 0 and customer.sort_key like all (%(words)s::text[])
     order by customer.sort_key
     limit %(limit)s)
    union all
    (select contract.id, 4, word_similarity(%(name)s, customer.sort_key)
     from subscribers_customer as customer
     join subscribers_contract as contract on contract.customer_id = customer.id
     where %(sounding)s and word_similarity(%(name)s, customer.sort_key) > 0.4
     order by 3 desc
     limit %(limit)s)
), best as (
    select id, min(place) as place, max(distance) as distance from likely group by id
)
select contract.id, contract.number, contract.signed_on, contract.ended_on, contract.closed_on,
       customer.id as customer_id, customer.kind as customer_kind, customer.full_name,
       coalesce(phone.value, '') as phone,
       line.settlement, line.street, line.house, line.korpus, line.stroenie, line.liter, line.flat
from best
join subscribers_contract as contract on contract.id = best.id
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
order by best.place, best.distance desc, contract.closed_on is not null, customer.sort_key, contract.number
limit %(limit)s
