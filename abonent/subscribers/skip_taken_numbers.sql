-- Move the counter to the last of the unbroken run of numbers taken from where it stands; the next one is free.
with counter as (
    select last_value as n from subscribers_contract_counter
), taken as materialized (  -- or the cast meets numbers of another shape
    select substr(number, length(%(prefix)s) + 1)::bigint - %(first)s + 1 as n
    from subscribers_contract
    where number ~ ('^' || %(prefix)s || '[0-9]{' || %(digits)s || '}$')
)
select setval('subscribers_contract_counter', greatest(counter.n, (
    select min(here.n) from taken as here
    where here.n >= counter.n and not exists (select from taken as next where next.n = here.n + 1)
)))
from counter
