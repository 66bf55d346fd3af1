-- The next of those who were told, or may have been, that the terms change: they do not.
create temporary table price_notices on commit drop as
select 'tariff_price_off:' || %(version_id)s::bigint || ':' || n.contract_id as key, n.contract_id, n.params
from notifications_notice n
where n.key like 'tariff\_price:' || %(version_id)s::bigint || ':%%' and n.state <> 'canceled'
  and n.contract_id > %(after)s
order by n.contract_id
limit %(most)s
