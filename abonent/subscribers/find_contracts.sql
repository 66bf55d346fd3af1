-- Ids of contracts by a number as typed or begun, by a phone, by every word of a name: up to four groups of words, one of
-- each of which must be there.
with likely as (
    select contract.id, 0 as place, 0::real as distance
    from subscribers_contract as contract
    where contract.number = %(number)s
    union all
    select contract.id, 1, 0
    from subscribers_contact as contact
    join subscribers_contract as contract on contract.customer_id = contact.customer_id
    where contact.kind = 'phone' and contact.value = %(phone)s
    union all
    (select contract.id, 2, 0
     from subscribers_contract as contract
     where length(%(number)s) > 2 and starts_with(contract.number, %(number)s)
     order by contract.number
     limit %(limit)s)
    union all
    select contract.id, 3, word_similarity(%(name)s, customer.sort_key)
    from (
        select id, sort_key from subscribers_customer
        where cardinality(%(first)s::text[]) > 0 and subscribers_words(sort_key) && %(first)s::text[]
          and subscribers_words(sort_key) && %(second)s::text[] and subscribers_words(sort_key) && %(third)s::text[]
          and subscribers_words(sort_key) && %(fourth)s::text[]
        limit 300  -- of a name that many have; more words narrow it down
    ) as customer
    join subscribers_contract as contract on contract.customer_id = customer.id
)
select id from likely group by id order by min(place), max(distance) desc, id limit %(limit)s
